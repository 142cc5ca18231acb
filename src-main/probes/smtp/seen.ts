// What a server was when it was last seen, and what has changed since: addresses, greeting and certificate, each with its time.
import { z } from 'zod';
import type { Finding } from '../../../shared/finding.ts';
import { softwareOf } from '../../../shared/replies/software.ts';
import { nameIn } from './greeting.check.ts';
import { namesOf } from './tls.check.ts';
import type { Visit } from './visit.ts';

const DAY = 86_400_000;
/** How long a change is pointed out, ms: over a weekend and a week's holiday. */
export const STANDS = 7 * DAY;
/** A name that led elsewhere this often within `OFTEN` is one of many machines that take turns. */
const OFTEN_TIMES = 3;
const OFTEN = 30 * DAY;
const MOST_CHANGES = 10;

const bannerSchema = z.object({ name: z.string(), software: z.string().nullable() });
const certificateSchema = z.object({
  fingerprint: z.string(),
  names: z.array(z.string()),
  issuer: z.string(),
  expiresAt: z.number(),
});
export type Banner = z.infer<typeof bannerSchema>;
export type Certificate = z.infer<typeof certificateSchema>;

/** One thing of a server: as it was last seen, as it was before that, and when the change was seen (UTC ms). */
export interface Aspect<T> {
  now: T;
  before: T | null;
  changedAt: number | null;
}

function aspect<T extends z.ZodType>(of: T) {
  return z.object({ now: of, before: of.nullable(), changedAt: z.number().nullable() });
}

/** What a finding of this check remembers of one server. Null: not seen so far. */
const seenSchema = z.object({
  addresses: aspect(z.array(z.string())),
  /** Where the greeting and the certificate were seen. */
  at: z.string().nullable(),
  banner: aspect(bannerSchema).nullable(),
  /** Within it, null: the server offers no encryption. */
  certificate: aspect(certificateSchema.nullable()).nullable(),
  /** When the name led elsewhere than before, oldest first. */
  changes: z.array(z.number()),
});
export type Seen = z.infer<typeof seenSchema>;

const mxSeenSchema = z.object({
  mx: aspect(z.array(z.object({ preference: z.number(), exchange: z.string() }))),
});
export type MxSeen = z.infer<typeof mxSeenSchema>;

/** The newest of earlier findings that remembers a server, and what it remembers. */
export function lastSeen(past: readonly Finding[]): { at: number; seen: Seen } | null {
  return newest(past, seenSchema);
}

export function lastMx(past: readonly Finding[]): { at: number; seen: MxSeen } | null {
  return newest(past, mxSeenSchema);
}

function newest<T>(past: readonly Finding[], schema: z.ZodType<T>): { at: number; seen: T } | null {
  for (const { facts, at } of past) {
    const read = schema.safeParse(facts);
    if (read.success) return { at, seen: read.data };
  }
  return null;
}

/** The next state of an aspect; with nothing known before, nothing has changed. */
export function follow<T>(
  last: Aspect<T> | null,
  now: T,
  isSame: (before: T, now: T) => boolean,
  at: number,
): Aspect<T> {
  if (last === null) return { now, before: null, changedAt: null };
  return isSame(last.now, now) ? { ...last, now } : { now, before: last.now, changedAt: at };
}

/** Whether a change is still to be pointed out. */
export function isFresh(one: Aspect<unknown> | null, now: number): boolean {
  return one !== null && one.changedAt !== null && now - one.changedAt < STANDS;
}

