// Check: would the office's server hand our mail back to us? It does when it takes us for the domain's home, or is ourselves.
import ipaddr from 'ipaddr.js';
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { nameIn } from './server-greeting.check.ts';
import { quoted } from './server-conversation.ts';
import { askEach, causeOf, evidenceOf, subjectOf } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  none: fine('Nothing shows that mail would come back.'),
  'is-us': wrong('urgent', 'The route leads to Mailward itself: mail would go in a circle.'),
  'same-name': wrong(
    'urgent',
    'The server calls itself by the relay’s name: each takes the other for itself, and mail goes in a circle.',
  ),
  loops: wrong('urgent', 'The server says that mail for the domain goes in a circle.'),
} as const;

export const loop = defineCheck({
  name: 'mail-loop',
  title: 'No mail loop',
  area: 'server',
  leg: 'outbound',
  question: 'Would the server send the mail straight back to Mailward?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

async function judge(
  visit: ServerVisit,
  { target, world, report }: RunningCheck<'mail-loop'>,
): Promise<void> {
  const { name, place, greeting, ehlo, mail, postmaster, nobody } = visit;
  const { relay, domain } = target;
  const found = { subject: subjectOf(visit), evidence: evidenceOf(greeting, ehlo) };
  const said = [nameIn(greeting?.answer ?? ''), nameIn((ehlo?.answer ?? '').replace(/^250/m, '220'))];
  const isOurAddress =
    relay?.addresses.some((own) => sameAddress(own, place.address)) === true && place.port === 25;
  if (isOurAddress) {
    report('is-us', {
      ...found,
      summary: `The route for ${domain} leads to ${name}, which is Mailward itself.`,
    });
    return;
  }
  if (relay !== null && said.some((one) => one.toLowerCase() === relay.hostname.toLowerCase())) {
    report('same-name', {
      ...found,
      summary: `${name} calls itself ${relay.hostname}, which is Mailward’s own name: mail would go in a circle.`,
    });
    return;
  }
  const step = [mail, postmaster, nobody].find((one) => causeOf(one, 'rcpt') === 'loop');
  const logged = (await world.traffic.attempts(domain)).find(({ cause }) => cause === 'loop');
  if (step === undefined && logged === undefined) {
    report('none', { ...found, summary: `Nothing shows that ${name} would hand mail back.` });
    return;
  }
  const answer = step ? quoted(step) : (logged?.reply ?? '');
  const fromLog =
    logged === undefined
      ? []
      : [{ asked: `a message to ${domain}`, of: logged.server, at: logged.at, answer: logged.reply }];
  report('loops', {
    ...found,
    summary: `${name} says that mail for ${domain} goes in a circle: ${answer}`,
    evidence: [...evidenceOf(step ?? null), ...fromLog],
  });
}

function sameAddress(one: string, other: string): boolean {
  if (!ipaddr.isValid(one) || !ipaddr.isValid(other)) return false;
  return ipaddr.process(one).toString() === ipaddr.process(other).toString();
}
