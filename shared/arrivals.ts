// When a domain's mail came, and what has become of it since, in stretches of time of the same length.
import { z } from 'zod';

/** Stretches that can be asked for at once: more than that no chart shows. */
export const MOST_ARRIVAL_PARTS = 120;

export const arrivalBucketSchema = z.object({
  /** When it begins, UTC ms. */
  at: z.number().int(),
  /** Messages taken from their senders. What is neither delivered nor refused waits, or was deleted. */
  accepted: z.number().int(),
  /** Of these: delivered to all that they were for. */
  delivered: z.number().int(),
  /** Of these: refused by the server for at least one of those that they were for, or given up. */
  refused: z.number().int(),
  /** Messages that Mailward did not take. */
  rejected: z.number().int(),
});
export type ArrivalBucket = z.infer<typeof arrivalBucketSchema>;

export const arrivalsSchema = z.object({
  /** Length of a stretch, ms. */
  each: z.number().int(),
  /** What came before this time (UTC ms) is not counted, or not all of it: the log does not keep it, or there is too much. */
  countedFrom: z.number().int(),
  buckets: z.array(arrivalBucketSchema).max(MOST_ARRIVAL_PARTS),
});
export type Arrivals = z.infer<typeof arrivalsSchema>;
