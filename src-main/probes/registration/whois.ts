// Asks a registry by WHOIS (RFC 3912), where it has no RDAP: IANA's server says whose it is, the registry's own says the rest.
import { connect } from 'node:net';
import { parseHostPort } from '../../../shared/names.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { isPublic } from '../addresses.ts';
import { words } from '../http.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import { byLongestEnding, overrides } from './bootstrap.ts';
import { decode } from './charset.ts';
import { RegistryFailure } from './record.ts';
import type { Registration } from './record.ts';
import { readReferral, readWhois } from './whois-text.ts';
import { patientSignal } from '../lateness.ts';

const IANA = 'whois.iana.org';
const PORT = 43;
/** Longest time for one answer, ms. */
const PATIENCE_MS = 4_000;
const MAX_BYTES = 131_072;
/** Longest time for a registrar, who is asked when the registry has answered already, ms. */
const REGISTRAR_PATIENCE_MS = 2_000;
/** How often a registry's server may send us on to another. */
const REFERRALS = 2;

/** Some registries want to be asked in a way of their own. */
const questions: Readonly<Record<string, (name: string) => string>> = {
  'whois.verisign-grs.com': (name) => `domain ${name}`,
  'whois.denic.de': (name) => `-T dn,ace ${name}`,
  'whois.jprs.jp': (name) => `${name}/e`,
  'whois.nic.ad.jp': (name) => `${name}/e`,
};

interface Server {
  /** `host` or `host:port`. */
  server: string;
  /** For evidence. */
  namedBy: string;
  /** Named by the admin: it may be on loopback or in a private network. */
  trusted: boolean;
}

/**
 * Asks the registry, and whom it sends us on to when it does not know the domain itself. Of a registry that leaves the end of the
 * registration to the registrars, the registrar is asked for it.
 * @param name the registered name, A-labels.
 * @throws `RegistryFailure` when there is no answer, or none that can be relied on.
 */
export async function askWhois(name: string, world: World, signal: AbortSignal): Promise<Registration> {
  let at = await serverFor(name, world, signal);
  for (let referrals = 0; ; referrals++) {
    const { text, evidence } = await question(name, at, world, signal);
    const read = readWhois(name, text);
    const next = referrals < REFERRALS ? referral(text, at, world) : null;
    if (typeof read !== 'string')
      return read.registered && next !== null && lacksEnd(read)
        ? withRegistrar(name, { ...read, evidence }, next, world, signal)
        : { ...read, evidence };
    if (next === null) throw new RegistryFailure(read, evidence);
    at = next;
  }
}

function lacksEnd({ expiresAt, registrarExpiresAt, statuses }: Omit<Registration, 'evidence'>): boolean {
  return expiresAt === null && registrarExpiresAt === null && !statuses.includes('redemptionperiod');
}

/** The record with the registrar's own date, if it can be had. */
async function withRegistrar(
  name: string,
  record: Registration,
  registrar: Server,
  world: World,
  signal: AbortSignal,
): Promise<Registration> {
  try {
    using soon = patientSignal(REGISTRAR_PATIENCE_MS);
    const both = AbortSignal.any([signal, soon.signal]);
    const { text, evidence } = await question(name, registrar, world, both);
    const read = readWhois(name, text);
    if (typeof read === 'string' || !read.registered) return record;
    const answer = `${record.evidence.answer.slice(0, 1_000)}\n\n${evidence.of}:\n${evidence.answer.slice(0, 900)}`;
    return {
      ...record,
      registrarExpiresAt: read.registrarExpiresAt ?? read.expiresAt,
      evidence: { ...record.evidence, answer },
    };
  } catch (error) {
    // The registry has answered: what the registrar adds is welcome, and not needed.
    if (error instanceof RegistryFailure) return record;
    throw error;
  }
}

async function question(
  name: string,
  at: Server,
  world: World,
  signal: AbortSignal,
): Promise<{ text: string; evidence: Evidence }> {
  const asked = (questions[at.server] ?? ((plain: string) => plain))(name);
  const text = decode(await exchange(at.server, asked, at.trusted, world, signal), name);
  return {
    text,
    evidence: {
      asked: `WHOIS ${asked}`,
      of: `${at.server} (named by ${at.namedBy})`,
      at: world.now(),
      answer: text.trim().slice(0, 2_000),
    },
  };
}

/** Whom an answer names as the one who knows more; null when nobody else. */
function referral(text: string, by: Server, world: World): Server | null {
  const server = readReferral(text, by.server.toLowerCase());
  return server === null ? null : { server, namedBy: by.server, trusted: vouchedFor(server, by, world) };
}

/** Whoever the admin named vouches for its own host, not for another that it points to, unless the admin named that too. */
function vouchedFor(server: string, by: Pick<Server, 'server' | 'trusted'>, { settings }: World): boolean {
  const named = [by.server, ...overrides(settings.whoisServers).values()].map(hostOf);
  return by.trusted && named.includes(hostOf(server));
}

function hostOf(server: string): string {
  return server.replace(/:\d+$/, '').toLowerCase();
}

async function serverFor(name: string, world: World, signal: AbortSignal): Promise<Server> {
  const named = overrides(world.settings.whoisServers);
  const override = byLongestEnding(name, (ending) => named.get(ending));
  if (override !== null)
    return { server: override, namedBy: 'the setting probes.whoisServers', trusted: true };
  // An entry for the root stands for IANA's own server.
  const iana = named.get('.') ?? IANA;
  const trusted = named.has('.');
  const ending = name.slice(name.lastIndexOf('.') + 1);
  const text = decode(await exchange(iana, ending, trusted, world, signal), name);
  const found = readReferral(text);
  if (found !== null)
    return { server: found, namedBy: iana, trusted: vouchedFor(found, { server: iana, trusted }, world) };
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
): Promise<Buffer> {
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
  using late = patientSignal(PATIENCE_MS);
  const either = AbortSignal.any([signal, late.signal]);
  return await new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const socket = connect({ host, port: place.port, signal: either });
    socket.on('data', (part: Buffer) => {
      size += part.length;
      parts.push(part);
      if (size <= MAX_BYTES) return;
      socket.destroy();
      reject(failure(`the answer is longer than ${MAX_BYTES / 1024} KiB`));
    });
    socket.once('error', (error) => {
      reject(failure(late.signal.aborted ? `no answer within ${PATIENCE_MS / 1000} s` : words(error)));
    });
    socket.once('end', () => {
      const bytes = Buffer.concat(parts);
      if (bytes.every((octet) => octet <= 0x20)) reject(failure('hung up without an answer'));
      else resolve(bytes);
    });
    socket.end(`${question_}\r\n`);
  });
}
