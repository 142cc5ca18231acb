// Words for the entries of the journal, the same for every screen and command: what changed, what was and what is, and who did it.
//
// What `before` and `after` of an entry are, as src-main/engine/journal.ts and src-main/diagnosis/observations.ts write them:
//   mx, way-back        `10 mail.example.com, 20 backup.example.com`; `none`; `no such domain`
//   name-servers, registrar, registration-state, addresses, profile    names, states or addresses, with commas; a profile's support: `changed`
//   serial, ds          numbers; `none`
//   registration-end    `2027-03-01`
//   banner, software    the name in the greeting; `Exim 4.94.2`
//   certificate         `mail.example.com, by R3, until 2027-03-01, SHA-256 12ab…`; `none`: no encryption is offered
//   replies             of a delivery `accepted` or `550 5.7.1 relay-denied`; else the finding's code, and the reply's: `missing 550 5.1.1`
//   server-state        `connection-failed at mail.example.com:25`; null: no trouble
//   mx-change           `spreading: 10 relay.example.net`; null: not watched any more
//   added, route        destinations as they are typed on the command line
//   mode                `deliver`, `hold by Mailward: …`, `reroute to HOST:PORT until 2027-03-01T08:00:00.000Z: …`
//   settings            the value; `changed` of a secret
import { causeSchema, causeWords, type Cause } from './cause.ts';
import type { Actor, JournalEntry } from './journal.ts';
import { serverSoftwareNames, serverSoftwareSchema } from './server-software.ts';

export interface JournalWords {
  /** What changed, as a heading: "MX records changed". */
  title: string;
  /** Null: there was nothing, or it is not to be shown. */
  was: string | null;
  is: string | null;
  /** Who did it: "by ann on the command line"; empty: nobody here. */
  by: string;
}

/** @param time writes a time (UTC ms) as the reader is used to. */
export function journalWords(entry: JournalEntry, time: (at: number) => string): JournalWords {
  const { kind, by, before, after } = entry;
  const words = (text: string | null) => (text === null ? null : valueWords(entry, text, time));
  const hidden = after === 'changed' && (kind === 'settings' || kind === 'profile');
  return {
    title: titleOf(entry),
    was: kind === 'added' ? null : words(before),
    is: hidden || kind === 'removed' ? null : words(after),
    by: actorWords(by, kind),
  };
}

function titleOf({ kind, subject, before, after }: JournalEntry): string {
  switch (kind) {
    case 'mx':
      return 'MX records changed';
    case 'name-servers':
      return 'Name servers changed';
    case 'serial':
      return 'The DNS zone was changed (serial number)';
    case 'ds':
      if (before === 'none') return 'DNSSEC is on: the zone above has DS records';
      return after === 'none'
        ? 'DNSSEC is off: the zone above has no DS records any more'
        : 'DS records changed (DNSSEC)';
    case 'registrar':
      return 'Registrar changed';
    case 'registration-end':
      return before !== null && after !== null && before < after
        ? 'Registration extended'
        : 'End of the registration changed';
    case 'registration-state':
      return 'State of the registration changed';
    case 'addresses': {
      const [host = '', family] = subject.split(' ');
      return `Host ${host} has other ${family === undefined ? '' : `${family} `}addresses`;
    }
    case 'banner':
      return `Server ${subject} greets with another name`;
    case 'software':
      return `Server ${subject} runs other software`;
    case 'certificate':
      if (after === 'none') return `Server ${subject} no longer offers encryption`;
      return before === 'none'
        ? `Server ${subject} offers encryption`
        : `Server ${subject} has another certificate`;
    case 'replies':
      return replyTitle(subject, after);
    case 'server-state': {
      if (after === null) return 'Your server takes mail again';
      const cause = causeIn(after);
      return cause === null ? 'Your server is in trouble' : `Your server ${causeWords[cause].server}`;
    }
    case 'added':
      return 'Domain added';
    case 'removed':
      return 'Domain removed';
    case 'route':
      return 'Route changed';
    case 'mode':
      return modeTitle(after);
    case 'way-back':
      return `Way back ${before === null ? 'kept' : 'changed'} (the MX records to return to)`;
    case 'first-mail':
      return 'The first mail came through';
    case 'mx-change':
      return changeTitle(after);
    case 'profile':
      return `Profile changed: ${Object.hasOwn(profileParts, subject) ? profileParts[subject] : subject}`;
    case 'contacts':
      if (before === null) return `Contact added${of(subject)}`;
      return after === null ? `Contact removed${of(subject)}` : `Contact changed${of(subject)}`;
    case 'settings':
      return `Setting ${subject} changed`;
  }
}

