// Check: will the office's server still take the domain's mail when the MX records name Mailward? Some go by the MX records and not by their own list.
//
// While the MX names it, such a server takes the domain's mail like any other. So it is asked about a name that its configuration cannot
// know, and whose MX names it: only a server that goes by MX takes that. Whoever takes a name without any MX as well takes everything.
import { randomBytes } from 'node:crypto';
import { saysEither } from '../../../shared/replies/parse-reply.ts';
import { defineCheck, fine, NotApplicable, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import { listed } from '../dns/speakers.ts';
import { placeIn, testRecordOf } from './mx-test-record.ts';
import type { MxPlace, TestRecord } from './mx-test-record.ts';
import { isHome } from './relay-denied.check.ts';
import type { ServerConversation, Step } from './server-conversation.ts';
import {
  approachTo,
  askEach,
  causeOf,
  evidenceOf,
  foreign,
  isTaken,
  ownName,
  said,
  subjectOf,
} from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  'by-configuration': fine('The server goes by its own configuration: the MX records may be changed.'),
  'by-mx': wrong(
    'attention',
    'The server accepts mail for any domain whose MX records name it. If it does not know the domain otherwise, it will refuse its mail, or send it round in a circle, as soon as they name Mailward instead.',
  ),
} as const;

export const goesByMx = defineCheck({
  name: 'goes-by-mx',
  title: 'Independent of the MX records',
  area: 'server',
  leg: 'outbound',
  question: 'Will the server still accept the domain’s mail when the MX records no longer name it?',
  needs: ['domain', 'server'],
  deadlineMs: 15_000,
  findings,
  spoiledBy: ['dns-interception'],
  run,
});

type Asking = RunningCheck<'goes-by-mx'>;

async function run(asking: Asking): Promise<void> {
  const record = await testRecordOf(asking.target, asking.world);
  const others: ServerVisit[] = [];
  let named = 0;
  await askEach(asking, async (visit) => {
    const place = placeIn(record.test, visit);
    if (place === null) {
      others.push(visit);
      return;
    }
    named += 1;
    await judge(visit, place, record, asking);
  });
  if (others.length === 0) return;
  const whom = listed(record.exchanges);
  const missed = listed(others.map(({ name }) => name));
  const evidence = [...record.evidence, ...evidenceOf(...others.map(({ greeting }) => greeting))];
  if (named === 0)
    throw new NotApplicable(
      `The test record ${record.name} names ${whom}, which is not ${missed}: it says nothing of the server that was asked.`,
      evidence,
    );
  for (const visit of others)
    asking.couldNotCheck({
      subject: subjectOf(visit),
      summary: `Nothing is known of ${visit.name}: the test record ${record.name} names ${whom}.`,
      evidence,
    });
}

async function judge(visit: ServerVisit, place: MxPlace, record: TestRecord, asking: Asking): Promise<void> {
  const { name } = visit;
  const subject = subjectOf(visit);
  const unknown = (summary: string, steps: readonly (Step | null)[]) => {
    asking.couldNotCheck({ subject, summary, evidence: [...record.evidence, ...evidenceOf(...steps)] });
  };
  // Whoever puts us off or takes everything is not asked again: each connection may count.
  if (!isTaken(visit.mail)) {
    unknown(`${name} could not be asked: ${said(visit.mail)}`, [visit.mail]);
    return;
  }
  if (isTaken(visit.elsewhere)) {
    unknown(`${name} ${takesAll}`, [visit.elsewhere]);
    return;
  }
  const asked = await ask(visit, record.name, asking);
  const { code, summary } = await conclude(visit, place, record, asked, asking);
  if (code === null) {
    unknown(summary, asked.steps);
    return;
  }
  asking.report(code, {
    ...{ subject, summary, evidence: [...record.evidence, ...evidenceOf(...asked.steps)] },
    facts: { testName: record.name, answer: asked.test?.answer ?? '' },
  });
}

/** What the answers show, in a sentence. The code is null where they do not show what the server goes by. */
async function conclude(
  visit: ServerVisit,
  place: MxPlace,
  record: TestRecord,
  asked: Asked,
  { target: { domain }, world }: Asking,
): Promise<{ code: keyof typeof findings | null; summary: string }> {
  const { name } = visit;
  switch (meaningOf(asked)) {
    case 'by-mx': {
      if (isHome(visit) === true && placeIn(record.today, visit) === null) {
        const summary = `${name} goes by MX records, but accepts mail for ${domain}, whose MX records do not name it: either it knows the domain otherwise too, or its resolver still has older records.`;
        return { code: null, summary };
      }
      const consequence =
        isHome(visit) === false
          ? `, and refuses mail for ${domain} now`
          : `: if it does not know ${domain} otherwise, it will refuse its mail as soon as the MX records name Mailward instead`;
      return {
        code: 'by-mx',
        summary: `${name} takes ${record.name} for its own only because an MX record names the server${consequence}.`,
      };
    }
    case 'by-configuration': {
      const doubt = doubtOf(visit, place, asked, record, domain);
      if (doubt !== null) return { code: null, summary: doubt };
      return {
        code: 'by-configuration',
        summary: `${name} refuses ${record.name}, although an MX record names it, and accepts mail for ${domain}: it goes by its own configuration. The test record can be removed.`,
      };
    }
    case 'takes-all':
      return { code: null, summary: `${name} ${takesAll}` };
    case 'takes-beneath': {
      const { status } = await dnsOf(world).resolve(asked.control, 'MX');
      const summary =
        status === 'answer'
          ? `Every name beneath ${domain} has MX records (a wildcard), and ${name} takes mail for all of them, so that what it goes by does not show.`
          : `${name} takes mail for every name beneath ${domain}, with or without an MX record, so that what it goes by does not show.`;
      return { code: null, summary };
    }
    case 'unclear': {
      const answers = [asked.test, asked.beneath, asked.elsewhere].filter((step) => step !== null);
      const putOff = answers.find((step) => kindOf(step) === 'put-off');
      const last = asked.elsewhere === null ? asked.steps.findLast(isAnswer) : asked.test;
      const why = putOff ?? last ?? null;
      return { code: null, summary: `What ${name} goes by is not known: ${said(why)}` };
    }
  }
}

