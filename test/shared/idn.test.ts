// Names in other scripts: as they go over the wire, and as people read them.
import { domainToUnicode } from 'node:url';
import { describe, expect, it } from 'vitest';
import { shownName, toUnicodeName } from '../../shared/idn.ts';
import { toDomainName } from '../../shared/names.ts';

const names = [
  'münchen.example',
  'bücher.example',
  '例え.テスト',
  'пример.испытание',
  'παράδειγμα.δοκιμή',
  'ألعربية.example',
  'a-ü-b.ça.example',
  '😀.example',
];

describe('a name in another script', () => {
  it.each(names)('%s goes over the wire as A-labels and is shown as it was typed', (name) => {
    const wire = toDomainName(name);
    expect(wire).toMatch(/^[\x21-\x7e]+$/);
    expect(toUnicodeName(wire!)).toBe(name);
    expect(toUnicodeName(wire!)).toBe(domainToUnicode(wire!));
  });

  it('is shown with what goes over the wire behind it', () => {
    expect(shownName('xn--mnchen-3ya.example')).toBe('münchen.example (xn--mnchen-3ya.example)');
    expect(shownName('example.com')).toBe('example.com');
  });

  it.each(['xn--', 'xn--!!!', 'xn--999999999', 'xn--a-\u00fc', 'a.xn--.example'])(
    'stays as it is where it is no Punycode: %s',
    (name) => {
      expect(toUnicodeName(name)).toBe(name);
    },
  );
});
