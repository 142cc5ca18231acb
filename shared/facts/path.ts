// What `path` finds: the way to a server, hop by hop; the finding's subject is the address.
import { z } from 'zod';
import { duration, each } from './form.ts';

const hopSchema = z.object({
  /** From 1. */
  number: z.number(),
  /** Null: nobody answered there. */
  address: z.string().nullable(),
  /** The round trip. */
  ms: duration.nullable(),
});

export const pathFacts = each(
  ['reaches', 'ends', 'could-not-check'],
  z.object({
    host: z.string(),
    hops: z.array(hopSchema),
    /** Whether traffic gets there, and whether the trace shows it to. */
    arrives: z.boolean(),
    traceArrives: z.boolean(),
    /** What traced it; null: there is no tool for it here. */
    tool: z.string().nullable(),
    /** What a connection to the server took; null: there was none. */
    tcpMs: duration.nullable(),
  }),
);
