// How a domain's mail flows, from what the relay knows of it: the state of each leg, three words for it, and the one sentence.
import { type Cause, causeWords } from '../../shared/cause.ts';
import { count, counted } from '../../shared/counted.ts';
import type { Domain } from '../../shared/domain.ts';
import { endOfHold } from '../../shared/holding.ts';
import type { Reply } from '../../shared/message.ts';
import { formatHostPort } from '../../shared/names.ts';
import type {
  DomainOverview,
  ListenerState,
  PaceOverview,
  StorageState,
  WaitingMail,
} from '../../shared/overview.ts';
import { type HealthState, worst } from '../../shared/state.ts';
import { HOUR_MS, MINUTE_MS } from '../../shared/time.ts';

/** So many messages refused in a row, whatever for, are no flow of mail. */
const REFUSES_ALL = 5;
/** Troubles that pass by themselves, as long as mail still moves. */
const PASSING: ReadonlySet<Cause> = new Set<Cause>(['rate-limited', 'greylisted', 'server-busy']);

/** What is known of one domain's mail. Times in UTC ms. */
export interface FlowFacts {
  now: number;
  domain: Domain;
  /** False when the data folder was only opened to look into it: then nothing is known of the servers. */
  running: boolean;
  listener: ListenerState;
  storage: StorageState;
  waiting: WaitingMail;
  /** Why its server is not delivered to; null while it is, or nothing was tried. */
  trouble: { cause: Cause; since: number; reply: Reply } | null;
  /** Messages that its server refused one after another for what they are; null: none. */
  refusals: { count: number; since: number; reply: Reply } | null;
  /** When the domain's first mail came through; null: none has yet. */
  liveSince: number | null;
  /** Null: none was since the start. */
  lastDeliveredAt: number | null;
  pace: PaceOverview | null;
  /** The setting `autoHold.deliverAgain`. */
  deliverAgain: boolean;
  /** Mail that waits longer than this is pointed out. */
  warnHours: number;
}

export interface Flow {
  state: HealthState;
  sentence: string;
  inbound: Pick<DomainOverview['inbound'], 'state' | 'words'>;
  outbound: Pick<DomainOverview['outbound'], 'state' | 'words' | 'cause' | 'since' | 'lastReply'>;
}

export function flowOf(facts: FlowFacts): Flow {
  const { domain, waiting, trouble, running } = facts;
  const { mode } = domain;
  const refusals = (facts.refusals?.count ?? 0) >= REFUSES_ALL ? facts.refusals : null;
  const oldest = waiting.queued.oldestAt;
  const waits = oldest === null ? 0 : facts.now - oldest;
  const lateBy = waits > facts.warnHours * HOUR_MS ? waits : null;
  // What no mail has shown yet is not known to be well.
  const well: HealthState = facts.liveSince === null ? 'not-applicable' : 'ok';
  const inbound = inboundOf(facts, well);
  const outboundState: HealthState = !running
    ? 'could-not-check'
    : mode.name === 'hold'
      ? 'attention'
      : trouble === null
        ? refusals === null
          ? well
          : 'attention'
        : PASSING.has(trouble.cause)
          ? 'attention'
          : 'problem';
  return {
    state: worst([
      inbound.state,
      outboundState,
      waiting.failed.count > 0 ? 'attention' : well,
      lateBy === null ? well : 'attention',
    ]),
    sentence: sentenceOf(facts, refusals, lateBy),
    inbound,
    outbound: {
      state: outboundState,
      words: !running
        ? 'not running'
        : mode.name === 'hold'
          ? 'held'
          : trouble
            ? causeWords[trouble.cause].short
            : refusals
              ? 'refuses mail'
              : mode.name === 'reroute'
                ? 'rerouted'
                : facts.liveSince === null
                  ? 'no mail yet'
                  : 'delivering',
      cause: trouble?.cause ?? null,
      since: mode.name === 'hold' ? mode.since : (trouble?.since ?? refusals?.since ?? null),
      lastReply: trouble?.reply ?? refusals?.reply ?? null,
    },
  };
}

/** While it listens, what is wrong with it keeps no mail out: that wants attention and no more. */
export function healthOfListener(listener: ListenerState): HealthState {
  if (!listener.listening) return 'problem';
  return listener.problem === null ? 'ok' : 'attention';
}

