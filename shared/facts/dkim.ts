// What `dkim` finds; the finding's subject is the selector.
import { z } from 'zod';
import { each } from './form.ts';

export const dkimFacts = each(
  [
    'fine',
    'missing',
    'revoked',
    'broken',
    'empty-tag',
    'not-for-mail',
    'not-for-sha256',
    'weak',
    'short',
    'testing',
  ],
  z.object({
    /** `rsa`, `ed25519` or what the record says; null: there is no record. */
    type: z.string().nullable(),
    /** How long the key is; null: not known. */
    bits: z.number().nullable(),
  }),
);
