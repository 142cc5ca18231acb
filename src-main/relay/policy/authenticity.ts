// Whether a message's sender is real: SPF for the envelope sender's domain, or a DKIM signature of a domain that goes with it.
// A bounce to anybody else would be backscatter: spam sent by us to the person whose address was forged.
import { getDomain } from 'tldts';
import { z } from 'zod';
import { ownName } from '../inbound/header.ts';
import type { Resolve } from '../resolver.ts';
import { readMailbox } from './directory.ts';

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
export interface Evidence {
  sender: string;
  clientAddress: string;
  helo: string;
  /** The whole message as it was received. */
  content: Buffer;
}

const LONGEST = 20_000;

/** Asks DNS. Rejects when DNS could not be asked: that is no answer, and to be tried again. */
export async function checkAuthenticity(
  evidence: Evidence,
  resolve: Resolve,
  hostname: string,
): Promise<Authenticity> {
  // Loaded when first needed: it is large, and most mail is delivered without a question.
  const { dkimVerify, spf } = await import('mailauth');
  const resolver = resolve as (name: string, type: string) => Promise<string[][] | string[]>;
  const signed = /^dkim-signature:/im.test(evidence.content.subarray(0, 65_536).toString('latin1'));
  const [bySpf, byDkim] = await Promise.all([
    spf({
      sender: evidence.sender,
      ip: evidence.clientAddress,
      helo: evidence.helo,
      mta: ownName(hostname),
      resolver,
      maxElapsedTime: LONGEST,
    }),
    signed ? dkimVerify(evidence.content, { resolver, sender: evidence.sender }) : null,
  ]);
  const results = byDkim?.results ?? [];
  // Its types leave out what it answers for a sender that has no domain.
  const spfResult = ((bySpf as typeof bySpf | false) || null)?.status.result ?? 'none';
  const dkim = results.flatMap((one) =>
    one.status.result === 'pass' && one.signingDomain && !one.canonBodyLengthLimited
      ? [one.signingDomain.toLowerCase()]
      : [],
  );
  const unclear = spfResult === 'temperror' || results.some((one) => one.status.result === 'temperror');
  const found = { spf: spfResult, dkim, at: Date.now() };
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
