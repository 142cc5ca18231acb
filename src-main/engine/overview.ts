// Puts together what the home screen and the tray show: figures of the relay, and what they mean (diagnosis/).
import type { FilterTrouble } from '../../shared/filters.ts';
import type { Domain } from '../../shared/domain.ts';
import type {
  DomainOverview,
  FaultSummary,
  ListenerState,
  Minute,
  Overview,
  PaceOverview,
  StorageState,
  UnknownSetting,
  WaitingMail,
} from '../../shared/overview.ts';
import { flowOf } from '../diagnosis/flow.ts';
import { overallOf } from '../diagnosis/overall.ts';
import type { ServerCondition } from '../relay/outbound/server-watch.ts';
import type { ThrottleFigures } from '../relay/smtp/throttle.ts';
import type { Meter } from './meter.ts';
import { MINUTE_MS } from '../../shared/time.ts';

export interface OverviewInput {
  now: number;
  domains: readonly Domain[];
  waiting: (domain: string) => WaitingMail;
  /** When the domain's first mail came through; null: none has yet. */
  liveSince: (domain: string) => number | null;
  health: (domain: string) => ServerCondition | null;
  pace: (domain: string) => ThrottleFigures | null;
  /** False when the data folder was only opened to look into it: then nothing is known of the servers. */
  running: boolean;
  /** The setting `autoHold.deliverAgain`. */
  deliverAgain: boolean;
  /** Mail that waits longer than this is pointed out. */
  warnHours: number;
  meter: Meter;
  listener: ListenerState;
  filterTroubles: FilterTrouble[];
  /** Faults of Mailward's own since the start; null when there was none. */
  fault: FaultSummary | null;
  /** Keys of the settings file that are none. */
  unknownSettings: readonly UnknownSetting[];
  storage: StorageState;
  /** Why `settings.json` cannot be used as it is; null when it can. */
  settingsTrouble: string | null;
}

export function composeOverview(input: OverviewInput): Overview {
  const { listener, fault, storage, settingsTrouble, filterTroubles } = input;
  const facts = {
    ...{ listener, storage, fault, settingsTrouble },
    domains: input.domains.map((domain) => describeDomain(domain, input)),
    unknownSettings: [...input.unknownSettings],
  };
  return {
    at: input.now,
    ...overallOf(facts),
    ...facts,
    minutes: input.meter.minutes(input.now) satisfies Minute[],
    filterTroubles,
  };
}

function describeDomain(domain: Domain, input: OverviewInput): DomainOverview {
  const { now, meter, listener, storage, running, deliverAgain, warnHours } = input;
  const { name, mode, route } = domain;
  const waiting = input.waiting(name);
  const health = input.health(name);
  const liveSince = input.liveSince(name);
  const deliveredPerMinute = meter.perMinute(name, 'delivered', now);
  const pace = describePace(input.pace(name), waiting, deliveredPerMinute, now);
  const { state, sentence, inbound, outbound } = flowOf({
    ...{ now, domain, running, listener, storage, waiting, pace, deliverAgain, warnHours, liveSince },
    trouble: health?.trouble ?? null,
    refusals: health?.refusals ?? null,
    lastDeliveredAt: health?.lastDeliveredAt ?? null,
  });
  return {
    ...{ name, mode, route, state, sentence, liveSince },
    inbound: {
      ...inbound,
      acceptedPerMinute: meter.perMinute(name, 'accepted', now),
      rejectedPerMinute: meter.perMinute(name, 'rejected', now),
      lastAt: meter.lastAt(name, 'accepted'),
    },
    outbound: {
      ...outbound,
      deliveredPerMinute,
      lastDeliveredAt: health?.lastDeliveredAt ?? meter.lastAt(name, 'delivered'),
      pace,
    },
    ...waiting,
  };
}

/** When the mail that waits will be out: at the learned limit if there is one, else at the speed of the last minute. */
function describePace(
  pace: ThrottleFigures | null,
  waiting: WaitingMail,
  deliveredPerMinute: number,
  now: number,
): PaceOverview | null {
  if (pace === null) return null;
  const { messagesPerMinute, recipientsPerMinute } = pace;
  const limits = [messagesPerMinute, recipientsPerMinute].filter((limit) => limit !== null);
  const perMinute = limits.length > 0 ? Math.min(...limits) : deliveredPerMinute;
  const canSay = waiting.queued.count > 0 && perMinute > 0 && !pace.stopped;
  return {
    ...pace,
    drainsAt: canSay ? now + Math.round((waiting.queued.count / perMinute) * MINUTE_MS) : null,
  };
}
