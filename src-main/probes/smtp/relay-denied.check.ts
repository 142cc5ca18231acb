// Check: would the office's server take mail for the domain from us? Many refuse once they are not the lowest MX any more.
import { causeWords } from '../../../shared/cause.ts';
import { saysEither } from '../../../shared/replies/parse-reply.ts';
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { quoted } from './server-conversation.ts';
import { askEach, causeOf, evidenceOf, isPutOff, isTaken, subjectOf } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  home: fine('The server accepts the domain’s mail from Mailward.'),
  'relay-denied': wrong(
    'urgent',
    'The server says that it does not host the domain: all its mail is refused.',
  ),
} as const;

export const relayDenied = defineCheck({
  name: 'relay-denied',
  title: 'Accepts mail for the domain',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server accept the domain’s mail from Mailward?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

/** What its answers to two addresses of the domain show; null when they show neither. */
export function isHome({ postmaster, nobody }: ServerVisit): boolean | null {
  const both = [postmaster, nobody];
  if (both.some(isTaken)) return true;
  if (both.some((step) => causeOf(step, 'rcpt') === 'relay-denied')) return false;
  // Words for an unknown user as well as for a domain: said of the postmaster, whom every home has, they mean the domain.
  if (both.every((step) => step?.reply !== null && step !== null && saysEither(step.reply))) return false;
  // To know that somebody does not exist, or has a full mailbox, one must be at home.
  const told = both.map((step) => causeOf(step, 'rcpt'));
  return told.some((cause) => cause === 'user-unknown' || cause === 'mailbox-full') ? true : null;
}

function judge(visit: ServerVisit, { target, report, couldNotCheck }: RunningCheck<'relay-denied'>): void {
  const { mail, postmaster, nobody, name } = visit;
  const { domain } = target;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(mail, postmaster, nobody) };
  const home = isHome(visit);
  if (home === true) {
    report('home', { ...found, summary: `${name} accepts mail for ${domain} from Mailward.` });
  } else if (home === false) {
    const step = [postmaster, nobody].find((one) => causeOf(one, 'rcpt') !== null);
    const answer = step ? quoted(step) : '';
    report('relay-denied', {
      ...found,
      summary: `${name} says that it does not host ${domain}, and refuses its mail: ${answer}`,
      facts: { answer },
    });
  } else {
    const [last] = [nobody, postmaster, mail].filter((step) => step !== null);
    const cause = causeOf(last ?? null, 'rcpt');
    const why = cause === null ? 'gave no answer' : causeWords[cause].server;
    const when = isPutOff(last ?? null) ? ' for now' : '';
    couldNotCheck({
      ...found,
      summary: `Whether it takes mail for ${domain} is not known: ${name} ${why}${when}.`,
      evidence: found.evidence.length > 0 ? found.evidence : evidenceOf(...visit.steps),
    });
  }
}
