// `mailward check mx-propagation DOMAIN --follow`: asks again and again who has which MX records, and prints what changes, until all agree.
import { pause } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';
import { mxWords } from '../../../shared/facts/form.ts';
import { readFinding, type FactsOf } from '../../../shared/facts/index.ts';
import type { ServerView } from '../../../shared/facts/mx-propagation.ts';
import type { Finding } from '../../../shared/finding.ts';
import { shownName } from '../../../shared/idn.ts';
import { LEAST_PAUSE_MS, MOST_PAUSE_MS, pauseBefore } from '../../../shared/propagation.ts';
import { Ended, EXIT, withEngine, type Exit, type Globals } from '../context.ts';
import { formatTime, print, printJson } from '../terminal.ts';

/** The one check that can be followed. */
export const followed = 'mx-propagation';
type Picture = FactsOf<typeof followed>;

/** @throws `Ended` for a time that is not one. */
export function readEvery(text: string | undefined): number {
  if (text === undefined) return MOST_PAUSE_MS;
  const seconds = Number(text);
  if (!Number.isInteger(seconds) || seconds * 1000 < LEAST_PAUSE_MS || seconds > 3600)
    throw new Ended(
      EXIT.usage,
      `--every takes whole seconds from ${LEAST_PAUSE_MS / 1000} to 3600, not "${text}"`,
    );
  return seconds * 1000;
}

/**
 * Follows until all agree. Between the questions nobody's data folder is held.
 * @param most longest time between two questions, ms.
 */
export async function follow(domain: string, globals: Globals, most: number): Promise<Exit> {
  let last: Picture | null = null;
  let lastWords = '';
  for (;;) {
    const finding = await askOnce(domain, globals);
    if (globals.json) printJson(finding);
    const picture = readFinding(followed, finding)?.facts ?? null;
    if (!globals.json) {
      if (picture !== null) {
        for (const line of changes(last, picture, domain)) print(`${formatTime(finding.at)}  ${line}`);
      } else if (finding.summary !== lastWords) {
        print(`${formatTime(finding.at)}  ${finding.summary}`);
      }
    }
    lastWords = finding.summary;
    last = picture ?? last;
    if (finding.state === 'not-applicable') return EXIT.fine;
    if (finding.state === 'ok') {
      if (!globals.json) print(`${formatTime(finding.at)}  ${finding.summary}`);
      return EXIT.fine;
    }
    const untils = picture?.items.map(({ until }) => until) ?? [];
    await pause(systemClock, pauseBefore(untils, systemClock.now(), most));
  }
}

async function askOnce(domain: string, globals: Globals): Promise<Finding> {
  const found: Finding[] = [];
  await withEngine(
    globals,
    async ({ client }) => {
      for await (const event of await client.checks.run({ check: followed, domain }))
        if (event.kind === 'finding') found.push(event.finding);
    },
    'go on',
  );
  const [finding] = found;
  if (finding === undefined)
    throw new Ended(EXIT.couldNotCheck, 'the run was broken off before it had an answer');
  return finding;
}

/** What is new in a picture, a line each; all that is not as it should be in the first one. */
function changes(before: Picture | null, now: Picture, domain: string): string[] {
  const lines: string[] = [];
  const mx = mxWords(now.mx);
  if (before === null || mxWords(before.mx) !== mx)
    lines.push(`The MX records of ${shownName(domain)} are ${mx}.`);
  const known = new Map(before?.items.map((item) => [`${item.kind} ${item.address}`, item]));
  for (const item of now.items) {
    const earlier = known.get(`${item.kind} ${item.address}`);
    const isNews =
      earlier === undefined
        ? item.state !== 'agrees'
        : earlier.state !== item.state || setOf(earlier) !== setOf(item);
    if (isNews) lines.push(viewWords(item));
  }
  if (before?.until !== now.until) {
    const behind = now.items.some(({ state }) => state === 'differs');
    if (now.until !== null && now.until > systemClock.now())
      lines.push(`All must agree by ${formatTime(now.until)}.`);
    else if (behind)
      lines.push('By when all will agree cannot be said: the domain’s own name servers differ.');
  }
  return lines;
}

function setOf({ mx }: ServerView): string | null {
  return mx === null ? null : mxWords(mx);
}

/** What one of those asked has. */
export function viewWords(item: ServerView): string {
  const { name, address, kind, until } = item;
  const whose = kind === 'authoritative' ? 'name server ' : '';
  const who = name === null ? `${whose}${address}` : `${whose}${name} (${address})`;
  switch (item.state) {
    case 'agrees':
      return `${who} agrees.`;
    case 'differs':
      return `${who} still has ${mxWords(item.mx)}${until === null ? '' : `, until ${formatTime(until)}`}.`;
    case 'silent':
      return `${who} does not answer.`;
    case 'failed':
      return `${who} cannot find them.`;
  }
}
