// What is kept and known of a domain, for `mailward domain`: its server, the companies with a part in its mail, its contacts.
import type { ListedContact } from '../../../shared/contacts.ts';
import { troubleOf } from '../../../shared/contacts.ts';
import type { WayBack } from '../../../shared/mx-reading.ts';
import type { Client } from '../../../shared/contract/index.ts';
import {
  profileSchema,
  supportSchema,
  type Domain,
  type Profile,
  type Support,
  type SupportPart,
} from '../../../shared/domain.ts';
import type { Known, KnownCompany } from '../../../shared/known.ts';
import {
  serverSoftwareNames,
  serverSoftwareSchema,
  type ServerSoftware,
} from '../../../shared/server-software.ts';
import { Ended, EXIT } from '../context.ts';
import { typed } from '../invocation.ts';
import { formatTime, print } from '../terminal.ts';
import { contactWords } from './contacts.ts';

/** All that is shown of a domain beside its way. */
export interface DomainRecord {
  known: Known;
  contacts: ListedContact[];
  wayBack: WayBack | null;
  /** Names of all protected domains. */
  protectedNames: string[];
}

export async function readRecord(client: Client, name: string): Promise<DomainRecord> {
  const [known, wayBack, contacts, domains] = await Promise.all([
    client.domains.known({ name }),
    client.domains.wayBack({ name }),
    client.contacts.list({ domain: name }),
    client.domains.list(),
  ]);
  return { known, wayBack, contacts, protectedNames: domains.map((one) => one.name) };
}

/** As Commander has the options of `mailward domain profile`; each part a list of `key=value`, or `none`. */
export interface ProfileOptions {
  hosting?: string;
  software?: string;
  vendor?: string[];
  dnsHost?: string[];
  registrar?: string[];
  internetProvider?: string[];
}

/** What was given of a profile. Ends the command when it is wrong. */
export function readProfile(options: ProfileOptions): (before: Profile) => Profile {
  const { hosting, software } = options;
  const given = {
    ...(hosting === undefined ? {} : { hosting: readHosting(hosting) }),
    ...(software === undefined ? {} : { software: readSoftware(software) }),
  };
  const changes = parts.flatMap(([part, flag]) => {
    const pairs = options[part];
    return pairs === undefined ? [] : [[part, readSupport(flag, pairs)] as const];
  });
  return (before) => {
    const support = { ...before.support };
    for (const [part, change] of changes)
      support[part] = change === null ? supportSchema.parse({}) : { ...support[part], ...change };
    return { ...before, ...given, support };
  };
}

const parts: readonly (readonly [SupportPart, flag: string, label: string])[] = [
  ['vendor', '--vendor', 'Vendor:'],
  ['dnsHost', '--dns-host', 'DNS:'],
  ['registrar', '--registrar', 'Registrar:'],
  ['internetProvider', '--internet-provider', 'Internet:'],
];

function readHosting(text: string): Profile['hosting'] {
  const result = profileSchema.safeParse({ hosting: text === 'none' ? null : text });
  if (!result.success)
    throw new Ended(EXIT.usage, `"${text}" is not a hosting; expected owned, hosted or none`);
  return result.data.hosting;
}

function readSoftware(text: string): ServerSoftware | null {
  if (text === 'none') return null;
  const result = serverSoftwareSchema.safeParse(text);
  if (!result.success)
    throw new Ended(
      EXIT.usage,
      `"${text}" is not a server software that Mailward knows; expected ${serverSoftwareSchema.options.join(', ')} or none`,
    );
  return result.data;
}

/** Null: all of it goes. */
function readSupport(flag: string, pairs: string[]): Partial<Support> | null {
  if (pairs.length === 1 && pairs[0] === 'none') return null;
  const keys = Object.keys(supportSchema.parse({}));
  const change: Record<string, string> = {};
  for (const pair of pairs) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0));
    if (!keys.includes(key))
      throw new Ended(
        EXIT.usage,
        `"${pair}" does not go with ${flag}; expected ${keys.join('=, ')}=, or none alone`,
      );
    change[key] = pair.slice(at + 1);
  }
  const result = supportSchema.safeParse(change);
  if (!result.success) {
    const { path = [], message = 'it is wrong' } = result.error.issues[0] ?? {};
    const words = path[0] === 'web' ? 'expected a web address such as https://help.example.com/' : message;
    throw new Ended(EXIT.usage, `${flag} ${path.join('.')}: ${words}`);
  }
  return Object.fromEntries(Object.keys(change).map((key) => [key, result.data[key as keyof Support]]));
}

/** Prints what is known, what was said by hand, and whom to turn to. */
export function showRecord(domain: Domain, { known, contacts, protectedNames }: DomainRecord): void {
  const { profile, name } = domain;
  showServer(domain, known);
  const hosting = { owned: 'the office runs its server itself', hosted: 'a vendor runs the server' };
  if (profile.hosting !== null) line('Hosting:', hosting[profile.hosting]);
  const companies = { dnsHost: known.dnsHost, registrar: known.registrar };
  for (const [part, , label] of parts) {
    const company = part === 'dnsHost' || part === 'registrar' ? companies[part] : null;
    showCompany(label, profile.support[part], company, protectedNames);
  }
  for (const contact of contacts) {
    line('Contact:', contactWords(contact));
    if (contact.note !== '') line('', contact.note);
    if (contact.trouble !== '') line('', contact.trouble);
  }
  if (known.readAt !== null)
    line('Found:', `${formatTime(known.readAt)}; ${typed(`diagnose ${name}`)} looks again`);
}

function showServer({ name, profile }: Domain, { software }: Known): void {
  if (profile.software !== null) {
    line('Server:', `${serverSoftwareNames[profile.software]} (set by hand)`);
    return;
  }
  const [best, ...others] = software;
  if (best === undefined) {
    line('Server:', `it is not known what it runs; ${typed(`diagnose ${name}`)} may find out`);
    return;
  }
  line('Server:', `${serverSoftwareNames[best.software]} (${best.confidence}, seen from outside)`);
  for (const words of best.because) line('', words);
  for (const other of others) line('', `or ${serverSoftwareNames[other.software]} (${other.confidence})`);
}

function showCompany(
  label: string,
  said: Support,
  company: KnownCompany | null,
  protectedNames: readonly string[],
): void {
  const { customer, note, mail } = said;
  const number = customer === '' ? '' : `customer number ${customer}`;
  const details = [said.phone, mail, said.web, number].filter((text) => text !== '');
  const byHand = said.company !== '' || details.length > 0 || note !== '';
  if (!byHand && company === null) return;
  const who = said.company === '' ? (company?.name ?? '') : `${said.company} (set by hand)`;
  const help = said.web === '' && said.company === '' ? (company?.support ?? '') : '';
  line(label, [who, ...details, help].filter((text) => text !== '').join(', '));
  if (note !== '') line('', note);
  if (said.company === '' && company !== null) line('', company.because);
  const trouble = troubleOf(mail, protectedNames);
  if (trouble !== '') line('', trouble);
}

/** Aligned with what `domain show` prints of the domain's way. */
function line(label: string, words: string): void {
  print(`${label.padEnd(8)} ${words}`);
}
