// Where mail for a domain that is not ours goes: its mail exchangers (RFC 5321 §5.1), for the bounces that leave.
import { BlockList, isIP } from 'node:net';
import { destinationSchema, type Destination } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import { isAbsent, type Resolve } from '../resolver.ts';

export type MailExchangers =
  | { kind: 'route'; route: Destination[] }
  /** The domain takes no mail, for good. */
  | { kind: 'never'; reply: Reply }
  /** DNS could not say now. */
  | { kind: 'later'; reply: Reply };

/** Addresses tried at most: enough for any healthy domain, and an end for a hostile one. */
const MOST = 8;

/** Addresses that no stranger's name may lead us to: our own machine and its network are none of the world's mail servers. */
const inner = new BlockList();
for (const [net, bits] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['224.0.0.0', 3],
] as const)
  inner.addSubnet(net, bits, 'ipv4');
for (const [net, bits] of [
  ['::', 127],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const)
  inner.addSubnet(net, bits, 'ipv6');

export function isInner(address: string): boolean {
  return inner.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

interface MxRecord {
  exchange: string;
  priority: number;
}

export interface MxLookupOptions {
  resolve: Resolve;
  /** 25, but for tests. */
  port: number;
  /** Lets a lab have its world on loopback. */
  allowInner: boolean;
  random: () => number;
}

/** Finds a domain's mail exchangers. Never rejects. */
export async function findMailExchangers(domain: string, options: MxLookupOptions): Promise<MailExchangers> {
  let hosts: string[];
  try {
    const records = (await options.resolve(domain, 'MX')) as MxRecord[];
    const [only] = records;
    // RFC 7505: a single "." says that the domain takes no mail.
    if (records.length === 1 && only && /^\.?$/.test(only.exchange))
      return never('5.1.10', `${domain} takes no mail (null MX)`);
    hosts = inOrder(records, options.random).filter((host) => host !== '' && host !== '.');
  } catch (error) {
    if (!isAbsent(error)) return later(`the mail exchangers of ${domain} could not be looked up`);
    hosts = [];
  }
  // Without MX the domain's own address is its mail server.
  const implicit = hosts.length === 0;
  const addresses: string[] = [];
  let unclear = false;
  for (const host of implicit ? [domain] : hosts) {
    const found = await addressesOf(host, options.resolve);
    if (found === null) unclear = true;
    else addresses.push(...found.filter((address) => options.allowInner || !isInner(address)));
    if (addresses.length >= MOST) break;
  }
  if (addresses.length > 0) {
    const route = addresses
      .slice(0, MOST)
      .map((host) => destinationSchema.parse({ host, port: options.port }));
    return { kind: 'route', route };
  }
  if (unclear) return later(`the addresses of the mail servers of ${domain} could not be looked up`);
  return implicit
    ? never('5.1.2', `${domain} has no mail server in DNS`)
    : never('5.4.4', `no mail server of ${domain} has an address that mail can be sent to`);
}

/** By preference; those of the same preference in random order (RFC 5321 §5.1). */
function inOrder(records: readonly MxRecord[], random: () => number): string[] {
  return records
    .map((record) => ({ ...record, draw: random() }))
    .sort((a, b) => a.priority - b.priority || a.draw - b.draw)
    .map((record) => record.exchange.replace(/\.$/, '').toLowerCase());
}

/** Null when DNS could not say. */
async function addressesOf(host: string, resolve: Resolve): Promise<string[] | null> {
  const answers = await Promise.allSettled([resolve(host, 'A'), resolve(host, 'AAAA')]);
  const found: string[] = [];
  let unclear = false;
  for (const answer of answers) {
    if (answer.status === 'fulfilled')
      found.push(
        ...(answer.value as unknown[]).filter(
          (one): one is string => typeof one === 'string' && isIP(one) !== 0,
        ),
      );
    else if (!isAbsent(answer.reason)) unclear = true;
  }
  return found.length === 0 && unclear ? null : found;
}

function never(enhanced: string, text: string): MailExchangers {
  return { kind: 'never', reply: { code: 550, enhanced, text } };
}

function later(text: string): MailExchangers {
  return { kind: 'later', reply: { code: 451, enhanced: '4.4.3', text } };
}
