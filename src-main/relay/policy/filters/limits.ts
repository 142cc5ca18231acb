// How much one client may send in a minute.

const WINDOW = 60_000;
const MOST_CLIENTS = 20_000;

interface Count {
  since: number;
  messages: number;
}

export class Limits {
  readonly #counts = new Map<string, Count>();

  /** Counts a message that begins; false when the client has had its share of this minute. */
  take(address: string, most: number, now: number): boolean {
    if (most === 0) return true;
    let count = this.#counts.get(address);
    if (!count || now - count.since >= WINDOW) {
      count = { since: now, messages: 0 };
      this.#counts.delete(address);
      this.#counts.set(address, count);
      if (this.#counts.size > MOST_CLIENTS) {
        for (const oldest of this.#counts.keys()) {
          this.#counts.delete(oldest);
          break;
        }
      }
    }
    if (count.messages >= most) return false;
    count.messages++;
    return true;
  }
}
