// A server's reply to an SMTP command.
import { z } from 'zod';

/** A server's SMTP answer (RFC 5321 §4.2, RFC 3463). A code of 0 means that no answer came. */
export const replySchema = z.object({
  code: z.number().int(),
  enhanced: z.string().nullable(),
  text: z.string(),
});
export type Reply = z.infer<typeof replySchema>;