function inboundOf({ listener, storage }: FlowFacts, well: HealthState): Flow['inbound'] {
  const state = worst([healthOfListener(listener), storage.state]);
  return {
    state: state === 'ok' ? well : state,
    words: !listener.listening
      ? 'not listening'
      : storage.trouble
        ? 'cannot store mail'
        : listener.problem === null
          ? 'listening'
          : 'encryption problem',
  };
}

/** @param lateBy how long the oldest waiting message has waited (ms), when that is longer than the settings find usual. */
function sentenceOf(facts: FlowFacts, refusals: FlowFacts['refusals'], lateBy: number | null): string {
  const { domain, waiting, trouble, pace, now } = facts;
  const { name, mode } = domain;
  if (!facts.running)
    return `Mailward is not running: no mail for ${name} is taken or delivered; ${messages(stored(waiting))} stored.`;
  if (facts.storage.trouble)
    return `No mail for ${name} is taken: Mailward cannot store it. Senders keep it and try again.`;
  if (mode.name === 'hold' && mode.homeSince !== null)
    return `Your server takes mail for ${name} again: ${messages(waiting.held.count)} stored until you release it.`;
  // What the server said stands below, in its own words.
  const reason = mode.setBy === 'mailward' ? mode.reason.replace(/: [245]\d\d [^]*$/, '') : mode.reason;
  const because = reason === '' ? '' : ` (${reason})`;
  if (mode.name === 'hold')
    return `Mail for ${name} is being held${because}: ${messages(waiting.held.count)} stored, nothing is lost. ${endSentence(domain, facts.deliverAgain)}`;
  const [first] = mode.reroute ?? [];
  const other = first ? formatHostPort(first.host, first.port) : 'another server';
  const via = mode.name === 'reroute' ? `The server it is rerouted to (${other})` : 'Your server';
  if (trouble)
    return `Mail for ${name} waits: ${lowerFirst(via)} ${causeWords[trouble.cause].server}. ${messages(stored(waiting))} stored, nothing is lost.`;
  if (refusals)
    return `${via} has refused the last ${counted(refusals.count, 'message')} for ${name} and accepted none since. Look at its reply.`;
  if (lateBy !== null)
    return `Mail for ${name} is late: ${messages(waiting.queued.count)} waiting, the oldest for ${hours(lateBy)}.`;
  if (waiting.failed.count > 0)
    return `Mail for ${name} is flowing; ${counted(waiting.failed.count, 'message')} could not be delivered and should be looked at.`;
  const held = waiting.held.count - waiting.rerouted;
  if (held > 0)
    return `Mail for ${name} is flowing; ${messages(held)} held by hand until you release ${held === 1 ? 'it' : 'them'}.`;
  if (waiting.rerouted > 0)
    return `Mail for ${name} is flowing; ${messages(waiting.rerouted)} being rerouted.`;
  // When the backlog will be out, where the server's limit is what holds it up.
  const drainsAt = isLimited(pace) ? (pace?.drainsAt ?? null) : null;
  if (drainsAt !== null && waiting.queued.count > 1)
    return `Mail for ${name} is flowing as fast as ${lowerFirst(via)} lets it: ${messages(waiting.queued.count)} waiting, out in about ${Math.max(1, Math.round((drainsAt - now) / MINUTE_MS))} min.`;
  // Nothing says yet that mail flows: no message has shown it.
  if (facts.lastDeliveredAt === null)
    return waiting.queued.count > 0
      ? `Mail for ${name} is on its way: ${messages(waiting.queued.count)} waiting.`
      : facts.liveSince === null
        ? `No mail for ${name} has come through Mailward yet.`
        : `No mail for ${name} has been delivered since Mailward was started.`;
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

function isLimited(pace: PaceOverview | null): boolean {
  return (
    pace !== null &&
    (pace.messagesPerMinute ?? pace.recipientsPerMinute ?? pace.connectionsPerMinute) !== null
  );
}

function hours(milliseconds: number): string {
  return counted(Math.max(1, Math.floor(milliseconds / HOUR_MS)), 'hour');
}

/** "1 message is", "12 messages are". */
function messages(number: number): string {
  return number === 1 ? '1 message is' : `${count(number)} messages are`;
}

/** All mail that is here and has somewhere to go. */
function stored(waiting: WaitingMail): number {
  return waiting.queued.count + waiting.held.count;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
