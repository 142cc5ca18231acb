// Check: does this machine have a network? Everything else that finds no answer is read in its light.
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import { touch } from './connect.ts';
import type { ConnectResult } from './connect.ts';
import { operators, wellKnown } from './well-known.ts';

/** Longest wait for one server, ms. */
const PATIENCE_MS = 3_000;

export interface Connectivity {
  /** Null: too few were asked to tell. */
  online: boolean | null;
  touches: readonly ConnectResult[];
  evidence: readonly Evidence[];
}

/** Whether anything of the Internet answers; asked once in a run, decided by the first that does. */
export function connectivityOf(world: World): Promise<Connectivity> {
  return world.once('connectivity', async () => {
    const places = wellKnown(world.settings, 'network');
    const enough = new AbortController();
    const signal = AbortSignal.any([world.signal, enough.signal]);
    const touches = await Promise.all(
      places.map(async (place) => {
        const find = (name: string) => anyAddressesOf(name, world);
        const answer = await touch(place, { signal, timeoutMs: PATIENCE_MS, now: world.now, find });
        // The others are not waited for: one network is enough.
        if (answer.result === 'open') enough.abort();
        return answer;
      }),
    );
    const answered = touches.filter(({ result }) => result === 'open');
    const counted = answered.length > 0 ? answered : touches;
    return {
      online:
        answered.length > 0
          ? true
          : operators(touches.filter(({ result }) => result !== 'not-found')) < 2
            ? null
            : false,
      touches: counted,
      evidence: counted.map(({ evidence }) => evidence),
    };
  });
}

/** What to say when something far away does not answer and it is not even known that there is a network. */
export async function mustBeOnline(world: World, what: string): Promise<void> {
  const { online, evidence } = await connectivityOf(world);
  if (online !== true)
    throw new CouldNotCheck(
      `${what} could not be asked: this machine reaches nothing on the Internet.`,
      evidence,
    );
}

export const connectivity = defineCheck({
  name: 'connectivity',
  title: 'Internet connection',
  area: 'network',
  leg: 'here',
  question: 'Can this machine reach the Internet?',
  needs: [],
  deadlineMs: 5_000,
  findings: {
    online: fine('Servers on the Internet answer.'),
    offline: wrong('urgent', 'None of several unrelated servers on the Internet answers.'),
  },
  async run({ world, report }) {
    const { online, touches, evidence } = await connectivityOf(world);
    const facts = { servers: touches.map(({ host, port, result, ms }) => ({ host, port, result, ms })) };
    if (online === null)
      throw new CouldNotCheck(
        'Fewer than two servers could be tried, and one that does not answer proves nothing: name others in probes.reachabilityTargets.',
        evidence,
      );
    if (online) report('online', { summary: 'This machine reaches the Internet.', evidence, facts });
    else
      report('offline', {
        summary: `This machine reaches nothing on the Internet: none of ${touches.length} servers that always answer did.`,
        evidence,
        facts,
      });
  },
});
