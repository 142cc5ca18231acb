// Domain names, hosts and ports as people type them.
import { describe, expect, it } from 'vitest';
import {
  domainNameSchema,
  formatHostPort,
  hostSchema,
  parseHostPort,
  smtpName,
  toDomainName,
} from '../../shared/names.ts';

describe('a domain name', () => {
  it.each([
    ['Example.COM', 'example.com'],
    [' example.com. ', 'example.com'],
    ['bücher.example', 'xn--bcher-kva.example'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['_dmarc.example.com', '_dmarc.example.com'],
    ['3com.example', '3com.example'],
  ])('%s is taken as %s', (typed, name) => {
    expect(domainNameSchema.parse(typed)).toBe(name);
  });

  it.each([
    ['192.0.2.1', 'is an IP address'],
    ['[2001:db8::1]', 'is an IP address'],
    ['localhost', 'is a single label'],
    [`${'a'.repeat(60)}.`.repeat(5), 'is too long'],
    ['post@example', 'is an address'],
    ['', 'no domain name here'],
  ])('%s is refused with what it is and what was expected', (typed, words) => {
    const message = domainNameSchema.safeParse(typed).error?.issues[0]?.message ?? '';
    expect(message).toContain(words);
    expect(message).toContain('expected something like example.com');
  });

  it.each([
    'post@example.com',
    '<post@Example.com>',
    'mailto:post@example.com',
    'https://example.com/path?query#part',
    'https://user:password@example.com:8443/',
    'example.com:25',
    'example.com/',
    '*.example.com',
    '"example.com",',
  ])('%s is refused, and the domain in it is named', (typed) => {
    const message = domainNameSchema.safeParse(typed).error?.issues[0]?.message ?? '';
    expect(message).toMatch(/^".*; did you mean example\.com\?$/);
  });

  it.each([
    '',
    ' ',
    'localhost',
    '192.0.2.1',
    '[192.0.2.1]',
    'a@example.com',
    'http://example.com',
    'example.com/x',
    'exa mple.com',
    '-a.example.com',
    'a-.example.com',
    'a..example.com',
    '.example.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(130)}com`,
    'example.com:25',
    'ex%61mple.com',
    'a\0b.example',
  ])('%j is refused with what was expected', (typed) => {
    const result = domainNameSchema.safeParse(typed);
    expect(result.success).toBe(false);
    expect(result.error?.issues[0]?.message).toContain('example.com');
  });

  it('of 300 characters is refused with a message that can be read', () => {
    const message = domainNameSchema.safeParse('x'.repeat(300)).error?.issues[0]?.message ?? '';
    expect(message.length).toBeLessThan(200);
  });

  it('has one form, whatever came in', () => {
    const once = toDomainName('BÜCHER.example.');
    expect(toDomainName(once ?? '')).toBe(once);
  });
});

describe('a host', () => {
  it.each([
    ['mail.example.com', 'mail.example.com'],
    ['localhost', 'localhost'],
    ['192.0.2.1', '192.0.2.1'],
    ['[2001:DB8::1]', '2001:db8::1'],
    ['2001:db8::1', '2001:db8::1'],
  ])('%s', (typed, host) => {
    expect(hostSchema.parse(typed)).toBe(host);
  });

  it.each(['', '999.1.1.1', '1.2.3', 'a b', '2001:db8:::1', 'x:25'])('%j is none', (typed) => {
    expect(hostSchema.safeParse(typed).success).toBe(false);
  });
});

describe('a host and port', () => {
  it.each([
    ['mail.example.com', 25, { host: 'mail.example.com', port: 25 }],
    ['mail.example.com:2525', 25, { host: 'mail.example.com', port: 2525 }],
    ['192.0.2.1:26', undefined, { host: '192.0.2.1', port: 26 }],
    ['[2001:db8::1]:26', undefined, { host: '2001:db8::1', port: 26 }],
    ['[2001:db8::1]', 25, { host: '2001:db8::1', port: 25 }],
    ['2001:db8::1', 25, { host: '2001:db8::1', port: 25 }],
  ] as const)('%s', (typed, defaultPort, expected) => {
    expect(parseHostPort(typed, defaultPort)).toEqual(expected);
  });

  it.each(['', ':25', 'a:b', 'a:0', 'a:65536', 'a:25:26', 'a b:25', '[::1'])('%j is refused', (typed) => {
    expect(() => parseHostPort(typed, 25)).toThrow(/expected|neither/);
  });

  it('needs a port where there is no usual one', () => {
    expect(() => parseHostPort('mail.example.com')).toThrow('expected HOST:PORT');
  });

  it('may be port 0 only for a listener', () => {
    expect(parseHostPort('127.0.0.1:0', undefined, true).port).toBe(0);
  });

  it('is written so that it can be read back', () => {
    for (const pair of [
      { host: '::1', port: 25 },
      { host: 'a.example', port: 587 },
    ]) {
      expect(parseHostPort(formatHostPort(pair.host, pair.port))).toEqual(pair);
    }
  });
});

it.each([
  ['mail.example.com', 'mail.example.com'],
  ['Mail', 'mail'],
  ['192.0.2.1', '[192.0.2.1]'],
  ['2001:db8::1', '[IPv6:2001:db8::1]'],
  ['büro.example', 'xn--bro-hoa.example'],
  ['Anna’s MacBook', 'localhost'],
  ['(none)', 'localhost'],
  ['vm\r\nX: y', 'localhost'],
  ['\ufffd\ufffd', 'localhost'],
  ['', 'localhost'],
])('a host named %j calls itself %s in SMTP', (host, name) => {
  expect(smtpName(host)).toBe(name);
});
