// Paths of MAIL and RCPT: what is an address, what is not, and in which one form it is kept (RFC 5321 §4.1.2, RFC 6531).
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPostmaster, readPath, routesOn, type PathKind } from '../../../src-main/relay/inbound/path.ts';
import { seededRandom } from '../../lab/random.ts';

function read(text: string, kind: PathKind = 'forward') {
  const result = readPath(text, 0, kind);
  return 'wrong' in result ? null : { ...result.path, rest: text.slice(result.end) };
}

const label = (length: number) => 'a'.repeat(length);

describe('what is a path', () => {
  it.each([
    ['<bob@example.com>', 'bob@example.com'],
    ['<Bob.Smith@EXAMPLE.Com>', 'Bob.Smith@example.com'],
    ['<"a b"@example.com>', '"a b"@example.com'],
    ['<"a@b"@example.com>', '"a@b"@example.com'],
    ['<"a\\"b\\\\c"@example.com>', '"a\\"b\\\\c"@example.com'],
    ['<"\\a\\b"@example.com>', 'ab@example.com'],
    ['<"bob"@example.com>', 'bob@example.com'],
    ['<"bob."@example.com>', '"bob."@example.com'],
    ["<!#$%&'*+-/=?^_`{|}~@example.com>", "!#$%&'*+-/=?^_`{|}~@example.com"],
    ['<@relay.example,@[192.0.2.1]:bob@example.com>', 'bob@example.com'],
    ['<bob@[192.0.2.1]>', 'bob@[192.0.2.1]'],
    ['<bob@[IPv6:2001:DB8::1]>', 'bob@[IPv6:2001:db8::1]'],
    ['<bob@bücher.example>', 'bob@xn--bcher-kva.example'],
    ['<bob@xn--bcher-kva.example>', 'bob@xn--bcher-kva.example'],
    ['<jürgen@example.com>', 'jürgen@example.com'],
    ['<邮件@例子.example>', '邮件@xn--fsqu00a.example'],
    ['<😀@example.com>', '😀@example.com'],
    [`<${label(64)}@example.com>`, `${label(64)}@example.com`],
    [`<${label(88)}@example.com>`, `${label(88)}@example.com`],
    [`<${label(255)}@example.com>`, `${label(255)}@example.com`],
    ['<bob@under_score.example.com>', 'bob@under_score.example.com'],
  ])('%s is %s', (text, address) => {
    expect(read(text)?.address).toBe(address);
  });

  it.each([
    'bob@example.com',
    '<bob@example.com',
    '<>',
    '< bob@example.com>',
    '<bob@example.com >',
    '<bob @example.com>',
    '<bob@@example.com>',
    '<a@b@example.com>',
    '<.bob@example.com>',
    '<bob.@example.com>',
    '<b..ob@example.com>',
    '<@example.com>',
    '<bob@>',
    '<bob>',
    '<bob@example..com>',
    '<bob@.example.com>',
    '<bob@example.com.>',
    '<bob@-example.com>',
    '<bob@example.com-.de>',
    '<bob(comment)@example.com>',
    '<bob@example.com(comment)>',
    '<"bob@example.com>',
    '<""@example.com>',
    '<"a>b"@example.com>',
    '<"a<b"@example.com>',
    '<"a\x00b"@example.com>',
    '<bob@[192.0.2.256]>',
    '<bob@[192.0.2.1>',
    '<bob@[IPv6:fe80::1%eth0]>',
    '<bob@[2001:db8::1]>',
    '<bob@[X-tag:whatever]>',
    '<bob@example\u3002com>',
    '<bob@example\uff0ecom>',
    '<bob@example\uff61com>',
    '<bob@\uff45xample.com>',
    '<bob@exam\u200bple.com>',
    '<bob\u202e@example.com>',
    '<@relay.example bob@example.com>',
    '<@relay.example;bob@example.com>',
    `<${label(256)}@example.com>`,
    `<a@${[label(63), label(63), label(63), label(63)].join('.')}.example>`,
    `<@${Array.from({ length: 9 }, () => label(60)).join('.')}:${label(60)}@${label(60)}.example.com>`,
  ])('%j is none', (text) => {
    expect(read(text)).toBeNull();
  });

  it('only a sender may be empty, and only postmaster needs no domain', () => {
    expect(read('<>', 'reverse')?.address).toBe('');
    expect(read('<Postmaster>')).toMatchObject({ address: 'Postmaster', domain: null });
    expect(read('<postmaster>', 'reverse')).toBeNull();
    expect(isPostmaster('POSTMASTER@example.com')).toBe(true);
    expect(isPostmaster('postmaster2@example.com')).toBe(false);
  });

  it.each([
    ['<foo..bar@docomo.example>', '"foo..bar"@docomo.example'],
    ['<foo.@docomo.example>', '"foo."@docomo.example'],
    ['<.foo@docomo.example>', '".foo"@docomo.example'],
    ['<f...oo..@docomo.example>', '"f...oo.."@docomo.example'],
  ])('a sender may have dots where none may stand, and goes on in quotes: %s', (text, address) => {
    expect(read(text, 'reverse')?.address).toBe(address);
    expect(read(`<${address}>`, 'reverse')?.address).toBe(address);
    expect(read(text)).toBeNull();
  });

  it('but not be made of dots alone', () => {
    expect(read('<..@docomo.example>', 'reverse')).toBeNull();
  });

  it('says which addresses need SMTPUTF8', () => {
    expect(read('<bob@bücher.example>')?.international).toBe(true);
    expect(read('<jürgen@example.com>')?.international).toBe(true);
    expect(read('<bob@xn--bcher-kva.example>')?.international).toBe(false);
  });

  it('look-alikes are other domains', () => {
    expect(read('<bob@ех\u0430mple.com>')?.domain).toMatch(/^xn--/);
  });
});

