// DNS for the checks of one run: found out from the root servers down, or asked of one given server.
import { isIPv6 } from 'node:net';
import type { Evidence } from '../../../shared/finding.ts';
import type { World } from '../world.ts';
import { findAuthority } from './authority.ts';
import type { Authority } from './authority.ts';
import { evidenceOf } from './evidence.ts';
import { Iteration } from './iterative.ts';
import type { Resolved, Why } from './iterative.ts';
import { canonical, isAskable, pick } from './message.ts';
import type { DnsRecord, Question, RecordType } from './message.ts';
import { rootServers } from './roots.ts';
import type { Exchange, ExchangeOptions, NameServerAddress } from './transport.ts';

/**
 * `no-such-name` and `no-data` are answers, given by servers that speak for the zone. `could-not` is not: the network failed,
 * or the servers did.
 */
export type ResolutionStatus = 'answer' | 'no-data' | 'no-such-name' | 'could-not';

/** What was found out of a name. */
export interface Resolution<T extends RecordType = RecordType> {
  name: string;
  type: T;
  status: ResolutionStatus;
  /** Why it could not be found out; null when it was. */
  why: Why | null;
  /** The same in a sentence; empty when it was found out. */
  reason: string;
  /** The records, of the name at the aliases' end. */
  records: DnsRecord<T>[];
  /** CNAME records that were followed, in order. */
  aliases: DnsRecord<'CNAME'>[];
  /** How long this may be kept, s: the least of all records, or what the zone says of what is not there. Null: not said. */
  ttl: number | null;
  /** The zone whose servers were asked last. */
  zone: string;
  /** Who gave the answer, and whether with authority. */
  server: NameServerAddress | null;
  aa: boolean;
  evidence: Evidence[];
}

/** A host's addresses. */
export interface Addresses {
  /** `answer` when it has any; `could-not` when none was found and at least one family could not be asked. */
  status: ResolutionStatus;
  v4: string[];
  v6: string[];
  /** Of each family by itself. */
  of: { v4: ResolutionStatus; v6: ResolutionStatus };
  /** Why nothing was found out, where that is so. */
  why: Why | null;
  reason: string;
  aliases: DnsRecord<'CNAME'>[];
  evidence: Evidence[];
}

export interface DnsOptions {
  /** Addresses; empty: the Internet's. */
  roots?: readonly string[];
  port?: number;
  signal?: AbortSignal;
  now?: () => number;
}

/** More aliases in a row than anybody has in earnest. */
const mostAliases = 12;

/** Shares all answers for as long as it lives; a run of checks has one. */
export class Dns {
  readonly #iteration: Iteration;
  readonly #resolutions = new Map<string, unknown>();
  readonly #authorities = new Map<string, Promise<Authority>>();
  #reachesIpv6: Promise<boolean> | null = null;

