// Check: until when is the domain registered, and does the registry let it work? RDAP first, then WHOIS, then the admin's own note.
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { Asking } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { rdapServerFor } from './bootstrap.ts';
import { askRdap } from './rdap.ts';
import { RegistryFailure } from './record.ts';
import type { Registration } from './record.ts';
import { registrableOf } from './registrable.ts';
import type { Registrable } from './registrable.ts';
import { askWhois } from './whois.ts';

const DAY = 86_400_000;
/** From here on somebody should look, days. */
const SOON = 30;
/** From here on somebody must act, days. */
const NOW = 7;
/** Longest time for RDAP, so that WHOIS has its turn before the deadline, ms. */
const RDAP_SHARE = 7_000;

const findings = {
  fine: fine('The domain is registered for at least another 30 days.'),
  'expires-soon': wrong('attention', 'The registration ends within 30 days.'),
  'expires-now': wrong('urgent', 'The registration ends within 7 days.'),
  expired: wrong(
    'urgent',
    'The registration has ended; the registry may take the domain out of DNS any time.',
  ),
  'renewal-unpaid': wrong(
    'attention',
    'The registry has renewed the domain by itself, but the registrar’s own date has passed: unless it is paid, the domain is deleted.',
  ),
  'on-hold': wrong('urgent', 'The registry or the registrar has taken the domain out of DNS.'),
  redemption: wrong(
    'urgent',
    'The domain was deleted; for a few weeks its former owner can still have it back, for a fee.',
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
  area: 'registration',
  leg: 'inbound',
  question: 'Until when is the domain registered, and does the registry let it work?',
  needs: ['domain'],
  deadlineMs: 15_000,
  findings,
  run,
});

async function run(asking: Asking<Code>): Promise<void> {
  const { target, world, report } = asking;
  const registrable = registrableOf(target.domain);
  if (registrable === null)
    throw new NotApplicable(
      `${target.domain} is a name under which others register theirs; it is not registered itself.`,
    );
  const { record, failures } = await askRegistry(registrable, asking);
  const byHand = target.expiresAt;
  const now = world.now();
  const facts = {
    registered: registrable.name,
    expiresAt: record?.expiresAt ?? byHand,
    registrarExpiresAt: record?.registrarExpiresAt ?? null,
    statuses: [...(record?.statuses ?? [])],
    registrar: record?.registrar ?? null,
    source: (record?.expiresAt ?? null) !== null ? 'registry' : byHand === null ? null : 'by-hand',
  };
  const evidence = [...(record === null ? [] : [record.evidence]), ...failures];
  if (record?.registered === false) {
    const delegation = await dnsOf(world).resolve(registrable.name, 'NS');
    // A registry that knows nothing of a domain that its own name servers lead to was asked in the wrong place.
    if (delegation.status === 'answer')
      throw new CouldNotCheck(
        `The registry says that nobody has registered ${registrable.name}, yet the name is in DNS.`,
        [...evidence, ...delegation.evidence],
      );
  }
  if (record !== null && (record.expiresAt !== null || isStopped(record))) {
    const { code, summary } = judge(registrable.name, record, now);
    report(code, { summary, evidence, facts });
    return;
  }
  const untold = record === null ? 'The registry could not be asked' : 'The registry does not tell the date';
  if (byHand === null)
    throw new CouldNotCheck(
      `${untold}${why(failures)}. Ask your registrar until when ${registrable.name} is paid, and set the date by hand.`,
      evidence,
    );
  const { code, summary } = byNote(registrable.name, byHand, now);
  report(code, { summary: `${summary} ${untold}${why(failures)}.`, evidence, facts });
}

function why(failures: readonly Evidence[]): string {
  const last = failures.at(0);
  return last === undefined ? '' : ` (${last.answer.split('\n')[0]?.slice(0, 100) ?? ''})`;
}

/** The registry's record, by RDAP or else by WHOIS; null when neither has one. */
async function askRegistry(
  { name, suffix, ...kind }: Registrable,
  { world, signal }: Asking<Code>,
): Promise<{ record: Registration | null; failures: Evidence[] }> {
  const failures: Evidence[] = [];
  const share = AbortSignal.any([signal, AbortSignal.timeout(RDAP_SHARE)]);
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
    record =
      record === null ? whois : { ...whois, statuses: [...new Set([...record.statuses, ...whois.statuses])] };
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
    has(record, 'redemptionperiod', 'pendingdelete', 'pendingrestore', 'clienthold', 'serverhold')
  );
}

/** What the registry's record means. The registry's date counts; the registrar's only says what was paid. */
export function judge(name: string, record: Registration, now: number): { code: Code; summary: string } {
  const { expiresAt, registrarExpiresAt } = record;
  const at = record.registrar === null ? 'your registrar' : `your registrar (${record.registrar})`;
  if (!record.registered)
    return { code: 'not-registered', summary: `${name} is not registered: anybody may register it now.` };
  if (has(record, 'pendingdelete') && !has(record, 'redemptionperiod'))
    return {
      code: 'redemption',
      summary: `${name} is about to be deleted and can no longer be had back; watch for it to become free.`,
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
    const late = expiresAt !== null && expiresAt <= now ? `; it expired on ${day(expiresAt)}` : '';
    return { code: 'on-hold', summary: `${name} was taken out of DNS by ${who} (hold)${late}.` };
  }
  if (expiresAt === null) return { code: 'fine', summary: `${name} is registered.` };
  const left = Math.floor((expiresAt - now) / DAY);
  if (expiresAt <= now)
    return { code: 'expired', summary: `The registration of ${name} expired on ${day(expiresAt)}.` };
  if (left < SOON)
    return {
      code: left < NOW ? 'expires-now' : 'expires-soon',
      summary: `The registration of ${name} ends ${inDays(left)}, on ${day(expiresAt)}.`,
    };
  if (has(record, 'autorenewperiod') && registrarExpiresAt !== null && registrarExpiresAt <= now)
    return {
      code: 'renewal-unpaid',
      summary: `The registry renewed ${name} by itself, but ${at} has it as ended on ${day(registrarExpiresAt)}: see that it is paid.`,
    };
  return { code: 'fine', summary: `${name} is registered until ${day(expiresAt)}.` };
}

function byNote(name: string, expiresAt: number, now: number): { code: Code; summary: string } {
  const left = Math.floor((expiresAt - now) / DAY);
  const date = `the date that was set by hand, ${day(expiresAt)},`;
  if (expiresAt <= now)
    return { code: 'note-outdated', summary: `For ${name}, ${date} has passed: set the new one.` };
  if (left < SOON)
    return {
      code: left < NOW ? 'expires-now' : 'expires-soon',
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
