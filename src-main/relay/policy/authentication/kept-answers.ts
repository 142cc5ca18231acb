// What the thread that authenticates has heard from DNS before, and what it made of it, for as long as whoever said it lets it be kept.

/** Answers kept. */
const MOST = 5_000;
/** Characters of one, as JSON: half of a record that is read at all. Larger ones are asked for anew. */
const LONGEST = 4_096;

export type KeptAnswer = { value: unknown } | { message: string; code: string | null };

interface Entry<Answer> {
  until: number;
  answer: Answer;
}

export class KeptAnswers<Answer extends object = KeptAnswer> {
  readonly #entries = new Map<string, Entry<Answer>>();
  readonly #now: () => number;

  /** @param now ms, of a clock that is never set. */
  constructor(now: () => number) {
    this.#now = now;
  }

  get(key: string): Answer | null {
    const entry = this.#entries.get(key);
    if (entry && entry.until > this.#now()) return entry.answer;
    return null;
  }

  /** For how long it counts yet, ms; 0 when nothing is kept. */
  left(key: string): number {
    return Math.max((this.#entries.get(key)?.until ?? 0) - this.#now(), 0);
  }

  /** @param keeps ms; nothing is kept for 0. */
  set(key: string, answer: Answer, keeps: number): void {
    this.#entries.delete(key);
    if (keeps <= 0 || JSON.stringify(answer).length > LONGEST) return;
    // Many messages get the same one: none may change it.
    freeze(answer);
    this.#entries.set(key, { until: this.#now() + keeps, answer });
    if (this.#entries.size <= MOST) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  Object.freeze(value);
  for (const part of Object.values(value)) freeze(part);
}
