// PROXY headers, versions 1 and 2, whole and in pieces, good and bad.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readProxyHeader } from '../../../src-main/relay/inbound/proxy.ts';
import { inNetworks } from '../../../src-main/relay/policy/filters/ip-addresses.ts';
import { seededRandom } from '../../lab/random.ts';

const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];

function binary(command: number, family: number, body: number[]): Buffer {
  return Buffer.from([...signature, command, family, body.length >> 8, body.length & 255, ...body]);
}

const ipv4Body = [192, 0, 2, 1, 198, 51, 100, 2, 0x30, 0x39, 0, 25];
const ipv6 = (last: number) => [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last];
const ends = { remoteAddress: '192.0.2.1', remotePort: 12345, localAddress: '198.51.100.2', localPort: 25 };

const good: [string, Buffer, object][] = [
  ['v1 over IPv4', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 12345 25\r\n'), { kind: 'proxied', ends }],
  [
    'v1 over IPv6',
    Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 12345 25\r\n'),
    { kind: 'proxied', ends: { ...ends, remoteAddress: '2001:db8::1', localAddress: '2001:db8::2' } },
  ],
  ['v1 UNKNOWN', Buffer.from('PROXY UNKNOWN\r\n'), { kind: 'local' }],
  ['v1 UNKNOWN with more', Buffer.from('PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n'), { kind: 'local' }],
  ['v2 over IPv4', binary(0x21, 0x11, ipv4Body), { kind: 'proxied', ends }],
  ['v2 with extensions', binary(0x21, 0x11, [...ipv4Body, 4, 0, 1, 0]), { kind: 'proxied', ends }],
  [
    'v2 over IPv6',
    binary(0x21, 0x21, [...ipv6(1), ...ipv6(2), 0x30, 0x39, 0, 25]),
    { kind: 'proxied', ends: { ...ends, remoteAddress: '2001:db8::1', localAddress: '2001:db8::2' } },
  ],
  ['v2 LOCAL', binary(0x20, 0x00, []), { kind: 'local' }],
  ['v2 LOCAL with addresses', binary(0x20, 0x11, ipv4Body), { kind: 'local' }],
  ['v2 without addresses', binary(0x21, 0x00, []), { kind: 'local' }],
  [
    'v2 over a UNIX socket',
    binary(
      0x21,
      0x31,
      Array.from({ length: 216 }, () => 0),
    ),
    { kind: 'local' },
  ],
];

describe('a good header', () => {
  it.each(good)('%s', (_, octets, expected) => {
    const after = Buffer.concat([octets, Buffer.from('EHLO x\r\n')]);
    expect(readProxyHeader(after)).toEqual({ ...expected, length: octets.length });
  });

  it.each(good)('%s, cut anywhere, asks for more', (_, octets) => {
    for (let length = 0; length < octets.length; length++) {
      expect(readProxyHeader(octets.subarray(0, length)).kind).toBe('more');
    }
  });
});

it.each<[string, Buffer]>([
  ['no header', Buffer.from('EHLO client.example\r\n')],
  ['a bare line end', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 12345 25\n'.padEnd(120, 'x'))],
  ['another family’s address', Buffer.from('PROXY TCP4 2001:db8::1 198.51.100.2 1 2\r\n')],
  ['a port too high', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 65536 25\r\n')],
  ['a port with a zero in front', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 025 25\r\n')],
  ['a missing port', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 25\r\n')],
  ['a name', Buffer.from('PROXY TCP4 mail.example 198.51.100.2 1 2\r\n')],
  ['a word too many', Buffer.from('PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n')],
  ['two spaces', Buffer.from('PROXY TCP4  192.0.2.1 198.51.100.2 1 2\r\n')],
  ['lower case', Buffer.from('proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n')],
  ['a line without end', Buffer.from('PROXY '.padEnd(108, 'x'))],
  ['version 1 in binary', binary(0x11, 0x11, ipv4Body)],
  ['an unknown command', binary(0x22, 0x11, ipv4Body)],
  ['UDP', binary(0x21, 0x12, ipv4Body)],
  ['too short a body', binary(0x21, 0x21, ipv4Body)],
  ['a giant body', Buffer.from([...signature, 0x21, 0x11, 0xff, 0xff])],
])('refuses %s', (_, octets) => {
  expect(readProxyHeader(octets).kind).toBe('wrong');
});

it('random octets never throw, and never wait for more than 4 KiB', () => {
  const { seed } = seededRandom();
  const beginning = fc.constantFrom('', 'PROXY ', 'PROXY TCP4 ', Buffer.from(signature).toString('latin1'));
  fc.assert(
    fc.property(beginning, fc.uint8Array({ maxLength: 5000, size: 'max' }), (start, rest) => {
      const octets = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      const { kind } = readProxyHeader(octets);
      if (octets.length >= 4112) expect(kind).not.toBe('more');
    }),
    { seed, numRuns: 2000 },
  );
});

describe('the list of proxies', () => {
  const proxies = ['192.0.2.1', '198.51.100.0/24', '2001:db8::/32'];
  it.each(['192.0.2.1', '::ffff:192.0.2.1', '198.51.100.77', '2001:db8:1::5'])('has %s', (address) =>
    expect(inNetworks(address, proxies)).toBe(true),
  );
  it.each(['192.0.2.2', '198.51.101.1', '2001:db9::1', '', 'nonsense'])('has not %s', (address) =>
    expect(inNetworks(address, proxies)).toBe(false),
  );
});
