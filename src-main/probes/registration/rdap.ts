// Asks a registry by RDAP (RFC 7480–7484, 9082, 9083) what it knows of a domain.
import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';
import type { Evidence } from '../../../shared/finding.ts';
import { excerpt, get, HttpFailure } from '../http.ts';
import type { HttpAnswer } from '../http.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import type { RdapServer } from './bootstrap.ts';
import { plainStatus, RegistryFailure, unregistered } from './record.ts';
import type { Registration } from './record.ts';

/** Longest time for one answer, redirects included, ms. */
const PATIENCE = 5_000;
/** A `Retry-After` longer than this is not waited for within a check, ms. It is heeded by later ones. */
const LONGEST_WAIT = 3_000;
/** Real answers have a few KiB; with notices and contacts a few dozen. */
const MAX_BYTES = 1_048_576;

/** Servers that asked for a rest, with its end (UTC ms). Outlives a run: the next one must heed it too. */
const resting = new Map<string, number>();

const domainSchema = z.object({
  objectClassName: z.string().optional(),
  ldhName: z.string().optional(),
  unicodeName: z.string().optional(),
  status: z.array(z.string()).default([]),
  events: z.array(z.object({ eventAction: z.string(), eventDate: z.string() })).default([]),
  entities: z.array(z.unknown()).default([]),
});

/**
 * @param name the registered name, A-labels.
 * @throws `RegistryFailure` when there is no answer, or none that can be relied on.
 */
export async function askRdap(
  name: string,
  server: RdapServer,
  world: World,
  signal: AbortSignal,
): Promise<Registration> {
  const url = `${server.base}domain/${name}`;
  const evidence = (answer: string, of = url): Evidence => ({
    asked: `RDAP domain ${name}`,
    of: `${of} (named by ${server.namedBy})`,
    at: world.now(),
    answer,
  });
  const { origin } = new URL(url);
  for (let tries = 1; ; tries++) {
    const rest = (resting.get(origin) ?? 0) - world.now();
    if (rest > LONGEST_WAIT)
      throw new RegistryFailure(
        'the registry asks for a pause',
        evidence(`asked for a rest of another ${Math.ceil(rest / 1000)} s; not asked`),
      );
    if (rest > 0) await wait(rest, undefined, { signal });
    let answer: HttpAnswer;
    try {
      answer = await get(url, {
        signal,
        timeoutMs: PATIENCE,
        maxBytes: MAX_BYTES,
        redirects: 4,
        accept: 'application/rdap+json, application/json;q=0.9',
        allowPrivate: server.trusted,
        find: (host) => anyAddressesOf(host, world),
      });
    } catch (error) {
      if (!(error instanceof HttpFailure)) throw error;
      throw new RegistryFailure(error.message, evidence(error.message, error.url));
    }
    const said = `${answer.status} ${excerpt(answer.body)}`;
    if (answer.status === 429 || answer.status === 503) {
      const pause = retryAfter(answer.headers['retry-after'], world.now());
      resting.set(origin, world.now() + pause);
      if (pause <= LONGEST_WAIT && tries < 3) continue;
      throw new RegistryFailure('the registry asks for a pause', evidence(said, answer.url));
    }
    if (answer.status === 404) return readAbsence(answer, evidence(said, answer.url));
    if (answer.status !== 200)
      throw new RegistryFailure(`the registry answered ${answer.status}`, evidence(said, answer.url));
    return readDomain(name, answer, (text) => evidence(text, answer.url));
  }
}

/** RFC 9110 §10.2.3: seconds or a date. Without one, a minute. At least a second, at most a day; ms. */
function retryAfter(header: string | undefined, now: number): number {
  const text = header?.trim() ?? '';
  const pause = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Math.min(Math.max(Number.isNaN(pause) ? 60_000 : pause, 1_000), 86_400_000);
}

/** RFC 7480 §5.3: 404 means that there is no such domain; but a wrong path, or a page of something in between, is a 404 too. */
function readAbsence(answer: HttpAnswer, evidence: Evidence): Registration {
  const text = answer.body.toString('utf8').trim();
  const speaksRdap =
    text === '' || (answer.headers['content-type'] ?? '').includes('rdap+json') || isRdapError(text);
  if (!speaksRdap)
    throw new RegistryFailure('the registry’s server answered 404 with something that is not RDAP', evidence);
  return unregistered(evidence);
}

function isRdapError(text: string): boolean {
  try {
    return z.object({ errorCode: z.union([z.literal(404), z.literal('404')]) }).safeParse(JSON.parse(text))
      .success;
  } catch {
    return false;
  }
}

function readDomain(name: string, answer: HttpAnswer, evidence: (text: string) => Evidence): Registration {
  const domain = parse(answer.body);
  if (domain === null)
    throw new RegistryFailure(
      'the registry’s answer cannot be read',
      evidence(`200 ${excerpt(answer.body)}`),
    );
  const about = domain.ldhName?.toLowerCase().replace(/\.$/, '');
  if (domain.objectClassName !== 'domain' || (about !== undefined && about !== name))
    throw new RegistryFailure(
      'the registry answered about something else',
      evidence(`200 ${domain.objectClassName ?? 'no objectClassName'} ${about ?? ''}`),
    );
  const expiresAt = dateOf(domain.events, 'expiration');
  const registrarExpiresAt = dateOf(domain.events, 'registrar expiration');
  const registrar = registrarOf(domain.entities);
  const words = [
    `ldhName ${about ?? name}`,
    `status ${domain.status.join(', ') || 'none'}`,
    ...domain.events.map(({ eventAction, eventDate }) => `${eventAction} ${eventDate}`),
    ...(registrar === null ? [] : [`registrar ${registrar}`]),
  ];
  return {
    registered: true,
    expiresAt,
    registrarExpiresAt,
    statuses: domain.status.map(plainStatus),
    registrar,
    evidence: evidence(words.join('; ').slice(0, 2_000)),
  };
}

function parse(body: Buffer): z.infer<typeof domainSchema> | null {
  try {
    return domainSchema.safeParse(JSON.parse(body.toString('utf8'))).data ?? null;
  } catch {
    return null;
  }
}

/** The latest, should there be several. */
function dateOf(
  events: readonly { eventAction: string; eventDate: string }[],
  action: string,
): number | null {
  const dates = events
    .filter(({ eventAction }) => eventAction.toLowerCase() === action)
    .map(({ eventDate }) => Date.parse(eventDate))
    .filter((date) => !Number.isNaN(date));
  return dates.length === 0 ? null : Math.max(...dates);
}

const entitySchema = z.object({
  roles: z.array(z.string()),
  handle: z.string().optional(),
  vcardArray: z.tuple([z.unknown(), z.array(z.array(z.unknown()))]).optional(),
});

/** The registrar's name from its jCard (RFC 7095), or its handle. */
function registrarOf(entities: readonly unknown[]): string | null {
  for (const entity of entities) {
    const { data } = entitySchema.safeParse(entity);
    if (data?.roles.includes('registrar') !== true) continue;
    const name = data.vcardArray?.[1].find(([property]) => property === 'fn')?.[3];
    return typeof name === 'string' && name !== ''
      ? name.slice(0, 200)
      : (data.handle?.slice(0, 200) ?? null);
  }
  return null;
}
