// DNS messages as this resolver asks and reads them (RFC 1035, RFC 6891), and the arithmetic of names.
import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { headerLength, labelsOf, readMessage, writeName, writeQuery, writeQuestion } from './wire.ts';
import type { Edns, WireRecord } from './wire.ts';

/** What a record of each type carries. */
export interface DataOf {
  A: string;
  AAAA: string;
  NS: string;
  CNAME: string;
  DNAME: string;
  PTR: string;
  MX: { preference: number; exchange: string };
  TXT: Buffer[];
  SOA: {
    mname: string;
    rname: string;
    serial: number;
    refresh: number;
    retry: number;
    expire: number;
    minimum: number;
  };
  DS: { keyTag: number; algorithm: number; digestType: number; digest: Buffer };
  DNSKEY: { flags: number; protocol: number; algorithm: number; key: Buffer };
  RRSIG: {
    typeCovered: string;
    algorithm: number;
    labels: number;
    originalTTL: number;
    /** Seconds since 1970. */
    expiration: number;
    inception: number;
    keyTag: number;
    signersName: string;
    signature: Buffer;
  };
  TLSA: { usage: number; selector: number; matchingType: number; certificate: Buffer };
  CAA: { flags: number; tag: string; value: string };
  SRV: { priority: number; weight: number; port: number; target: string };
}
export type RecordType = keyof DataOf;

/** A record; names are in lower case without a final dot, the root is `.`. */
export interface DnsRecord<T extends RecordType = RecordType> {
  name: string;
  type: T;
  /** Seconds. */
  ttl: number;
  data: DataOf[T];
}

export interface Question {
  name: string;
  type: RecordType;
  /** `CH` for questions about the server itself. */
  class?: 'IN' | 'CH';
  /** Asks the server to find out (RD): for resolvers, never for authoritative servers. */
  recursive?: boolean;
  /** Asks for signatures (DO). */
  dnssec?: boolean;
  /** Asks a validating resolver not to validate (CD). */
  unchecked?: boolean;
  /** `false` asks as before 1999, without EDNS. */
  edns?: false;
  /** Brings a cookie along (RFC 7873), as many resolvers do. */
  cookie?: boolean;
}

/** What a server said. */
export interface DnsResponse {
  /** `NOERROR`, `NXDOMAIN`, `REFUSED`, `SERVFAIL`, … */
  rcode: string;
  /** The server speaks for the zone. */
  aa: boolean;
  /** The answer was too long and is cut short. */
  tc: boolean;
  /** The server resolves for those who ask. */
  ra: boolean;
  /** A validating resolver found the answer's signatures good. */
  ad: boolean;
  answers: DnsRecord[];
  authorities: DnsRecord[];
  additionals: DnsRecord[];
  /** What the server says of its EDNS; null when it answered without. */
  edns: Edns | null;
}

/** As large an answer as passes everywhere unfragmented. */
const udpSize = 1232;

/** A query's octets. `edns: false` for servers of before 1999. */
export function encodeQuery(id: number, name: string, question: Question, edns: boolean): Buffer {
  const { type, class: of = 'IN', recursive, unchecked, dnssec, cookie } = question;
  return writeQuery({
    ...{ id, name, type, class: of, rd: recursive === true, cd: unchecked === true },
    edns: edns
      ? {
          ...{ udpSize, dnssec: dnssec === true },
          ...(cookie === true ? { cookie: randomBytes(8) } : {}),
        }
      : null,
  });
}

/**
 * Reads a message as the answer to a query.
 * @param name as sent, with its random mix of cases, which an answer repeats.
 * @returns `foreign`: an answer to something else, perhaps a forger's guess; `doubtful`: the right id, but garbled or with
 * the name's case lost, so that only TCP can tell.
 */
export function readReply(
  octets: Buffer,
  id: number,
  name: string,
  question: Question,
): DnsResponse | 'foreign' | 'doubtful' {
  if (octets.length < headerLength || octets.readUInt16BE(0) !== id || (octets.readUInt8(2) & 0x80) === 0)
    return 'foreign';
  let message;
  try {
    message = readMessage(octets);
  } catch {
    // A cut-off message may end inside a record; what counts is that it is cut off.
    return (octets.readUInt8(2) & 0x02) !== 0 ? cutOff() : 'doubtful';
  }
  const { question: asked, rcode, aa, tc, ra, ad, edns } = message;
  if (asked === null) {
    // Servers that refuse to read a question need not repeat it.
    if (rcode === 'NOERROR' || rcode === 'NXDOMAIN') return 'foreign';
  } else {
    const own = writeQuestion(name, question.type, question.class ?? 'IN');
    if (!asked.equals(own)) return lower(asked).equals(lower(own)) ? 'doubtful' : 'foreign';
  }
  const wanted = question.class === 'CH' ? 3 : 1;
  const section = (records: readonly WireRecord[]) =>
    records.filter((record) => record.class === wanted).map(recordOf);
  return {
    ...{ rcode, aa, tc, ra, ad, edns },
    answers: section(message.answers),
    authorities: section(message.authorities),
    additionals: section(message.additionals),
  };
}

