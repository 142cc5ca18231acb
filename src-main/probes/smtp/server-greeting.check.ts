// Check: does the office's server greet as a mail server does, and what does it offer (EHLO, RFC 5321 §4.1.1.1)?
import { softwareOf } from '../../../shared/replies/software.ts';
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import { connectivityOf } from '../network/connectivity.check.ts';
import { quoted } from './server-conversation.ts';
import { evidenceOf, subjectOf, visitEach } from './visit.ts';
import type { ServerVisit } from './visit.ts';

const findings = {
  greets: fine('It greets, and offers what a present-day server does.'),
  'little-offered': wrong(
    'attention',
    'It does not offer 8BITMIME: mail with letters beyond ASCII may be refused.',
  ),
  'old-protocol': wrong(
    'attention',
    'It knows HELO only: no encryption, no sizes, no reasons in its refusals.',
  ),
  'not-smtp': wrong('urgent', 'Something takes connections there, but it is no mail server.'),
  mute: wrong('urgent', 'It takes the connection and then says nothing, or hangs up.'),
} as const;

export const greeting = defineCheck({
  name: 'server-greeting',
  title: 'Server’s greeting',
  area: 'server',
  leg: 'outbound',
  question: 'Does the server greet as a mail server does, and what does it offer?',
  needs: ['server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => visitEach(asking, (visit) => judge(visit, asking)),
});

async function judge(
  visit: ServerVisit,
  { world, report, couldNotCheck }: RunningCheck<'server-greeting'>,
): Promise<void> {
  const { greeting: said, ehlo, features, name } = visit;
  const found = {
    subject: subjectOf(visit),
    evidence: evidenceOf(visit.connection, said, ehlo),
    facts: {
      banner: said?.answer ?? '',
      name: nameIn(said?.answer ?? ''),
      software: softwareOf(`${said?.answer ?? ''}\n${ehlo?.answer ?? ''}`),
      features: [...features.keys()],
      size: Number(features.get('SIZE') ?? 0),
    },
  };
  if (visit.connection.failure !== null || said === null) {
    couldNotCheck({ ...found, summary: `${name} takes no connection, so it could not be heard.` });
  } else if (said.failure === 'garbled') {
    report('not-smtp', { ...found, summary: `What answers at ${name} is no mail server.` });
  } else if (said.reply === null) {
    const what = said.failure === 'closed' ? 'hangs up without a word' : 'says nothing';
    const summary = `${name} takes the connection and then ${what}.`;
    // So does a line that is cut just then.
    const { online, evidence } = await connectivityOf(world);
    if (online === true) report('mute', { ...found, summary });
    else couldNotCheck({ ...found, summary, evidence: [...found.evidence, ...evidence] });
  } else if (said.reply.code !== 220) {
    couldNotCheck({
      ...found,
      summary: `${name} turns Mailward away before it says what it offers: ${quoted(said)}`,
    });
  } else if (ehlo?.reply === null || ehlo === null) {
    couldNotCheck({ ...found, summary: `${name} greeted, and then there was no answer any more.` });
  } else if (ehlo.reply.code === 500 || ehlo.reply.code === 502) {
    report('old-protocol', {
      ...found,
      summary: `${name} does not know EHLO: it speaks the mail protocol of 1982.`,
    });
  } else if (ehlo.reply.code !== 250) {
    couldNotCheck({
      ...found,
      summary: `${name} turns Mailward away before it says what it offers: ${quoted(ehlo)}`,
    });
  } else if (!features.has('8BITMIME')) {
    report('little-offered', { ...found, summary: `${name} does not offer 8BITMIME.` });
  } else {
    const offers = [...features.keys()].slice(0, 12).join(', ');
    report('greets', { ...found, summary: `${name} calls itself ${found.facts.name} and offers ${offers}.` });
  }
}

/** A greeting begins with the server's own name (RFC 5321 §4.2). */
export function nameIn(banner: string): string {
  return /^220[ -](\S+)/m.exec(banner)?.[1] ?? '';
}
