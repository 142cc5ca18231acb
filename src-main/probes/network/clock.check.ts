// Check: is this machine's clock right? By the dates that several web servers give; the middle one counts.
import { formatHostPort } from '../../../shared/names.ts';
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import { get, HttpFailure } from '../http.ts';
import { stopwatch } from '../lateness.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import type { HostPort } from '../../../shared/names.ts';
import { wellKnown } from './well-known.ts';

const PATIENCE_MS = 4_000;
/** From here on log lines of both sides no longer match, ms. */
const OFF_MS = 5_000;
/** From here on signatures and certificates are judged wrongly, ms. */
const FAR_OFF_MS = 300_000;
/** Sources may differ by this much from the middle one and still agree, ms. */
const AGREEING_MS = 5_000;
/** How late this process may be over one comparison, ms. */
const MOST_LATE_MS = 1_000;

export const clock = defineCheck({
  name: 'clock',
  title: 'System clock',
  area: 'network',
  leg: 'here',
  question: 'Is this machine’s clock right?',
  needs: [],
  deadlineMs: 6_000,
  findings: {
    right: fine(`The clock is right to within ${OFF_MS / 1000} seconds.`),
    off: wrong('attention', `The clock is wrong by more than ${OFF_MS / 1000} seconds.`),
    'far-off': wrong(
      'urgent',
      `The clock is wrong by more than ${FAR_OFF_MS / 60_000} minutes: certificates, signatures and waiting times are judged wrongly.`,
    ),
  },
  async run({ world, signal, report }) {
    const asked = await Promise.all(
      wellKnown(world.settings, 'clock').map((place) => offsetOf(place, world, signal)),
    );
    const evidence = asked.map((one) => one.evidence);
    const offsets = asked.flatMap(({ offset }) => (offset === null ? [] : [offset])).sort((a, b) => a - b);
    const middle = offsets[Math.floor((offsets.length - 1) / 2)];
    if (middle === undefined || offsets.length < 2)
      throw new CouldNotCheck(
        `The time could not be compared: ${offsets.length === 0 ? 'no server' : 'only one server'} told its own.`,
        evidence,
      );
    const agreeing = offsets.filter((offset) => Math.abs(offset - middle) <= AGREEING_MS);
    if (agreeing.length * 2 <= offsets.length)
      throw new CouldNotCheck('The servers that were asked do not agree on the time.', evidence);
    // Dates have whole seconds: half of one is added on average, and nothing finer is claimed.
    const seconds = Math.round(Math.abs(middle) / 1000);
    const facts = { offsetMs: Math.round(middle), sources: offsets.length };
    const way = middle > 0 ? 'slow' : 'fast';
    if (Math.abs(middle) <= OFF_MS) report('right', { summary: 'The clock is right.', evidence, facts });
    else
      report(Math.abs(middle) > FAR_OFF_MS ? 'far-off' : 'off', {
        summary: `This machine’s clock is ${length(seconds)} ${way}.`,
        evidence,
        facts,
      });
  },
});

/** How much is to be added to our clock to have the server's, ms. */
async function offsetOf(
  place: HostPort,
  world: World,
  signal: AbortSignal,
): Promise<{ offset: number | null; evidence: Evidence }> {
  const url = `${place.port === 443 ? 'https' : 'http'}://${formatHostPort(place.host, place.port)}/`;
  const evidence = (answer: string): Evidence => ({ asked: 'HTTP Date', of: url, at: world.now(), answer });
  const before = world.now();
  const elapsed = stopwatch();
  try {
    const { headers } = await get(url, {
      signal,
      timeoutMs: PATIENCE_MS,
      maxBytes: 1_048_576,
      redirects: 0,
      accept: '*/*',
      allowPrivate: true,
      find: (name) => anyAddressesOf(name, world),
    });
    const date = Date.parse(headers['date'] ?? '');
    if (Number.isNaN(date)) return { offset: null, evidence: evidence('an answer without a date') };
    // What lies in a cache on the way says how long it has been there.
    const age = Number(headers['age'] ?? '0') * 1000;
    const { ms, lateMs } = elapsed();
    // When in the round trip the other clock was read is not known: what we were late makes that guess worthless.
    if (lateMs > MOST_LATE_MS)
      return { offset: null, evidence: evidence('this machine was too busy to compare the time') };
    const half = (ms + lateMs) / 2;
    const offset = date + 500 + (Number.isNaN(age) ? 0 : age) - (before + half);
    return {
      offset,
      evidence: evidence(`${headers['date'] ?? ''}; our clock: ${new Date(before + half).toUTCString()}`),
    };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { offset: null, evidence: evidence(error.message) };
  }
}

function length(seconds: number): string {
  if (seconds < 120) return `${seconds} seconds`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} minutes`;
  if (seconds < 172_800) return `${Math.round(seconds / 3_600)} hours`;
  return `${Math.round(seconds / 86_400)} days`;
}