  constructor(options: DnsOptions = {}) {
    const { roots = [], port = 53, signal, now } = options;
    this.#iteration = new Iteration({
      roots:
        roots.length === 0 ? rootServers : roots.map((address) => ({ name: null, addresses: [address] })),
      port,
      ...(signal === undefined ? {} : { signal }),
      ...(now === undefined ? {} : { now }),
    });
  }

  /** The root servers: name (null when only an address is known) and addresses. */
  get roots(): readonly { name: string | null; glue: readonly string[] }[] {
    return this.#iteration.root.servers;
  }

  /** Finds a name's records of a type from the root down, following aliases. It does not fail. */
  resolve<T extends RecordType>(name: string, type: T): Promise<Resolution<T>> {
    const asked = canonical(name);
    const key = `${asked} ${type}`;
    const known = this.#resolutions.get(key) as Promise<Resolution<T>> | undefined;
    if (known !== undefined) return known;
    const answer = this.#resolve(asked, type);
    this.#resolutions.set(key, answer);
    return answer;
  }

  /**
   * Puts a question to one server, and nobody else. It does not fail: what went wrong is in the exchange.
   * @param server its address, and its name where it is known.
   * @param how RD, DO, CD, class; TCP instead of UDP; `again` to ask anew what was asked before.
   */
  ask(
    server: { address: string; name?: string | null; port?: number },
    name: string,
    type: RecordType,
    how: Omit<Question, 'name' | 'type'> &
      Pick<ExchangeOptions, 'via' | 'giveUpMs' | 'repeatMs'> & { again?: boolean } = {},
  ): Promise<Exchange> {
    const { via, giveUpMs, repeatMs, again, ...question } = how;
    return this.#iteration.exchange(
      server,
      { ...question, name, type },
      {
        ...(via === undefined ? {} : { via }),
        ...(giveUpMs === undefined ? {} : { giveUpMs }),
        ...(repeatMs === undefined ? {} : { repeatMs }),
        ...(again === undefined ? {} : { again }),
      },
    );
  }

  /** What the servers responsible for a name say, aliases not followed and every useless answer kept. */
  find(name: string, type: RecordType, dnssec = false): Promise<Resolved> {
    return this.#iteration.find(canonical(name), type, dnssec);
  }

  /** The addresses of a host, both families asked at once. */
  async addresses(host: string): Promise<Addresses> {
    const [v4, v6] = await Promise.all([this.resolve(host, 'A'), this.resolve(host, 'AAAA')]);
    const both = [v4, v6];
    const found = both.some(({ status }) => status === 'answer');
    const failed = both.find(({ status }) => status === 'could-not');
    // Whoever says that a name has no such records says that there is such a name.
    const absent = both.some(({ status }) => status === 'no-data') ? 'no-data' : 'no-such-name';
    return {
      status: found ? 'answer' : failed !== undefined ? 'could-not' : absent,
      of: { v4: v4.status, v6: v6.status },
      why: found ? null : (failed?.why ?? null),
      v4: v4.records.map(({ data }) => data),
      v6: v6.records.map(({ data }) => data),
      reason: found ? '' : (failed?.reason ?? ''),
      aliases: v4.aliases.length > 0 ? v4.aliases : v6.aliases,
      evidence: [...v4.evidence, ...v6.evidence],
    };
  }

  /** Whether an IPv6 root server answers: without a way to any, silence of others at such addresses says nothing of them. */
  reachesIpv6(): Promise<boolean> {
    this.#reachesIpv6 ??= Promise.all(
      this.roots
        .flatMap(({ glue }) => glue.filter((address) => isIPv6(address)))
        .slice(0, 3)
        .map((address) => this.ask({ address }, '.', 'SOA')),
    ).then((asked) => asked.some(({ reply }) => reply !== null));
    return this.#reachesIpv6;
  }

  /** The zone a domain is in, its servers by its parent and by itself, and what each of them says. */
  authoritative(domain: string): Promise<Authority> {
    const name = canonical(domain);
    const known = this.#authorities.get(name);
    if (known !== undefined) return known;
    const answer = findAuthority(this, name);
    this.#authorities.set(name, answer);
    return answer;
  }

  async #resolve<T extends RecordType>(name: string, type: T): Promise<Resolution<T>> {
    const aliases: DnsRecord<'CNAME'>[] = [];
    const evidence: Evidence[] = [];
    const told = (more: Partial<Resolution<T>> & Pick<Resolution<T>, 'status'>, found?: Resolved) => ({
      ...{ name, type, why: null, reason: '', records: [], aliases, ttl: null },
      ...{ zone: found?.cut.zone ?? '.', server: found?.answer?.server ?? null },
      ...{ aa: found?.answer?.reply?.aa ?? false, evidence },
      ...more,
    });
    if (!isAskable(name)) {
      return told({
        status: 'could-not',
        why: 'servers',
        reason: `“${name}” is not a name that DNS can have.`,
      });
    }
    for (let at = name; ; ) {
      const found = await this.#iteration.find(at, type);
      const { judgement, answer } = found;
      if (judgement === null || answer?.reply === null || answer === null) {
        evidence.push(...found.asked.map(evidenceOf));
        return told({ status: 'could-not', why: found.why, reason: reasonOf(at, found) }, found);
      }
      evidence.push(evidenceOf(answer));
      if (judgement.kind === 'answer') {
        const records = pick(answer.reply.answers, type, at);
        const ttl = Math.min(...[...records, ...aliases].map((record) => record.ttl));
        return told({ status: 'answer', records, ttl }, found);
      }
      if (judgement.kind !== 'alias') {
        const status = judgement.kind === 'no-data' ? 'no-data' : 'no-such-name';
        return told({ status, ttl: judgement.kind === 'referral' ? null : judgement.ttl }, found);
      }
      aliases.push(judgement.record);
      const next = judgement.to;
      if (
        next === name ||
        aliases.length > mostAliases ||
        aliases.slice(0, -1).some((alias) => alias.data === next)
      ) {
        const reason = `${name} is an alias that leads in a circle or too far, by way of ${next}.`;
        return told({ status: 'could-not', why: 'loop', reason }, found);
      }
      at = next;
    }
  }
}

/** The DNS of a run: one for all of its checks, ending with it. */
export function dnsOf(world: World): Dns {
  const known = ofRuns.get(world);
  if (known !== undefined) return known;
  const { settings, signal, now } = world;
  const dns = new Dns({ roots: settings.rootServers, port: settings.dnsPort, signal, now });
  ofRuns.set(world, dns);
  return dns;
}

const ofRuns = new WeakMap<World, Dns>();

function reasonOf(name: string, { why, cut, asked }: Resolved): string {
  const whose = cut.zone === '.' ? 'the root servers' : `the name servers of ${cut.zone}`;
  switch (why) {
    case 'servers':
      return asked.length === 0
        ? `None of ${whose} has an address, so nothing is known of ${name}.`
        : `Of ${whose}, none gave an answer of use about ${name}.`;
    case 'loop':
      return `The addresses of ${whose} cannot be found: their names lead in a circle.`;
    case 'limit':
      return `Finding out about ${name} took too many questions.`;
    case 'network':
    case null:
      return `None of ${whose} answered when asked about ${name}.`;
  }
}
