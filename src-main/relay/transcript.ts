// Keeps the words two servers say to each other, within bounds that a hostile one cannot break.
import type { TranscriptLine } from '../../shared/message.ts';

const MOST_LINES = 400;
const LONGEST_LINE = 1000;

export class Transcript {
  readonly #began: number;
  #lines: TranscriptLine[];
  #left: number;

  constructor(began: number, head: readonly TranscriptLine[] = []) {
    this.#began = began;
    this.#lines = [...head];
    this.#left = MOST_LINES - head.length;
  }

  add(from: TranscriptLine['from'], text: string): void {
    if (this.#left <= 0) return;
    this.#left--;
    const words = this.#left === 0 ? '… the rest is left out' : text;
    this.#lines.push({
      offset: Date.now() - this.#began,
      from: this.#left === 0 ? 'note' : from,
      text: words.length > LONGEST_LINE ? `${words.slice(0, LONGEST_LINE)}…` : words,
    });
  }

  get lines(): readonly TranscriptLine[] {
    return this.#lines;
  }

  /** Starts anew with the lines that belong to the whole connection (greeting, EHLO), for its next message. */
  keepFirst(count: number): void {
    this.#lines = this.#lines.slice(0, count);
    this.#left = MOST_LINES - this.#lines.length;
  }

  toJson(): string {
    return JSON.stringify(this.#lines);
  }
}
