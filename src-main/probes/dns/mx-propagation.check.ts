// Check `mx-propagation`: does the whole world see the domain's MX records as they are now, and if not, from when will it?
import type { FactsOf } from '../../../shared/facts/index.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import type { Target } from '../target.ts';
import type { World } from '../world.ts';
import { authorityOf, ofDns, setText } from './speakers.ts';
import { dnsOf } from './dns.ts';
import type { Dns } from './dns.ts';
import { spreadOf, stuckOf } from './propagation.ts';
import type { PropagationState } from './propagation.ts';
import { publicResolvers } from './public-resolvers.ts';

export const propagation = defineCheck({
  ...ofDns,
  name: 'mx-propagation',
  title: 'MX records seen worldwide',
  question: 'Does everybody see the MX records as they are now, and if not, when will they?',
  deadlineMs: 15_000,
  findings: {
    agrees: fine('All name servers and all public resolvers that were asked give the same MX records.'),
    spreading: wrong(
      'attention',
      'Some public resolvers still give the MX records of before a change; until they ask again, some mail goes the old way.',
    ),
    'servers-differ': wrong(
      'urgent',
      'The domain’s own name servers give different MX records, so that no time can be told by which all will agree.',
    ),
    unresolvable: wrong(
      'urgent',
      'Public resolvers cannot find the domain’s MX records, although its name servers have them.',
    ),
  },
  async run({ target, world, past, report }) {
    const dns = dnsOf(world);
    const spread = await ask(dns, target, world);
    if (spread === null) throw new CouldNotCheck(`No name server of ${target.domain} gave its MX records.`);
    const { items, evidence } = spread;
    const { since, before } = await change(past, spread);
    // Whoever asked just before the change may keep the old set for its whole lifetime, whether or not we know them.
    const latest = before === null ? 0 : since + (before.ttl ?? 0) * 1000;
    const until = spread.until === null ? null : Math.max(spread.until, latest);
    const facts: FactsOf<'mx-propagation'> = {
      ...{ mx: spread.mx, ttl: spread.ttl, since, before, items },
      until: until ?? (latest > spread.at ? latest : null),
    };
    const of = (state: string) =>
      items.filter((item) => item.kind === 'resolver' && item.state === state).length;
    const answering = of('agrees') + of('differs');
    const unheard = items.filter(({ kind, state }) => kind === 'resolver' && state === 'silent');
    const { stuck, evidence: waited } =
      answering > 0 ? { stuck: 0, evidence: [] } : await stuckOf(dns, target.domain, unheard);
    if (items.some(({ kind, state }) => kind === 'authoritative' && state === 'differs')) {
      report('servers-differ', {
        summary: `The name servers of ${target.domain} give different MX records.`,
        ...{ evidence, facts },
      });
    } else if (answering === 0 && of('failed') + stuck > unheard.length - stuck) {
      report('unresolvable', {
        summary:
          of('failed') + stuck === 1
            ? `The one public resolver that answers cannot find the MX records of ${target.domain}.`
            : `None of the ${of('failed') + stuck} public resolvers that answer can find the MX records of ${target.domain}.`,
        evidence: [...evidence, ...waited],
        facts,
      });
    } else if (answering === 0) {
      throw new CouldNotCheck('None of the public resolvers gives an answer from here.', evidence);
    } else if (of('differs') > 0 && until !== null) {
      report('spreading', {
        summary: `${of('differs')} of ${answering} public ${answering === 1 ? 'resolver' : 'resolvers'} still ${of('differs') === 1 ? 'has' : 'have'} the old MX records, at the latest until ${minuteOf(until)} UTC.`,
        evidence,
        facts: { ...facts, until },
      });
    } else {
      report('agrees', {
        summary: `All name servers and ${answering} public resolver${answering === 1 ? '' : 's'} give the same MX records.`,
        ...{ evidence, facts },
      });
    }
  },
});

async function ask(dns: Dns, { domain }: Target, { settings }: World): Promise<PropagationState | null> {
  const authority = await authorityOf(dns, domain);
  if (authority.status === 'no-such-name')
    throw new NotApplicable(`There is no domain ${domain}.`, authority.evidence);
  return spreadOf(dns, domain, authority, publicResolvers(settings));
}

/** When the set of now was first seen, and which one was there before; from what this check found earlier. */
async function change(
  past: RunningCheck<'mx-propagation'>['past'],
  spread: PropagationState,
): Promise<{ since: number; before: FactsOf<'mx-propagation'>['before'] }> {
  const [last] = await past();
  if (last === undefined) return { since: spread.at, before: null };
  const { mx, ttl, since, before } = last.facts;
  if (setText(mx) !== setText(spread.mx)) return { since: spread.at, before: { mx, ttl } };
  return { since: since ?? spread.at, before };
}

/** The full minute by which it is over. */
function minuteOf(at: number): string {
  const minute = 60_000;
  return new Date(Math.ceil(at / minute) * minute).toISOString().slice(0, 16).replace('T', ' ');
}
