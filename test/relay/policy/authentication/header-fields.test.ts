// The header section as signatures see it: the same fields that the library finds, whatever a header is made of.
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readFields } from '../../../../src-main/relay/policy/authentication/header-fields.ts';
import { seededRandom } from '../../../lab/random.ts';

const { parseHeaders } = createRequire(import.meta.url)('mailauth/lib/tools') as {
  parseHeaders: typeof readFields;
};

const plain = (section: Buffer, read: typeof readFields) =>
  read(section).parsed.map(({ key, casedKey, line }) => ({
    key: typeof key === 'string' ? key : null,
    casedKey,
    line: line.toString('latin1'),
  }));

const piece = fc.constantFrom(
  'From: a@b.example',
  'Subject : x',
  'DKIM-Signature: v=1',
  'Name',
  'Name \t',
  ': no name',
  ' : after a name',
  ':',
  ' folded',
  '\tfolded: too',
  'no field at all',
  'Stra\u00dfe: \u00dc',
  '\u00a0nbsp: x',
  'a b: c',
  '',
  ' ',
  'X:',
  '\n',
  '\r\n',
  '\r\n',
  '\r\n',
  '\r\n',
);

it('finds the same fields as the library, and the same octets in each', () => {
  const { seed } = seededRandom();
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
      const section = Buffer.from(pieces.join(''), 'latin1');
      expect(plain(section, readFields)).toEqual(plain(section, parseHeaders));
    }),
    { seed, numRuns: 20_000 },
  );
});
