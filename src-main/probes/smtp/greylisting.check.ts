// Check: does the office's server make us wait on purpose (greylisting, RFC 6647)? The same is tried again a little later.
import { pause } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';
import type { Cause } from '../../../shared/cause.ts';
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { ServerConversation, quoted } from './server-conversation.ts';
import type { Step } from './server-conversation.ts';
import { askEach, causeOf, evidenceOf, isPutOff, isTaken, ownName, subjectOf } from './visit.ts';
import type { ServerVisit } from './visit.ts';

/** After how long the same is tried again, ms: an answer is wanted while somebody looks on. */
const LATER_MS = 4_000;

const findings = {
  none: fine('The server does not make us wait.'),
  greylists: wrong(
    'attention',
    'The server puts mail from Mailward off on purpose: every message of a new sender is late. It should exempt Mailward.',
  ),
  'puts-off': wrong(
    'attention',
    'The server puts recipients off and does not say that it does so on purpose.',
  ),
} as const;

export const greylisting = defineCheck({
  name: 'greylisting',
  title: 'Accepts mail without a wait (greylisting)',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server make Mailward wait before it accepts mail (greylisting)?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

/** Said for reasons that a server gives, and that waiting does not mend. */
const elsewhere: ReadonlySet<Cause | null> = new Set<Cause | null>([
  ...(['mailbox-full', 'rate-limited', 'relay-denied', 'blocklisted', 'ptr-missing'] as const),
  ...(['tls-required', 'auth-required', 'sender-rejected', 'user-unknown'] as const),
]);

async function judge(visit: ServerVisit, asking: RunningCheck<'greylisting'>): Promise<void> {
  const { report, couldNotCheck } = asking;
  const { name, mail, postmaster } = visit;
  const first = isPutOff(mail) ? mail : postmaster;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(mail, postmaster) };
  if (first?.reply === null || first === null) {
    couldNotCheck({
      ...found,
      summary: `Whether ${name} makes us wait is not known: it gave no answer.`,
      evidence: evidenceOf(...visit.steps),
    });
    return;
  }
  if (!isPutOff(first)) {
    report('none', { ...found, summary: `${name} answers at once and does not make us wait.` });
    return;
  }
  const cause = causeOf(first, first === mail ? 'mail' : 'rcpt');
  // There are checks of their own for these.
  if (elsewhere.has(cause)) {
    report('none', { ...found, summary: `${name} puts us off, but not to make us wait: ${quoted(first)}` });
    return;
  }
  const second = await again(visit, asking);
  const evidence = [...found.evidence, ...evidenceOf(second)];
  const passes = isTaken(second);
  if (cause === 'greylisted' || passes) {
    const then = passes ? ` and took it ${LATER_MS / 1000} seconds later` : '';
    report('greylists', {
      ...{ ...found, evidence, facts: { passed: passes, laterMs: LATER_MS } },
      summary: `${name} makes us wait (greylisting): it said “${quoted(first)}”${then}.`,
    });
  } else if (second?.reply === null || second === null) {
    couldNotCheck({ ...found, evidence, summary: `${name} put us off, and could not be asked again.` });
  } else {
    report('puts-off', { ...found, evidence, summary: `${name} puts us off: ${quoted(second)}` });
  }
}

/** The same question over a new connection. Null when it could not be put. */
async function again(
  { place }: ServerVisit,
  { target, world, signal }: RunningCheck<'greylisting'>,
): Promise<Step | null> {
  await pause(systemClock, LATER_MS, signal);
  if (signal.aborted) return null;
  const destination = target.destinations.find(
    ({ host, port }) => host === place.host && port === place.port,
  );
  const dialogue = await ServerConversation.open(place, { signal, now: world.now });
  let last: Step | null = null;
  const lines = [
    `EHLO ${ownName(target, destination)}`,
    'MAIL FROM:<>',
    `RCPT TO:<postmaster@${target.domain}>`,
  ];
  for (const line of lines) {
    if (!dialogue.isOpen || (last !== null && !isTaken(last))) break;
    last = await dialogue.say(line);
  }
  await dialogue.quit();
  return last;
}
