// Check: does the office's server pass on mail that is none of its business?
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { askEach, evidenceOf, foreign, isTaken, subjectOf, said } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  closed: fine('It refuses mail for domains that are not its own.'),
  'relays-for-us': wrong(
    'attention',
    'It takes mail for any domain from Mailward’s address. If it does so for everybody, spammers will use it.',
  ),
} as const;

export const openRelay = defineCheck({
  name: 'server-open-relay',
  title: 'Not an open relay',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server relay mail for domains that are not its own?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

function judge(visit: ServerVisit, { report, couldNotCheck }: RunningCheck<'server-open-relay'>): void {
  const { name, mail, elsewhere } = visit;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(mail, elsewhere) };
  const code = elsewhere?.reply?.code ?? 0;
  if (isTaken(elsewhere))
    report('relays-for-us', {
      ...found,
      summary: `${name} takes mail for ${foreign} from us, which is none of its own.`,
    });
  else if (code >= 500)
    report('closed', { ...found, summary: `${name} refuses mail for domains that are not its own.` });
  else
    couldNotCheck({
      ...found,
      summary: `Whether ${name} passes on mail for others is not known: ${said(elsewhere ?? mail)}`,
      evidence: found.evidence.length > 0 ? found.evidence : evidenceOf(...visit.steps),
    });
}
