// What findings show of things whose changes the journal keeps: the MX records, the name servers, the office's server, the registration.
//
// A value says the same thing in the same words each time: what has no order is sorted, and what is other at each look though nothing
// changed (times and numbers in a greeting, machines that take turns) is left out. What could not be checked shows nothing.
import { mxWords, type MxSet } from '../../shared/facts/form.ts';
import { readFinding, type CheckName } from '../../shared/facts/index.ts';
import type { Aspect, SeenCertificate } from '../../shared/facts/server-moved.ts';
import type { Finding } from '../../shared/finding.ts';
import type { JournalKind } from '../../shared/journal.ts';

export interface Observation {
  kind: JournalKind;
  /** Which of several things it is: a host, an address, a question; empty when there is only one. */
  subject: string;
  value: string;
  /** What it was before, where the finding itself says that it changed just now. */
  was?: string;
  /** UTC ms. */
  at: number;
}

/** What stands for a set of none, and for a certificate where no encryption is offered. */
const NONE = 'none';
/** Of a certificate's names and its fingerprint, as many as tell it apart. */
const MOST_NAMES = 5;
const FINGERPRINT_OCTETS = 8;

/** Each thing that these findings of one domain show, once: where two say something of the same, the first counts. */
export function observationsOf(findings: readonly Finding[]): Observation[] {
  const all = new Map<string, Observation>();
  for (const finding of findings) {
    if (finding.state === 'could-not-check' || finding.state === 'not-applicable') continue;
    for (const seen of [
      ...mxOf(finding),
      ...zoneOf(finding),
      ...registrationOf(finding),
      ...serverOf(finding),
      ...greetingOf(finding),
      ...answerOf(finding),
    ]) {
      const key = `${seen.kind} ${seen.subject}`;
      if (!all.has(key)) all.set(key, { ...seen, at: finding.at });
    }
  }
  return [...all.values()];
}

type Seen = Omit<Observation, 'at'>;

function one(kind: JournalKind, value: string, subject = ''): Seen {
  return { kind, subject, value };
}

function mxOf(finding: Finding): Seen[] {
  const spread = readFinding('mx-propagation', finding);
  // While name servers disagree, which set most of them have may change at each look.
  if (spread !== null) return spread.code === 'servers-differ' ? [] : [one('mx', setWords(spread.facts.mx))];
  const found = readFinding('mx', finding);
  switch (found?.code) {
    case 'no-such-domain':
      return [one('mx', 'no such domain')];
    case 'no-mx':
      return [one('mx', NONE)];
    case 'null-mx':
      return [one('mx', '0 .')];
    case 'fine':
    case 'not-the-relay':
    case 'relay-not-first': {
      const { mx } = found.facts;
      return [one('mx', setWords(mx)), ...mx.flatMap((each) => addressesAt(each.exchange, each))];
    }
    default:
      return [];
  }
}

function setWords(set: MxSet): string {
  const named = set.map(({ preference, exchange }) => ({ preference, exchange: exchange.toLowerCase() }));
  return mxWords(named.sort((a, b) => a.preference - b.preference || (a.exchange < b.exchange ? -1 : 1)));
}

/** By family: that there are none of one may only mean that they could not be looked up. */
function addressesAt(host: string, { v4, v6 }: { v4: readonly string[]; v6: readonly string[] }): Seen[] {
  return [
    ...(v4.length > 0 ? [one('addresses', inOrder(v4), host)] : []),
    ...(v6.length > 0 ? [one('addresses', inOrder(v6), ipv6Of(host))] : []),
  ];
}

/** What the IPv6 addresses of a host are kept under; the host's own name has those of IPv4. */
export function ipv6Of(host: string): string {
  return `${host} IPv6`;
}

/** A set in words. */
export function inOrder(set: readonly string[]): string {
  return [...new Set(set)].sort().join(', ') || NONE;
}

function zoneOf(finding: Finding): Seen[] {
  const signed = readFinding('dnssec', finding);
  if (signed !== null && 'ds' in signed.facts) return [one('ds', inOrder(signed.facts.ds.map(String)))];
  const delegation = readFinding('delegation', finding);
  if (delegation === null || !('parentNames' in delegation.facts)) return [];
  const { parentNames, servers } = delegation.facts;
  const serials = servers.flatMap(({ serial }) => (serial === null ? [] : [serial]));
  return [
    ...(parentNames === null
      ? []
      : [one('name-servers', inOrder(parentNames.map((name) => name.toLowerCase())))]),
    // One that is behind is no change; but one that does not answer may be the only one that is not.
    ...(serials.length > 0 && serials.length === servers.length
      ? [one('serial', String(Math.max(...serials)))]
      : []),
  ];
}

