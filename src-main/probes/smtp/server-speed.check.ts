// Check: how long does the office's server take over each answer?
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { askEach, evidenceOf, subjectOf } from './visit.ts';
import type { Step } from './server-conversation.ts';
import type { ServerVisit } from './visit.ts';

/** Slower than this, an answer keeps a connection for no good, ms. A greeting may wait for early talkers. */
const SLOW_MS = 3_000;
const SLOW_GREETING_MS = 5_000;

const findings = {
  prompt: fine('Every answer comes in good time.'),
  'slow-greeting': wrong(
    'attention',
    'The server takes long to greet: each connection costs that time, often for DNS that does not answer it.',
  ),
  slow: wrong(
    'attention',
    'The server takes long over its answers: it is overloaded, or asks others that are.',
  ),
} as const;

export const speed = defineCheck({
  name: 'server-speed',
  title: 'Server’s response time',
  area: 'server',
  leg: 'outbound',
  question: 'How long does the server take to answer?',
  needs: ['server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

function judge(visit: ServerVisit, { report, couldNotCheck }: RunningCheck<'server-speed'>): void {
  const { name, greeting, steps } = visit;
  const answered = steps.filter(({ failure }) => failure === null);
  const times = answered.map(({ asked, ms }) => ({ asked: asked.split(' TO:')[0] ?? asked, ms }));
  const slowest = answered.filter((step) => step !== greeting).reduce((a, b) => (b.ms > a.ms ? b : a));
  const found = {
    subject: subjectOf(visit),
    evidence: answered.map(({ evidence, ms }) => ({
      ...evidence,
      answer: `${evidence.answer.split('\n')[0] ?? ''} (after ${ms} ms)`,
    })),
    facts: { times },
  };
  // What a server took lies between these two: this machine may have been too busy to see when the answer came.
  const least = ({ ms }: Step) => ms;
  const most = ({ ms, lateMs }: Step) => ms + lateMs;
  const isSlow = (time: (step: Step) => number) =>
    answered.find((step) => time(step) > (step === greeting ? SLOW_GREETING_MS : SLOW_MS));
  const slow = isSlow(least);
  const doubtful = isSlow(most);
  if (slow !== undefined && slow === greeting) {
    report('slow-greeting', { ...found, summary: `${name} takes ${seconds(slow.ms)} to greet.` });
  } else if (slow !== undefined) {
    report('slow', { ...found, summary: `${name} takes ${seconds(slowest.ms)} to answer ${slowest.asked}.` });
  } else if (doubtful !== undefined) {
    couldNotCheck({
      ...found,
      summary: `How long ${name} takes to answer could not be measured: this machine itself was ${seconds(doubtful.lateMs)} late.`,
    });
  } else {
    const longest = Math.max(greeting?.ms ?? 0, slowest.ms);
    report('prompt', {
      ...{ ...found, evidence: evidenceOf(greeting, slowest) },
      summary: `${name} answers within ${longest < 1000 ? `${Math.round(longest)} ms` : seconds(longest)}.`,
    });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} seconds`;
}
