// What `mta-sts` finds: the policy (RFC 8461 §3.2).
import { z } from 'zod';
import { each, nothing } from './form.ts';

const policySchema = z.object({
  mode: z.enum(['enforce', 'testing', 'none']),
  /** The patterns that it names. */
  mx: z.array(z.string()),
  /** How long it may be kept, s; null: it does not say. */
  maxAge: z.number().nullable(),
});

export const mtaStsFacts = {
  ...each(['record-broken', 'policy-missing', 'policy-broken'], nothing),
  ...each(
    [
      'fine',
      'mx-not-named',
      'mx-not-named-yet',
      'mx-not-secure',
      'mx-not-secure-yet',
      'relay-not-named',
      'could-not-check',
    ],
    policySchema,
  ),
};
