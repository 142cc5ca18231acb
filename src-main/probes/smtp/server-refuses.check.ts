// Check: does the office's server refuse us: by address, by name, or for want of a login?
import { causeWords } from '../../../shared/cause.ts';
import type { Cause } from '../../../shared/cause.ts';
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import type { Step } from './server-conversation.ts';
import { quoted } from './server-conversation.ts';
import { causeOf, evidenceOf, isPutOff, isTaken, subjectOf, visitEach, lastWords } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  welcome: fine('The server does not turn Mailward away.'),
  blocklisted: wrong('urgent', 'The server refuses our address: by its own list, or a public blocklist.'),
  'ptr-missing': wrong('urgent', 'The server refuses us because our address has no good name in DNS.'),
  'login-wanted': wrong('urgent', 'The server requires a user name and password before it accepts mail.'),
  'encryption-wanted': wrong(
    'urgent',
    'The server requires encryption, but it and Mailward cannot agree on any.',
  ),
  refuses: wrong('urgent', 'The server turns Mailward away for some other reason.'),
  busy: wrong('attention', 'The server says “not now”: it is overloaded or has a problem.'),
} as const;
type Code = keyof typeof findings;

export const refuses = defineCheck({
  name: 'server-refuses',
  title: 'Accepts connections from Mailward',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server accept connections and senders from Mailward?',
  needs: ['server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => visitEach(asking, (visit) => judge(visit, asking)),
});

const codes: Partial<Record<Cause, Code>> = {
  blocklisted: 'blocklisted',
  'ptr-missing': 'ptr-missing',
  'auth-required': 'login-wanted',
  'auth-failed': 'login-wanted',
  'tls-required': 'encryption-wanted',
};
/** At RCPT, refusals of these causes are about the recipient or the domain, for which there are checks of their own. */
const notOurs = new Set<Cause>([
  'relay-denied',
  'user-unknown',
  'mailbox-full',
  'greylisted',
  'rate-limited',
  'loop',
  'other',
]);

function judge(visit: ServerVisit, { report, couldNotCheck }: RunningCheck<'server-refuses'>): void {
  const { name } = visit;
  const refused = refusalOf(visit);
  if (refused === null) {
    const talked = visit.ehlo?.reply?.code === 250;
    const found = {
      subject: subjectOf(visit),
      evidence: evidenceOf(visit.greeting, visit.ehlo, visit.mail, visit.postmaster),
    };
    if (talked && (visit.mail === null || isTaken(visit.mail)))
      report('welcome', { ...found, summary: `${name} does not turn Mailward away.` });
    else
      couldNotCheck({
        ...found,
        summary: `${name} could not be asked: ${lastWords(visit)}.`,
        evidence: evidenceOf(...visit.steps),
      });
    return;
  }
  const { step, cause } = refused;
  const code = codes[cause] ?? (isPutOff(step) ? 'busy' : 'refuses');
  report(code, {
    subject: subjectOf(visit),
    summary: `${name} ${causeWords[cause].server}: ${quoted(step)}`,
    evidence: evidenceOf(step),
    facts: { cause, at: step.asked, answer: step.answer },
  });
}

function refusalOf({
  greeting,
  ehlo,
  mail,
  postmaster,
  nobody,
}: ServerVisit): { step: Step; cause: Cause } | null {
  for (const step of [greeting, ehlo, mail]) {
    const cause = causeOf(step, step === mail ? 'mail' : 'connect');
    if (step !== null && cause !== null) return { step, cause };
  }
  for (const step of [postmaster, nobody]) {
    const cause = causeOf(step, 'rcpt');
    if (step !== null && cause !== null && !notOurs.has(cause)) return { step, cause };
  }
  return null;
}
