// Puts the state of all mail into words: one sentence for the whole, one for each domain, three words for a broken leg.
import { causeWords } from '../../shared/cause.ts';
import type { FilterTrouble } from '../../shared/filters.ts';
import type { Domain } from '../../shared/domain.ts';
import { endOfHold } from '../../shared/holding.ts';
import { formatHostPort } from '../../shared/names.ts';
import type {
  DomainOverview,
  Fault,
  ListenerState,
  Minute,
  Overview,
  PaceOverview,
  StorageState,
  UnknownSetting,
  Waiting,
} from '../../shared/overview.ts';
import type { Health } from '../../shared/state.ts';
import type { ServerHealth } from '../relay/outbound/server-watch.ts';
import type { ThrottleFigures } from '../relay/outbound/throttle.ts';
import type { Meter } from './meter.ts';

export interface WaitingMail {
  queued: Waiting;
  held: Waiting;
  /** Of those held. */
  rerouted: number;
  quarantined: Waiting;
  failed: Waiting;
}

export interface OverviewInput {
  now: number;
  domains: readonly Domain[];
  waiting: (domain: string) => WaitingMail;
  health: (domain: string) => ServerHealth | null;
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
  fault: Fault | null;
  /** Keys of the settings file that are none. */
  unknownSettings: readonly UnknownSetting[];
  storage: StorageState;
  /** Why `settings.json` cannot be used as it is; null when it can. */
  settingsTrouble: string | null;
}

const MINUTE = 60_000;
const HOUR = 3_600_000;

/** So many messages refused in a row, whatever for, are no flow of mail. */
const REFUSES_ALL = 5;
/** Troubles that pass by themselves, as long as mail still moves. */
const PASSING = new Set(['rate-limited', 'greylisted', 'server-busy']);

export function composeOverview(input: OverviewInput): Overview {
  const domains = input.domains.map((domain) => describeDomain(domain, input));
  const { listener, fault, storage, settingsTrouble } = input;
  const state = worst([
    ...domains.map((domain) => domain.state),
    listenerHealth(listener),
    storage.state,
    fault === null && settingsTrouble === null ? 'ok' : 'attention',
    input.unknownSettings.length === 0 ? 'ok' : 'attention',
  ]);
  return {
    at: input.now,
    state: domains.length === 0 && state === 'ok' ? 'not-applicable' : state,
    sentence: sentenceFor(domains, input),
    domains,
    minutes: input.meter.minutes(input.now) satisfies Minute[],
    listener,
    filterTroubles: input.filterTroubles,
    storage,
    fault,
    unknownSettings: [...input.unknownSettings],
    settingsTrouble,
  };
}

