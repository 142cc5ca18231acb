// Check: does Mailward itself, as the world reaches it, take the domain's mail and nobody else's?
import { CouldNotCheck, defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { connectivityOf } from '../network/connectivity.check.ts';
import { addressesOf } from '../servers.ts';
import { ServerConversation, placeText, quoted } from './server-conversation.ts';
import type { ServerToAsk, Step } from './server-conversation.ts';
import { evidenceOf, foreign, isTaken, said } from './visit.ts';

const PORT = 25;
const MOST = 6;

const findings = {
  closed: fine('Mailward takes mail for the domain, and refuses it for others.'),
  open: wrong(
    'urgent',
    'Something at Mailward’s address passes on mail for everybody: it will be used for spam within hours.',
  ),
  'not-for-us': wrong('urgent', 'What answers at Mailward’s address does not take the domain’s mail.'),
  refused: wrong('urgent', 'Nothing takes connections at Mailward’s address: no mail comes in.'),
} as const;

export const ownRelay = defineCheck({
  name: 'relay-door',
  title: 'Mailward as seen from outside',
  area: 'server',
  leg: 'inbound',
  question: 'Does Mailward, as seen from outside, accept the domain’s mail and nobody else’s?',
  needs: ['domain', 'relay'],
  deadlineMs: 15_000,
  findings,
  run,
});

async function run(asking: RunningCheck<'relay-door'>): Promise<void> {
  const { target, world } = asking;
  const relay = target.relay;
  if (relay === null) throw new CouldNotCheck('It is not known where the world reaches Mailward.');
  const found =
    relay.addresses.length > 0
      ? { addresses: relay.addresses, reason: '', evidence: [] }
      : await addressesOf(relay.hostname, world);
  if (found.addresses.length === 0) throw new CouldNotCheck(found.reason, found.evidence);
  await Promise.all(
    found.addresses
      .slice(0, MOST)
      .map((address) => judge({ host: relay.hostname, address, port: PORT, source: null }, asking)),
  );
}

async function judge(
  place: ServerToAsk,
  { target, world, signal, report, couldNotCheck }: RunningCheck<'relay-door'>,
): Promise<void> {
  const dialogue = await ServerConversation.open(place, { signal, now: world.now });
  const name = placeText(place);
  const own = await transaction(dialogue, target.domain);
  const other = own !== null && dialogue.isOpen ? await dialogue.say(`RCPT TO:<${foreign}>`) : null;
  await dialogue.quit();
  const found = { subject: place.address, evidence: evidenceOf(...dialogue.steps) };
  if (isTaken(other))
    report('open', {
      ...found,
      summary: `${name} takes mail for ${foreign}: it passes on mail for everybody.`,
    });
  else if (dialogue.steps[0]?.failure === 'refused') {
    // A router that does not lead its own public address back inside refuses just so.
    const { online, evidence } = await connectivityOf(world);
    if (online === true) report('refused', { ...found, summary: `${name} takes no connections.` });
    else
      couldNotCheck({
        ...found,
        summary: `${name} takes no connections from here.`,
        evidence: [...found.evidence, ...evidence],
      });
  } else if (own?.reply === null || own === null || other === null)
    couldNotCheck({
      ...found,
      summary: `${name} could not be asked from here: ${said(dialogue.steps.at(-1) ?? null)}`,
    });
  else if (isTaken(own))
    report('closed', {
      ...found,
      summary: `${name} takes mail for ${target.domain} and refuses it for others.`,
    });
  else if (own.reply.code >= 500)
    report('not-for-us', {
      ...found,
      summary: `${name} does not take mail for ${target.domain}: ${quoted(own)}`,
    });
  else couldNotCheck({ ...found, summary: `${name} puts us off: ${quoted(own)}` });
}

/** As far as the first RCPT; null when the server stops it before. */
async function transaction(dialogue: ServerConversation, domain: string): Promise<Step | null> {
  let [, last = null]: (Step | null)[] = dialogue.steps;
  // A name that the relay does not know: what comes from its own would be a loop.
  for (const line of ['EHLO question.mailward.invalid', 'MAIL FROM:<>', `RCPT TO:<postmaster@${domain}>`]) {
    if (!dialogue.isOpen || !isTaken(last)) return null;
    last = await dialogue.say(line);
  }
  return last;
}
