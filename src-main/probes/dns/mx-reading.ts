// Reads a domain's MX records as its own name servers have them: the exact set, how long it may be kept, and where its servers are.
import type { MxRead, MxReading } from '../../../shared/mx-reading.ts';
import { boundedLook } from '../bounded-look.ts';
import { CouldNotCheck } from '../check.ts';
import { runChecks } from '../runner.ts';
import type { Relay } from '../target.ts';
import type { World, WorldOptions } from '../world.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { interception } from './dns-interception.check.ts';
import { isUsable } from './ds.ts';
import { mostCommon, mxSets, plain, textOf } from './mx-sets.ts';
import { beyondness, isHostName, mxTarget, relayAddresses } from './mx-targets.ts';
import type { MxTarget } from './mx-targets.ts';
import { canonical, pick } from './message.ts';
import { authorityOf, beyondText, listed, ordered } from './speakers.ts';
import { signatureFault } from './validation.ts';

/** Servers whose addresses are looked up: more records than this nobody has in earnest. */
const MOST_EXCHANGES = 30;

export interface ReadMxOptions extends WorldOptions {
  domain: string;
  /** Mailward itself, to tell it among the servers that take the mail; null: not known. */
  relay: Relay | null;
  /** Gives it up. */
  signal?: AbortSignal;
}

/** Asks every name server of the domain. It does not fail, and ends within 15 s. */
export function readMx(options: ReadMxOptions): Promise<MxRead> {
  return boundedLook(options, (world) => read(options, world), couldNot);
}

function couldNot(reason: string): MxRead {
  return { status: 'could-not', reason };
}

async function read(options: ReadMxOptions, world: World): Promise<MxRead> {
  const { domain } = options;
  const dns = dnsOf(world);
  // Whoever answers in the name servers' place may say anything.
  const forged = forgedBy(options, world.signal);
  const authority = await authorityOf(dns, domain);
  if (authority.status === 'no-such-name') return (await forged) ?? { status: 'no-such-domain' };
  const said = await mxSets(dns, domain, authority);
  const chosen = mostCommon(said);
  if (chosen === null) return couldNot(`none of the name servers of ${authority.zone} gave its MX records`);
  if (new Set(said.map(textOf)).size > 1) {
    const sets = said.map(({ server, records }) => ({ name: server.name, mx: ordered(records).map(plain) }));
    return (await forged) ?? { status: 'differs', sets };
  }
  if (!chosen.exists) return (await forged) ?? { status: 'no-such-domain' };
  const records = ordered(chosen.records).map(plain);
  const named = records.map(({ exchange }) => exchange).filter((exchange) => exchange !== '.');
  // Without records the domain's own address takes the mail (RFC 5321 section 5.1).
  const hosts = records.length === 0 ? [domain] : [...new Set(named)].slice(0, MOST_EXCHANGES);
  const { relay } = options;
  const [targets, dnssec, own, doubt] = await Promise.all([
    Promise.all(hosts.map((host) => mxTarget(host, world, authority))),
    dnssecOf(dns, authority.zone, domain, world.now()),
    relay === null ? new Set<string>() : relayAddresses(dns, relay),
    forged,
  ]);
  if (doubt !== null) return doubt;
  const isOwn = ({ host, found }: MxTarget) =>
    host === canonical(relay?.hostname ?? '') ||
    [...found.v4, ...found.v6].some((address) => own.has(address));
  return {
    status: 'read',
    own: targets.filter(isOwn).map(({ host }) => host),
    reading: {
      at: Math.max(...said.map(({ asked }) => asked.at)),
      records,
      ttl: chosen.ttl,
      alias: chosen.alias,
      from: said.map(({ server: { name, address } }) => ({ name, address })),
      dnssec,
      exchanges: targets.map((each) => ({
        host: each.host,
        v4: each.found.v4,
        v6: each.found.v6,
        trouble: troubleOf(each),
      })),
    },
  };
}

/** Whether something in between answers for the name servers; null when it does not, or that cannot be seen. */
async function forgedBy({ domain, settings }: ReadMxOptions, signal: AbortSignal): Promise<MxRead | null> {
  const target = { domain, destinations: [], relay: null, selectors: [], formerMx: [], expiresAt: null };
  const found = await runChecks({
    ...{ checks: [interception], target, settings, signal, onFinding: () => undefined },
  });
  const forged = found.find(({ state }) => state === 'problem');
  return forged === undefined ? null : couldNot(forged.summary);
}

async function dnssecOf(dns: Dns, zone: string, domain: string, now: number): Promise<MxReading['dnssec']> {
  try {
    const above = await dns.find(zone, 'DS', true);
    if (above.judgement === null || above.answer === null) return 'unknown';
    const anchors = pick(above.answer.reply?.answers ?? [], 'DS', zone).map(({ data }) => data);
    if (!anchors.some(isUsable)) return 'unsigned';
    return (await signatureFault(dns, zone, domain, 'MX', now)) === null ? 'signed' : 'broken';
  } catch (error) {
    if (error instanceof CouldNotCheck) return 'unknown';
    throw error;
  }
}

/** Why the world does not reach a server, or by this record not; empty when it does. */
function troubleOf(target: MxTarget): string {
  const { host, found, beyond } = target;
  if (target.isAddress) return 'it is an address, where a name must be';
  if (!isHostName(host)) return 'no host may have such a name';
  if (target.isAbsent) return 'it has no address';
  if (beyondness(target) === 'beyond')
    return `it is at ${listed(beyond.map((address) => `${address} (${beyondText(address)})`))}, which nobody outside reaches`;
  return found.status === 'could-not' ? 'its address could not be found out' : '';
}
