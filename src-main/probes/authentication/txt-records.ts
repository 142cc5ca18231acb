// What the authentication checks have in common: TXT records as text, and saying so when DNS could not be asked.
import type { Evidence } from '../../../shared/finding.ts';
import { CouldNotCheck, NotApplicable } from '../check.ts';
import { dnsOf } from '../dns/dns.ts';
import type { World } from '../world.ts';

/** What every check of this folder has in its definition. */
export const ofAuthentication = {
  area: 'authentication',
  spoiledBy: ['dns-interception'],
} as const;

export interface Texts {
  /** Each record's parts joined (RFC 7208 §3.3). Empty when there are none. */
  texts: readonly string[];
  evidence: readonly Evidence[];
}

/** Throws `CouldNotCheck` when DNS could not be asked; that there are none is an answer. */
export async function textsOf(name: string, world: World): Promise<Texts> {
  const { status, records, reason, evidence } = await dnsOf(world).resolve(name, 'TXT');
  if (status === 'could-not') throw new CouldNotCheck(reason, evidence);
  return { texts: records.map(({ data }) => Buffer.concat(data).toString('utf8')), evidence };
}

/** Throws `NotApplicable` when there is no such domain: that it lacks a record is then not what to say of it. */
export async function mustExist(domain: string, world: World): Promise<void> {
  const { status, evidence } = await dnsOf(world).resolve(domain, 'TXT');
  if (status === 'no-such-name') throw new NotApplicable(`There is no domain ${domain}.`, evidence);
}

/** `v=X; a=b; c=d` (RFC 6376 §3.2): names in lower case, values without the space around them. Null when it is no such list. */
export function tagsOf(text: string): Map<string, string> | null {
  const tags = new Map<string, string>();
  const parts = text.split(';').map((part) => part.trim());
  // A final semicolon ends the last tag.
  if (parts.at(-1) === '') parts.pop();
  for (const part of parts) {
    const match = /^([a-z]\w*)\s*=\s*(.*)$/is.exec(part);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || tags.has(name)) return null;
    tags.set(name, match?.[2]?.trim() ?? '');
  }
  return tags.size === 0 ? null : tags;
}

/** Addresses of mailboxes that reports go to, from `mailto:` URIs; a size limit (`!10m`) is left off. Null: not all are URIs. */
export function reportAddresses(list: string): { mailboxes: string[]; webs: string[] } | null {
  const mailboxes: string[] = [];
  const webs: string[] = [];
  for (const entry of list.split(',').map((one) => one.trim().replace(/![0-9]+[kmgt]?$/i, ''))) {
    const mail = /^mailto:([^@\s?]+@[\w.-]+)(\?.*)?$/i.exec(entry)?.[1];
    if (mail !== undefined) mailboxes.push(mail);
    else if (/^https:\/\/\S+$/i.test(entry)) webs.push(entry);
    else return null;
  }
  return { mailboxes, webs };
}
