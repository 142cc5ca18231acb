// Keeps the words two servers say to each other, within bounds that a hostile one cannot break.
import type { TranscriptLine } from '../../../shared/message.ts';
import { type Clock, elapsed } from '../../clock/clock.ts';

const MOST_LINES = 400;
const LONGEST_LINE = 1000;
/** Characters of all lines together: a thousand connections may keep one each. */
const MOST_TEXT = 65_536;

export class Transcript {
  readonly #clock: Clock;
  readonly #began: number;
  #lines: TranscriptLine[];
  #left: number;
  #room: number;

  constructor(clock: Clock, head: readonly TranscriptLine[] = []) {
    this.#clock = clock;
    this.#began = clock.steady();
    this.#lines = [...head];
    this.#left = MOST_LINES - head.length;
    this.#room = MOST_TEXT - lengthOf(head);
  }

  add(from: TranscriptLine['from'], text: string): void {
    if (this.#left <= 0) return;
    this.#left--;
    this.#room -= Math.min(text.length, LONGEST_LINE);
    if (this.#room < 0) this.#left = 0;
    const words = this.#left === 0 ? '… the rest is left out' : text;
    this.#lines.push({
      offset: elapsed(this.#clock, this.#began),
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
    this.#room = MOST_TEXT - lengthOf(this.#lines);
  }

  /** As it is stored; `last` is a line that is said once it is stored. */
  toJson(last?: string): string {
    if (last === undefined) return JSON.stringify(this.#lines);
    const line: TranscriptLine = { offset: elapsed(this.#clock, this.#began), from: 'server', text: last };
    return JSON.stringify([...this.#lines, line]);
  }
}

function lengthOf(lines: readonly TranscriptLine[]): number {
  return lines.reduce((sum, line) => sum + line.text.length, 0);
}
