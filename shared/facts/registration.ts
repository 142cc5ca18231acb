// What `registration` finds: until when the domain is registered, and what the registry says of its state.
import { z } from 'zod';
import { each, time } from './form.ts';

/** From here on somebody should look, and from here on somebody must act: days before the end. */
export const EXPIRES_SOON_DAYS = 30;
export const EXPIRES_NOW_DAYS = 7;

const registrationSchema = z.object({
  /** The name that is registered: the domain, or the one above it. */
  registered: z.string(),
  /** Null: nobody says. */
  expiresAt: time.nullable(),
  /** What the registrar says, where it is not the registry; null: nothing. */
  registrarExpiresAt: time.nullable().default(null),
  registrar: z.string().nullable(),
  statuses: z.array(z.string()),
  /** Who says until when; null: nobody does. */
  source: z.enum(['registry', 'by-hand']).nullable(),
});

export const registrationFacts = each(
  [
    'fine',
    'expires-soon',
    'expires-now',
    'expired',
    'renewal-unpaid',
    'on-hold',
    'redemption',
    'ending',
    'not-registered',
    'note-outdated',
  ],
  registrationSchema,
);
