// Finding an answer the way the Internet keeps it: from the root servers down, delegation by delegation (RFC 1034, section 5.3.3).
import { systemClock } from '../../clock/watched.ts';
import { isIPv6 } from 'node:net';
import { canonical, isAskable, isWithin, parentOf, pick } from './message.ts';
import type { DnsRecord, Question, RecordType } from './message.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judge.ts';
import { race } from './race.ts';
import { exchange } from './transport.ts';
import type { Exchange, ExchangeOptions, NameServerAddress } from './transport.ts';

/**
 * Why something could not be found out. `network`: nobody answered at all; `servers`: those responsible answered, but none
 * with an answer of use; `loop`: aliases or name servers lead in a circle; `limit`: it took too many questions.
 */
export type Why = 'network' | 'servers' | 'loop' | 'limit';

/** A zone as its parent gives it away. */
export interface ZoneCut {
  zone: string;
  /** The name servers' names with the addresses that came along; the root's have addresses only. */
  servers: readonly { name: string | null; glue: readonly string[] }[];
  /** The referral itself; null for the root. */
  from: Exchange | null;
}

/** What was found of one name, aliases not followed. */
export interface Resolved {
  judgement: Judgement | null;
  /** The exchange with the answer, or null. */
  answer: Exchange | null;
  why: Why | null;
  /** The zone whose servers were asked last. */
  cut: ZoneCut;
  /** Questions put to that zone's servers, answers of no use included. */
  asked: Exchange[];
}

export interface IterationOptions {
  roots: readonly { name: string | null; addresses: readonly string[] }[];
  port: number;
  signal?: AbortSignal;
  now?: () => number;
  /** How long a server may be silent before the next one is asked too, ms. */
  staggerMs?: number;
}

/** What one question from outside may cost, and where it is. */
interface QueryBudget {
  purse: { left: number };
  /** Names whose addresses are being looked for, so that one cannot wait for itself. */
  within: readonly string[];
}

const most = { questions: 150, nested: 6, servers: 8, cuts: 40 };

/** An iterative resolver with a memory: in its lifetime no server is asked the same question twice. */
export class Iteration {
  readonly #options: IterationOptions;
  readonly #root: ZoneCut;
  readonly #cuts = new Map<string, ZoneCut>();
  readonly #exchanges = new Map<string, Promise<Exchange>>();
  readonly #silent = new Set<string>();
  readonly #lots = new Map<string, number>();

