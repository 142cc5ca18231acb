// When a domain's mail came, counted from the message log: a page of it at a time, and no more of them than somebody waits for.
import type { Arrivals } from '../../shared/arrivals.ts';
import type { Database } from '../storage/database.ts';
import { firstIdAt, idsEndAt, timeOfId } from '../storage/ids.ts';

/** Recipients in one read, which takes some 30 ms on a slow machine: others that read wait no longer than that. */
const PAGE = 20_000;
/** A million recipients and two seconds: far more than a small office gets in a month. */
const MOST_PAGES = 50;

export interface ArrivalsAsked {
  domain: string;
  /** UTC ms. */
  from: number;
  to: number;
  /** How many stretches of the same length; the last one may go beyond `to`. */
  parts: number;
  /** UTC ms: the log does not have all mail from before. */
  keptSince: number;
}

/** Rejects when the storage does not answer, or with the signal's reason. */
export async function countArrivals(
  db: Pick<Database, 'read'>,
  { domain, from, to, parts, keptSince }: ArrivalsAsked,
  signal?: AbortSignal,
  page = { limit: PAGE, most: MOST_PAGES },
): Promise<Arrivals> {
  const each = Math.ceil((to - from) / parts);
  const buckets = Array.from({ length: Math.ceil((to - from) / each) }, (_, part) => ({
    at: from + part * each,
    accepted: 0,
    delivered: 0,
    refused: 0,
    rejected: 0,
  }));
  const first = firstIdAt(from);
  const ids = firstIdAt(from + each) - first;
  let end: number | null = idsEndAt(to);
  for (let pages = 0; end !== null && ids > 0 && pages < page.most; pages += 1) {
    signal?.throwIfAborted();
    const asked = { domain, first, end, each: ids, limit: page.limit };
    const read: Awaited<ReturnType<typeof db.read<'arrivals'>>> = await db.read('arrivals', asked);
    for (const { part, ...more } of read.parts) {
      const bucket = buckets[part];
      if (bucket === undefined) continue;
      bucket.accepted += more.accepted;
      bucket.delivered += more.delivered;
      bucket.refused += more.refused;
      bucket.rejected += more.rejected;
    }
    end = read.next;
  }
  const countedFrom = Math.max(from, Math.min(to, keptSince), end === null ? from : timeOfId(end) + 1);
  return { each, countedFrom, buckets };
}
