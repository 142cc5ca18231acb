// Check `dns-interception`: do name servers themselves answer us, or something in between in their place?
import { randomBytes } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import { dnsOf } from './dns.ts';
import { evidenceOf, serverText } from './evidence.ts';
import { canonical, isWithin, pick } from './message.ts';
import type { Exchange } from './transport.ts';

/** As many root servers of each family are asked. */
const asked = { v4: 3, v6: 2 };
/** What so many of them say is believed without waiting for the others. */
const enough = 2;

/**
 * Root servers are asked two questions to which a resolver in their place cannot give their answer: for the root's own record,
 * which only they give with authority, and for a name that nobody has, about which they know no more than who to ask.
 */
export const interception = defineCheck({
  name: 'dns-interception',
  title: 'DNS answers are genuine',
  area: 'dns',
  leg: 'here',
  question: 'Do name servers answer themselves, or does something in between answer for them?',
  needs: [],
  deadlineMs: 5_000,
  findings: {
    genuine: fine('The root servers answer as only they can.'),
    intercepted: wrong(
      'attention',
      'Something between Mailward and the Internet (a router, a firewall, the provider) answers DNS questions in the name servers’ place, so that what DNS says cannot be judged from here.',
    ),
  },
  async run({ target, world, report }) {
    const dns = dnsOf(world);
    const addresses = dns.roots.flatMap(({ name, glue }) => glue.map((address) => ({ name, address })));
    const some = [
      ...shuffled(addresses.filter(({ address }) => !isIPv6(address))).slice(0, asked.v4),
      ...shuffled(addresses.filter(({ address }) => isIPv6(address))).slice(0, asked.v6),
    ];
    const top =
      canonical(target.domain === '' ? 'com' : target.domain)
        .split('.')
        .at(-1) ?? 'com';
    const name = `${randomBytes(6).toString('hex')}.${top}`;
    const options = { recursive: true, giveUpMs: 3_000 };
    const verdicts = await firstOf(
      some.map(async (server) => {
        const both = await Promise.all([
          dns.ask(server, '.', 'SOA', options),
          dns.ask(server, name, 'A', options),
        ]);
        return { both, verdict: verdictOf(both[0], both[1]) };
      }),
      (sure) => sure.filter(({ verdict }) => verdict !== 'unknown').length >= enough,
    );
    const forged = verdicts.filter(({ verdict }) => verdict === 'forged');
    const genuine = verdicts.filter(({ verdict }) => verdict === 'genuine');
    const [first] = forged;
    if (first !== undefined) {
      const at = serverText(first.both[0].server);
      report('intercepted', {
        summary: `Something in between answers in place of the root server ${at}: DNS cannot be trusted on this network.`,
        evidence: forged.flatMap(({ both }) => both.map(evidenceOf)),
      });
    } else if (genuine.length > 0) {
      report('genuine', {
        summary: 'Name servers answer themselves.',
        evidence: genuine.flatMap(({ both }) => both.map(evidenceOf)),
      });
    } else {
      throw new CouldNotCheck(
        'No root server gave an answer, so the network here or DNS on it is down, or port 53 is closed on the way out.',
        verdicts.flatMap(({ both }) => both.map(evidenceOf)),
      );
    }
  },
});

/** What a root server's two answers show. Refusals and silence show nothing. */
function verdictOf(soa: Exchange, unheardOf: Exchange): 'genuine' | 'forged' | 'unknown' {
  const own = soa.reply;
  const other = unheardOf.reply;
  const saysMore =
    other !== null &&
    ((other.rcode === 'NOERROR' && other.answers.length > 0) ||
      // The root can say that a top-level domain is not there, and nothing of any name below one that is.
      pick(other.authorities, 'SOA').some(
        ({ name }) => name !== '.' && isWithin(unheardOf.question.name, name),
      ) ||
      (other.rcode === 'NXDOMAIN' && !other.aa));
  const lacksAuthority = own?.rcode === 'NOERROR' && pick(own.answers, 'SOA', '.').length > 0 && !own.aa;
  if (saysMore || lacksAuthority) return 'forged';
  const isOwn = own?.rcode === 'NOERROR' && own.aa;
  const refers =
    other !== null && (pick(other.authorities, 'NS').length > 0 || (other.rcode === 'NXDOMAIN' && other.aa));
  return isOwn || refers ? 'genuine' : 'unknown';
}

/** The results so far as soon as they suffice, else all of them. */
function firstOf<T>(
  promises: readonly Promise<T>[],
  suffices: (results: readonly T[]) => boolean,
): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const results: T[] = [];
    if (promises.length === 0) resolve(results);
    for (const promise of promises) {
      promise.then((result) => {
        results.push(result);
        if (results.length === promises.length || suffices(results)) resolve([...results]);
      }, reject);
    }
  });
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, at: Math.random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}
