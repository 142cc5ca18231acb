// How much mail came for a domain, stretch by stretch of time, and what has become of it.
import type { DatabaseSync } from 'node:sqlite';

/** Mail that came within one stretch. */
export interface Arrived {
  /** Which stretch it is, the first having 0. */
  part: number;
  accepted: number;
  delivered: number;
  refused: number;
  rejected: number;
}

export interface ArrivalsPage {
  parts: Arrived[];
  /** What to give as `end` for the page before; null: that was all. */
  next: number | null;
}

export interface ArrivalsQuery {
  domain: string;
  /** Ids at `first` or above, and below `end`. */
  first: number;
  end: number;
  /** Length of a stretch in ids. */
  each: number;
  /** About so many recipients, of all domains, are looked at in one go: at most as many more as one message has. */
  limit: number;
}

export function arrivalReads(db: DatabaseSync) {
  const lastBefore = db.prepare(
    `SELECT message_id AS id FROM recipient WHERE message_id >= :first AND message_id < :end
     ORDER BY message_id DESC, position DESC LIMIT 1 OFFSET :limit`,
  );
  // A message counts once, however many of the domain's people it is for. Numbers are bound as REAL: divided so, nothing would be whole.
  const counted = db.prepare(
    `SELECT part, sum(taken) AS accepted, sum(taken AND NOT failed AND NOT here AND arrived) AS delivered,
       sum(taken AND failed) AS refused, sum(NOT taken) AS rejected
     FROM (
       SELECT (message_id - CAST(:origin AS INTEGER)) / CAST(:each AS INTEGER) AS part,
         max(state <> 'rejected') AS taken,
         max(state = 'delivered') AS arrived,
         max(state IN ('refused', 'expired')) AS failed,
         max(state IN ('queued', 'held', 'quarantined')) AS here
       FROM recipient WHERE message_id >= :first AND message_id < :end AND domain = :domain GROUP BY message_id
     ) GROUP BY part`,
  );
  return {
    /** The newest first, a page at a time, so that whoever reads next does not wait for all of a large log. */
    arrivals({ domain, first, end, each, limit }: ArrivalsQuery): ArrivalsPage {
      const before = lastBefore.get({ first, end, limit }) as { id: number } | undefined;
      // Its recipients may be on either side of the limit: it is on the next page, unless it is all of this one.
      const from = before === undefined ? first : before.id + 1 < end ? before.id + 1 : before.id;
      const asked = { domain, origin: first, first: from, end, each };
      return {
        parts: counted.all(asked) as unknown as Arrived[],
        next: from === first ? null : from,
      };
    },
  };
}
