// What `mx` finds, and which records and addresses it found.
import { z } from 'zod';
import { each, mxRecord, mxSet, nothing } from './form.ts';

const recordsSchema = z.object({
  /** How long they may be kept, s; null: not known. */
  ttl: z.number().nullable(),
  mx: z.array(mxRecord.extend({ v4: z.array(z.string()), v6: z.array(z.string()) })),
});

export const mxFacts = {
  ...each(['fine', 'not-the-relay', 'relay-not-first'], recordsSchema),
  differs: z.object({
    servers: z.array(z.object({ name: z.string(), address: z.string(), mx: mxSet })),
  }),
  ...each(
    [
      'no-such-domain',
      'no-mx',
      'nowhere',
      'alias-loop',
      'null-mx',
      'null-mx-and-others',
      'too-long',
      'target-is-address',
      'target-is-alias',
      'target-not-found',
      'no-target-found',
      'target-differs',
      'target-contradicted',
      'target-private',
      'target-not-host-name',
      'ipv6-only',
    ],
    nothing,
  ),
};