function registrationOf(finding: Finding): Seen[] {
  const found = readFinding('registration', finding);
  if (found === null) return [];
  const { registrar, expiresAt, source, statuses } = found.facts;
  if (found.code === 'not-registered') return [one('registration-state', 'not registered')];
  return [
    ...(registrar === null ? [] : [one('registrar', registrar)]),
    ...(expiresAt === null || source !== 'registry' ? [] : [one('registration-end', dayOf(expiresAt))]),
    ...(statuses.length === 0 ? [] : [one('registration-state', inOrder(statuses))]),
  ];
}

/** The check compares with what it saw before, and knows when another look is another server: what it says has changed just now, has. */
function serverOf(finding: Finding): Seen[] {
  const found = readFinding('server-moved', finding);
  if (found === null || 'mx' in found.facts) return [];
  const { host, addresses, banner, certificate } = found.facts;
  const seen: Seen[] = [];
  const since = finding.at - finding.tookMs;
  const follow = <T>(kind: JournalKind, aspect: Aspect<T> | null, words: (value: T) => string) => {
    if (aspect === null) return;
    const value = words(aspect.now);
    const was = aspect.before === null ? null : words(aspect.before);
    if (aspect.changedAt === null) seen.push(one(kind, value, host));
    else if (was !== null && aspect.changedAt >= since) seen.push({ ...one(kind, value, host), was });
  };
  if (found.code !== 'rotates') {
    const { now, before, changedAt } = addresses;
    const [next, past] = [byFamily(now), byFamily(before ?? [])];
    if (changedAt === null) seen.push(...addressesAt(host, next));
    else if (changedAt >= since)
      seen.push(
        ...addressesAt(host, next).map((each) => {
          const own = each.subject === host ? past.v4 : past.v6;
          return own.length === 0 ? each : { ...each, was: inOrder(own) };
        }),
      );
  }
  follow('banner', banner, ({ name }) => name || NONE);
  follow('certificate', certificate, (value) => (value === null ? NONE : certificateWords(value)));
  return seen;
}

/** Addresses of both kinds, told apart. */
export function byFamily(addresses: readonly string[]): { v4: string[]; v6: string[] } {
  return {
    v4: addresses.filter((address) => !address.includes(':')),
    v6: addresses.filter((address) => address.includes(':')),
  };
}

function certificateWords({ fingerprint, names, issuer, expiresAt }: SeenCertificate): string {
  const first = [...names].sort().slice(0, MOST_NAMES).join(', ');
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : '';
  const short = fingerprint
    .replaceAll(':', '')
    .toLowerCase()
    .slice(0, 2 * FINGERPRINT_OCTETS);
  return `${first || 'no name'}${more}, by ${issuer}, until ${dayOf(expiresAt)}, SHA-256 ${short}…`;
}

/** As far as greetings say it; a greeting's other words (times, numbers of a session) are other ones each time. */
function greetingOf(finding: Finding): Seen[] {
  const found = readFinding('server-greeting', finding);
  if (found?.code !== 'greets' && found?.code !== 'little-offered' && found?.code !== 'old-protocol')
    return [];
  const { banner, name, software } = found.facts;
  if (software === null) return [one('software', 'not known', finding.subject)];
  const said = banner.replace(name, '');
  // A version stands behind the software's name, or says that it is one.
  const version = /(?:[a-z][/ ]v?|version:? )(\d+(?:\.\d+)+)/i.exec(said)?.[1];
  const value = version === undefined ? software : `${software} ${version}`;
  return [one('software', value, finding.subject)];
}

/** Questions whose answers are about the server as a whole; of some the decisive reply is the one to the last recipient named. */
const QUESTIONS = {
  'server-refuses': 'no-recipient',
  'relay-denied': 'no-recipient',
  'unknown-recipient': 'recipient',
  postmaster: 'recipient',
  'server-open-relay': 'recipient',
} as const satisfies Partial<Record<CheckName, string>>;

function answerOf(finding: Finding): Seen[] {
  const { check, evidence, subject } = finding;
  if (!isQuestion(check)) return [];
  const found = readFinding(check, finding);
  if (found === null) return [];
  const named =
    QUESTIONS[check] === 'recipient' ? evidence.findLast(({ asked }) => /^RCPT TO/i.test(asked)) : undefined;
  const reply = replyIn('answer' in found.facts ? found.facts.answer : (named?.answer ?? ''));
  return [one('replies', reply === null ? found.code : `${found.code} ${reply}`, `${check} ${subject}`)];
}

function isQuestion(check: string): check is keyof typeof QUESTIONS {
  return Object.hasOwn(QUESTIONS, check);
}

/** A reply's code and enhanced code (RFC 5321 §4.2, RFC 3463); its words name addresses, times and numbers. Null when there is none. */
function replyIn(answer: string): string | null {
  const [, code, enhanced] = /^\s*([2345]\d\d)(?:[ -]+([245]\.\d{1,3}\.\d{1,3}))?\b/.exec(answer) ?? [];
  if (code === undefined) return null;
  return enhanced === undefined ? code : `${code} ${enhanced}`;
}

function dayOf(at: number): string {
  // A date that no calendar has is no reason to fail.
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString().slice(0, 10) : 'no date';
}
