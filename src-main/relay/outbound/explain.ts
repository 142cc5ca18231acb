// Why a destination could not be used, in words for the admin.
import type { Destination } from '../../../shared/domain.ts';

/** What the server said last; null when it said nothing. */
export function explainReply(reply: string | null, destination: Destination): string | null {
  if (reply === null) return null;
  const lines = reply.split('\n');
  const first = lines.find((line) => /^\d{3}/.test(line)) ?? lines[0];
  return `${destination.host} port ${destination.port} answered: ${first ?? ''}`;
}

/** What the system said. */
export function explain(error: NodeJS.ErrnoException, destination: Destination): string {
  const where = `${destination.host} port ${destination.port}`;
  switch (error.code) {
    case 'ECONNREFUSED':
      return `${where} refused the connection: nothing listens there`;
    case 'ETIMEDOUT':
      return `${where} did not answer in time`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `no way to ${where}: the network says it cannot be reached`;
    case 'EADDRNOTAVAIL':
      return `cannot use the source address ${destination.sourceAddress ?? ''}: this machine does not have it`;
    case 'ENOTFOUND':
    case 'EDNS':
    case 'ENODATA':
    case 'ESERVFAIL':
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return `the name ${destination.host} could not be looked up (${error.message})`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `${where} closed the connection without a word`;
    default:
      return `${where}: ${error.message}`;
  }
}
