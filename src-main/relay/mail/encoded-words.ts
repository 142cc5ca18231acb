// Encoded words: text beyond ASCII in header fields (RFC 2047).
import { TextDecoder } from 'node:util';

/** Encoded words of a text that are decoded; a long subject has some ten. */
const MOST_WORDS = 500;
const ENCODED = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

/** Decodes RFC 2047 encoded words; what cannot be decoded stays as it is. */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  const decoders = new Map<string, TextDecoder | null>();
  let left = MOST_WORDS;
  return text
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, '$1')
    .replace(ENCODED, (whole, charset: string, kind: string, data: string) => {
      if (--left < 0) return whole;
      let decoder = decoders.get(charset);
      if (decoder === undefined) decoders.set(charset, (decoder = decoderOf(charset)));
      return decoder?.decode(octetsOf(kind, data)) ?? whole;
    });
}

/** Null for a charset that nobody knows. */
function decoderOf(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset);
  } catch {
    return null;
  }
}

function octetsOf(kind: string, data: string): Buffer {
  if (kind.toLowerCase() === 'b') return Buffer.from(data, 'base64');
  const text = data
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
