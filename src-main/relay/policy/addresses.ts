// The one form of a recipient's address under which things are remembered about it.
import type { Mailbox } from './directory.ts';

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