/** Puts what was seen now to what was seen last; `heard` is the visit to an address at which the server greeted, if any did. */
export function look(
  last: Seen | null,
  addresses: readonly string[],
  heard: Visit | null,
  now: number,
): Seen {
  const led = follow(last?.addresses ?? null, [...addresses].sort(), leadsAlike, now);
  const hasLed = led.changedAt === now && led.before !== null;
  const changes = [...(last?.changes ?? []), ...(hasLed ? [now] : [])].slice(-MOST_CHANGES);
  const known = {
    at: last?.at ?? null,
    banner: last?.banner ?? null,
    certificate: last?.certificate ?? null,
  };
  // Two machines under one name have each a face of their own: the same one is compared, unless it is gone.
  const { at } = known;
  const stillThere = at !== null && addresses.includes(at);
  if (heard === null || (stillThere && heard.place.address !== at))
    return { addresses: led, ...known, changes };
  const shown = certificateOf(heard);
  const certificate =
    shown === undefined ? known.certificate : follow(known.certificate, shown, isSameCertificate, now);
  const proven = shown !== undefined && shown !== null && known.certificate !== null;
  const isProven = proven && isSameCertificate(known.certificate?.now ?? null, shown);
  const banner = follow(
    known.banner,
    bannerOf(heard),
    // Large providers greet with another name each time; the certificate says that it is the same service.
    (a, b) => a.software === b.software && (a.name === b.name || isProven),
    now,
  );
  return { addresses: led, at: heard.place.address, banner, certificate, changes };
}

/** Whether its addresses take turns, as those of large providers do. */
export function takesTurns({ changes }: Seen, now: number): boolean {
  return changes.filter((at) => now - at < OFTEN).length >= OFTEN_TIMES;
}

/** Whether another server than before answers: it has another name, and no certificate says otherwise. */
export function isAnother({ banner, certificate }: Seen, now: number): boolean {
  if (banner === null || !isFresh(banner, now) || banner.before?.name === banner.now.name) return false;
  const shown = certificate?.now ?? null;
  if (shown === null) return true;
  if (!isFresh(certificate, now)) return false;
  const before = certificate?.before?.names ?? [];
  return !shown.names.some((name) => before.includes(name));
}

/** Every name by which a server was known, but for wildcards. */
export function namesKnown(seen: Seen | null): string[] {
  const names = [seen?.banner?.now.name ?? '', ...(seen?.certificate?.now?.names ?? [])];
  return [...new Set(names.map((name) => name.toLowerCase()))].filter((name) =>
    /^[a-z0-9][a-z0-9-]*(\.[a-z0-9-]+)*\.[a-z][a-z0-9-]*$/.test(name),
  );
}

/**
 * Whether a name leads to the same machines as before, family by family. Some more or some fewer of them are no move, and
 * neither is a family that was added or could not be looked up.
 */
function leadsAlike(before: readonly string[], now: readonly string[]): boolean {
  const families = [4, 6].map((family) => {
    const of = (all: readonly string[]) => all.filter((one) => one.includes(':') === (family === 6));
    return { before: of(before), now: of(now) };
  });
  const both = families.filter((one) => one.before.length > 0 && one.now.length > 0);
  const within = (some: readonly string[], all: readonly string[]) => some.every((one) => all.includes(one));
  return both.length > 0 && both.every((one) => within(one.now, one.before) || within(one.before, one.now));
}

function isSameCertificate(a: Certificate | null, b: Certificate | null): boolean {
  return a?.fingerprint === b?.fingerprint;
}

function bannerOf({ greeting, ehlo }: Visit): Banner {
  const said = greeting?.answer ?? '';
  return { name: nameIn(said).toLowerCase(), software: softwareOf(`${said}\n${ehlo?.answer ?? ''}`) };
}

/** Null: none is offered. Undefined: it was not seen whether one is. */
function certificateOf({ ehlo, starttls, encryption }: Visit): Certificate | null | undefined {
  if (encryption !== null) {
    const { certificate } = encryption;
    return {
      fingerprint: certificate.fingerprint256,
      names: namesOf(certificate).sort(),
      issuer: String(certificate.issuer.CN),
      expiresAt: Date.parse(certificate.valid_to),
    };
  }
  return ehlo?.reply?.code === 250 && starttls === null ? null : undefined;
}