const takesAll =
  'takes mail for every domain from Mailward’s address, so that what it goes by does not show.';

function isAnswer({ asked }: Step): boolean {
  return asked !== 'QUIT' && asked !== 'RSET';
}

interface Asked {
  /** A recipient at the name with the test record. */
  test: Step | null;
  /** At a name beneath the domain that has no record; not asked where the first answer is enough. */
  beneath: Step | null;
  /** At a domain of somebody else's. */
  elsewhere: Step | null;
  /** The name beneath the domain. */
  control: string;
  steps: readonly Step[];
}

/** One more conversation, up to RCPT. The answer for the test name comes first: some servers pause after each refusal. */
async function ask(visit: ServerVisit, testName: string, { target, world, signal }: Asking): Promise<Asked> {
  const { place } = visit;
  const destination = target.destinations.find(
    ({ host, port }) => host === place.host && port === place.port,
  );
  const control = `mailward-${randomBytes(6).toString('hex')}.${target.domain}`;
  const options = { signal, now: world.now };
  const { dialogue, before, ehlo } = await approachTo(place, ownName(target, destination), options);
  const test = ehlo?.reply?.code === 250 ? await recipient(dialogue, `postmaster@${testName}`) : null;
  const isEnough = test === null || kindOf(test) === 'denied' || kindOf(test) === 'put-off';
  const beneath = isEnough ? null : await recipient(dialogue, `postmaster@${control}`);
  const elsewhere = beneath === null ? null : await recipient(dialogue, foreign);
  await dialogue.quit();
  return { test, beneath, elsewhere, control, steps: [...before, ...dialogue.steps] };
}

/** Each in a transaction of its own: some servers take one recipient of a bounce and refuse the next. Null: it was not asked. */
async function recipient(dialogue: ServerConversation, address: string): Promise<Step | null> {
  const mail = await dialogue.say('MAIL FROM:<>');
  if (!isTaken(mail)) return null;
  const step = await dialogue.say(`RCPT TO:<${address}>`);
  if (dialogue.isOpen) await dialogue.say('RSET');
  return step;
}

/** `known`: it takes the domain's mail, though not this recipient's. `denied`: the domain is none of its own. */
type Kind = 'taken' | 'known' | 'denied' | 'refused' | 'put-off';

function kindOf(step: Step): Kind {
  const code = step.reply?.code ?? 0;
  if (isTaken(step)) return 'taken';
  const cause = causeOf(step, 'rcpt');
  if (cause === 'relay-denied') return 'denied';
  if (step.reply !== null && saysEither(step.reply)) return 'refused';
  if (cause === 'mailbox-full' || (cause === 'user-unknown' && code >= 500)) return 'known';
  return code >= 500 ? 'refused' : 'put-off';
}

function meaningOf({
  test,
  beneath,
  elsewhere,
}: Asked): 'by-mx' | 'by-configuration' | 'takes-all' | 'takes-beneath' | 'unclear' {
  if (test === null) return 'unclear';
  const kind = kindOf(test);
  if (kind === 'denied') return 'by-configuration';
  if (kind === 'put-off' || beneath === null || elsewhere === null) return 'unclear';
  const [control, other] = [kindOf(beneath), kindOf(elsewhere)];
  if (control === 'put-off' || other === 'put-off') return 'unclear';
  if (other === 'taken') return 'takes-all';
  // Some have the same words for a user and for a domain that they do not know: then they say them of the foreign one too.
  if (control === 'taken' || (control === 'known' && other !== 'known')) return 'takes-beneath';
  if (kind === 'taken' || (kind === 'known' && control === 'denied')) return 'by-mx';
  return kind === control && test.reply?.code === beneath.reply?.code ? 'by-configuration' : 'unclear';
}

/** Why a refusal does not show what the server goes by; null when it does. */
function doubtOf(
  visit: ServerVisit,
  place: MxPlace,
  { steps }: Asked,
  { name: testName, today }: TestRecord,
  domain: string,
): string | null {
  const { name } = visit;
  const home = isHome(visit);
  if (home !== true)
    return home === false
      ? `${name} does not accept mail for ${domain} now, so that what it goes by does not show.`
      : `${name} refuses ${testName}, as a server does that goes by its own configuration; but whether it accepts mail for ${domain} is not known.`;
  if (isCpanel(visit, steps))
    return `${name} seems to be a cPanel server. It looks at the MX records when they are edited there and not when mail comes, so that a test record shows nothing: set the domain to “Local Mail Exchanger” under “Email Routing”.`;
  const now = placeIn(today, visit);
  if (now === null || now === place) return null;
  const order = { first: 'first', behind: 'behind others' } as const;
  return `The MX records of ${domain} name ${name} ${order[now]}, and those of ${testName} name it ${order[place]}: give both the same records and test again.`;
}

/** cPanel's servers greet, and refuse strangers, in words of its own, unless somebody took them away. */
function isCpanel({ steps }: ServerVisit, more: readonly Step[]): boolean {
  return [...steps, ...more].some(({ reply, answer }) => reply !== null && cpanelWords.test(answer));
}

const cpanelWords =
  /We do not authorize the use of this system to transport unsolicited|Please turn on SMTP Authentication in your mail client/i;
