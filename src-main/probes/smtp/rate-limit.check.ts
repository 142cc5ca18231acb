// Checks: does the office's server ask us to send less? From what the message log knows, and, when asked for, by trying.
import { causeWords } from '../../../shared/cause.ts';
import { CouldNotCheck, defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { ServerConversation, quoted } from './server-conversation.ts';
import type { Step } from './server-conversation.ts';
import { askEach, causeOf, evidenceOf, isTaken, ownName, subjectOf } from './visit.ts';
import type { ServerVisit } from './visit.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** Of what happened longer ago than this nobody can say whether it still holds, ms. */
const LATELY_MS = DAY_MS;
/** The active test goes no further than this: connections one after another, and questions over each. */
const MOST_CONNECTIONS = 15;
const QUESTIONS = 2;

const findings = {
  none: fine('The server did not ask for less.'),
  limited: wrong(
    'attention',
    'The server limits how much it takes from us: mail waits while others get theirs.',
  ),
} as const;

const common = {
  area: 'server',
  leg: 'outbound',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
} as const;

export const rateLimit = defineCheck({
  ...common,
  name: 'rate-limit',
  title: 'Accepts mail at full rate',
  question: 'Has the server recently asked Mailward to send less?',
  run: fromLog,
});

export const rateLimitTest = defineCheck({
  ...common,
  name: 'rate-limit-test',
  title: 'Accepts many connections in a row',
  question: `Does the server take ${MOST_CONNECTIONS} connections, one after another, without asking for less?`,
  onRequest: true,
  run: (asking) => askEach(asking, (visit) => byTrying(visit, asking)),
});

async function fromLog({ target, world, report }: RunningCheck<'rate-limit'>): Promise<void> {
  const attempts = (await world.traffic.attempts(target.domain)).filter(
    ({ at }) => at > world.now() - LATELY_MS,
  );
  if (attempts.length === 0)
    throw new NotApplicable(`No mail for ${target.domain} has gone to its server within a day.`);
  const limited = attempts.filter(({ cause }) => cause === 'rate-limited');
  const evidence = (limited.length > 0 ? limited : attempts).slice(0, 5).map(({ at, server, reply }) => ({
    asked: `a message to ${target.domain}`,
    of: server,
    at,
    answer: reply,
  }));
  const facts = { attempts: attempts.length, limited: limited.length };
  const [latest] = limited;
  if (latest === undefined)
    report('none', { summary: 'The server has not asked us to send less within a day.', evidence, facts });
  else
    report('limited', {
      summary: `The server ${causeWords['rate-limited'].server.replace(/^asks/, 'asked')} ${limited.length} times within a day, last with “${latest.reply}”.`,
      evidence,
      facts,
    });
}

async function byTrying(
  visit: ServerVisit,
  { target, world, signal, report, couldNotCheck }: RunningCheck<'rate-limit-test'>,
): Promise<void> {
  const { place, name } = visit;
  const destination = target.destinations.find(
    ({ host, port }) => host === place.host && port === place.port,
  );
  const subject = subjectOf(visit);
  for (let count = 1; count <= MOST_CONNECTIONS; count++) {
    if (signal.aborted) throw new CouldNotCheck(`Stopped after ${count - 1} connections.`);
    const dialogue = await ServerConversation.open(place, { signal, now: world.now });
    const lines = [
      `EHLO ${ownName(target, destination)}`,
      ...Array.from({ length: QUESTIONS }, () => [
        'MAIL FROM:<>',
        `RCPT TO:<postmaster@${target.domain}>`,
        'RSET',
      ]).flat(),
    ];
    for (const line of lines) if (dialogue.isOpen) await dialogue.say(line);
    await dialogue.quit();
    const limit = dialogue.steps.find((step) => isLimit(step));
    const evidence = evidenceOf(...dialogue.steps);
    if (limit !== undefined) {
      const summary = `${name} asked for less at the ${ordinal(count)} connection in a row: ${quoted(limit)}`;
      report('limited', { subject, summary, evidence, facts: { connections: count, answer: limit.answer } });
      return;
    }
    // The first visit was answered: a door that shuts after some knocks is a limit too.
    if (dialogue.steps[0]?.failure === 'refused' && count > 1) {
      const summary = `${name} refused the ${ordinal(count)} connection in a row.`;
      report('limited', {
        subject,
        summary,
        evidence,
        facts: { connections: count, answer: 'connection refused' },
      });
      return;
    }
    if (dialogue.steps.some(({ failure }) => failure !== null)) {
      couldNotCheck({
        subject,
        evidence,
        summary: `${name} stopped answering at the ${ordinal(count)} connection.`,
      });
      return;
    }
    if (count === MOST_CONNECTIONS)
      report('none', {
        ...{ subject, evidence, facts: { connections: count } },
        summary: `${name} took ${count} connections in a row without asking for less.`,
      });
  }
}

function isLimit(step: Step): boolean {
  if (step.reply === null || isTaken(step)) return false;
  return causeOf(step, step.asked.startsWith('RCPT') ? 'rcpt' : 'connect') === 'rate-limited';
}

function ordinal(n: number): string {
  const end = n % 100 >= 11 && n % 100 <= 13 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${end}`;
}