function describeDomain(domain: Domain, input: OverviewInput): DomainOverview {
  const { now, meter, listener } = input;
  const { name, mode, route } = domain;
  const waiting = input.waiting(name);
  const health = input.health(name);
  const trouble = health?.trouble ?? null;
  const cannotStore = input.storage.trouble;
  const refusals = (health?.refusals?.count ?? 0) >= REFUSES_ALL ? (health?.refusals ?? null) : null;
  const inboundState = worst([listenerHealth(listener), input.storage.state]);
  const outboundState: Health = !input.running
    ? 'could-not-check'
    : mode.name === 'hold'
      ? 'attention'
      : trouble === null
        ? refusals === null
          ? 'ok'
          : 'attention'
        : PASSING.has(trouble.cause)
          ? 'attention'
          : 'problem';
  const oldest = waiting.queued.oldestAt;
  const late = oldest !== null && now - oldest > input.warnHours * HOUR;
  const pace = describePace(input.pace(name), waiting, meter.perMinute(name, 'delivered', now), now);
  const failedState: Health = waiting.failed.count > 0 ? 'attention' : 'ok';
  return {
    name,
    mode,
    route,
    state: worst([inboundState, outboundState, failedState, late ? 'attention' : 'ok']),
    sentence: !input.running
      ? `Mailward is not running: no mail for ${name} is taken or delivered; ${messages(stored(waiting))} stored.`
      : cannotStore
        ? `No mail for ${name} is taken: Mailward cannot store it. Senders keep it and try again.`
        : domainSentence(
            domain,
            waiting,
            trouble,
            refusals,
            late ? now - oldest : null,
            isLimited(pace) ? (pace?.drainsAt ?? null) : null,
            input.deliverAgain,
            now,
            health?.lastDeliveredAt ?? null,
          ),
    inbound: {
      state: inboundState,
      words: !listener.listening
        ? 'not listening'
        : cannotStore
          ? 'cannot store mail'
          : listener.problem === null
            ? 'listening'
            : 'encryption problem',
      acceptedPerMinute: meter.perMinute(name, 'accepted', now),
      rejectedPerMinute: meter.perMinute(name, 'rejected', now),
      lastAt: meter.lastAt(name, 'accepted'),
    },
    outbound: {
      state: outboundState,
      words: !input.running
        ? 'not running'
        : mode.name === 'hold'
          ? 'held'
          : trouble
            ? causeWords[trouble.cause].short
            : refusals
              ? 'refuses mail'
              : mode.name === 'reroute'
                ? 'rerouted'
                : 'delivering',
      deliveredPerMinute: meter.perMinute(name, 'delivered', now),
      lastDeliveredAt: health?.lastDeliveredAt ?? meter.lastAt(name, 'delivered'),
      cause: trouble?.cause ?? null,
      since: mode.name === 'hold' ? mode.since : (trouble?.since ?? refusals?.since ?? null),
      lastReply: trouble?.reply ?? refusals?.reply ?? null,
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
  return { ...pace, drainsAt: canSay ? now + Math.round((waiting.queued.count / perMinute) * MINUTE) : null };
}

function isLimited(pace: PaceOverview | null): boolean {
  return (
    pace !== null &&
    (pace.messagesPerMinute ?? pace.recipientsPerMinute ?? pace.connectionsPerMinute) !== null
  );
}

/** `drainsAt`: when the backlog will be out, where the server's limit is what holds it up. `lateBy`: how long the oldest waiting message has waited (ms), when that is longer than the settings find usual. */
function domainSentence(
  domain: Domain,
  waiting: WaitingMail,
  trouble: ServerHealth['trouble'],
  refusals: ServerHealth['refusals'],
  lateBy: number | null,
  drainsAt: number | null,
  deliverAgain: boolean,
  now: number,
  lastDeliveredAt: number | null,
): string {
  const { name, mode } = domain;
  if (mode.name === 'hold' && mode.homeSince !== null)
    return `Your server takes mail for ${name} again: ${messages(waiting.held.count)} stored until you release it.`;
  // What the server said stands below, in its own words.
  const reason = mode.setBy === 'mailward' ? mode.reason.replace(/: [245]\d\d [^]*$/, '') : mode.reason;
  const because = reason === '' ? '' : ` (${reason})`;
  if (mode.name === 'hold')
    return `Mail for ${name} is being held${because}: ${messages(waiting.held.count)} stored, nothing is lost. ${endSentence(domain, deliverAgain)}`;
  const [first] = mode.reroute ?? [];
  const other = first ? formatHostPort(first.host, first.port) : 'another server';
  const via = mode.name === 'reroute' ? `The server it is rerouted to (${other})` : 'Your server';
  if (trouble)
    return `Mail for ${name} waits: ${lowerFirst(via)} ${causeWords[trouble.cause].server}. ${messages(stored(waiting))} stored, nothing is lost.`;
  if (refusals)
    return `${via} has refused the last ${count(refusals.count)} for ${name} and accepted none since. Look at its reply.`;
  if (lateBy !== null)
    return `Mail for ${name} is late: ${messages(waiting.queued.count)} waiting, the oldest for ${hours(lateBy)}.`;
  if (waiting.failed.count > 0)
    return `Mail for ${name} is flowing; ${count(waiting.failed.count)} could not be delivered and should be looked at.`;
  const held = waiting.held.count - waiting.rerouted;
  if (held > 0)
    return `Mail for ${name} is flowing; ${messages(held)} held by hand until you release ${held === 1 ? 'it' : 'them'}.`;
  if (waiting.rerouted > 0)
    return `Mail for ${name} is flowing; ${messages(waiting.rerouted)} being sent another way.`;
  if (drainsAt !== null && waiting.queued.count > 1)
    return `Mail for ${name} is flowing as fast as ${lowerFirst(via)} lets it: ${messages(waiting.queued.count)} waiting, out in about ${Math.max(1, Math.round((drainsAt - now) / MINUTE))} min.`;
  // Nothing says yet that mail flows: no message has shown it.
  if (lastDeliveredAt === null)
    return waiting.queued.count > 0
      ? `Mail for ${name} is on its way: ${messages(waiting.queued.count)} waiting.`
      : `Mailward is ready for mail for ${name}; none has been delivered since it was started.`;
  return mode.name === 'reroute'
    ? `Mail for ${name} is flowing to ${other} instead of your server${because}.`
    : `Mail for ${name} is flowing.`;
}

/** What ends a domain's hold. Times are written by whoever shows them, in the reader's zone. */
function endSentence({ mode }: Domain, deliverAgain: boolean): string {
  switch (endOfHold(mode, deliverAgain)?.by) {
    case 'time':
      return 'It goes out by itself at the time set.';
    case 'server':
      return 'It goes out by itself when your server takes it again.';
    case 'server-then-you':
      return 'Mailward says when your server takes it again; then you release it.';
    default:
      return 'It goes out when you release it.';
  }
}

function sentenceFor(
  domains: readonly DomainOverview[],
  { listener, storage, fault }: Pick<OverviewInput, 'listener' | 'storage' | 'fault'>,
): string {
  if (storage.trouble)
    return `Mailward cannot store mail: ${storage.trouble.what}. Senders keep their mail and try again.`;
  if (!listener.listening)
    return `Mailward is not taking mail: ${listener.problem ?? 'the SMTP listener is stopped'}.`;
  const bad = domains.filter((domain) => !isWell(domain));
  // What stops mail is told before what only may.
  if (bad.length === 0 && fault !== null)
    return `Mailward had ${fault.count === 1 ? 'an internal error' : `${fault.count} internal errors`} and carried on; all mail it accepted is on disk. Restart it when convenient.`;
  if (domains.length === 0) return 'Mailward is ready. No domain is protected yet.';
  // The listener's trouble is everybody's: it is told once, and only when no domain has one of its own.
  if (bad.length === 0 && listener.problem !== null)
    return 'Mail is flowing, but the TLS certificate needs attention.';
  const [first] = bad;
  if (first && bad.length === 1) return first.sentence;
  if (bad.length > 1) {
    if (bad.length === domains.length)
      return `${bad.length === 2 ? 'Both' : `All ${bad.length}`} domains need attention.`;
    return `${bad.length} of ${domains.length} domains need attention.`;
  }
  const [only] = domains;
  return domains.length === 1 && only
    ? only.sentence
    : `Mail is flowing for ${domains.length === 2 ? 'both' : `all ${domains.length}`} domains.`;
}

/** While it listens, what is wrong with it keeps no mail out: that wants attention and no more. */
function listenerHealth(listener: ListenerState): Health {
  if (!listener.listening) return 'problem';
  return listener.problem === null ? 'ok' : 'attention';
}

/** All is well with the domain itself. */
function isWell(domain: DomainOverview): boolean {
  return domain.outbound.state === 'ok' && domain.failed.count === 0;
}

const order: readonly Health[] = ['not-applicable', 'ok', 'could-not-check', 'attention', 'problem'];

function worst(states: readonly Health[]): Health {
  return states.reduce<Health>((a, b) => (order.indexOf(b) > order.indexOf(a) ? b : a), 'ok');
}

function count(messages: number): string {
  return messages === 1 ? '1 message' : `${messages.toLocaleString('en')} messages`;
}

function hours(milliseconds: number): string {
  const whole = Math.max(1, Math.floor(milliseconds / HOUR));
  return whole === 1 ? '1 hour' : `${whole} hours`;
}

function messages(number: number): string {
  return `${count(number)} ${number === 1 ? 'is' : 'are'}`;
}

/** All mail that is here and has somewhere to go. */
function stored(waiting: WaitingMail): number {
  return waiting.queued.count + waiting.held.count;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
