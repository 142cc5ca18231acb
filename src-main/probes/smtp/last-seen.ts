// What a server was when it was last seen, and what has changed since: addresses, greeting and certificate, each with its time.
import type { FindingOf } from '../../../shared/facts/index.ts';
import type {
  Aspect,
  SeenBanner,
  SeenCertificate,
  SeenMx,
  SeenServer,
} from '../../../shared/facts/server-moved.ts';
import { softwareOf } from '../../../shared/replies/software.ts';
import { nameIn } from './server-greeting.check.ts';
import { namesOf } from './server-tls.check.ts';
import type { ServerVisit } from './visit.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** How long a change is pointed out, ms: over a weekend and a week's holiday. */
export const STANDS_MS = 7 * DAY_MS;
/** A name that led elsewhere this often within `OFTEN_MS` is one of many machines that take turns. */
const OFTEN_TIMES = 3;
const OFTEN_MS = 30 * DAY_MS;
const MOST_CHANGES = 10;

type Remembered = readonly FindingOf<'server-moved'>[];

/** The newest of earlier findings that remembers a server, and what it remembers. */
export function lastSeen(past: Remembered): { at: number; seen: SeenServer } | null {
  for (const { facts, at } of past) if (!('mx' in facts)) return { at, seen: facts };
  return null;
}

/** The same of the MX records. */
export function lastMx(past: Remembered): { at: number; seen: SeenMx } | null {
  for (const { facts, at } of past) if ('mx' in facts) return { at, seen: facts };
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
  return one !== null && one.changedAt !== null && now - one.changedAt < STANDS_MS;
}

/** Puts what was seen now to what was seen last; `heard` is the visit to an address at which the server greeted, if any did. */
export function look(
  host: string,
  last: SeenServer | null,
  addresses: readonly string[],
  heard: ServerVisit | null,
  now: number,
): SeenServer {
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
    return { host, addresses: led, ...known, changes };
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
  return { host, addresses: led, at: heard.place.address, banner, certificate, changes };
}

/** Whether its addresses take turns, as those of large providers do. */
export function takesTurns({ changes }: SeenServer, now: number): boolean {
  return changes.filter((at) => now - at < OFTEN_MS).length >= OFTEN_TIMES;
}

/** Whether another server than before answers: it has another name, and no certificate says otherwise. */
export function isAnother({ banner, certificate }: SeenServer, now: number): boolean {
  if (banner === null || !isFresh(banner, now) || banner.before?.name === banner.now.name) return false;
  const shown = certificate?.now ?? null;
  if (shown === null) return true;
  if (!isFresh(certificate, now)) return false;
  const before = certificate?.before?.names ?? [];
  return !shown.names.some((name) => before.includes(name));
}

/** Every name by which a server was known, but for wildcards. */
export function namesKnown(seen: SeenServer | null): string[] {
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

function isSameCertificate(a: SeenCertificate | null, b: SeenCertificate | null): boolean {
  return a?.fingerprint === b?.fingerprint;
}

function bannerOf({ greeting, ehlo }: ServerVisit): SeenBanner {
  const said = greeting?.answer ?? '';
  return { name: nameIn(said).toLowerCase(), software: softwareOf(`${said}\n${ehlo?.answer ?? ''}`) };
}

/** Null: none is offered. Undefined: it was not seen whether one is. */
function certificateOf({ ehlo, starttls, encryption }: ServerVisit): SeenCertificate | null | undefined {
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
