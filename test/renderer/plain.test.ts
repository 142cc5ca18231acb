// What a server said is kept out of headings, and nothing else is.
import { expect, it } from 'vitest';
import { sinceWhen } from '../../src-renderer/format.ts';
import { plainWords } from '../../shared/plain.ts';

it.each([
  [
    'It refuses its mail: 550 5.7.1 <a@b>: Relay (x) denied',
    'It refuses its mail.',
    '550 5.7.1 <a@b>: Relay (x) denied',
  ],
  ['It could not be asked: 421 too busy.', 'It could not be asked.', '421 too busy.'],
  ['It refuses: 550-5.7.1 first\nsecond', 'It refuses.', '550-5.7.1 first\nsecond'],
  [
    'It waits (greylisting): it said “450 4.2.0 later”, and takes it now.',
    'It waits (greylisting), and takes it now.',
    '450 4.2.0 later',
  ],
  [
    'It answers in 41 ms: “220 mail.example.com ESMTP”.',
    'It answers in 41 ms.',
    '220 mail.example.com ESMTP',
  ],
])('%s', (sentence, words, said) => {
  expect(plainWords(sentence)).toEqual({ words, said });
});

it.each(['It took 550 ms.', 'MX: 10 mail.example.com', 'At 192.0.2.1: 250 messages', 'connection refused'])(
  '%s stays as it is',
  (sentence) => {
    expect(plainWords(sentence)).toEqual({ words: sentence, said: null });
  },
);

it('what began long ago has its year', () => {
  const now = Date.UTC(2026, 5, 1);
  expect(sinceWhen(now - 400 * 86_400_000, now)).toMatch(/2025/);
});
