// What `server-tls` finds: how mail is encrypted, and with which certificate.
import { z } from 'zod';
import { each, nothing, time } from './form.ts';

const encryptedSchema = z.object({
  protocol: z.string(),
  cipher: z.string(),
  expiresAt: time,
  /** Whom the certificate is for. */
  names: z.array(z.string()),
  subject: z.string(),
  issuer: z.string(),
  /** What is wrong with the certificate, as OpenSSL names it; null: nothing. */
  trouble: z.string().nullable(),
});

export const serverTlsFacts = {
  ...each(
    ['encrypted', 'unverified', 'expires-soon', 'expired', 'wrong-name', 'not-accepted'],
    encryptedSchema,
  ),
  ...each(['not-wanted', 'not-offered', 'breaks-off', 'not-to-be-had'], nothing),
};
