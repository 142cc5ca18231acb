// Check: may this machine connect to mail servers out there, or does the provider close port 25?
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { CheckTools, RunningCheck } from '../check.ts';
import { isPublic } from '../addresses.ts';
import { anyAddressesOf, serversOf } from '../servers.ts';
import { connectivityOf } from './connectivity.check.ts';
import { touch } from './connect.ts';
import type { ConnectResult } from './connect.ts';
import { operators, wellKnown } from './well-known.ts';

/** Longest wait for one server's greeting, ms. */
const PATIENCE_MS = 6_000;

const findings = {
  open: fine('Mail servers on the Internet answer on port 25.'),
  blocked: wrong(
    'urgent',
    'None of several unrelated mail servers answers on port 25 though there is a network, and the way to the office’s server needs it.',
  ),
  'blocked-not-needed': wrong(
    'attention',
    'None of several unrelated mail servers answers on port 25 though there is a network; the office’s server is reached without it.',
  ),
  intercepted: wrong(
    'attention',
    'Unrelated mail servers greet with the same words: something on the way answers in their place.',
  ),
} as const;

export const port25 = defineCheck({
  name: 'port-25',
  title: 'Outgoing port 25',
  area: 'network',
  leg: 'here',
  question: 'Is port 25 open on the way out?',
  needs: [],
  deadlineMs: 8_000,
  findings,
  run,
});

async function run({ target, world, signal, report }: RunningCheck<'port-25'>): Promise<void> {
  const places = wellKnown(world.settings, 'mail');
  if (places.length === 0)
    throw new NotApplicable('None of the servers in probes.reachabilityTargets is on port 25.');
  const find = (name: string) => anyAddressesOf(name, world);
  const touches = await Promise.all(
    places.map((place) =>
      touch(place, { signal, timeoutMs: PATIENCE_MS, listen: true, now: world.now, find }),
    ),
  );
  const evidence = touches.map(({ evidence: one }) => one);
  const facts = { servers: touches.map(({ host, result, said }) => ({ host, result, said })) };
  const open = touches.filter(({ said }) => /^\d{3}[ -]/.test(said));
  const same = impostor(open);
  if (same !== null) {
    report('intercepted', {
      summary: `Something on the way answers on port 25 in place of other mail servers: “${same}”.`,
      evidence,
      facts,
    });
    return;
  }
  if (open.length > 0) {
    report('open', { summary: 'Mail servers on the Internet answer on port 25.', evidence, facts });
    return;
  }
  const { online, evidence: network } = await connectivityOf(world);
  if (online !== true)
    throw new CouldNotCheck('Port 25 could not be tried: this machine reaches nothing on the Internet.', [
      ...evidence,
      ...network,
    ]);
  // A server whose name could not be looked up was not tried at all.
  const tried = touches.filter(({ result }) => result !== 'not-found');
  if (operators(tried) < 2)
    throw new CouldNotCheck(
      tried.length === 0
        ? 'Port 25 could not be tried: the names of the mail servers could not be looked up.'
        : 'Only one mail server was tried, which proves nothing.',
      [...evidence, ...network],
    );
  const needed = await isNeeded({ target, world });
  report(needed ? 'blocked' : 'blocked-not-needed', {
    summary: `Port 25 is closed on the way out: none of ${tried.length} unrelated mail servers answers, though there is a network. Your Internet provider can open it.`,
    evidence: [...evidence, ...network],
    facts,
  });
}

/** The greeting that servers of different operators share. A greeting begins with the server's own name (RFC 5321 §4.2). */
function impostor(open: readonly ConnectResult[]): string | null {
  const by = new Map<string, ConnectResult[]>();
  for (const one of open) {
    const words = one.said.split(/\s+/).slice(0, 2).join(' ').toLowerCase();
    by.set(words, [...(by.get(words) ?? []), one]);
  }
  const shared = [...by.values()].find((group) => operators(group) > 1);
  return shared?.[0]?.said ?? null;
}

async function isNeeded({ target, world }: Pick<CheckTools, 'target' | 'world'>): Promise<boolean> {
  if (target.domain === '' && target.destinations.length === 0) return false;
  try {
    const servers = await serversOf(target, world);
    return servers.some(({ port, addresses }) => port === 25 && addresses.some(isPublic));
  } catch {
    // Where the office's server is cannot be found out: what is not known is not urgent.
    return false;
  }
}
