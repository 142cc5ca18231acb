// Check: how long does the office's server take over each answer?
import { defineCheck, fine, wrong } from '../check.ts';
import type { Asking } from '../check.ts';
import { askEach, evidenceOf, subjectOf } from './visit.ts';
import type { Visit } from './visit.ts';

/** Slower than this, an answer keeps a connection for no good, ms. A greeting may wait for early talkers. */
const SLOW = 3_000;
const SLOW_GREETING = 5_000;

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
type Code = keyof typeof findings;

export const speed = defineCheck({
  name: 'server-speed',
  area: 'server',
  leg: 'outbound',
  question: 'How long does the server take over each answer?',
  needs: ['server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

function judge(visit: Visit, { report }: Asking<Code>): void {
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
  if (greeting !== null && greeting.ms > SLOW_GREETING) {
    report('slow-greeting', { ...found, summary: `${name} takes ${seconds(greeting.ms)} to greet.` });
  } else if (slowest.ms > SLOW) {
    report('slow', { ...found, summary: `${name} takes ${seconds(slowest.ms)} to answer ${slowest.asked}.` });
  } else {
    const most = Math.max(greeting?.ms ?? 0, slowest.ms);
    report('prompt', {
      ...{ ...found, evidence: evidenceOf(greeting, slowest) },
      summary: `${name} answers within ${most < 1000 ? `${Math.round(most)} ms` : seconds(most)}.`,
    });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} seconds`;
}
