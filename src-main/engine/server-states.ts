// What the traffic shows of each domain's server: whether it is in trouble, and what it answers. One attempt among hundreds is no news:
// the same trouble at every attempt is written once, and one that another server of the route makes good at once never.
import type { Cause } from '../../shared/cause.ts';
import type { JournalKind } from '../../shared/journal.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { Clock, Timer } from '../clock/clock.ts';
import type { ServerCondition } from '../relay/outbound/server-watch.ts';

/** How long a route's other servers have to take the mail before it is the domain that is in trouble, ms. */
const STANDS_MS = 3_000;
/** What stands for a delivery's good answer, and the question that a delivery is. */
export const ACCEPTED = 'accepted';
export const DELIVERY = 'delivery';

type Trouble = NonNullable<ServerCondition['trouble']>;

interface SeenState {
  kind: JournalKind;
  subject: string;
  value: string | null;
  /** Nothing was there, as long as nothing else is known. */
  was?: null;
}

interface State {
  /** What is written down: the cause; null: none. */
  cause: string | null;
  /** Null: no answer is known yet. */
  reply: string | null;
  /** A trouble that may be made good in a moment, and when it was seen (UTC ms). */
  pending: { trouble: Trouble; at: number; timer: Timer } | null;
  /** By the steady clock: what was held back is not tried again before. */
  againAt: number;
}

export interface ServerStatesParts {
  clock: Clock;
  /** Writes down what is so since `at` (UTC ms). False: it was not. */
  see: (domain: string, at: number, seen: readonly SeenState[]) => Promise<boolean>;
  againAfterMs: number;
}

export class ServerStates {
  readonly #parts: ServerStatesParts;
  readonly #states = new Map<string, State>();

  constructor(parts: ServerStatesParts) {
    this.#parts = parts;
  }

  /** What was written down before a restart. */
  remember(rows: readonly { domain: string; kind: string; subject: string; value: string | null }[]): void {
    for (const { domain, kind, subject, value } of rows) {
      if (kind === 'server-state') this.#of(domain).cause = value === null ? null : causeIn(value);
      if (kind === 'replies' && subject === DELIVERY) this.#of(domain).reply = value;
    }
  }

  /** @param trouble null: there is none. */
  changed(domain: string, trouble: Trouble | null): void {
    const state = this.#of(domain);
    if (trouble === null) {
      this.#well(domain, state, null);
      return;
    }
    const isKnown = state.cause === trouble.cause && (replyTo(trouble) ?? state.reply) === state.reply;
    if (state.pending) state.pending.trouble = trouble;
    else if (!isKnown && this.#parts.clock.steady() >= state.againAt) {
      const timer = this.#parts.clock.after(STANDS_MS, () => this.settle(domain)).unref();
      state.pending = { trouble, at: this.#parts.clock.now(), timer };
    }
  }

  /** The domain's server took a message. */
  delivered(domain: string): void {
    this.#well(domain, this.#of(domain), ACCEPTED);
  }

  /** What may be made good in a moment stands from now on. */
  settle(domain: string): void {
    const state = this.#states.get(domain);
    const pending = state?.pending ?? null;
    if (!state || pending === null) return;
    pending.timer.cancel();
    state.pending = null;
    const { trouble, at } = pending;
    this.#is(domain, state, at, {
      cause: trouble.cause,
      words: `${trouble.cause} at ${formatHostPort(trouble.host, trouble.port)}`,
      reply: replyTo(trouble) ?? state.reply,
    });
  }

  drop(domain: string): void {
    this.#states.get(domain)?.pending?.timer.cancel();
    this.#states.delete(domain);
  }

  close(): void {
    for (const domain of this.#states.keys()) this.settle(domain);
  }

  #well(domain: string, state: State, reply: string | null): void {
    state.pending?.timer.cancel();
    state.pending = null;
    if (state.cause === null && (reply ?? state.reply) === state.reply) return;
    if (this.#parts.clock.steady() < state.againAt) return;
    const now = this.#parts.clock.now();
    this.#is(domain, state, now, { cause: null, words: null, reply: reply ?? state.reply });
  }

  #is(
    domain: string,
    state: State,
    at: number,
    next: { cause: Cause | null; words: string | null; reply: string | null },
  ): void {
    const seen: SeenState[] = [];
    if (next.cause !== state.cause)
      seen.push({ kind: 'server-state', subject: '', value: next.words, was: null });
    if (next.reply !== state.reply) seen.push({ kind: 'replies', subject: DELIVERY, value: next.reply });
    if (seen.length === 0) return;
    const former = { cause: state.cause, reply: state.reply };
    state.cause = next.cause;
    state.reply = next.reply;
    void this.#parts.see(domain, at, seen).then((isWritten) => {
      if (isWritten) return;
      // It is looked at again, against what is written.
      Object.assign(state, former);
      state.againAt = this.#parts.clock.steady() + this.#parts.againAfterMs;
    });
  }

  #of(domain: string): State {
    const known = this.#states.get(domain);
    if (known) return known;
    const state: State = { cause: null, reply: null, pending: null, againAt: 0 };
    this.#states.set(domain, state);
    return state;
  }
}

function causeIn(words: string): string {
  return words.split(' ', 1)[0] ?? '';
}

/** Its codes and what it means; null where there was no answer. What else it says names addresses and numbers. */
function replyTo({ cause, reply: { code, enhanced } }: Trouble): string | null {
  if (code === 0) return null;
  return `${code} ${enhanced === null ? '' : `${enhanced} `}${cause}`;
}
