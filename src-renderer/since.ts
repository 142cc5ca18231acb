// How far back the traffic list looks.
import { z } from 'zod';

export const sinceSchema = z.enum(['hour', 'day', 'week', 'month']);
export type Since = z.infer<typeof sinceSchema>;

const HOUR = 3_600_000;

/** In words, and in milliseconds. */
export const sinceWords: Readonly<Record<Since, { words: string; length: number }>> = {
  hour: { words: 'The last hour', length: HOUR },
  day: { words: 'The last 24 hours', length: 24 * HOUR },
  week: { words: 'The last 7 days', length: 7 * 24 * HOUR },
  month: { words: 'The last 30 days', length: 30 * 24 * HOUR },
};