/** A question's octets with its letters in lower case; what is no letter there stays what it is in both that are compared. */
function lower(question: Buffer): Buffer {
  return Buffer.from(question.map((octet) => (octet >= 0x41 && octet <= 0x5a ? octet + 0x20 : octet)));
}

function cutOff(): DnsResponse {
  return {
    ...{ rcode: 'NOERROR', aa: false, tc: true, ra: false, ad: false },
    ...{ answers: [], authorities: [], additionals: [], edns: null },
  };
}

function recordOf(record: WireRecord): DnsRecord {
  return {
    name: canonical(record.name),
    type: record.type as RecordType,
    // A lifetime with the highest bit set is none (RFC 2181, section 8).
    ttl: record.ttl > 0x7fff_ffff ? 0 : record.ttl,
    data: namesLower(record.type, record.data) as DnsRecord['data'],
  };
}

/** Names inside records in lower case: servers shorten them by pointing into the question, whose case is random. */
function namesLower(type: string, data: unknown): unknown {
  if (typeof data === 'string') {
    return ['NS', 'CNAME', 'PTR', 'DNAME'].includes(type) ? canonical(data) : data;
  }
  const fields = nameFields[type];
  if (fields === undefined) return data;
  const record = { ...(data as Record<string, unknown>) };
  for (const field of fields) record[field] = canonical(record[field] as string);
  return record;
}

const nameFields: Readonly<Record<string, readonly string[]>> = {
  MX: ['exchange'],
  SOA: ['mname', 'rname'],
  SRV: ['target'],
  RRSIG: ['signersName'],
};

function bare(name: string): string {
  return name === '.' ? name : name.replace(/(?<!\\)\.$/, '');
}

/** A name in lower case without a final dot; the root is `.`. */
export function canonical(name: string): string {
  return name === '' ? '.' : bare(name).toLowerCase();
}

/** Whether a name can be asked for: labels of 1–63 octets, 255 in all. */
export function isAskable(name: string): boolean {
  return writeName(name) !== null;
}

/** Whether a name is the zone's own or below it. Both canonical. */
export function isWithin(name: string, zone: string): boolean {
  if (zone === '.' || name === zone) return true;
  if (!name.endsWith(`.${zone}`)) return false;
  // The dot may be part of a label.
  return !name.includes('\\') || labelsOf(name).slice(-labelsOf(zone).length).join('.') === zone;
}

/** The name without its first label. */
export function parentOf(name: string): string {
  return labelsOf(name).slice(1).join('.') || '.';
}

/** Records of one type, and of one name when given. */
export function pick<T extends RecordType>(
  records: readonly DnsRecord[],
  type: T,
  name?: string,
): DnsRecord<T>[] {
  return records.filter(
    (record): record is DnsRecord<T> => record.type === type && (name === undefined || record.name === name),
  );
}

/** The name under which an address's PTR record, or with another zone its place in a blocklist, is found (RFC 3596, RFC 5782). */
export function reverseName(address: string, zone = isIPv6(address) ? 'ip6.arpa' : 'in-addr.arpa'): string {
  if (!isIPv6(address)) return `${address.split('.').reverse().join('.')}.${zone}`;
  return `${Array.from(groupsOf(address).join('')).reverse().join('.')}.${zone}`;
}

/** The eight groups of an IPv6 address, four hexadecimal digits each. */
export function groupsOf(address: string): string[] {
  const withoutScope = address.split('%')[0] ?? '';
  const dotted = /^(.*:)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(withoutScope);
  const plain =
    dotted === null
      ? withoutScope
      : `${dotted[1] ?? ''}${hex(dotted[2], dotted[3])}:${hex(dotted[4], dotted[5])}`;
  const [head = '', tail] = plain.split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? 0 : 8 - left.length - right.length;
  return [...left, ...Array.from({ length: zeros }, () => '0'), ...right].map((group) =>
    group.toLowerCase().padStart(4, '0'),
  );
}

function hex(high: string | undefined, low: string | undefined): string {
  return (Number(high) * 256 + Number(low)).toString(16);
}
