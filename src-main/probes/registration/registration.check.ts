// Check: until when is the domain registered, and does the registry let it work? RDAP first, then WHOIS, then the admin's own note.
import type { FactsOf } from '../../../shared/facts/index.ts';
import { EXPIRES_NOW_DAYS, EXPIRES_SOON_DAYS } from '../../../shared/facts/registration.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import type { World } from '../world.ts';
import { rdapServerFor } from './bootstrap.ts';
import { askRdap } from './rdap.ts';
import { RegistryFailure } from './record.ts';
import type { Registration } from './record.ts';
import { registrableOf } from './registrable.ts';
import type { Registrable } from './registrable.ts';
import { isKnownState, meaningOfState, publishesNoDate } from './states.ts';
import { askWhois } from './whois.ts';
import { patientSignal } from '../lateness.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** How long after the end a registry may take to renew by itself while it still gives the old date, days (45, and a day for zones). */
const RENEWING = 46;
/** Longest time for RDAP, so that WHOIS has its turn before the deadline, ms. */
const RDAP_SHARE_MS = 7_000;

const findings = {
  fine: fine(`The domain is registered for at least another ${EXPIRES_SOON_DAYS} days.`),
  'expires-soon': wrong('attention', `The registration ends within ${EXPIRES_SOON_DAYS} days.`),
  'expires-now': wrong('urgent', `The registration ends within ${EXPIRES_NOW_DAYS} days.`),
  expired: wrong(
    'urgent',
    'The registration has ended; the registry may take the domain out of DNS any time.',
  ),
  'renewal-unpaid': wrong(
    'attention',
    'The term is over, and the registry has renewed the domain by itself or keeps it for a while; as far as is known it is not paid: unless it is, the domain is deleted.',
  ),
  'on-hold': wrong('urgent', 'The registry or the registrar has taken the domain out of DNS.'),
  redemption: wrong(
    'urgent',
    'The domain was deleted; for a few weeks its former owner can still have it back, for a fee.',
  ),
  ending: wrong(
    'attention',
    'The domain works, and is to be deleted, suspended or left without a registrar unless somebody acts.',
  ),
  'not-registered': wrong('urgent', 'Nobody has registered the domain: anybody may.'),
  'note-outdated': wrong(
    'attention',
    'The registry does not tell the date, and the date that was set by hand has passed.',
  ),
} as const;
type Code = keyof typeof findings;

