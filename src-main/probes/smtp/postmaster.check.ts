// Check: is there somebody behind postmaster@ the domain, as there must be (RFC 5321 §4.5.1)?
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { isHome } from './relay-denied.check.ts';
import { askEach, causeOf, evidenceOf, isTaken, subjectOf, said } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  there: fine('The server takes mail for the domain’s postmaster.'),
  missing: wrong(
    'attention',
    'There is no postmaster: whoever has trouble with the domain’s mail cannot say so.',
  ),
  full: wrong('attention', 'The postmaster’s mailbox is full: nobody reads it.'),
} as const;

export const postmaster = defineCheck({
  name: 'postmaster',
  title: 'Accepts mail for postmaster',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server accept mail for postmaster@ the domain?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

function judge(visit: ServerVisit, { target, report, couldNotCheck }: RunningCheck<'postmaster'>): void {
  const { postmaster: asked, name, mail } = visit;
  const address = `postmaster@${target.domain}`;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(mail, asked) };
  const cause = causeOf(asked, 'rcpt');
  if (isTaken(asked)) report('there', { ...found, summary: `${name} accepts mail for ${address}.` });
  else if (cause === 'mailbox-full')
    report('full', { ...found, summary: `The mailbox of ${address} at ${name} is full.` });
  else if (cause === 'user-unknown' && isHome(visit) === true)
    report('missing', { ...found, summary: `${name} knows no ${address}.` });
  else
    couldNotCheck({
      ...found,
      summary: `Whether there is a ${address} is not known: ${said(asked ?? mail)}`,
      evidence: found.evidence.length > 0 ? found.evidence : evidenceOf(...visit.steps),
    });
}