/** Of a change that is watched; its stage, and after a colon its records. */
function changeTitle(after: string | null): string {
  const [stage = ''] = (after ?? 'ended').split(':');
  const words: Readonly<Record<string, string>> = {
    'to-do': 'A change of the MX records is watched from here on',
    partly: 'Some name servers have the new MX records',
    spreading: 'All name servers have the new MX records',
    done: 'Nobody can have the old MX records any more',
  };
  return words[stage] ?? 'The change of the MX records is no longer watched';
}

function of(subject: string): string {
  return subject === '' ? '' : `: ${subject}`;
}

function modeTitle(after: string | null): string {
  if (after === null) return 'Mode changed';
  if (after.startsWith('hold')) return 'Mail is on hold';
  return after.startsWith('reroute') ? 'Mail is sent another way' : 'Mail is delivered';
}

/** Questions that checks ask the server. */
const questions: Readonly<Record<string, string>> = {
  'server-refuses': 'when Mailward connects',
  'relay-denied': 'to mail for the domain',
  'unknown-recipient': 'to a recipient that does not exist',
  postmaster: 'to mail for the postmaster',
  'server-open-relay': 'to mail for other domains',
};

function replyTitle(subject: string, after: string | null): string {
  const [question = '', ...server] = subject.split(' ');
  if (question === 'delivery') {
    return after === 'accepted'
      ? 'Your server accepts messages again'
      : 'Your server answers messages differently';
  }
  const when = Object.hasOwn(questions, question) ? ` ${questions[question] ?? ''}` : '';
  return `Server ${server.join(' ')} answers differently${when}`;
}

const profileParts: Readonly<Record<string, string>> = {
  expiresAt: 'end of the registration',
  selectors: 'DKIM selectors',
  hosting: 'who runs the server',
  software: 'server software',
  'support.vendor': 'the server vendor’s support',
  'support.dnsHost': 'the DNS host’s support',
  'support.registrar': 'the registrar’s support',
  'support.internetProvider': 'the Internet provider’s support',
};

const hostingWords: Readonly<Record<string, string>> = {
  owned: 'the office itself',
  hosted: 'a vendor',
};

function profileWords(part: string, text: string): string {
  if (part === 'hosting') return hostingWords[text] ?? text;
  const software = serverSoftwareSchema.safeParse(text);
  return part === 'software' && software.success ? serverSoftwareNames[software.data] : text;
}

function valueWords({ kind, subject }: JournalEntry, text: string, time: (at: number) => string): string {
  switch (kind) {
    case 'mode':
      return text.replace(/ until (\d{4}-\d\d-\d\dT[\d:.]+Z)(?=$|:)/, (whole, until: string) => {
        const at = Date.parse(until);
        return Number.isNaN(at) ? whole : ` until ${time(at)}`;
      });
    case 'server-state':
    case 'replies': {
      const cause = causeIn(text) ?? causeIn(text.split(' ').at(-1) ?? '');
      if (cause === null) return text;
      return text.replace(
        cause,
        kind === 'replies' ? `(${causeWords[cause].short})` : causeWords[cause].short,
      );
    }
    case 'profile':
      return profileWords(subject, text);
    case 'certificate':
      return text === 'none' ? 'no encryption' : text;
    default:
      return text;
  }
}

function causeIn(text: string): Cause | null {
  const read = causeSchema.safeParse(text.split(' ', 1)[0]);
  return read.success ? read.data : null;
}

function actorWords({ who, via, name, address }: Actor, kind: JournalEntry['kind']): string {
  if (who === 'world') return '';
  if (who === 'mailward') return 'by Mailward itself';
  const from = isHere(address) ? '' : address;
  switch (via) {
    case 'command':
      return `${name === '' ? '' : `by ${name} `}on the command line${from === '' ? '' : ` at ${from}`}`;
    case 'browser':
      return from === '' ? 'in a browser on this machine' : `in the browser at ${from}`;
    case 'window':
      return `${name === '' ? '' : `by ${name} `}in the app’s window${from === '' ? '' : ` at ${from}`}`;
    case null:
      if (name !== '') return `by the program ${name}${from === '' ? '' : ` at ${from}`}`;
      return kind === 'settings' ? 'in the settings file' : 'by an admin';
  }
}

/** Whether an address is this machine's own. */
function isHere(address: string): boolean {
  return address === '' || address === '::1' || /^(?:::ffff:)?127\./.test(address);
}
