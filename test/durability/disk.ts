// A disk that may be cut off at any moment: what was fsynced stays; of the rest each write may be there, be missing, or be torn.
import type { Random } from '../lab/random.ts';
import type { Happening } from './trace.ts';

/**
 * What becomes of writes that nobody waited for: `dropped` (none made it), `kept` (all did, as when only the process
 * dies), `torn` (each by chance, in any order, and some of them in part).
 */
export type Fate = 'dropped' | 'kept' | 'torn';

interface Change {
  at: number;
  apply: (content: Content) => void;
  /** In sectors that make it or do not. */
  applyTorn: (content: Content, random: Random, sector: number) => void;
}

interface NameChange {
  at: number;
  name: string;
  file: FileOnDisk | null;
}

interface FileOnDisk {
  safe: Content;
  pending: Change[];
}

/** A file's octets, with room to grow. */
class Content {
  #octets: Buffer;
  length: number;

  constructor(octets = Buffer.alloc(0)) {
    this.#octets = octets;
    this.length = octets.length;
  }

  write(data: Buffer, offset: number): void {
    const end = offset + data.length;
    if (end > this.#octets.length) {
      const larger = Buffer.alloc(Math.max(end, this.#octets.length * 2));
      this.#octets.copy(larger, 0, 0, this.length);
      this.#octets = larger;
    }
    data.copy(this.#octets, offset);
    this.length = Math.max(this.length, end);
  }

  truncate(length: number): void {
    if (length > this.length) this.write(Buffer.alloc(length - this.length), this.length);
    else this.#octets.fill(0, length, this.length);
    this.length = length;
  }

  get octets(): Buffer {
    return this.#octets.subarray(0, this.length);
  }
}

export class Disk {
  /** What the running process sees. */
  readonly #live = new Map<string, FileOnDisk>();
  /** What the folder on the disk surely says. */
  readonly #safeNames = new Map<string, FileOnDisk>();
  #pendingNames: NameChange[] = [];
  readonly #syncs = new Map<number, { at: number; file: FileOnDisk | null }>();
  #now = 0;

  /** Writes and names that a power cut now could take away. */
  get unsafe(): number {
    let count = this.#pendingNames.length;
    for (const file of this.#live.values()) count += file.pending.length;
    return count;
  }

  take(happening: Happening): void {
    this.#now += 1;
    switch (happening.kind) {
      case 'create':
        if (!this.#live.has(happening.name))
          this.#rename(happening.name, { safe: new Content(), pending: [] });
        break;
      case 'unlink':
        this.#rename(happening.name, null);
        break;
      case 'write': {
        const { data, offset } = happening;
        this.#file(happening.name).pending.push({
          at: this.#now,
          apply: (content) => content.write(data, offset),
          applyTorn: (content, random, sector) => tear(content, data, offset, random, sector),
        });
        break;
      }
      case 'truncate': {
        const apply = (content: Content) => content.truncate(happening.length);
        this.#file(happening.name).pending.push({ at: this.#now, apply, applyTorn: apply });
        break;
      }
      case 'sync-begin':
        this.#syncs.set(happening.call, {
          at: this.#now,
          file: happening.name === null ? null : this.#file(happening.name),
        });
        break;
      case 'sync-end':
        this.#synced(happening.call);
        break;
      case 'answered':
        break;
    }
  }

  /** The files as the next start would find them, had the power gone now. */
  afterCut(fate: Fate, random: Random): Map<string, Buffer> {
    const sector = random.next() < 0.5 ? 512 : 4096;
    const names = new Map(this.#safeNames);
    for (const { name, file } of this.#pendingNames) {
      if (fate === 'dropped' || (fate === 'torn' && random.next() < 0.5)) continue;
      if (file === null) names.delete(name);
      else names.set(name, file);
    }
    return new Map([...names].map(([name, file]) => [name, contentAfter(file, fate, random, sector)]));
  }

  #file(name: string): FileOnDisk {
    const file = this.#live.get(name);
    if (!file) throw new Error(`${name} was written before it was made`);
    return file;
  }

  #rename(name: string, file: FileOnDisk | null): void {
    if (file === null) this.#live.delete(name);
    else this.#live.set(name, file);
    this.#pendingNames.push({ at: this.#now, name, file });
  }

  #synced(call: number): void {
    const sync = this.#syncs.get(call);
    this.#syncs.delete(call);
    if (!sync) return;
    if (sync.file === null) {
      for (const { at, name, file } of this.#pendingNames) {
        if (at > sync.at) break;
        if (file === null) this.#safeNames.delete(name);
        else this.#safeNames.set(name, file);
      }
      this.#pendingNames = this.#pendingNames.filter(({ at }) => at > sync.at);
      return;
    }
    // A name is the folder's: syncing the file does not save it. File systems that do so are kinder than this one.
    const { file } = sync;
    for (const change of file.pending) if (change.at < sync.at) change.apply(file.safe);
    file.pending = file.pending.filter(({ at }) => at > sync.at);
  }
}

function contentAfter(file: FileOnDisk, fate: Fate, random: Random, sector: number): Buffer {
  if (fate === 'dropped' || file.pending.length === 0) return Buffer.from(file.safe.octets);
  const content = new Content(Buffer.from(file.safe.octets));
  // The last write is the likeliest to be in the head's way; the earlier ones may have been sorted behind it.
  for (const change of file.pending) {
    const chance = fate === 'kept' ? 0 : random.next();
    if (chance < 0.4) change.apply(content);
    else if (chance < 0.7) change.applyTorn(content, random, sector);
  }
  return content.octets;
}

function tear(content: Content, data: Buffer, offset: number, random: Random, sector: number): void {
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, (Math.floor((offset + at) / sector) + 1) * sector - offset);
    if (random.next() < 0.5) content.write(data.subarray(at, end), offset + at);
    at = end;
  }
}
