// A message's subject, for people.
import { decodeWords } from './encoded-words.ts';

/** Octets of a header section in which the subject is looked for. */
const LONGEST_HEADER = 32_768;
const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** The decoded value of the first `Subject:` field; empty when there is none. Long ones are cut at 200 characters. */
export function subjectOf(head: Buffer): string {
  const end = head.subarray(0, LONGEST_HEADER).indexOf(EMPTY_LINE);
  const header = head.toString('latin1', 0, end < 0 ? Math.min(head.length, LONGEST_HEADER) : end + 2);
  const match = /(?:^|\r\n)subject:[ \t]*((?:[^\r]|\r\n[ \t])*)/i.exec(header);
  if (!match?.[1]) return '';
  const raw = Buffer.from(match[1].replace(/\r\n[ \t]/g, ' '), 'latin1').toString('utf8');
  // Control characters have no business in a list on screen.
  return decodeWords(raw)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}
