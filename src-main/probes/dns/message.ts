// DNS messages as this resolver asks and reads them (RFC 1035, RFC 6891), and the arithmetic of names.
import { isIPv6 } from 'node:net';
import packet from 'dns-packet';

/** What a record of each type carries. */
export interface DataOf {
  A: string;
  AAAA: string;
  NS: string;
  CNAME: string;
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
  DNSKEY: { flags: number; algorithm: number; key: Buffer };
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
}

/** What a server said. */
export interface Reply {
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
}

/** As large an answer as passes everywhere unfragmented. */
const udpSize = 1232;

/** A query's octets. `edns: false` for servers of before 1999. */
export function encodeQuery(id: number, name: string, question: Question, edns: boolean): Buffer {
  return packet.encode({
    type: 'query',
    id,
    flags:
      (question.recursive === true ? packet.RECURSION_DESIRED : 0) |
      (question.unchecked === true ? packet.CHECKING_DISABLED : 0),
    questions: [{ name, type: question.type, class: question.class ?? 'IN' }],
    additionals: edns
      ? [
          {
            type: 'OPT',
            name: '.',
            udpPayloadSize: udpSize,
            flags: question.dnssec === true ? packet.DNSSEC_OK : 0,
          },
        ]
      : [],
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
): Reply | 'foreign' | 'doubtful' {
  if (octets.length < 12 || octets.readUInt16BE(0) !== id || (octets.readUInt8(2) & 0x80) === 0)
    return 'foreign';
  let decoded;
  try {
    decoded = packet.decode(octets);
  } catch {
    // A cut-off message may end inside a record; what counts is that it is cut off.
    return (octets.readUInt8(2) & 0x02) !== 0 ? cutOff() : 'doubtful';
  }
  const [asked] = decoded.questions;
  if (asked === undefined) {
    // Servers that refuse to read a question need not repeat it.
    if (decoded.rcode === 'NOERROR' || decoded.rcode === 'NXDOMAIN') return 'foreign';
  } else {
    if (asked.type !== question.type || asked.class !== (question.class ?? 'IN')) return 'foreign';
    if (bare(asked.name) !== bare(name)) {
      return canonical(asked.name) === canonical(name) ? 'doubtful' : 'foreign';
    }
  }
  const wanted = question.class ?? 'IN';
  const section = (records: { name: string; type: string; class?: string; ttl?: number; data?: unknown }[]) =>
    records.filter((record) => record.class === wanted).map(recordOf);
  return {
    rcode: decoded.rcode,
    aa: decoded.flag_aa,
    tc: decoded.flag_tc,
    ra: decoded.flag_ra,
    ad: decoded.flag_ad,
    answers: section(decoded.answers),
    authorities: section(decoded.authorities),
    additionals: section(decoded.additionals),
  };
}

function cutOff(): Reply {
  return {
    rcode: 'NOERROR',
    aa: false,
    tc: true,
    ra: false,
    ad: false,
    answers: [],
    authorities: [],
    additionals: [],
  };
}

function recordOf(record: { name: string; type: string; ttl?: number; data?: unknown }): DnsRecord {
  // A lifetime with the highest bit set is none (RFC 2181, section 8).
  const ttl = record.ttl ?? 0;
  return {
    name: canonical(record.name),
    type: record.type as RecordType,
    ttl: ttl > 0x7fff_ffff ? 0 : ttl,
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
  return name === '.' ? name : name.replace(/\.$/, '');
}

/** A name in lower case without a final dot; the root is `.`. */
export function canonical(name: string): string {
  return name === '' ? '.' : bare(name).toLowerCase();
}

/** Whether a name can be asked for: labels of 1–63 octets, 253 in all. */
export function isAskable(name: string): boolean {
  if (name === '.') return true;
  return (
    Buffer.byteLength(name) <= 253 &&
    name.split('.').every((label) => label !== '' && Buffer.byteLength(label) <= 63)
  );
}

/** Whether a name is the zone's own or below it. Both canonical. */
export function isWithin(name: string, zone: string): boolean {
  return zone === '.' || name === zone || name.endsWith(`.${zone}`);
}

/** The name without its first label. */
export function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return name === '.' || dot < 0 ? '.' : name.slice(dot + 1);
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
