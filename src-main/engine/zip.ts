// A .zip of stored files, made file by file and without compression, so that any program reads it.
// APPNOTE 6.3.10; plain ZIP without the 64-bit fields, so at most 65,535 files and 4 GiB together.
import { crc32 } from 'node:zlib';

export interface ZipEntry {
  /** Path inside the archive; ASCII. */
  name: string;
  /** UTC ms. */
  modifiedAt: number;
  content: readonly Uint8Array[];
}

const MOST_ENTRIES = 0xffff;
const MOST_BYTES = 0xffff_ffff;
const VERSION = 20;

/** Yields the archive's octets. Throws `RangeError` when it would need the 64-bit format. */
export async function* zip(entries: AsyncIterable<ZipEntry>): AsyncGenerator<Uint8Array, void, undefined> {
  const directory: Buffer[] = [];
  let offset = 0;
  for await (const { name, modifiedAt, content } of entries) {
    if (directory.length === MOST_ENTRIES) throw new RangeError('more files than a .zip can hold');
    const start = offset;
    const file = Buffer.from(name, 'ascii');
    const { date, time } = dosTime(modifiedAt);
    const header = Buffer.alloc(30);
    header.writeUInt32LE(0x04034b50, 0);
    header.writeUInt16LE(VERSION, 4);
    header.writeUInt16LE(time, 10);
    header.writeUInt16LE(date, 12);
    header.writeUInt16LE(file.length, 26);
    const size = content.reduce((bytes, piece) => bytes + piece.length, 0);
    const sum = content.reduce((before, piece) => crc32(piece, before), 0);
    header.writeUInt32LE(sum, 14);
    header.writeUInt32LE(size, 18);
    header.writeUInt32LE(size, 22);
    offset += header.length + file.length + size;
    if (offset > MOST_BYTES) throw new RangeError('larger than a .zip can be');
    yield Buffer.concat([header, file]);
    yield* content;
    const record = Buffer.alloc(46);
    record.writeUInt32LE(0x02014b50, 0);
    record.writeUInt16LE(VERSION, 4);
    record.writeUInt16LE(VERSION, 6);
    record.writeUInt16LE(time, 12);
    record.writeUInt16LE(date, 14);
    record.writeUInt32LE(sum, 16);
    record.writeUInt32LE(size, 20);
    record.writeUInt32LE(size, 24);
    record.writeUInt16LE(file.length, 28);
    record.writeUInt32LE(start, 42);
    directory.push(Buffer.concat([record, file]));
  }
  const length = directory.reduce((sum, record) => sum + record.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(length, 12);
  end.writeUInt32LE(offset, 16);
  yield* directory;
  yield end;
}

/** MS-DOS date and time: two-second steps from 1980 on, in UTC here because the format knows no zone. */
function dosTime(at: number): { date: number; time: number } {
  const when = new Date(Math.max(at, Date.UTC(1980, 0, 1)));
  return {
    date: ((when.getUTCFullYear() - 1980) << 9) | ((when.getUTCMonth() + 1) << 5) | when.getUTCDate(),
    time: (when.getUTCHours() << 11) | (when.getUTCMinutes() << 5) | (when.getUTCSeconds() >> 1),
  };
}
