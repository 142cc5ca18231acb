// DNS messages octet by octet (RFC 1035, section 4): names, records and their data, each read within its own length and no further.
import ipaddr from 'ipaddr.js';
import type { DataOf, RecordType } from './message.ts';

/** Octets that are not what they claim to be: a length that does not fit, a name that leads in a circle. */
export class Malformed extends Error {}

/** Types by number; others are called `TYPE65534` (RFC 3597, section 5). */
const types = {
  ...{ A: 1, NS: 2, CNAME: 5, SOA: 6, PTR: 12, MX: 15, TXT: 16, AAAA: 28, SRV: 33, DNAME: 39 },
  ...{ DS: 43, RRSIG: 46, NSEC: 47, DNSKEY: 48, NSEC3: 50, TLSA: 52, CAA: 257 },
} as const satisfies Record<RecordType, number> & Record<string, number>;
const optType = 41;
const typeNames = new Map<number, string>(Object.entries(types).map(([name, number]) => [number, name]));

/** RFC 1035, section 4.1.1; RFC 2136; from 16 on they need EDNS (RFC 6891, RFC 7873). */
const rcodes = new Map<number, string>([
  ...['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN', 'YXRRSET', 'NXRRSET']
    .concat('NOTAUTH', 'NOTZONE')
    .map((name, number): [number, string] => [number, name]),
  [16, 'BADVERS'],
  [23, 'BADCOOKIE'],
]);

const classes = { IN: 1, CH: 3 } as const;

/** A message's fixed part. */
export const headerLength = 12;

/** A record as it came: with its data read for the types of `DataOf`, as octets for others. */
export interface WireRecord {
  name: string;
  type: string;
  /** 1 is the Internet's. */
  class: number;
  /** Seconds. */
  ttl: number;
  data: unknown;
}

/** What the answering server says of its own EDNS. */
export interface Edns {
  version: number;
  /** The largest answer over UDP that it can take, octets. */
  udpSize: number;
  /** It knows signatures (DO). */
  dnssec: boolean;
}

export interface WireMessage {
  id: number;
  /** Names of numbers that are not known are like `RCODE12`. */
  rcode: string;
  aa: boolean;
  tc: boolean;
  ra: boolean;
  ad: boolean;
  /** The question's octets, as it was repeated; null when there is none. */
  question: Buffer | null;
  answers: WireRecord[];
  authorities: WireRecord[];
  /** Without the pseudo-record of EDNS. */
  additionals: WireRecord[];
  /** Null: the server answered without EDNS. */
  edns: Edns | null;
}

export interface WireQuery {
  id: number;
  name: string;
  type: RecordType;
  class?: 'IN' | 'CH';
  rd: boolean;
  cd: boolean;
  /** Null asks without EDNS; a cookie is the client's eight octets (RFC 7873). */
  edns: { udpSize: number; dnssec: boolean; cookie?: Buffer } | null;
}

