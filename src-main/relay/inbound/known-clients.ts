// Clients that have sent mail before. A stranger waits a moment for our greeting, and shows whether it can wait (bots often
// talk at once); whoever delivered mail lately is greeted at once.
import { DAY_MS } from '../../../shared/time.ts';

/** How long a stranger waits for the greeting, ms. */
const STRANGER_WAITS_MS = 100;
/** How long a client stays known after its last message, ms. */
const KNOWN_FOR_MS = DAY_MS;
const MOST_KNOWN = 10_000;

export class KnownClients {
  /** Address → when it last sent a message that we took (ms, steady clock), least recent first. */
  readonly #lastSent = new Map<string, number>();

  /** The wait in ms before the greeting to this client. */
  greetingDelay(address: string, now: number): number {
    const last = this.#lastSent.get(address);
    return last !== undefined && now - last < KNOWN_FOR_MS ? 0 : STRANGER_WAITS_MS;
  }

  sentMail(address: string, now: number): void {
    this.#lastSent.delete(address);
    this.#lastSent.set(address, now);
    if (this.#lastSent.size <= MOST_KNOWN) return;
    for (const oldest of this.#lastSent.keys()) {
      this.#lastSent.delete(oldest);
      break;
    }
  }
}
