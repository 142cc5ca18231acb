// A message over the wire: dots doubled, and the line that ends it, however the message is cut into pieces.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DataReader } from '../../../src-main/relay/inbound/data-reader.ts';
import { Stuffing } from '../../../src-main/relay/smtp/dot-stuffing.ts';
import { seededRandom } from '../../lab/random.ts';

function wire(content: Buffer, cuts: number[]): Buffer {
  const stuffing = new Stuffing();
  const out: Buffer[] = [];
  let from = 0;
  for (const cut of cuts.map((at) => Math.min(at, content.length)).sort((a, b) => a - b)) {
    out.push(...stuffing.piece(content.subarray(from, cut), false));
    from = cut;
  }
  out.push(...stuffing.piece(content.subarray(from), true));
  return Buffer.concat(out);
}

it.each([
  ['', '.\r\n'],
  ['a\r\n', 'a\r\n.\r\n'],
  ['a', 'a\r\n.\r\n'],
  ['.\r\n', '..\r\n.\r\n'],
  ['..a\r\n.\r\n', '...a\r\n..\r\n.\r\n'],
  ['a.b\r\n', 'a.b\r\n.\r\n'],
])('%j goes out as %j', (content, expected) => {
  expect(wire(Buffer.from(content), []).toString()).toBe(expected);
});

it('comes out at the other end as it went in, in whatever pieces it is sent', () => {
  const lines = fc.array(fc.constantFrom('', '.', '..', '.a', 'a.', 'text', '\xe4 . '), { maxLength: 12 });
  fc.assert(
    fc.property(lines, fc.array(fc.nat(60), { maxLength: 8 }), (texts, cuts) => {
      const content = Buffer.from(texts.map((text) => `${text}\r\n`).join(''), 'latin1');
      const reader = new DataReader();
      const read = reader.read(wire(content, cuts));
      expect(read.rest?.length).toBe(0);
      expect(read.content.equals(content)).toBe(true);
      expect(reader.bareLineEnd).toBe(false);
    }),
    { seed: seededRandom().seed, numRuns: 2000 },
  );
});
