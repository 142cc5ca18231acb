// Whether there is room for a message: a full disk is noticed before the client sends it.
import { statfsSync } from 'node:fs';

/** Free space that stays for delivering what is already here: attempts are written too. */
const RESERVE_BYTES = 64 * 1024 * 1024;
/** How long (ms) a figure is good for, and how long nothing is taken after the disk was found full. */
const LOOK_EVERY = 1000;
const FULL_FOR = 2000;

export class DiskSpace {
  readonly #folder: string;
  #fullUntil = 0;
  #freeBytes = Number.POSITIVE_INFINITY;
  #checkedAt = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Whether a message of so many octets (0: not known) may be begun. */
  has(bytes: number): boolean {
    const now = Date.now();
    if (now < this.#fullUntil) return false;
    if (now - this.#checkedAt > LOOK_EVERY) {
      this.#checkedAt = now;
      try {
        const disk = statfsSync(this.#folder);
        this.#freeBytes = disk.bavail * disk.bsize;
      } catch {
        // A file system that cannot say is found full when it is: storing fails, and the client is told then.
        this.#freeBytes = Number.POSITIVE_INFINITY;
      }
    }
    return this.#freeBytes - bytes > RESERVE_BYTES;
  }

  /** Storing failed for want of space. */
  foundFull(): void {
    this.#fullUntil = Date.now() + FULL_FOR;
  }
}
