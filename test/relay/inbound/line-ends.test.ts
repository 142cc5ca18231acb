// Line ends of old devices: each LF gets its CR, wherever the octets are cut, and nothing else is touched.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineEnds } from '../../../src-main/relay/inbound/line-ends.ts';

function mend(...chunks: string[]): string {
  const ends = new LineEnds();
  return chunks.map((chunk) => ends.mend(Buffer.from(chunk, 'latin1')).toString('latin1')).join('');
}

describe('a bare LF', () => {
  it.each([
    ['a\nb\n', 'a\r\nb\r\n'],
    ['a\r\nb\r\n', 'a\r\nb\r\n'],
    ['\n.\n', '\r\n.\r\n'],
    ['\n\n', '\r\n\r\n'],
    // A bare CR is no line end, from nobody.
    ['a\rb\r\n', 'a\rb\r\n'],
  ])('%j becomes %j', (text, mended) => {
    expect(mend(text)).toBe(mended);
  });

  it('is one wherever the octets are cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', '\r', '\n', '.'), { maxLength: 30 }),
        fc.nat(30),
        (letters, cut) => {
          const text = letters.join('');
          expect(mend(text.slice(0, cut), text.slice(cut))).toBe(text.replace(/(?<!\r)\n/g, '\r\n'));
        },
      ),
    );
  });
});
