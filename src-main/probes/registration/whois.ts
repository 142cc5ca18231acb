// Asks a registry by WHOIS (RFC 3912), where it has no RDAP: IANA's server says whose it is, the registry's own says the rest.
import { connect } from 'node:net';
import { parseHostPort } from '../../../shared/names.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { isPublic } from '../addresses.ts';
import { words } from '../http.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import { byLongestEnding, overrides } from './bootstrap.ts';
import { RegistryFailure } from './record.ts';
import type { Registration } from './record.ts';
import { readReferral, readWhois } from './whois-text.ts';

const IANA = 'whois.iana.org';
const PORT = 43;
/** Longest time for one answer, ms. */
const PATIENCE = 4_000;
const MAX_BYTES = 131_072;

/** Some registries want to be asked in a way of their own. */
const question: Readonly<Record<string, (name: string) => string>> = {
  'whois.verisign-grs.com': (name) => `domain ${name}`,
  'whois.denic.de': (name) => `-T dn,ace ${name}`,
  'whois.jprs.jp': (name) => `${name}/e`,
  'whois.nic.ad.jp': (name) => `${name}/e`,
};

/**
 * @param name the registered name, A-labels.
 * @throws `RegistryFailure` when there is no answer, or none that can be relied on.
 */
export async function askWhois(name: string, world: World, signal: AbortSignal): Promise<Registration> {
  const { server, namedBy, trusted } = await serverFor(name, world, signal);
  const asked = (question[server] ?? ((plain: string) => plain))(name);
  const text = await exchange(server, asked, trusted, world, signal);
  const evidence: Evidence = {
    asked: `WHOIS ${asked}`,
    of: `${server} (named by ${namedBy})`,
    at: world.now(),
    answer: text.trim().slice(0, 2_000),
  };
  const read = readWhois(name, text);
  if (typeof read === 'string') throw new RegistryFailure(read, evidence);
  return { ...read, evidence };
}

async function serverFor(
  name: string,
  world: World,
  signal: AbortSignal,
): Promise<{ server: string; namedBy: string; trusted: boolean }> {
  const named = overrides(world.settings.whoisServers);
  const override = byLongestEnding(name, (ending) => named.get(ending));
  if (override !== null)
    return { server: override, namedBy: 'the setting probes.whoisServers', trusted: true };
  // An entry for the root stands for IANA's own server.
  const iana = named.get('.') ?? IANA;
  const trusted = named.has('.');
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const text = await exchange(iana, ending, trusted, world, signal);
  const referral = readReferral(text);
  if (referral !== null) return { server: referral, namedBy: iana, trusted };
  throw new RegistryFailure(`no registry answers questions about names under .${ending}`, {
    asked: `WHOIS ${ending}`,
    of: iana,
    at: world.now(),
    answer: text.trim().slice(0, 2_000),
  });
}

/**
 * One question, one answer, until the server hangs up.
 * @param trusted named by the admin: it may be on loopback or in a private network.
 */
async function exchange(
  server: string,
  question_: string,
  trusted: boolean,
  world: World,
  signal: AbortSignal,
): Promise<string> {
  const failure = (why: string) =>
    new RegistryFailure(why, { asked: `WHOIS ${question_}`, of: server, at: world.now(), answer: why });
  let place: { host: string; port: number };
  try {
    place = parseHostPort(server, PORT);
  } catch {
    throw failure(`${server.slice(0, 100)} is no WHOIS server`);
  }
  const addresses = await anyAddressesOf(place.host, world);
  const host = addresses.find((address) => trusted || isPublic(address));
  if (host === undefined)
    throw failure(
      addresses.length === 0
        ? 'its name could not be looked up'
        : `it is at ${addresses.join(', ')}, which is no address of the public Internet`,
    );
  const late = AbortSignal.timeout(PATIENCE);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const socket = connect({ host, port: place.port, signal: AbortSignal.any([signal, late]) });
    socket.on('data', (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size <= MAX_BYTES) return;
      socket.destroy();
      reject(failure(`the answer is longer than ${MAX_BYTES / 1024} KiB`));
    });
    socket.once('error', (error) => {
      reject(failure(late.aborted ? `no answer within ${PATIENCE / 1000} s` : words(error)));
    });
    socket.once('end', () => {
      const bytes = Buffer.concat(parts);
      const text = bytes.toString('utf8');
      if (text.trim() === '') reject(failure('hung up without an answer'));
      // Older servers answer in Latin-1.
      else resolve(text.includes('\uFFFD') ? bytes.toString('latin1') : text);
    });
    socket.end(`${question_}\r\n`);
  });
}
