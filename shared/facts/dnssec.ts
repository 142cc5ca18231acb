// What `dnssec` finds, and which keys it found.
import { z } from 'zod';
import { each, nothing, time } from './form.ts';

const keysSchema = z.object({
  zone: z.string(),
  /** Tags of the keys that the zone above vouches for, and of those that the zone has. */
  ds: z.array(z.number()),
  keys: z.array(z.number()),
  /** When the first of the signatures seen runs out; null: none was seen. */
  expiresAt: time.nullable(),
});

export const dnssecFacts = {
  ...each(
    [
      'signed',
      'unsigned',
      'unanchored',
      'key-unknown',
      'expired',
      'expires-soon',
      'not-signed-everywhere',
      'not-validated',
    ],
    keysSchema,
  ),
  ...each(['names-not-validated', 'name-not-validated'], nothing),
};
