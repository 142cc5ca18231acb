// How large a header section may be. Mail that the large systems of the world take has never come near these figures.
import type { Reply } from '../../../shared/message.ts';
import { reply } from './command.ts';

/**
 * Octets and lines. Gmail refuses a header section of more than 500 KB or 5,000 fields, and a field of more than 32 KB (To, Cc and
 * References may have it all); Exim's default (`header_maxsize`) is 1 MiB; Postfix cuts a field at 102,400 octets (`header_size_limit`);
 * Sendmail refuses more than 32,768 octets (`MaxHeadersLength`).
 */
export const headerLimits = {
  /** The whole header section. */
  octets: 1_048_576,
  /** Its lines, folded ones counted each. */
  lines: 20_000,
  /** A single field, with all lines that it is folded into. */
  fieldOctets: 524_288,
  fieldLines: 10_000,
} as const;

export type HeaderExcess = keyof typeof headerLimits;

const words: Record<HeaderExcess, string> = {
  octets: 'The header section is larger than 1,048,576 octets',
  lines: 'The header section has more than 20,000 lines',
  fieldOctets: 'A header field is larger than 524,288 octets',
  fieldLines: 'A header field is folded into more than 10,000 lines',
};

/** What is said of a message whose header is too large (RFC 3463 X.3.4: too big for this system). */
export function headerTooLarge(excess: HeaderExcess): Reply {
  return reply(552, '5.3.4', words[excess]);
}
