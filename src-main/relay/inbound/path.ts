// Reads the paths of MAIL and RCPT: RFC 5321 §4.1.2 with RFC 6531's letters, in one pass from left to right.
import { isIPv4, isIPv6 } from 'node:net';
import { toDomainName } from '../../../shared/names.ts';

/**
 * Octets. RFC 5321 §4.5.3.1.1 and §4.5.3.1.3 ask a server to take 64 before the @ and 256 in all, and let it take more: VERP, SRS and the
 * reply addresses of helpdesks are longer, and other servers pass them on. The path includes its angle brackets.
 */
const LONGEST_LOCAL = 255;
const LONGEST_DOMAIN = 255;
const LONGEST_PATH = 514;

/** A mailbox as it was written, brought to one form. */
export interface Path {
  /** `local@domain`: the local part with its case and in its shortest quoting, the domain as lower-case A-labels. Empty for `<>`. */
  address: string;
  /** What the local part means, without quoting. */
  local: string;
  /** Lower-case A-labels; null for `<>`, for `<postmaster>`, and for a domain that is no name (an address, a literal). */
  domain: string | null;
  /** The mailbox has letters that need SMTPUTF8 (RFC 6531). */
  international: boolean;
}

/** Foreign dots, and what the conversion to A-labels drops without a word; joiners have their place in some scripts. */
const vanishing = /[\u3002\uff0e\uff61]|(?![\u200c\u200d])\p{Default_Ignorable_Code_Point}/u;

export type PathKind = 'reverse' | 'forward';

/** The path, and the index of the first character after its `>`; or why it is none. */
export type ReadPath = { path: Path; end: number } | { wrong: string };

/** Letters, digits, hyphen, and the underscore of real zones; whatever else is checked when it is converted. */
const domainCharacters = /[A-Za-z0-9_.\-\u0080-\u{10ffff}]*/uy;
/** RFC 5322 atext. */
const atomCharacter = /[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~]/;
const printable = /^[\x20-\x7e]*$/;
const beyondAscii = /[\u0080-\u{10ffff}]/u;
/** Nothing of these has a place in an address; on screen they make one address look like another. */
const invisible = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\u00ad\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u;

/**
 * Reads `<path>` at `start`. A reverse path may be `<>`; a forward one may be `<postmaster>` (RFC 5321 §4.1.1.3).
 * Source routes are read and forgotten (appendix C). Linear in the text's length.
 */
export function readPath(text: string, start: number, kind: PathKind): ReadPath {
  if (text[start] !== '<') return { wrong: 'an address stands in angle brackets' };
  let at = start + 1;
  if (kind === 'reverse' && text[at] === '>') {
    return { path: { address: '', local: '', domain: null, international: false }, end: at + 1 };
  }
  if (text[at] === '@') {
    const afterRoute = skipRoute(text, at);
    if (afterRoute === null) return { wrong: 'the source route is not one' };
    at = afterRoute;
  }
  // Some providers gave their customers addresses with dots in wrong places: mail from these is real, and goes on in quotes.
  const local = readLocal(text, at, kind === 'reverse');
  if ('wrong' in local) return local;
  at = local.end;
  if (kind === 'forward' && text[at] === '>' && local.value.toLowerCase() === 'postmaster') {
    return {
      path: { address: local.value, local: local.value, domain: null, international: false },
      end: at + 1,
    };
  }
  if (text[at] !== '@') return { wrong: 'the address has no @ and domain' };
  const domainStart = at + 1;
  const domain = text[domainStart] === '[' ? readLiteral(text, domainStart) : readDomain(text, domainStart);
  if ('wrong' in domain) return domain;
  if (text[domain.end] !== '>') return { wrong: 'something that is no address stands before >' };
  const plain = printable.test(text);
  const octets = (from: number, to: number) => (plain ? to - from : Buffer.byteLength(text.slice(from, to)));
  if (Buffer.byteLength(local.value) > LONGEST_LOCAL) {
    return { wrong: `the part before @ is longer than ${LONGEST_LOCAL} octets` };
  }
  if (octets(domainStart, domain.end) > LONGEST_DOMAIN) {
    return { wrong: `the domain is longer than ${LONGEST_DOMAIN} octets` };
  }
  if (octets(start, domain.end + 1) > LONGEST_PATH) {
    return { wrong: `the path is longer than ${LONGEST_PATH} octets` };
  }
  const address = `${quoteLocal(local.value)}@${domain.value}`;
  if (!plain && invisible.test(text.slice(start, domain.end)))
    return { wrong: 'the address has a character that cannot be seen' };
  return {
    path: {
      address,
      local: local.value,
      domain: domain.name,
      international: !plain && beyondAscii.test(text.slice(start, domain.end)),
    },
    end: domain.end + 1,
  };
}

