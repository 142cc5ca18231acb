// Reading message data: dot-stuffing, the end, and line ends that are none.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataReader } from '../../../src-main/relay/inbound/data-reader.ts';

/** Feeds the octets in pieces of the given sizes (repeated), and gathers what comes out. */
function read(wire: string, sizes: number[]) {
  const reader = new DataReader();
  const octets = Buffer.from(wire, 'latin1');
  let content = '';
  let at = 0;
  for (let turn = 0; at < octets.length; turn++) {
    const size = sizes[turn % sizes.length] ?? 1;
    const chunk = reader.read(octets.subarray(at, at + size));
    at += size;
    content += chunk.content.toString('latin1');
    if (chunk.rest !== null) {
      return {
        content,
        rest: chunk.rest.toString('latin1') + octets.subarray(at).toString('latin1'),
        bare: reader.bareLineEnd,
        eightBit: reader.eightBit,
      };
    }
  }
  return { content, rest: null, bare: reader.bareLineEnd, eightBit: reader.eightBit };
}

/** What a client does to a message before it sends it (RFC 5321 §4.5.2). */
function stuff(message: string): string {
  return `${message.replace(/(^|\r\n)\./g, '$1..')}.\r\n`;
}

describe('message data', () => {
  it.each([
    ['an empty message', '.\r\n', '', ''],
    ['a line', 'a\r\n.\r\n', 'a\r\n', ''],
    ['commands after the end', 'a\r\n.\r\nQUIT\r\n', 'a\r\n', 'QUIT\r\n'],
    ['a stuffed dot', '..\r\n.\r\n', '.\r\n', ''],
    ['a dot at the start of a line that nobody stuffed', '.a\r\n.\r\n', 'a\r\n', ''],
    ['a dot inside a line', 'a.\r\n.b\r\n.\r\n', 'a.\r\nb\r\n', ''],
    ['lines of dots', '...\r\n....\r\n.\r\n', '..\r\n...\r\n', ''],
  ])('takes %s', (_, wire, content, rest) => {
    for (const sizes of [[1], [2], [3], [1000]]) {
      expect(read(wire, sizes)).toMatchObject({ content, rest, bare: false });
    }
  });

  it.each([
    ['LF.LF', 'a\n.\nQUIT\r\n'],
    ['LF.CRLF', 'a\n.\r\nQUIT\r\n'],
    ['CRLF.LF', 'a\r\n.\nQUIT\r\n'],
    ['CR.CR', 'a\r.\rQUIT\r\n'],
    ['CR.CRLF', 'a\r.\r\nQUIT\r\n'],
    ['CRLF.CR', 'a\r\n.\rQUIT\r\n'],
    ['LF.CR', 'a\n.\rQUIT\r\n'],
    ['CRLF.CRCRLF', 'a\r\n.\r\r\nQUIT\r\n'],
    ['NUL before the dot', 'a\r\n\0.\r\nb\n'],
  ])('does not end at %s, and notices', (_, wire) => {
    for (const sizes of [[1], [2], [5], [1000]]) {
      expect(read(wire, sizes)).toMatchObject({ rest: null, bare: true });
    }
  });

  it('gives back any message that a client stuffed, however the network cuts it', () => {
    const line = fc.string({ unit: fc.constantFrom('.', 'a', '\0', '\xff', ' '), maxLength: 6 });
    const message = fc
      .array(line, { maxLength: 8 })
      .map((lines) => lines.map((one) => `${one}\r\n`).join(''));
    fc.assert(
      fc.property(
        message,
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        (text, sizes) => {
          expect(read(`${stuff(text)}NOOP\r\n`, sizes)).toEqual({
            content: text,
            rest: 'NOOP\r\n',
            bare: false,
            eightBit: text.includes('\xff'),
          });
        },
      ),
      { verbose: true },
    );
  });

  it('finds the same in any octets, in one piece or in many', () => {
    const wire = fc.string({ unit: fc.constantFrom('\r', '\n', '.', 'x'), maxLength: 24 });
    fc.assert(
      fc.property(
        wire,
        fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 4 }),
        (text, sizes) => {
          const whole = read(text, [1000]);
          const pieces = read(text, sizes);
          // A dot or CR at the very end waits for what comes next, in pieces as in one.
          expect(pieces).toEqual(whole);
          const end = /(^|\r\n)\.\r\n/.exec(text);
          expect(whole.rest === null).toBe(end === null);
        },
      ),
      { verbose: true, numRuns: 2000 },
    );
  });
});
