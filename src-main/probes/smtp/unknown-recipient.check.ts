// Check: does the office's server tell recipients that exist from those that do not, while the sender waits?
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { isHome } from './relay-denied.check.ts';
import { askEach, causeOf, evidenceOf, isTaken, subjectOf, said } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  'tells-apart': fine('Mail to somebody who does not exist is refused at once.'),
  'takes-all': wrong(
    'attention',
    'It takes mail for every address (a catch-all), or finds out later: spam to nobody cannot be refused at the door.',
  ),
} as const;

export const unknownRecipient = defineCheck({
  name: 'unknown-recipient',
  title: 'Refuses unknown recipients',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server refuse recipients that do not exist?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

function judge(
  visit: ServerVisit,
  { target, report, couldNotCheck }: RunningCheck<'unknown-recipient'>,
): void {
  const { nobody, name, mail } = visit;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(mail, nobody) };
  if (isTaken(nobody)) {
    report('takes-all', {
      ...found,
      summary: `${name} took a recipient at ${target.domain} that cannot exist: it takes mail for everybody.`,
    });
  } else if (causeOf(nobody, 'rcpt') === 'user-unknown' && isHome(visit) === true) {
    report('tells-apart', {
      ...found,
      summary: `${name} refuses recipients at ${target.domain} that do not exist.`,
    });
  } else {
    couldNotCheck({
      ...found,
      summary: `Whether ${name} knows its recipients is not known: ${said(nobody ?? mail)}`,
      evidence: found.evidence.length > 0 ? found.evidence : evidenceOf(...visit.steps),
    });
  }
}
