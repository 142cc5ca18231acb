// Hops and letters of a header section, however it is cut.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { headerLimits, type HeaderExcess } from '../../../src-main/relay/inbound/header-limits.ts';
import { HeaderScan } from '../../../src-main/relay/inbound/header-scan.ts';
import { receivedField } from '../../../src-main/relay/inbound/received.ts';
import { seededRandom } from '../../lab/random.ts';

const ours = receivedField({
  helo: 'mx.example.org',
  clientAddress: '192.0.2.7',
  hostname: 'relay.example.net',
  protocol: 'ESMTPS',
  tls: { version: 'TLSv1.3', standardName: 'TLS_AES_256_GCM_SHA384' },
  id: 'ABC123',
  receivedAt: 0,
  recipient: 'bob@example.com',
}).toString();
const other = 'Received: from a\r\n\tby b with ESMTP id 1; now\r\n';

function scan(message: string, cuts: number[] = []): { hops: number; own: number; international: boolean } {
  const octets = Buffer.from(message);
  const one = new HeaderScan('relay.example.net');
  let from = 0;
  for (const cut of [...cuts.filter((at) => at < octets.length).sort((a, b) => a - b), octets.length]) {
    one.push(octets.subarray(from, cut));
    from = cut;
  }
  one.end();
  return { hops: one.hops, own: one.own, international: one.international };
}

describe('the header scan', () => {
  it.each<[string, string, object]>([
    ['counts relays', `${other}${other}Subject: x\r\n\r\n${other}`, { hops: 2, own: 0 }],
    ['knows our own', `${ours}${other}${ours}\r\nbody`, { hops: 3, own: 2 }],
    ['takes any case', `RECEIVED: x\r\nreceived:y\r\n\r\n`, { hops: 2 }],
    ['is not fooled by another field', `X-Received: x\r\nSubject: a\r\n received: y\r\n\r\n`, { hops: 0 }],
    ['is not fooled by our name in another field', `X: by relay.example.net (Mailward) \r\n\r\n`, { own: 0 }],
    ['does without a body', other, { hops: 1 }],
    ['does with nothing', '', { hops: 0, own: 0, international: false }],
    ['sees letters beyond ASCII', 'Subject: Grüße\r\n\r\n', { international: true }],
    ['does not care for those in the body', 'Subject: x\r\n\r\nGrüße\r\n', { international: false }],
  ])('%s', (_, message, expected) => expect(scan(message)).toMatchObject(expected));

  it('finds the same however the octets are cut', () => {
    const { seed } = seededRandom();
    const part = fc.constantFrom(
      ours,
      other,
      'Subject: x\r\n',
      ' folded\r\n',
      '\r\n',
      'ü\r\n',
      'a',
      `X: ${'y'.repeat(3000)}\r\n`,
    );
    fc.assert(
      fc.property(
        fc.array(part, { maxLength: 12 }),
        fc.array(fc.nat(4000), { maxLength: 30 }),
        (parts, cuts) => {
          const message = parts.join('');
          expect(scan(message, cuts)).toEqual(scan(message));
        },
      ),
      { seed, numRuns: 2000 },
    );
  });
});

describe('a header section that is too large', () => {
  const { octets, lines, fieldOctets, fieldLines } = headerLimits;
  const fold = (count: number) => `To: a@b.example,\r\n${' c@d.example,\r\n'.repeat(count - 1)}`;
  const wide = (length: number) => `X: ${'y'.repeat(length - 5)}\r\n`;

  function excess(message: string, size: number): HeaderExcess | null {
    const one = new HeaderScan('relay.example.net');
    const all = Buffer.from(message);
    for (let from = 0; from < all.length; from += size) one.push(all.subarray(from, from + size));
    one.end();
    return one.excess;
  }

  it.each<[string, string, HeaderExcess | null]>([
    [
      '5,000 fields and 500 KB, as the largest systems take them',
      'X: '.padEnd(100, 'y').concat('\r\n').repeat(5_000),
      null,
    ],
    ['as many lines in a field as there may be', fold(fieldLines), null],
    ['a line more in a field', fold(fieldLines + 1), 'fieldLines'],
    ['as many lines as there may be', 'a: b\r\n'.repeat(lines), null],
    ['a line more', 'a: b\r\n'.repeat(lines + 1), 'lines'],
    ['a field as large as it may be', wide(fieldOctets), null],
    ['a larger field', wide(fieldOctets + 1), 'fieldOctets'],
    ['a field without an end', 'y'.repeat(fieldOctets + 1), 'fieldOctets'],
    ['two large fields, of which each is small enough', wide(400_000) + wide(400_000), null],
    ['as large as it may be', wide(fieldOctets) + wide(octets - fieldOctets), null],
    ['an octet larger', wide(fieldOctets) + wide(octets - fieldOctets - 10) + wide(11), 'octets'],
    ['a large body', `a: b\r\n\r\n${'y'.repeat(octets * 2)}${'\r\n y'.repeat(lines * 2)}`, null],
  ])('%s', (_, message, expected) => {
    for (const size of [65_536, 1_000_000_000, 4093]) expect(excess(message, size)).toBe(expected);
  });
});