/** `@a,@b:` before the mailbox; answers where the mailbox begins. */
function skipRoute(text: string, start: number): number | null {
  let at = start;
  for (;;) {
    if (text[at] !== '@') return null;
    const domain = text[at + 1] === '[' ? readLiteral(text, at + 1) : readDomain(text, at + 1);
    if ('wrong' in domain) return null;
    at = domain.end;
    if (text[at] === ':') return at + 1;
    if (text[at] !== ',') return null;
    at++;
  }
}

type Part = { value: string; end: number } | { wrong: string };

/** @param anyDots dots may stand anywhere: `foo..bar`, `.foo`, `foo.`. */
function readLocal(text: string, start: number, anyDots = false): Part {
  if (text[start] === '"') return readQuoted(text, start);
  let at = start;
  let dot = true;
  for (; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '.') {
      if (dot && !anyDots) return { wrong: 'a dot stands where a letter should' };
      dot = true;
    } else if (isAtom(character)) dot = false;
    else break;
  }
  if (at === start) return { wrong: 'nothing that can be an address stands there' };
  if (dot && (!anyDots || !/[^.]/.test(text.slice(start, at))))
    return { wrong: 'a dot stands where a letter should' };
  return { value: text.slice(start, at), end: at };
}

function readQuoted(text: string, start: number): Part {
  let value = '';
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at] ?? '';
    if (character === '"')
      return value === '' ? { wrong: 'the quotes hold nothing' } : { value, end: at + 1 };
    const next = character === '\\' ? text[++at] : character;
    if (next === undefined) break;
    if (next < ' ' || next === '\x7f') return { wrong: 'the quotes hold a control character' };
    // Allowed, but no mail client writes them, and too many programs read a path up to the first of these.
    if (next === '<' || next === '>') return { wrong: 'the quotes hold an angle bracket' };
    value += next;
  }
  return { wrong: 'the quotes do not end' };
}

/** UTF-16 halves of one letter are taken one by one: both are beyond ASCII. */
function isAtom(character: string): boolean {
  return character >= '\x80' || atomCharacter.test(character);
}

type DomainPart = { value: string; name: string | null; end: number } | { wrong: string };

function readDomain(text: string, start: number): DomainPart {
  domainCharacters.lastIndex = start;
  const raw = domainCharacters.exec(text)?.[0] ?? '';
  const at = start + raw.length;
  if (raw === '') return { wrong: 'the domain is missing' };
  if (raw.split('.').some((label) => label === '')) return { wrong: 'the domain has an empty label' };
  const lower = raw.toLowerCase();
  // Full-width letters and foreign dots would turn into other names than are written there.
  if (!printable.test(lower) && (lower.normalize('NFKC') !== lower || vanishing.test(lower))) {
    return { wrong: 'the domain is not in its normal form' };
  }
  const name = toDomainName(raw);
  if (name === null && (beyondAscii.test(raw) || !/^[\d.]+$/.test(raw))) {
    return { wrong: 'the domain is not a domain name' };
  }
  return { value: name ?? lower, name, end: at };
}

/** `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 §4.1.3). */
function readLiteral(text: string, start: number): DomainPart {
  const close = text.indexOf(']', start);
  const inside = close < 0 || close - start > 64 ? '' : text.slice(start + 1, close);
  const ipv6 = /^ipv6:/i.test(inside) ? inside.slice(5) : null;
  if (ipv6 === null ? !isIPv4(inside) : !isIPv6(ipv6) || ipv6.includes('%')) {
    return { wrong: 'the brackets hold no address' };
  }
  const value = ipv6 === null ? `[${inside}]` : `[IPv6:${ipv6.toLowerCase()}]`;
  return { value, name: null, end: close + 1 };
}

/** `"bob"@…` and `bob@…` are one mailbox (RFC 5321 §4.1.2): quotes only where they are needed. */
function quoteLocal(local: string): string {
  const read = readLocal(local, 0);
  const plain = !local.startsWith('"') && 'value' in read && read.end === local.length;
  return plain ? local : `"${local.replace(/["\\]/g, '\\$&')}"`;
}

/** The mailbox that every domain has, and that nothing may refuse (RFC 5321 §4.5.1). */
export function isPostmaster(address: string): boolean {
  return /^postmaster(?:@|$)/i.test(address);
}

/**
 * The local part tells another server where to send: `user%other.example`, `other.example!user`, `"user@other.example"`.
 * The office's server trusts us and might do it, which would make the two of us an open relay.
 */
export function routesOn(local: string): boolean {
  const tail = local.slice(Math.max(local.lastIndexOf('%'), local.lastIndexOf('@')) + 1);
  if (tail.length < local.length && isPlace(tail)) return true;
  const bang = local.indexOf('!');
  return bang > 0 && (isPlace(local.slice(0, bang)) || local.includes('!', bang + 1));
}

function isPlace(text: string): boolean {
  return /^\[.*\]$/.test(text) || (text.includes('.') && toDomainName(text) !== null) || isIPv4(text);
}
