// Whether a message's sender is real: SPF for the envelope sender's domain, or a DKIM signature of a domain that goes with it.
// A bounce to anybody else would be backscatter: spam sent by us to the person whose address was forged.
import { getDomain } from 'tldts';
import { z } from 'zod';
import { ownName } from '../smtp/own-name.ts';
import type { Resolve } from '../resolver.ts';
import type { Authenticator } from './authentication/authenticator.ts';
import { readMailbox } from '../mail/mailbox.ts';

export const authenticitySchema = z.object({
  /** SPF's result for MAIL FROM (RFC 7208 §2.6), or `none`. */
  spf: z.string(),
  /** Domains with a valid DKIM signature over the whole body. */
  dkim: z.array(z.string()),
  /** UTC ms. */
  at: z.number().int(),
});
export type Authenticity = z.infer<typeof authenticitySchema>;

/** What there is to check. */
export interface MessageToVerify {
  sender: string;
  clientAddress: string;
  helo: string;
  /** The whole message as it was received. */
  content: Buffer;
}

const LONGEST = 20_000;

/** Asks DNS. Rejects when it could not be found out: that is no answer, and to be tried again. */
export async function checkAuthenticity(
  evidence: MessageToVerify,
  authenticator: Authenticator,
  resolve: Resolve,
  hostname: string,
  now: () => number,
): Promise<Authenticity> {
  const client = {
    ip: evidence.clientAddress,
    helo: evidence.helo,
    sender: evidence.sender,
    mta: ownName(hostname),
  };
  const task = { kind: 'sender', client, longest: LONGEST } as const;
  const { spf, dkim, unclear } = await authenticator.ask(task, evidence.content, resolve);
  const found = { spf, dkim, at: now() };
  if (unclear && shownBy(found, evidence.sender) === null)
    throw new Error('DNS could not be asked about the sender');
  return found;
}

/**
 * What shows that the sender is real; null when nothing does. DKIM counts when its domain and the sender's share their
 * organisational domain (relaxed alignment, RFC 7489 §3.1.1), as the bounce goes to the envelope's sender.
 */
export function shownBy(found: Authenticity, sender: string): 'spf' | 'dkim' | null {
  if (found.spf === 'pass') return 'spf';
  const domain = readMailbox(sender)?.domain;
  if (domain === undefined) return null;
  const organisation = getDomain(domain, { allowPrivateDomains: true }) ?? domain;
  const aligned = (signer: string) =>
    (getDomain(signer, { allowPrivateDomains: true }) ?? signer) === organisation;
  return found.dkim.some(aligned) ? 'dkim' : null;
}