export const registration = defineCheck({
  name: 'registration',
  title: 'Domain registration',
  area: 'registration',
  leg: 'inbound',
  question: 'How long is the domain registered for, and is it active?',
  needs: ['domain'],
  deadlineMs: 15_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'registration'>): Promise<void> {
  const { target, world, report } = asking;
  const registrable = registrableOf(target.domain);
  if (registrable === null)
    throw new NotApplicable(
      `${target.domain} is a name under which others register theirs; it is not registered itself.`,
    );
  const { record, failures } = await askRegistry(registrable, asking);
  const byHand = target.expiresAt;
  const now = world.now();
  const facts: FactsOf<'registration'> = {
    registered: registrable.name,
    expiresAt: record?.expiresAt ?? record?.registrarExpiresAt ?? byHand,
    registrarExpiresAt: record?.registrarExpiresAt ?? null,
    statuses: [...(record?.statuses ?? [])],
    registrar: record?.registrar ?? null,
    source:
      (record?.expiresAt ?? record?.registrarExpiresAt ?? null) !== null
        ? 'registry'
        : byHand === null
          ? null
          : 'by-hand',
  };
  const evidence = [...(record === null ? [] : [record.evidence]), ...failures];
  if (
    record !== null &&
    has(record, 'inactive') &&
    !isStopped(record) &&
    (await isDelegated(registrable, world))
  )
    // Some registries call so what they have no name servers of their own for.
    record.statuses = record.statuses.filter((status) => status !== 'inactive');
  if (record?.registered === false) {
    const delegation = await dnsOf(world).resolve(registrable.name, 'NS');
    // A registry that knows nothing of a domain that its own name servers lead to was asked in the wrong place.
    if (delegation.status === 'answer')
      throw new CouldNotCheck(
        `The registry says that nobody has registered ${registrable.name}, yet the name is in DNS.`,
        [...evidence, ...delegation.evidence],
      );
  }
  const dated = record === null ? null : withDate(record, now);
  if (dated !== null && (dated.expiresAt !== null || isStopped(dated) || hasTrouble(dated, now))) {
    const { code, summary } = judge(registrable.name, dated, now);
    if (code === null) throw new CouldNotCheck(summary, evidence);
    const whose =
      record?.expiresAt === null && dated.expiresAt !== null
        ? ' The date is the registrar’s; the registry gives none.'
        : '';
    report(code, { summary: summary + whose, evidence, facts });
    return;
  }
  const untold = record === null ? 'The registry could not be asked' : noDate(registrable, record);
  if (byHand === null)
    throw new CouldNotCheck(
      `${untold}${why(failures)}. Ask your registrar until when ${registrable.name} is paid, and set the date by hand.`,
      evidence,
    );
  const { code, summary } = byNote(registrable.name, byHand, now);
  const doubt = record === null || code !== 'fine' ? null : unknownState(registrable.name, record);
  if (doubt !== null) throw new CouldNotCheck(doubt, evidence);
  report(code, { summary: `${summary} ${untold}${why(failures)}.`, evidence, facts });
}

/** Where the registry leaves the end to the registrars, what the registrar says stands for it, unless it has passed: see `renewalOf`. */
function withDate(record: Registration, now: number): Registration {
  const { expiresAt, registrarExpiresAt: own } = record;
  return expiresAt === null && own !== null && own > now ? { ...record, expiresAt: own } : record;
}

async function isDelegated({ name }: Registrable, world: World): Promise<boolean> {
  return (await dnsOf(world).resolve(name, 'NS')).status === 'answer';
}

/** Why there is no date though the registry answered, without a full stop. */
function noDate({ name, suffix }: Registrable, { unreadDate, statuses }: Registration): string {
  const states = statuses.length === 0 ? '' : ` (its state there: ${statuses.join(', ')})`;
  if (unreadDate !== undefined)
    return `The registry gives “${unreadDate}” as the end of the registration, which cannot be read for certain${states}`;
  return publishesNoDate(name)
    ? `The registry of .${suffix} publishes no date for the end of a registration; ${name} is registered${states}`
    : `The registry does not tell the date${states}`;
}

function why(failures: readonly Evidence[]): string {
  const last = failures.at(0);
  return last === undefined ? '' : ` (${last.answer.split('\n')[0]?.slice(0, 100) ?? ''})`;
}

/** The registry's record, by RDAP or else by WHOIS; null when neither has one. */
async function askRegistry(
  { name, suffix, ...kind }: Registrable,
  { world, signal }: RunningCheck<'registration'>,
): Promise<{ record: Registration | null; failures: Evidence[] }> {
  const failures: Evidence[] = [];
  using patience = patientSignal(RDAP_SHARE_MS);
  const share = AbortSignal.any([signal, patience.signal]);
  let record: Registration | null = null;
  const server = await rdapServerFor(name, world);
  if (server === null && kind.special && !named(suffix, world.settings.whoisServers))
    throw new NotApplicable(`Nobody registers names under .${suffix}: they are not of the public Internet.`);
  // The registry of `com` knows `uk.com`, but nothing of the names that its owner gives out.
  const apart = kind.private && !named(suffix, world.settings.rdapServers);
  if (server !== null && !apart) {
    try {
      record = await askRdap(name, server, world, share);
      if (record.expiresAt !== null || isStopped(record)) return { record, failures };
    } catch (error) {
      if (signal.aborted) throw error;
      failures.push(failed(error, `RDAP domain ${name}`, server.base, world.now()));
    }
  }
  if (kind.private && !named(suffix, world.settings.whoisServers)) {
    if (server === null || apart)
      failures.push({
        asked: `registry of ${suffix}`,
        of: 'the public suffix list',
        at: world.now(),
        answer: `${suffix} belongs to a company that gives out the names under it`,
      });
    return { record, failures };
  }
  try {
    const whois = await askWhois(name, world, signal);
    // What RDAP said of the domain's state is newer than WHOIS at most registries; WHOIS only adds the date.
    if (record === null) record = whois;
    else if (whois.registered)
      record = {
        ...whois,
        registrarExpiresAt: whois.registrarExpiresAt ?? record.registrarExpiresAt,
        registrar: whois.registrar ?? record.registrar,
        statuses: [...new Set([...record.statuses, ...whois.statuses])],
      };
    else failures.push(whois.evidence);
  } catch (error) {
    if (signal.aborted) throw error;
    failures.push(failed(error, `WHOIS ${name}`, suffix, world.now()));
  }
  return { record, failures };
}

function named(suffix: string, entries: readonly string[]): boolean {
  return entries.some((entry) => entry.toLowerCase().startsWith(`${suffix}=`));
}

function failed(error: unknown, asked: string, of: string, at: number): Evidence {
  if (error instanceof RegistryFailure) return error.evidence;
  return { asked, of, at, answer: 'no answer in time' };
}

function has(record: Registration, ...statuses: string[]): boolean {
  return statuses.some((status) => record.statuses.includes(status));
}

/** Whether the record says something that matters more than the date. */
function isStopped(record: Registration): boolean {
  return (
    !record.registered ||
    has(record, 'redemptionperiod', 'pendingdelete', 'pendingrestore', 'clienthold', 'serverhold', 'expired')
  );
}

/** Whether there is something to say though there is no date. */
function hasTrouble(record: Registration, now: number): boolean {
  const own = record.registrarExpiresAt;
  return has(record, 'inactive', 'ending', 'unpaid', 'pendingcreate') || (own !== null && own <= now);
}

/**
 * What the registry's record means. The registry's date counts; the registrar's only says what was paid.
 * @returns no code when the record does not say whether all is well: the summary then says why.
 */
export function judge(
  name: string,
  record: Registration,
  now: number,
): { code: Code | null; summary: string } {
  const { expiresAt } = record;
  return (
    stateOf(name, record, now) ??
    dateOf(name, record, now) ??
    renewalOf(name, record, now) ?? {
      code: 'fine',
      summary:
        expiresAt === null ? `${name} is registered.` : `${name} is registered until ${day(expiresAt)}.`,
    }
  );
}

/** What the state says by itself, whatever the date is. */
function stateOf(
  name: string,
  record: Registration,
  now: number,
): { code: Code | null; summary: string } | null {
  const at = registrarOf(record);
  const { expiresAt } = record;
  const late = expiresAt !== null && expiresAt <= now ? `; it expired on ${day(expiresAt)}` : '';
  if (!record.registered)
    return { code: 'not-registered', summary: `${name} is not registered: anybody may register it now.` };
  if (has(record, 'pendingdelete') && !has(record, 'redemptionperiod', 'pendingrestore'))
    return {
      code: 'redemption',
      summary: `${name} is about to be deleted: ask ${at} at once whether it can still be had back, and watch for it to become free.`,
    };
  if (has(record, 'redemptionperiod', 'pendingrestore'))
    return {
      code: 'redemption',
      summary: has(record, 'pendingrestore')
        ? `${name} was deleted and is being restored.`
        : `${name} was deleted; ${at} can still restore it, for a fee.`,
    };
  if (has(record, 'clienthold', 'serverhold')) {
    const who = has(record, 'serverhold') ? 'the registry' : at;
    return { code: 'on-hold', summary: `${name} was taken out of DNS by ${who} (hold)${late}.` };
  }
  if (has(record, 'expired'))
    return {
      code: 'expired',
      summary: `The registration of ${name} expired${expiresAt !== null && expiresAt <= now ? ` on ${day(expiresAt)}` : ', says the registry'}.`,
    };
  if (has(record, 'inactive'))
    return {
      code: 'on-hold',
      summary: `${name} is registered, but the registry does not publish it in DNS (inactive)${late}.`,
    };
  if (has(record, 'pendingcreate'))
    return { code: null, summary: `The registration of ${name} is not yet complete, says the registry.` };
  return null;
}

/** What the date says: only where it has passed or is near. */
function dateOf(
  name: string,
  record: Registration,
  now: number,
): { code: Code | null; summary: string } | null {
  const { expiresAt } = record;
  if (expiresAt === null) return null;
  const left = Math.floor((expiresAt - now) / DAY_MS);
  if (expiresAt <= now) {
    if (!has(record, 'autorenewperiod', 'unpaid'))
      return { code: 'expired', summary: `The registration of ${name} expired on ${day(expiresAt)}.` };
    return now - expiresAt > RENEWING * DAY_MS
      ? {
          code: null,
          summary: `The registry says that it is renewing ${name}, yet the date it gives, ${day(expiresAt)}, is more than ${RENEWING} days past.`,
        }
      : null;
  }
  return left < EXPIRES_SOON_DAYS
    ? {
        code: left < EXPIRES_NOW_DAYS ? 'expires-now' : 'expires-soon',
        summary: `The registration of ${name} ends ${inDays(left)}, on ${day(expiresAt)}.`,
      }
    : null;
}

/** What is to be said of a domain whose date is far, or that the registry is renewing: before it can be called fine. */
function renewalOf(
  name: string,
  record: Registration,
  now: number,
): { code: Code | null; summary: string } | null {
  const { expiresAt, registrarExpiresAt } = record;
  const at = registrarOf(record);
  if (has(record, 'ending'))
    return {
      code: 'ending',
      summary: `${name} is to be deleted or suspended unless somebody acts: ask ${at} at once.`,
    };
  if (has(record, 'unpaid'))
    return {
      code: 'renewal-unpaid',
      summary: `The registration of ${name} has ended${expiresAt === null ? '' : ` on ${day(expiresAt)}`}, and the registry keeps it for a while: see with ${at} that it is paid.`,
    };
  const renewing = has(record, 'autorenewperiod');
  if ((renewing || expiresAt === null) && registrarExpiresAt !== null && registrarExpiresAt <= now) {
    const registry = renewing
      ? `The registry renewed ${name} by itself`
      : `The registry gives no date for ${name}`;
    return {
      code: 'renewal-unpaid',
      summary: `${registry}, but ${at} has it as ended on ${day(registrarExpiresAt)}: see that it is paid.`,
    };
  }
  const doubt = unknownState(name, record);
  if (doubt !== null) return { code: null, summary: doubt };
  if (renewing && expiresAt !== null && expiresAt <= now)
    return {
      code: 'fine',
      summary: `${name} is registered: the registry is renewing it, and gives the old date, ${day(expiresAt)}, until it has.`,
    };
  return null;
}

/** What is to be said of a domain whose state is a word that nobody explains, or says that nobody may have it; null of all others. */
function unknownState(name: string, { statuses, expiresAt }: Registration): string | null {
  const unknown = statuses.filter((status) => !isKnownState(name, status));
  const [first] = unknown;
  if (first === undefined) return null;
  const words = unknown.slice(0, 3).map((word) => `“${word.slice(0, 40)}”`);
  const date = expiresAt === null ? '' : `; the date it gives is ${day(expiresAt)}`;
  return meaningOfState(name, first) === 'reserved'
    ? `The registry calls ${name} ${words.join(' and ')}, which it says of names that it keeps back${date}.`
    : `The registry calls the state of ${name} ${words.join(' and ')}, and it is not known what it means by that${date}.`;
}

function registrarOf({ registrar }: Registration): string {
  return registrar === null ? 'your registrar' : `your registrar (${registrar})`;
}

function byNote(name: string, expiresAt: number, now: number): { code: Code; summary: string } {
  const left = Math.floor((expiresAt - now) / DAY_MS);
  const date = `the date that was set by hand, ${day(expiresAt)},`;
  if (expiresAt <= now)
    return { code: 'note-outdated', summary: `For ${name}, ${date} has passed: set the new one.` };
  if (left < EXPIRES_SOON_DAYS)
    return {
      code: left < EXPIRES_NOW_DAYS ? 'expires-now' : 'expires-soon',
      summary: `By ${date} the registration of ${name} ends ${inDays(left)}.`,
    };
  return { code: 'fine', summary: `By ${date} ${name} is registered.` };
}

function inDays(days: number): string {
  if (days < 1) return 'within a day';
  return days === 1 ? 'in 1 day' : `in ${days} days`;
}

function day(time: number): string {
  return new Date(time).toISOString().slice(0, 10);
}