  constructor(options: IterationOptions) {
    this.#options = options;
    this.#root = {
      zone: '.',
      servers: options.roots.map(({ name, addresses }) => ({ name, glue: addresses })),
      from: null,
    };
    this.#cuts.set('.', this.#root);
  }

  /** The root zone's servers as known. */
  get root(): ZoneCut {
    return this.#root;
  }

  /** Puts a question to one server, or gives what it said before. */
  exchange(
    server: Pick<NameServerAddress, 'address'> & Partial<NameServerAddress>,
    question: Question,
    options: Pick<ExchangeOptions, 'via' | 'giveUpMs' | 'repeatMs'> & { again?: boolean } = {},
  ): Promise<Exchange> {
    const asked = { ...question, name: canonical(question.name) };
    const whom: NameServerAddress = { name: null, port: this.#options.port, ...server };
    const key = [
      ...[whom.address, whom.port, asked.name, asked.type, asked.class ?? 'IN', options.via ?? 'udp'],
      ...[asked.recursive === true, asked.dnssec === true, asked.unchecked === true],
      ...[asked.edns !== false, asked.cookie === true],
    ].join(' ');
    const known = options.again === true ? undefined : this.#exchanges.get(key);
    if (known !== undefined) return known.then((before) => ({ ...before, server: whom }));
    const { signal, now = systemClock.now } = this.#options;
    // One that was silent before gets half the time.
    const patience = this.#silent.has(whom.address) ? { repeatMs: 500, giveUpMs: 1_500 } : {};
    const answer: Promise<Exchange> = isAskable(asked.name)
      ? exchange(whom, asked, { ...patience, ...options, now, ...(signal === undefined ? {} : { signal }) })
      : Promise.resolve({
          ...{ server: whom, question: asked, via: 'udp', at: now(), tookMs: 0 },
          ...{ reply: null, failure: 'unaskable', isCutOff: false, refusedEdns: null },
        });
    this.#exchanges.set(key, answer);
    void answer.then(({ failure }) => {
      if (failure === null) this.#silent.delete(whom.address);
      else if (failure !== 'cancelled' && failure !== 'unaskable') this.#silent.add(whom.address);
    });
    return answer;
  }

  /** Looks for a name's records of a type, without following aliases. */
  find(name: string, type: RecordType, dnssec = false): Promise<Resolved> {
    return this.#walk({ name, type, dnssec }, { purse: { left: most.questions }, within: [] });
  }

  async #walk(question: Question, effort: QueryBudget): Promise<Resolved> {
    let cut = this.#closest(question.type === 'DS' ? parentOf(question.name) : question.name);
    for (let steps = 0; ; steps += 1) {
      const found = await this.#askZone(cut, question, effort);
      if (found.judgement?.kind !== 'referral') return found;
      if (steps >= most.cuts) return { ...found, judgement: null, answer: null, why: 'limit' };
      cut = referred(found.judgement, found.answer, cut);
      this.#cuts.set(cut.zone, cut);
    }
  }

  #closest(name: string): ZoneCut {
    for (let zone = name; ; zone = parentOf(zone)) {
      const cut = this.#cuts.get(zone);
      if (cut !== undefined) return cut;
      if (zone === '.') return this.#root;
    }
  }

  async #askZone(cut: ZoneCut, question: Question, effort: QueryBudget): Promise<Resolved> {
    const asked: Exchange[] = [];
    const lost = new Set<Why>();
    // Some servers never say that they are authoritative; when nobody does, what they say is better than nothing.
    const weak: { judgement: Judgement; answer: Exchange }[] = [];
    const best = await race({
      candidates: this.#candidates(cut, effort, lost),
      staggerMs: this.#options.staggerMs ?? 250,
      ask: async (server) => {
        if (effort.purse.left <= 0) {
          lost.add('limit');
          return null;
        }
        effort.purse.left -= 1;
        const answer = await this.exchange(server, question);
        asked.push(answer);
        const judgement = judge(answer, cut.zone);
        if (judgement.kind === 'useless') return null;
        if (judgement.kind === 'unsure') {
          weak.push({ judgement: judgement.otherwise, answer });
          return null;
        }
        return { judgement, answer };
      },
    });
    const chosen = best ?? weak[0];
    if (chosen !== undefined) return { ...chosen, why: null, cut, asked };
    return { judgement: null, answer: null, why: whyNot(asked, lost), cut, asked };
  }

  /**
   * A zone's servers in the order in which to ask them: those whose addresses the parent gave, then the others.
   * @param lost takes the reasons for which names have no addresses.
   */
  async *#candidates(
    cut: ZoneCut,
    effort: QueryBudget,
    lost: Set<Why>,
  ): AsyncGenerator<NameServerAddress, void, undefined> {
    const { port } = this.#options;
    const given = cut.servers.flatMap(({ name, glue }) => glue.map((address) => ({ name, address, port })));
    yield* this.#ordered(given).slice(0, most.servers);
    const bare = cut.servers.flatMap(({ name, glue }) => (name !== null && glue.length === 0 ? [name] : []));
    const free = bare.filter((name) => !effort.within.includes(name));
    if (free.length < bare.length) lost.add('loop');
    if (free.length > 0 && effort.within.length >= most.nested) {
      lost.add('loop');
      return;
    }
    const pending = new Map(
      free
        .slice(0, most.servers)
        .map((name) => [name, this.#addressesFor(name, effort, lost).then((list) => ({ name, list }))]),
    );
    while (pending.size > 0) {
      const { name, list } = await Promise.race(pending.values());
      pending.delete(name);
      yield* this.#ordered(list.map((address) => ({ name, address, port })));
    }
  }

  async #addressesFor(host: string, effort: QueryBudget, lost: Set<Why>): Promise<string[]> {
    const inner: QueryBudget = { purse: effort.purse, within: [...effort.within, host] };
    const lists = await Promise.all(
      (['A', 'AAAA'] as const).map(async (type) => {
        const { judgement, answer, why } = await this.#walk({ name: host, type }, inner);
        if (why !== null) lost.add(why);
        // An alias is not allowed here (RFC 2181, section 10.3) and not followed.
        return judgement?.kind === 'answer' && answer?.reply
          ? pick(answer.reply.answers, type, host).map(({ data }) => data)
          : [];
      }),
    );
    return lists.flat();
  }

  /** Shuffled, so that the load is spread; those that were silent before last; IPv4 first, which more networks have. */
  #ordered(servers: NameServerAddress[]): NameServerAddress[] {
    const place = ({ address }: NameServerAddress) =>
      (this.#silent.has(address) ? 2 : 0) + (isIPv6(address) ? 1 : 0) + this.#lot(address);
    return [...servers].sort((a, b) => place(a) - place(b));
  }

  #lot(address: string): number {
    const lot = this.#lots.get(address) ?? Math.random();
    this.#lots.set(address, lot);
    return lot;
  }
}

function whyNot(asked: readonly Exchange[], lost: ReadonlySet<Why>): Why {
  if (lost.has('limit')) return 'limit';
  if (asked.some(({ reply }) => reply !== null)) return 'servers';
  if (asked.length > 0 || lost.has('network')) return 'network';
  // No server had an address: their names lead in a circle, or to nothing.
  return lost.has('loop') ? 'loop' : 'servers';
}

/** The cut that a referral describes. Addresses of names outside the referring zone are not its to give. */
function referred(
  judgement: Judgement & { kind: 'referral' },
  from: Exchange | null,
  above: ZoneCut,
): ZoneCut {
  const additionals = from?.reply?.additionals ?? [];
  const addresses = (name: string) =>
    isWithin(name, above.zone)
      ? additionals.filter(isAddress).flatMap((record) => (record.name === name ? [record.data] : []))
      : [];
  return {
    zone: judgement.zone,
    servers: judgement.servers.map((name) => ({ name, glue: addresses(name) })),
    from,
  };
}

function isAddress(record: DnsRecord): record is DnsRecord<'A' | 'AAAA'> {
  return record.type === 'A' || record.type === 'AAAA';
}
