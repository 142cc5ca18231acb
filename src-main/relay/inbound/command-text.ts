// A command line as text: UTF-8 without control characters, or nothing.
import { isAscii } from 'node:buffer';

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Null when the line holds control characters or is not UTF-8. Spaces and tabs at its end are ignored (RFC 5321 §4.1.1). */
export function readCommandText(line: Buffer): string | null {
  let end = line.length;
  while (end > 0 && (line[end - 1] === 32 || line[end - 1] === 9)) end--;
  const octets = line.subarray(0, end);
  for (const octet of octets) if (octet < 32 || octet === 127) return null;
  if (isAscii(octets)) return octets.toString('latin1');
  try {
    return utf8.decode(octets);
  } catch {
    return null;
  }
}
