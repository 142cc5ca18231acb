// Who has which MX records of a domain just now: every name server and public resolver, asked anew.
import type { ServerView } from '../../../shared/facts/mx-propagation.ts';
import { boundedLook } from '../bounded-look.ts';
import type { World, WorldOptions } from '../world.ts';
import { dnsOf } from './dns.ts';
import { spreadOf } from './propagation.ts';
import { publicResolvers } from './public-resolvers.ts';
import { authorityOf } from './speakers.ts';

export type MxSpread =
  | { status: 'seen'; at: number; items: ServerView[] }
  | { status: 'could-not'; reason: string };

export interface SpreadOptions extends WorldOptions {
  domain: string;
  /** Gives it up. */
  signal: AbortSignal;
}

/** It does not fail, and ends within 15 s. */
export function mxSpread(options: SpreadOptions): Promise<MxSpread> {
  return boundedLook(options, (world) => look(options.domain, world), couldNot);
}

function couldNot(reason: string): MxSpread {
  return { status: 'could-not', reason };
}

async function look(domain: string, world: World): Promise<MxSpread> {
  const dns = dnsOf(world);
  const authority = await authorityOf(dns, domain);
  if (authority.status === 'no-such-name') return couldNot(`there is no domain ${domain}`);
  const spread = await spreadOf(dns, domain, authority, publicResolvers(world.settings));
  return spread === null
    ? couldNot(`no name server of ${domain} gave its MX records`)
    : { status: 'seen', at: world.now(), items: spread.items };
}
