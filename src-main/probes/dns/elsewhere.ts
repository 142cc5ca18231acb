// Second opinions, to tell a dead server from a bad line of our own: the same question to somebody else, and the same name asked of those who stand elsewhere.
import { randomBytes } from 'node:crypto';
import type { World } from '../world.ts';
import type { Authority } from './authority.ts';
import type { Dns } from './dns.ts';
import { isWithin, pick } from './message.ts';
import type { Question } from './message.ts';
import { publicResolvers } from './public-resolvers.ts';
import type { Exchange, ExchangeOptions } from './transport.ts';

/** A question asked in the same way of somebody else: the zone above, or a root server. Null when there is nobody. */
export async function askedElsewhere(
  dns: Dns,
  { referral, zone }: Pick<Authority, 'referral' | 'zone'>,
  how: Pick<Question, 'dnssec' | 'cookie'> & Pick<ExchangeOptions, 'via'>,
): Promise<Exchange | null> {
  const [root] = dns.roots.flatMap(({ name, glue }) => glue.map((address) => ({ name, address })));
  if (referral !== null) return dns.ask(referral.server, zone, 'NS', how);
  return root === undefined ? null : dns.ask(root, '.', 'SOA', how);
}

/**
 * Public resolvers that were asked for a name of the zone that is in no cache, and of these the one that has an answer of the
 * zone's name servers.
 */
export function seenElsewhere(dns: Dns, world: World, zone: string): Promise<Elsewhere> {
  return world.once(`${zone} seen elsewhere`, () => askResolvers(dns, world, zone));
}

interface Elsewhere {
  asked: Exchange[];
  reached: Exchange | undefined;
}

async function askResolvers(dns: Dns, { settings }: World, zone: string): Promise<Elsewhere> {
  const name = `${randomBytes(6).toString('hex')}.${zone}`;
  const asked = await Promise.all(
    publicResolvers(settings)
      .slice(0, 3)
      .map((resolver) => dns.ask(resolver, name, 'A', { recursive: true, giveUpMs: 4_000 })),
  );
  const isOfZone = ({ reply }: Exchange) =>
    reply !== null &&
    (reply.rcode === 'NXDOMAIN' ||
      // Some make “no error” of an error that they do not know.
      (reply.rcode === 'NOERROR' &&
        (reply.answers.length > 0 ||
          pick(reply.authorities, 'SOA').some((soa) => isWithin(soa.name, zone)))));
  return { asked: asked.filter(({ reply }) => reply !== null), reached: asked.find(isOfZone) };
}
