// Tells a recipient that the server does not have from a domain that it is not home for, where its words leave that open or one recipient may stand for all.
import type { Reply } from '../../../shared/message.ts';
import { classifyReply } from '../../../shared/replies/classify.ts';
import { saysEither } from '../../../shared/replies/parse-reply.ts';

/** Whether a refusal of one recipient may be meant of the whole domain. */
export function mayMeanDomain(reply: Reply): boolean {
  return saysEither(reply) || deniesRelay(reply);
}

function deniesRelay(reply: Reply): boolean {
  return reply.code >= 400 && classifyReply(reply, { stage: 'rcpt' }).cause === 'relay-denied';
}

/**
 * Whether the server is not home for the domain of an address that it refused in such words. It is asked for the domain's
 * postmaster, whom every home of a domain takes mail for (RFC 5321 §4.5.1). Undefined: that could not be found out, and the words
 * count as they are.
 * @param ask says RCPT in the transaction that is open; null when the connection ended before the answer.
 */
export async function isNotHome(
  { address, reply }: { address: string; reply: Reply },
  ask: (recipient: string) => Promise<Reply | null>,
): Promise<boolean | undefined> {
  const postmaster = `postmaster@${address.slice(address.lastIndexOf('@') + 1)}`;
  if (address.toLowerCase() === postmaster.toLowerCase()) return saysEither(reply) ? true : undefined;
  const said = await ask(postmaster);
  if (saysEither(reply)) return said !== null && saysEither(said);
  if (said === null) return undefined;
  if (said.code >= 200 && said.code < 300) return false;
  return mayMeanDomain(said) ? true : undefined;
}
