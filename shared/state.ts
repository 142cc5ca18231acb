// The state of anything that Mailward watches. Shown with a shape and a word, never by colour alone.
import { z } from 'zod';

/** `attention` is amber: it works, but someone should look. "Could not check" is never shown as failed. */
export const healthSchema = z.enum(['ok', 'attention', 'problem', 'could-not-check', 'not-applicable']);
export type Health = z.infer<typeof healthSchema>;
