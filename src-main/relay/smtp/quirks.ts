// What servers were found to bear badly, and are spared for a while: it would cost every connection anew.
import type { Destination } from '../../../shared/domain.ts';
import { HOUR_MS } from '../../../shared/time.ts';

/**
 * `pipelining`: it got out of step when commands came together; `tls`: a TLS handshake did not end; `ehlo`: it hangs up on EHLO and
 * takes HELO; `no-smtputf8`: it does not offer SMTPUTF8, so that what needs it is better refused at the door.
 */
export type Quirk = 'pipelining' | 'tls' | 'ehlo' | 'no-smtputf8';

/** How long each is remembered, ms. Asking for TLS is worth trying again soon; commands in one write save little. */
const REMEMBERED: Readonly<Record<Quirk, number>> = {
  pipelining: 24 * HOUR_MS,
  tls: HOUR_MS,
  ehlo: HOUR_MS,
  'no-smtputf8': 6 * HOUR_MS,
};
/** Servers of strangers, to which bounces go, are many. */
const MOST = 10_000;

export class Quirks {
  readonly #until = new Map<string, number>();
  readonly #now: () => number;

  /** @param now ms, by the steady clock. */
  constructor(now: () => number) {
    this.#now = now;
  }

  note(destination: Destination, quirk: Quirk): void {
    const name = keyOf(destination, quirk);
    this.#until.delete(name);
    if (this.#until.size >= MOST) this.#until.delete(this.#until.keys().next().value ?? name);
    this.#until.set(name, this.#now() + REMEMBERED[quirk]);
  }

  /** It does not do so any more. */
  forget(destination: Destination, quirk: Quirk): void {
    this.#until.delete(keyOf(destination, quirk));
  }

  /** Until when (by the clock handed in) the server is spared that; null when it is not. */
  until(destination: Destination, quirk: Quirk): number | null {
    const until = this.#until.get(keyOf(destination, quirk));
    return until !== undefined && this.#now() < until ? until : null;
  }
}

function keyOf({ host, port }: Destination, quirk: Quirk): string {
  return `${host} ${port} ${quirk}`;
}
