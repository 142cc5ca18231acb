// Check: is mail to the office's server encrypted, and is its certificate good for what the route asks (RFC 3207)?
import type { PeerCertificate } from 'node:tls';
import { defineCheck, fine, wrong } from '../check.ts';
import type { RunningCheck } from '../check.ts';
import type { Encryption } from './server-conversation.ts';
import { askEach, evidenceOf, subjectOf } from './visit.ts';
import type { ServerVisit } from './visit.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** A certificate that ends sooner has not been renewed when it should have been, days. */
const SOON_DAYS = 14;

const findings = {
  encrypted: fine('Mail is encrypted, and the certificate is valid for the server’s name.'),
  unverified: fine('Mail is encrypted. The certificate proves nothing, which the route does not ask for.'),
  'not-wanted': fine('The route asks for no encryption.'),
  'expires-soon': wrong('attention', `The certificate ends within ${SOON_DAYS} days.`),
  expired: wrong('attention', 'The certificate has ended; senders that check it send nothing any more.'),
  'wrong-name': wrong('attention', 'The certificate is for another name than the server’s.'),
  'not-offered': wrong('attention', 'The server offers no encryption: mail goes in clear.'),
  'breaks-off': wrong('attention', 'The server offers encryption and then cannot do it: mail goes in clear.'),
  'not-to-be-had': wrong('urgent', 'The route demands encryption, and there is none: no mail goes.'),
  'not-accepted': wrong('urgent', 'The route demands a valid certificate, and it is not: no mail goes.'),
} as const;

export const tls = defineCheck({
  name: 'server-tls',
  title: 'Encryption to the server',
  area: 'server',
  leg: 'outbound',
  question: 'Is mail to the server encrypted, and is its certificate in order?',
  needs: ['server'],
  deadlineMs: 15_000,
  findings,
  run: (asking) => askEach(asking, (visit) => judge(visit, asking)),
});

function judge(visit: ServerVisit, { world, report, couldNotCheck }: RunningCheck<'server-tls'>): void {
  const { name, policy, starttls, encryption } = visit;
  const steps = visit.steps.filter(({ asked }) => /^EHLO|^STARTTLS|^TLS/.test(asked));
  const found = { subject: subjectOf(visit), evidence: evidenceOf(...steps) };
  const demanded = policy === 'require' || policy === 'verify';
  if (policy === 'none') {
    report('not-wanted', { ...found, summary: `Mail to ${name} is sent unencrypted, as the route says.` });
    return;
  }
  if (encryption === null) {
    const broken = steps.find(({ asked }) => asked.startsWith('TLS'));
    // A line that is cut, or an answer that never came, is not a server that cannot.
    if (starttls !== null && (starttls.reply === null || broken?.failure === 'silent')) {
      couldNotCheck({ ...found, summary: `${name} did not answer while encryption was set up.` });
      return;
    }
    const why =
      starttls === null
        ? `${name} offers no encryption (STARTTLS)`
        : `${name} offers encryption and then cannot do it (${(broken ?? starttls).answer.split('\n')[0] ?? ''})`;
    const code = demanded ? 'not-to-be-had' : starttls === null ? 'not-offered' : 'breaks-off';
    const effect = demanded ? 'the route demands it, so no mail goes' : 'mail goes in clear';
    report(code, { ...found, summary: `${why}: ${effect}.` });
    return;
  }
  const { code, words } = weigh(encryption, world.now());
  const { valid_to: until, subject, issuer } = encryption.certificate;
  const facts = {
    protocol: encryption.protocol,
    cipher: encryption.cipher,
    expiresAt: Date.parse(until),
    names: namesOf(encryption.certificate),
    subject: String(subject.CN),
    issuer: String(issuer.CN),
    trouble: encryption.trouble,
  };
  const evidence = [
    ...found.evidence,
    {
      asked: 'certificate',
      of: name,
      at: world.now(),
      answer: `for ${facts.names.join(', ')}; issued by ${facts.issuer}; until ${until}; ${encryption.trouble ?? 'valid'}`,
    },
  ];
  const refused = policy === 'verify' && encryption.trouble !== null;
  const effect = refused ? ' The route demands a valid one, so no mail goes.' : '';
  report(refused ? 'not-accepted' : code, {
    ...{ subject: found.subject, evidence, facts },
    summary: `Mail to ${name} is encrypted (${encryption.protocol})${words}.${effect}`,
  });
}

function weigh(
  { certificate, trouble }: Encryption,
  now: number,
): { code: 'encrypted' | 'unverified' | 'expires-soon' | 'expired' | 'wrong-name'; words: string } {
  const until = Date.parse(certificate.valid_to);
  const day = new Date(until).toISOString().slice(0, 10);
  if (until < now) return { code: 'expired', words: `, but its certificate ended on ${day}` };
  if (until < now + SOON_DAYS * DAY_MS)
    return { code: 'expires-soon', words: `; its certificate ends on ${day}` };
  if (trouble === null) return { code: 'encrypted', words: ` and its certificate is valid until ${day}` };
  if (trouble.includes('ALTNAME') || trouble.includes('does not match'))
    return { code: 'wrong-name', words: `, but its certificate is for ${namesOf(certificate).join(', ')}` };
  return { code: 'unverified', words: `; its certificate was issued by nobody that is known here` };
}

/** The names that a certificate is for; its subject where it names none. */
export function namesOf({ subject, subjectaltname }: PeerCertificate): string[] {
  const names = (subjectaltname ?? '').split(', ').flatMap((entry) => {
    const [kind, name] = [entry.slice(0, entry.indexOf(':')), entry.slice(entry.indexOf(':') + 1)];
    return kind === 'DNS' || kind === 'IP Address' ? [name] : [];
  });
  return names.length > 0 ? names.slice(0, 20) : [String(subject.CN)];
}
