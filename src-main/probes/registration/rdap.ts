// Asks a registry by RDAP (RFC 7480–7484, 9082, 9083) what it knows of a domain.
import { pause } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';
import { z } from 'zod';
import type { Evidence } from '../../../shared/finding.ts';
import { toDomainName } from '../../../shared/names.ts';
import { excerpt, get, HttpFailure } from '../http.ts';
import type { HttpAnswer } from '../http.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import { overrides } from './bootstrap.ts';
import type { RdapServer } from './bootstrap.ts';
import { readDate } from './dates.ts';
import type { DateOrder } from './dates.ts';
import { RegistryFailure, unregistered } from './record.ts';
import type { Registration } from './record.ts';
import { dateOrderOf, statesIn } from './states.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** Longest time for one answer, redirects included, ms. */
const PATIENCE_MS = 5_000;
/** A `Retry-After` longer than this is not waited for within a check, ms. It is heeded by later ones. */
const LONGEST_WAIT_MS = 3_000;
/** Real answers have a few KiB; with notices and contacts a few dozen. */
const MAX_BYTES = 1_048_576;

/** Servers that asked for a rest, with its end (UTC ms). Outlives a run: the next one must heed it too. */
const resting = new Map<string, number>();

/** What is not as RFC 9083 has it is as if it were not there: one event without a date says nothing of the others. */
const domainSchema = z.object({
  objectClassName: z.string().optional().catch(undefined),
  ldhName: z.string().optional().catch(undefined),
  unicodeName: z.string().optional().catch(undefined),
  status: listOf(z.string()),
  events: listOf(z.object({ eventAction: z.string(), eventDate: z.string() })),
  entities: listOf(z.unknown()),
});

/** So many members of a list are looked at. Real lists have ten. */
const MOST_MEMBERS = 200;

/** Those members of a list that are as they should be; one thing alone is taken for a list of one. */
function listOf<T>(member: z.ZodType<T>) {
  return z
    .unknown()
    .optional()
    .transform((value) =>
      (Array.isArray(value) ? value.slice(0, MOST_MEMBERS) : [value]).flatMap((one: unknown) => {
        const { success, data } = member.safeParse(one);
        return success && one !== undefined && one !== null ? [data] : [];
      }),
    );
}

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
    if (rest > LONGEST_WAIT_MS)
      throw new RegistryFailure(
        'the registry asks for a pause',
        evidence(`asked for a rest of another ${Math.ceil(rest / 1000)} s; not asked`),
      );
    if (rest > 0) await pause(systemClock, rest, signal);
    signal.throwIfAborted();
    let answer: HttpAnswer;
    try {
      answer = await get(url, {
        signal,
        timeoutMs: PATIENCE_MS,
        maxBytes: MAX_BYTES,
        redirects: 4,
        accept: 'application/rdap+json, application/json;q=0.9',
        allowPrivate: server.trusted,
        named: hostsNamed(world),
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
      if (pause <= LONGEST_WAIT_MS && tries < 3) continue;
      throw new RegistryFailure('the registry asks for a pause', evidence(said, answer.url));
    }
    if (answer.status === 404) return readAbsence(answer, evidence(said, answer.url));
    if (answer.status !== 200)
      throw new RegistryFailure(`the registry answered ${answer.status}`, evidence(said, answer.url));
    return readDomain(name, answer, (text) => evidence(text, answer.url));
  }
}

/** The hosts of the RDAP servers that the admin named. */
function hostsNamed({ settings }: World): string[] {
  return [...overrides(settings.rdapServers).values()].flatMap((base) => URL.parse(base)?.hostname ?? []);
}

/** RFC 9110 §10.2.3: seconds or a date. Without one, a minute. At least a second, at most a day; ms. */
function retryAfter(header: string | undefined, now: number): number {
  const text = header?.trim() ?? '';
  const pause = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Math.min(Math.max(Number.isNaN(pause) ? 60_000 : pause, 1_000), DAY_MS);
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

/**
 * What a registry's answer of 200 says of the name.
 * @throws `RegistryFailure` when it cannot be read, or is about something else.
 */
export function readDomain(
  name: string,
  answer: Pick<HttpAnswer, 'body'>,
  evidence: (text: string) => Evidence,
): Registration {
  const domain = parse(answer.body);
  if (domain === null)
    throw new RegistryFailure(
      'the registry’s answer cannot be read',
      evidence(`200 ${excerpt(answer.body)}`),
    );
  const about = nameOf(domain);
  if (domain.objectClassName?.toLowerCase() !== 'domain' || (about !== undefined && about !== name))
    throw new RegistryFailure(
      'the registry answered about something else',
      evidence(`200 ${domain.objectClassName ?? 'no objectClassName'} ${about ?? ''}`),
    );
  const order = dateOrderOf(name);
  const { date: expiresAt, unread } = dateOf(domain.events, 'expiration', order);
  const { date: registrarExpiresAt } = dateOf(domain.events, 'registrar expiration', order);
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
    statuses: [...new Set(domain.status.flatMap((status) => statesIn(name, status)))],
    registrar,
    ...(unread === undefined ? {} : { unreadDate: unread }),
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

/** The name that the answer is about, A-labels; undefined when it does not say. */
function nameOf({ ldhName, unicodeName }: z.infer<typeof domainSchema>): string | undefined {
  const said = ldhName ?? unicodeName;
  return said === undefined ? undefined : (toDomainName(said.replace(/\.$/, '')) ?? said.toLowerCase());
}

/**
 * The latest, should there be several. RFC 9083 §4.5 wants dates of RFC 3339; others are read as WHOIS's are, so that none is taken
 * for another day.
 * @returns also what is written in a place of a date where none can be read.
 */
function dateOf(
  events: readonly { eventAction: string; eventDate: string }[],
  action: string,
  order: DateOrder | undefined,
): { date: number | null; unread: string | undefined } {
  const texts = events
    .filter(({ eventAction }) => eventAction.trim().toLowerCase() === action)
    .map(({ eventDate }) => eventDate);
  const dates = texts.map((text) => readDate(text, order)).filter((date) => date !== null);
  const latest = dates.reduce<number | null>((max, date) => Math.max(max ?? date, date), null);
  return { date: latest, unread: latest === null ? texts[0]?.slice(0, 60) : undefined };
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
