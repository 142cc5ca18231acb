import { HOUR_MS } from '../../../shared/time.ts';
// Tells a server that refuses everybody from recipients that do not exist: while it is the server, nothing is learned.
// docs/recipients.md gives the reasons for the numbers.

/** Recipients of which the server's last word is looked at: how long ago it may be. */
export const SUDDEN_WINDOW_MS = HOUR_MS;
export const KNOWN_WINDOW_MS = 24 * HOUR_MS;
/** So many recipients that never failed before must begin to fail within the hour. */
const SUDDEN_LEAST = 4;
/** So many recipients that the server used to take must fail. */
const KNOWN_LEAST = 2;
/** Recipients remembered for a domain; the longest unheard of goes first. */
const MOST = 10_000;

interface Word {
  /** UTC ms of the last word. */
  at: number;
  failed: boolean;
  /** When its failing began, as far as is known (UTC ms). */
  failingSince: number;
  /** The server used to take it. */
  known: boolean;
}

/** What one domain's server last said of each recipient. */
export class ServerTrouble {
  readonly #words = new Map<string, Word>();

  accepted(key: string, at: number): void {
    this.#put(key, { at, failed: false, failingSince: at, known: true });
  }

  /** @param known the server used to take it; @param failingSince when it failed first, `at` when this is the first time. */
  failed(key: string, at: number, known: boolean, failingSince: number): void {
    const before = this.#words.get(key);
    this.#put(key, { at, failed: true, failingSince, known: known || before?.known === true });
  }

  #put(key: string, word: Word): void {
    this.#words.delete(key);
    this.#words.set(key, word);
    if (this.#words.size > MOST) {
      const [oldest] = this.#words.keys();
      if (oldest !== undefined) this.#words.delete(oldest);
    }
  }

  /**
   * Since when (UTC ms) what the server says is not to be believed; null when it may be. Either of two signs will do:
   * within an hour more than half of the recipients tried, and at least 4, are refused that never were before; or within
   * a day more than half of the recipients tried that the server used to take, and at least 2, are refused.
   */
  since(now: number): number | null {
    let sudden = 0;
    let accepted = 0;
    let knownFailed = 0;
    let knownAccepted = 0;
    for (const [key, word] of this.#words) {
      if (word.at < now - KNOWN_WINDOW_MS) {
        this.#words.delete(key);
        continue;
      }
      const lately = word.at >= now - SUDDEN_WINDOW_MS;
      if (!word.failed) {
        knownAccepted++;
        if (lately) accepted++;
        continue;
      }
      if (word.known) knownFailed++;
      if (lately && word.failingSince >= now - SUDDEN_WINDOW_MS) sudden++;
    }
    if (knownFailed >= KNOWN_LEAST && knownFailed > knownAccepted) return now - KNOWN_WINDOW_MS;
    if (sudden >= SUDDEN_LEAST && sudden > accepted) return now - SUDDEN_WINDOW_MS;
    return null;
  }
}
