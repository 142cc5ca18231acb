// The live view follows what happens: figures, rows of traffic, counts of what waits, and when the overview is made anew.
import type { MessageSummary } from '../../shared/message.ts';
import type { Clock } from '../clock/clock.ts';
import type { Emitter } from '../events/emitter.ts';
import type { NewMessage } from '../relay/spool/spool.ts';
import type { Database } from '../storage/database.ts';
import type { EngineEvents } from './events.ts';
import type { Rows } from './live-feeds.ts';
import type { LiveOverview } from './live-overview.ts';
import type { Counted, Meter } from './meter.ts';
import { countedAs } from './metering.ts';
import { arrivedRow, domainsOf, triedRow } from './traffic-rows.ts';
import type { WaitingCounts } from './waiting-counts.ts';

/** Rows that are read anew at once: more than a viewer can follow. */
const MOST_ROWS = 500;

export interface LiveViewParts {
  clock: Clock;
  db: Database;
  events: Emitter<EngineEvents>;
  meter: Meter;
  waiting: WaitingCounts;
  traffic: Rows<MessageSummary>;
  overview: LiveOverview;
}

export function followEvents({ clock, db, events, meter, waiting, traffic, overview }: LiveViewParts): void {
  const stale = () => {
    waiting.stale();
    overview.changed();
  };
  const arrived = (message: NewMessage, what: Counted) => {
    for (const domain of domainsOf(message)) meter.count(domain, what, clock.now());
    if (traffic.watched) traffic.push(arrivedRow(message));
  };
  /** Rows that an action, the clock or a reroute changed. */
  const showAgain = (ids: readonly number[]) => {
    stale();
    if (!traffic.watched) return;
    db.read('summaries', ids.slice(0, MOST_ROWS)).then(
      (rows) => {
        for (const row of rows) traffic.push(row);
      },
      (error: unknown) =>
        events.emit('fault', { part: 'storage', what: 'rows of the traffic list cannot be read', error }),
    );
  };
  events.on('accepted', ({ message }) => {
    arrived(message, 'accepted');
    stale();
  });
  events.on('rejected', ({ message }) => {
    arrived(message, 'rejected');
    overview.changed();
  });
  events.on('settled', ({ message, state, results, domain }) => {
    const now = clock.now();
    for (const result of results) {
      // A reroute's outcomes belong on the chart, but not to the figures of a domain's own server.
      if (domain === null) meter.fill(now, countedAs(result), 1);
      else meter.count(domain, countedAs(result), now);
    }
    if (domain === null) {
      showAgain([message.id]);
      return;
    }
    if (traffic.watched) traffic.push(triedRow(message, state, results));
    stale();
  });
  events.on('changed', ({ ids }) => showAgain(ids));
  events.on('expired', ({ ids }) => showAgain(ids));
  events.on('domainChanged', stale);
  events.on('domainRemoved', stale);
  for (const event of ['serverState', 'doorState', 'counted', 'fault'] as const)
    events.on(event, () => overview.changed());
  events.on('storageState', () => overview.refresh());
  events.on('clockJumped', ({ by }) => {
    meter.clockJumped(by);
    overview.refresh();
  });
  events.on('replanned', () => {
    waiting.stale();
    overview.refresh();
  });
  events.on('woke', () => overview.refresh());
}