/** A query's octets. Throws a RangeError for a name that cannot be asked for. */
export function writeQuery({ id, name, type, class: of = 'IN', rd, cd, edns }: WireQuery): Buffer {
  const header = Buffer.alloc(headerLength);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE((rd ? 0x0100 : 0) | (cd ? 0x0010 : 0), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(edns === null ? 0 : 1, 10);
  return Buffer.concat([header, writeQuestion(name, type, of), ...(edns === null ? [] : [writeOpt(edns)])]);
}

/** The question section's octets: what an answer must repeat. */
export function writeQuestion(name: string, type: RecordType, of: 'IN' | 'CH'): Buffer {
  const wire = writeName(name);
  if (wire === null) throw new RangeError(`“${name}” is not a name that DNS can have`);
  const tail = Buffer.alloc(4);
  tail.writeUInt16BE(types[type], 0);
  tail.writeUInt16BE(classes[of], 2);
  return Buffer.concat([wire, tail]);
}

function writeOpt({ udpSize, dnssec, cookie }: NonNullable<WireQuery['edns']>): Buffer {
  const options = Buffer.alloc(cookie === undefined ? 0 : 4);
  if (cookie !== undefined) {
    options.writeUInt16BE(10, 0);
    options.writeUInt16BE(cookie.length, 2);
  }
  const head = Buffer.alloc(11);
  head.writeUInt16BE(optType, 1);
  head.writeUInt16BE(udpSize, 3);
  head.writeUInt16BE(dnssec ? 0x8000 : 0, 7);
  head.writeUInt16BE(options.length + (cookie?.length ?? 0), 9);
  return Buffer.concat([head, options, ...(cookie === undefined ? [] : [cookie])]);
}

/**
 * A name's octets, uncompressed. `\.` and `\032` stand for octets that would else end a label or could not be shown
 * (RFC 4343, section 2.1). Null for what DNS cannot have: labels of 1–63 octets, 255 in all.
 */
export function writeName(name: string): Buffer | null {
  if (name === '.') return Buffer.from([0]);
  const parts: Buffer[] = [];
  for (const label of labelsOf(name)) {
    const octets = labelOctets(label);
    if (octets.length === 0 || octets.length > 63) return null;
    parts.push(Buffer.from([octets.length]), octets);
  }
  const wire = Buffer.concat([...parts, Buffer.from([0])]);
  return wire.length > 255 ? null : wire;
}

/** A name's labels as they are written, from the left; those of the root are none. */
export function labelsOf(name: string): string[] {
  if (name === '.') return [];
  const labels: string[] = [];
  let label = '';
  for (let at = 0; at < name.length; at += 1) {
    const sign = name.charAt(at);
    if (sign === '.') {
      labels.push(label);
      label = '';
    } else if (sign === '\\') {
      // What follows it is no end of a label.
      label += name.slice(at, (at += 1) + 1);
    } else {
      label += sign;
    }
  }
  labels.push(label);
  // A dot at the end says no more than that the name is whole.
  return labels.length > 1 && labels.at(-1) === '' ? labels.slice(0, -1) : labels;
}

function labelOctets(label: string): Buffer {
  if (!label.includes('\\')) return Buffer.from(label);
  const parts: Buffer[] = [];
  for (const [part] of label.matchAll(/\\\d{3}|\\.|[^\\]+/gsu)) {
    if (!part.startsWith('\\')) parts.push(Buffer.from(part));
    else if (part.length === 4) parts.push(Buffer.from([Number(part.slice(1)) & 0xff]));
    else parts.push(Buffer.from(part.slice(1)));
  }
  return Buffer.concat(parts);
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A label as it is shown: what is no part of a readable word is written as its number. */
function labelText(octets: Buffer): string {
  const escaped = octets
    .toString('latin1')
    .replace(/[.\\]/g, '\\$&')
    .replace(/[^!-~\u0080-\u00ff]/g, decimal);
  if (!/[\u0080-\u00ff]/.test(escaped)) return escaped;
  try {
    const text = utf8.decode(Buffer.from(escaped, 'latin1'));
    if (/^[!-~\p{L}\p{M}\p{N}\p{P}\p{S}]*$/u.test(text)) return text;
  } catch {
    // Octets that are no text.
  }
  return escaped.replace(/[\u0080-\u00ff]/g, decimal);
}

function decimal(sign: string): string {
  return `\\${String(sign.charCodeAt(0)).padStart(3, '0')}`;
}

/**
 * Reads a whole message. What follows its last record is not looked at.
 * @throws Malformed when anything in it does not fit its length, or is cut off.
 */
export function readMessage(octets: Buffer): WireMessage {
  const reader = new Reader(octets, 0, octets.length);
  const id = reader.u16();
  const flags = reader.u16();
  const [questions, answers, authorities, additionals] = [
    reader.u16(),
    reader.u16(),
    reader.u16(),
    reader.u16(),
  ];
  let question: Buffer | null = null;
  for (let count = 0; count < questions; count += 1) {
    const start = reader.at;
    reader.name();
    reader.skip(4);
    question ??= octets.subarray(start, reader.at);
  }
  const section = (count: number) => Array.from({ length: count }, () => readRecord(reader));
  const all = [section(answers), section(authorities), section(additionals)] as const;
  const isOpt = ({ type }: WireRecord) => type === 'OPT';
  const opts = all[2].filter(isOpt);
  // RFC 6891, section 6.1.1: one at most, and only there.
  if (opts.length > 1 || all[0].some(isOpt) || all[1].some(isOpt)) throw new Malformed('EDNS out of place');
  const [opt] = opts;
  const number = (flags & 0xf) | (opt === undefined ? 0 : (opt.ttl >>> 24) << 4);
  return {
    ...{ id, rcode: rcodes.get(number) ?? `RCODE${number}` },
    aa: (flags & 0x0400) !== 0,
    tc: (flags & 0x0200) !== 0,
    ra: (flags & 0x0080) !== 0,
    ad: (flags & 0x0020) !== 0,
    ...{ question, answers: all[0], authorities: all[1] },
    additionals: all[2].filter((record) => !isOpt(record)),
    edns:
      opt === undefined
        ? null
        : { version: (opt.ttl >>> 16) & 0xff, udpSize: opt.class, dnssec: (opt.ttl & 0x8000) !== 0 },
  };
}

function readRecord(reader: Reader): WireRecord {
  const name = reader.name();
  const type = reader.u16();
  const of = reader.u16();
  const ttl = reader.u32();
  const rdata = reader.within(reader.u16());
  if (type === optType) {
    if (name !== '.') throw new Malformed('EDNS has a name');
    while (rdata.left > 0) {
      rdata.skip(2);
      rdata.skip(rdata.u16());
    }
    return { name, type: 'OPT', class: of, ttl, data: null };
  }
  const known = typeNames.get(type) ?? `TYPE${type}`;
  const read = of === classes.IN || of === classes.CH ? readers[known as RecordType] : undefined;
  // CH has addresses of another kind.
  const isForeign = of !== classes.IN && (known === 'A' || known === 'AAAA');
  const data = read === undefined || isForeign ? rdata.rest() : read(rdata);
  if (rdata.left > 0) throw new Malformed(`${rdata.left} octets too many in ${known}`);
  return { name, type: known, class: of, ttl, data };
}

/** How each type's data is read. Whoever leaves octets over, or asks for more than there are, has a malformed record. */
const readers: { [T in RecordType]: (data: Reader) => DataOf[T] } & Record<string, unknown> = {
  A: (data) => Array.from(data.octets(4)).join('.'),
  AAAA: (data) => ipaddr.fromByteArray([...data.octets(16)]).toString(),
  NS: (data) => data.name(),
  CNAME: (data) => data.name(),
  DNAME: (data) => data.name(),
  PTR: (data) => data.name(),
  MX: (data) => ({ preference: data.u16(), exchange: data.name() }),
  TXT: (data) => {
    const parts = [data.octets(data.u8())];
    while (data.left > 0) parts.push(data.octets(data.u8()));
    return parts;
  },
  SOA: (data) => ({
    ...{ mname: data.name(), rname: data.name(), serial: data.u32(), refresh: data.u32() },
    ...{ retry: data.u32(), expire: data.u32(), minimum: data.u32() },
  }),
  DS: (data) => ({ keyTag: data.u16(), algorithm: data.u8(), digestType: data.u8(), digest: data.some() }),
  DNSKEY: (data) => ({ flags: data.u16(), protocol: data.u8(), algorithm: data.u8(), key: data.some() }),
  RRSIG: (data) => ({
    typeCovered: nameOfType(data.u16()),
    ...{ algorithm: data.u8(), labels: data.u8(), originalTTL: data.u32(), expiration: data.u32() },
    ...{ inception: data.u32(), keyTag: data.u16(), signersName: data.name(), signature: data.some() },
  }),
  // A certificate that is left out is a mistake of whoever wrote the record, not of the message.
  TLSA: (data) => ({
    ...{ usage: data.u8(), selector: data.u8(), matchingType: data.u8(), certificate: data.rest() },
  }),
  CAA: (data) => {
    const flags = data.u8();
    const length = data.u8();
    if (length === 0) throw new Malformed('CAA without a tag');
    return { flags, tag: data.octets(length).toString('latin1'), value: data.rest().toString('utf8') };
  },
  SRV: (data) => ({ priority: data.u16(), weight: data.u16(), port: data.u16(), target: data.name() }),
};

function nameOfType(number: number): string {
  return typeNames.get(number) ?? `TYPE${number}`;
}

/** A name has no more labels than that; one that jumps more often only costs time. */
const mostJumps = 127;

/** Reads octets of a message one after another, up to an end that it does not pass. */
class Reader {
  readonly #message: Buffer;
  readonly #end: number;
  #at: number;

  constructor(message: Buffer, start: number, end: number) {
    this.#message = message;
    this.#at = start;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  get left(): number {
    return this.#end - this.#at;
  }

  /** The next so many octets, to be read by themselves. */
  within(length: number): Reader {
    const start = this.#at;
    this.skip(length);
    return new Reader(this.#message, start, this.#at);
  }

  skip(length: number): void {
    if (length > this.left) throw new Malformed('cut off');
    this.#at += length;
  }

  octets(length: number): Buffer {
    const start = this.#at;
    this.skip(length);
    return this.#message.subarray(start, this.#at);
  }

  rest(): Buffer {
    return this.octets(this.left);
  }

  /** All that is left, which must be something. */
  some(): Buffer {
    if (this.left === 0) throw new Malformed('empty');
    return this.rest();
  }

  u8(): number {
    return this.octets(1).readUInt8();
  }

  u16(): number {
    return this.octets(2).readUInt16BE();
  }

  u32(): number {
    return this.octets(4).readUInt32BE();
  }

  /**
   * A name, which may go on at an earlier place of the message (RFC 1035, section 4.1.4). Each jump goes further back than all
   * before it, so that none leads in a circle.
   */
  name(): string {
    const labels: string[] = [];
    let total = 1;
    let back: number | null = null;
    let jumps = 0;
    let from = this.#at;
    let at = this.#at;
    for (;;) {
      const end = back === null ? this.#end : this.#message.length;
      const length = at < end ? this.#message.readUInt8(at) : null;
      if (length === null) throw new Malformed('a name is cut off');
      if (length === 0) {
        this.#at = back ?? at + 1;
        return labels.length === 0 ? '.' : labels.join('.');
      }
      if (length >= 0xc0) {
        if (at + 2 > end) throw new Malformed('a pointer is cut off');
        const to = this.#message.readUInt16BE(at) & 0x3fff;
        if (to < headerLength || to >= from) throw new Malformed('a pointer does not lead back');
        if ((jumps += 1) > mostJumps) throw new Malformed('a name with too many pointers');
        back ??= at + 2;
        from = to;
        at = to;
        continue;
      }
      if (length > 63) throw new Malformed('a label of an unknown kind');
      total += length + 1;
      if (at + 1 + length > end || total > 255) throw new Malformed('a name is cut off or too long');
      labels.push(labelText(this.#message.subarray(at + 1, at + 1 + length)));
      at += length + 1;
    }
  }
}