describe('whatever is thrown at it', () => {
  const { seed } = seededRandom();
  const piece = fc.oneof(
    fc.constantFrom(
      '<',
      '>',
      '@',
      '"',
      '\\',
      '.',
      ':',
      ',',
      '[',
      ']',
      ' ',
      '%',
      '!',
      '(',
      ')',
      'a',
      'example.com',
      'IPv6:',
      '\0',
      'ü',
      '。',
      '😀',
      '-',
    ),
    fc.string({ unit: 'binary', maxLength: 4 }),
  );
  const text = fc.array(piece, { maxLength: 40 }).map((pieces) => pieces.join(''));

  it(`reads it or refuses it, and what it reads reads the same again (seed ${seed})`, () => {
    fc.assert(
      fc.property(text, fc.boolean(), (inner, bracketed) => {
        const result = read(bracketed ? `<${inner}>` : inner);
        if (result === null) return;
        expect(result.address).not.toMatch(/[\p{Cc}<>]/u);
        const again = read(`<${result.address}>`);
        expect(again?.address).toBe(result.address);
      }),
      { seed, numRuns: 20_000 },
    );
  });

  it('is linear: a hundred thousand of anything is read at once', () => {
    for (const one of ['"', '\\', '@a,', '.', 'a.', '<', '[', 'ü', '%', '" ']) {
      const many = one.repeat(100_000);
      expect(read(`<${many}@example.com>`)).toBeNull();
      expect(read(`<"${many}`)).toBeNull();
      expect(read(`<@${many}`)).toBeNull();
    }
  });
});

describe('a local part that names a way through us', () => {
  it.each([
    'victim%elsewhere.example',
    'victim%[192.0.2.1]',
    'victim%192.0.2.1',
    'a%b%elsewhere.example',
    'victim@elsewhere.example',
    'elsewhere.example!victim',
    'one!two!victim',
    'victim@[IPv6:2001:db8::1]',
  ])('%s does', (local) => expect(routesOn(local)).toBe(true));

  it.each([
    'bob',
    '100%',
    '50%off',
    'a b',
    'a@b',
    'wow!',
    '!bang',
    "o'neil",
    'bounce+bob=elsewhere.example',
    'SRS0=abc=de=elsewhere.example=bob',
  ])('%s does not', (local) => expect(routesOn(local)).toBe(false));
});
