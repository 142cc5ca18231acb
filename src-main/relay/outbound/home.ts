// Tells "no such user" from "not home for the domain" where a server has one answer for both.
import type { Reply } from '../../../shared/message.ts';
import { saysEither } from '../../../shared/replies/wire.ts';

/**
 * Whether the server is not home for the domain of an address that it refused in words that mean either. It is asked for
 * the domain's postmaster, whom every home of a domain takes mail for (RFC 5321 §4.5.1).
 * @param ask says RCPT in the transaction that is open; null when the connection ended before the answer.
 */
export async function isNotHome(
  address: string,
  ask: (recipient: string) => Promise<Reply | null>,
): Promise<boolean> {
  const postmaster = `postmaster@${address.slice(address.lastIndexOf('@') + 1)}`;
  if (address.toLowerCase() === postmaster.toLowerCase()) return true;
  const reply = await ask(postmaster);
  return reply !== null && saysEither(reply);
}
