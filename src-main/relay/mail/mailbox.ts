// A mailbox's address: local part and domain, and the one form under which things are remembered about it.
import { toDomainName } from '../../../shared/names.ts';

/** A mailbox as we keep it: the local part as given, the domain as lower-case A-labels. */
export interface Mailbox {
  address: string;
  domain: string;
}

/**
 * Reads an address that the SMTP parser let through. Returns null when its domain is not a domain name
 * (an address literal, say): such mail is never for a domain of ours.
 */
export function readMailbox(address: string): Mailbox | null {
  const at = address.lastIndexOf('@');
  if (at < 1) return null;
  const domain = toDomainName(address.slice(at + 1));
  return domain === null ? null : { address: `${address.slice(0, at)}@${domain}`, domain };
}

/**
 * Lower case, composed (NFC), and without quotes that say nothing: servers that tell `Bob` from `bob` are all but extinct
 * (RFC 5321 §2.4 asks nobody to be one), and a spammer's spelling must not make ten recipients of one.
 */
export function recipientKey({ address, domain }: Mailbox): string {
  let local = address.slice(0, address.length - domain.length - 1);
  const quoted = /^"((?:[^"\\]|\\.)*)"$/s.exec(local);
  if (quoted) {
    const bare = (quoted[1] ?? '').replace(/\\(.)/gs, '$1');
    // Only what is a dot-string without its quotes (RFC 5321 §4.1.2) is the same mailbox as one.
    if (/^[^\s"(),:;<>@[\\\]\p{Cc}.]+(\.[^\s"(),:;<>@[\\\]\p{Cc}.]+)*$/u.test(bare)) local = bare;
  }
  return `${local.normalize('NFC').toLowerCase()}@${domain}`;
}

/** `postmaster` of any domain: it is always accepted (RFC 5321 §4.5.1), and so never learned and never asked for. */
export function isPostmaster(key: string): boolean {
  return key.startsWith('postmaster@');
}
