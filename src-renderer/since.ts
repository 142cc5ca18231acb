// How far back the traffic list looks.
import { z } from 'zod';
import { HOUR_MS } from '../shared/time.ts';

export const sinceSchema = z.enum(['hour', 'day', 'week', 'month']);
export type Since = z.infer<typeof sinceSchema>;

/** In words, and in milliseconds. */
export const sinceWords: Readonly<Record<Since, { words: string; length: number }>> = {
  hour: { words: 'The last hour', length: HOUR_MS },
  day: { words: 'The last 24 hours', length: 24 * HOUR_MS },
  week: { words: 'The last 7 days', length: 7 * 24 * HOUR_MS },
  month: { words: 'The last 30 days', length: 30 * 24 * HOUR_MS },
};
