// How long one client may take, silent or however busily it dribbles. Times are those of a clock that never jumps, ms.

/** A TLS handshake takes a few round trips, ms. */
const HANDSHAKE_MS = 30_000;
/** Longest way from the greeting, or the last message, to the next DATA, ms. */
const ENVELOPE_MS = 1_800_000;
/** Octets of a message that count as a step forward. */
const STEP = 4096;

export class ClientTimeouts {
  readonly #idle: number;
  readonly #rate: number;
  #waitingSince: number;
  #envelopeSince: number;
  #messageSince: number | null = null;
  #received = 0;
  /** When the last octet of a message came. */
  #heardAt = 0;
  #stepAt = 0;
  #handshakeSince = 0;
  progressAt: number;

  constructor(limits: { idleSeconds: number; minBytesPerSecond: number }, now: number) {
    this.#idle = limits.idleSeconds * 1000;
    this.#rate = limits.minBytesPerSecond;
    this.#waitingSince = now;
    this.#envelopeSince = now;
    this.progressAt = now;
  }

  /** A command was answered: the next one may take the idle time, complete with its line end. */
  commandDone(now: number): void {
    this.#waitingSince = now;
    this.progressAt = now;
  }

  messageBegins(now: number): void {
    this.#messageSince = now;
    this.#heardAt = now;
    this.#received = 0;
    this.#stepAt = STEP;
  }

  received(octets: number, now: number): void {
    this.#received += octets;
    this.#heardAt = now;
    if (this.#received < this.#stepAt) return;
    this.#stepAt = this.#received + STEP;
    this.progressAt = now;
  }

  /** The client waited for us until now. */
  wasOurs(now: number): void {
    this.#waitingSince = now;
    this.#heardAt = now;
    this.progressAt = now;
    // What it has sent so far came fast enough; only what follows is measured.
    if (this.#messageSince !== null) this.#messageSince = now - (this.#received / this.#rate) * 1000;
  }

  messageEnds(now: number): void {
    this.#messageSince = null;
    this.#envelopeSince = now;
    this.commandDone(now);
  }

  handshakeBegins(now: number): void {
    this.#handshakeSince = now;
  }

  handshakeOver(now: number): boolean {
    return now - this.#handshakeSince > HANDSHAKE_MS;
  }

  /** Time to part. */
  over(now: number): boolean {
    if (this.#messageSince !== null) {
      return (
        now - this.#heardAt > this.#idle ||
        now - this.#messageSince > this.#idle + (this.#received / this.#rate) * 1000
      );
    }
    return (
      now - this.#waitingSince > this.#idle ||
      now - this.#envelopeSince > Math.max(ENVELOPE_MS, 2 * this.#idle)
    );
  }
}
