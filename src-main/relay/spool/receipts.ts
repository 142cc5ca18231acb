// Receipts: what servers have taken, noted the moment they say so, before the database has it on disk.
//
// Between a server's 250 and our commit lie some milliseconds. When the process is killed in them, the message is still
// queued on disk and would be sent again. A note written to a file costs microseconds and outlives the process; it is not
// synced, so a power cut may lose it, and then the message arrives twice: twice is better than never.
//
// A note is never wrong, however late it is read: ids are not used again, and what a server took stays taken. A note that
// a power cut tore fails its checksum and counts for nothing.
import { closeSync, constants, ftruncateSync, readFileSync, writeSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { openOwnFile } from '../../settings/own-file.ts';
import type { AttemptOutcome } from '../../storage/operations/spool.ts';

/** Octets of notes after which the file is begun anew. */
const LONGEST = 1_048_576;
/** Once nothing is outstanding, more than this is thrown away, octets. */
const WORTH_CLEANING = 65_536;

export class Receipts {
  readonly #file: number;
  /** Notes whose outcome is not on disk yet. */
  readonly #outstanding = new Map<AttemptOutcome, string>();
  #length = 0;
  #broken = false;
  /** The last note may be there in part. */
  #torn = false;

  private constructor(file: number, length: number) {
    this.#file = file;
    this.#length = length;
  }

  /** Opens the file and answers the notes that the last process left. Throws the system's error when it cannot be opened. */
  static open(path: string): { receipts: Receipts; left: AttemptOutcome[] } {
    const file = openOwnFile(path, constants.O_RDWR | constants.O_CREAT | constants.O_APPEND);
    const text = readFileSync(file, 'latin1');
    const left = text.split('\n').flatMap((line) => readNote(line) ?? []);
    return { receipts: new Receipts(file, text.length), left };
  }

  /** What was left is on disk now. */
  forgetLeft(): void {
    this.#clean();
  }

  /** Notes an outcome if a server took the message for somebody. The transcript stays out: it is long, and only nice to have. */
  note(outcome: AttemptOutcome): void {
    const results = outcome.results.filter(({ state }) => state === 'delivered');
    if (results.length === 0 || this.#broken) return;
    const { messageId, attempt } = outcome;
    const line = writeNote({
      messageId,
      results,
      attempt: attempt && { ...attempt, transcript: '[]' },
      unlessSettled: true,
    });
    this.#outstanding.set(outcome, line);
    this.#write(line);
  }

  /** The outcome is on disk. */
  settled(outcome: AttemptOutcome): void {
    if (!this.#outstanding.delete(outcome)) return;
    if (this.#length > (this.#outstanding.size === 0 ? WORTH_CLEANING : LONGEST)) this.#clean();
  }

  close(): void {
    if (this.#outstanding.size === 0) this.#clean();
    this.#broken = true;
    closeSync(this.#file);
  }

  #clean(): void {
    if (this.#broken) return;
    try {
      ftruncateSync(this.#file);
      this.#length = 0;
      this.#torn = false;
      if (this.#outstanding.size > 0) this.#write([...this.#outstanding.values()].join(''));
    } catch {
      this.#broken = true;
    }
  }

  #write(text: string): void {
    // What a full disk took only a part of must not spoil the note that follows.
    const line = this.#torn ? `\n${text}` : text;
    try {
      const written = writeSync(this.#file, line);
      this.#length += written;
      this.#torn = written < line.length;
    } catch {
      this.#torn = true;
    }
    // Full, or gone: the database will say so with more weight. Without notes a kill costs some duplicates, so all are written anew soon.
    if (this.#torn) this.#length = LONGEST + 1;
  }
}

/** A line: a checksum of what follows, and the outcome in ASCII. */
function writeNote(outcome: AttemptOutcome): string {
  const words = JSON.stringify(outcome).replace(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${crc32(words).toString(16).padStart(8, '0')} ${words}\n`;
}

/** Null when the line is none, or not whole. */
function readNote(line: string): AttemptOutcome | null {
  const words = line.slice(9);
  if (words === '' || line.slice(0, 9) !== `${crc32(words).toString(16).padStart(8, '0')} `) return null;
  return JSON.parse(words) as AttemptOutcome;
}
