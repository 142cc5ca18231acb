// Which of a message's signatures are evaluated: all that honest mail has, and of a heap of them those that speak for its author first.
import { domainToASCII } from 'node:url';
import type { HeaderField, HeaderSection } from 'mailauth/lib/dkim/dkim-verifier.js';
import { getDomain } from 'tldts';

/** DKIM signatures that are evaluated of one message. A verifier may set such a limit (RFC 6376 §6.1); honest mail has one to four. */
export const MOST_SIGNATURES = 20;
/** Sets of an ARC chain. RFC 8617 §4.2.1 allows 50; each asks DNS a question, and more than a handful do not occur. */
export const MOST_ARC_SETS = 20;
/** Octets of `From:` in which authors are looked for. Gmail takes no field of more (docs/smtp.md). */
export const LONGEST_FROM = 32_768;

/** Octets of a signature field, or of another field of an ARC set. */
const LONGEST_SIGNATURE = 16_384;
/** The same when not all of it is ASCII: internationalised names are slow to read. */
const LONGEST_INTERNATIONAL = 2_048;
/** Octets of white space in one place. */
const LONGEST_GAP = 256;
/** Each way to hash the body (canonicalization, algorithm, length) reads all of it once more. */
const MOST_BODY_HASHES = 3;
/** Names in `h=`, times the fields that each is looked for in. */
const MOST_LOOKING = 2_000_000;
const ARC = ['arc-seal', 'arc-message-signature', 'arc-authentication-results'];

export interface Chosen {
  /** What the library is to see of the header: signatures, the ARC chain and the authors. */
  section: HeaderSection;
  /** Signatures in the message. */
  signatures: number;
  /** Those of them that are not evaluated. */
  leftOut: number;
  /** Sets in the ARC chain that is not evaluated; null when it is. */
  arcLeftOut: number | null;
  /** `From:` is so long that nobody looks for its authors. */
  fromTooLong: boolean;
}

/** Linear in the size of the header section. */
export function choose(whole: HeaderSection): Chosen {
  const from: HeaderField[] = [];
  const signatures: HeaderField[] = [];
  const arc: HeaderField[] = [];
  for (const field of whole.parsed) {
    if (field.key === 'from') from.push(field);
    else if (field.key === 'dkim-signature') signatures.push(field);
    else if (field.key !== null && ARC.includes(field.key)) arc.push(field);
  }
  const fromTooLong = from.reduce((sum, { line }) => sum + line.length, 0) > LONGEST_FROM;
  const authors = fromTooLong ? [] : from;
  const chosen = chooseSignatures(signatures, authors, whole.parsed.length);
  const sets = Math.max(...ARC.map((name) => arc.filter(({ key }) => key === name).length));
  const takesArc =
    sets <= MOST_ARC_SETS && arc.every((field) => readTags(field, whole.parsed.length) !== null);
  return {
    section: { parsed: [...authors, ...chosen, ...(takesArc ? arc : [])], original: whole.original },
    signatures: signatures.length,
    leftOut: signatures.length - chosen.length,
    arcLeftOut: takesArc ? null : sets,
    fromTooLong,
  };
}

function chooseSignatures(all: HeaderField[], authors: HeaderField[], fields: number): HeaderField[] {
  const read = all.flatMap((field) => {
    const tags = readTags(field, fields);
    return tags === null ? [] : [{ field, tags }];
  });
  if (read.length > MOST_SIGNATURES) {
    // DMARC rests on those of the author's own domain: a heap of others does not hide them.
    const organisations = organisationsIn(authors);
    const speaks = ({ tags }: (typeof read)[number]) => organisations.has(organisationOf(tags.domain));
    read.sort((a, b) => Number(speaks(b)) - Number(speaks(a)));
  }
  const hashes = new Set<string>();
  const chosen = new Set<HeaderField>();
  for (const { field, tags } of read) {
    if (chosen.size === MOST_SIGNATURES) break;
    if (!hashes.has(tags.bodyHash) && hashes.size === MOST_BODY_HASHES) continue;
    hashes.add(tags.bodyHash);
    chosen.add(field);
  }
  return all.filter((field) => chosen.has(field));
}

interface Tags {
  /** `d=`. */
  domain: string;
  /** How it wants the body hashed. */
  bodyHash: string;
}

/** What decides about a signature; null for one that costs too much to look at. */
function readTags({ line }: HeaderField, fields: number): Tags | null {
  if (line.length > LONGEST_SIGNATURE) return null;
  const text = line.toString('utf8');
  if (line.length > LONGEST_INTERNATIONAL && /[^\x00-\x7f]/.test(text)) return null;
  if (hasLongGap(text)) return null;
  let domain = '';
  let signed = 1;
  let bodyHash = '';
  // A tag that is given twice counts twice: which of them is read depends on who reads.
  for (const part of text.slice(text.indexOf(':') + 1).split(';')) {
    const equals = part.indexOf('=');
    if (equals < 1) continue;
    const value = part.slice(equals + 1).replace(/\s+/g, '');
    switch (part.slice(0, equals).trim().toLowerCase()) {
      case 'd':
        domain = value;
        break;
      case 'h':
        signed = Math.max(signed, value.split(':').length);
        break;
      case 'a':
        bodyHash += `a=${value.toLowerCase().split('-').at(-1)};`;
        break;
      case 'c':
        bodyHash += `c=${value.toLowerCase().split('/')[1] ?? ''};`;
        break;
      case 'l':
        bodyHash += `l=${value};`;
    }
  }
  return signed * fields > MOST_LOOKING ? null : { domain, bodyHash };
}

/** Whether there is so much white space in one place that reading around it takes long. */
export function hasLongGap(text: string): boolean {
  let run = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== 32 && (code < 9 || code > 13)) run = 0;
    else if (++run > LONGEST_GAP) return true;
  }
  return false;
}

function organisationsIn(authors: readonly HeaderField[]): Set<string> {
  const found = new Set<string>();
  for (const { line } of authors)
    for (const [, domain] of line.toString('utf8').matchAll(/@([^\s<>()[\],;:"@]{1,255})/g))
      if (domain !== undefined) found.add(organisationOf(domain));
  return found;
}

/** The organisational domain, in lower case; the name itself where it has none. */
export function organisationOf(domain: string): string {
  const name = domain.length > 255 ? '' : domainToASCII(domain) || domain.toLowerCase();
  return getDomain(name, { allowPrivateDomains: true }) ?? name;
}
