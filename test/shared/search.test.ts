// A search that finds less than somebody may think says so.
import { expect, it } from 'vitest';
import { searchNotice } from '../../shared/search.ts';

it.each([
  [
    'an',
    '"an" is found only as a whole word; the beginning of a word is found from three letters or digits on.',
  ],
  [
    'an ed invoice',
    '"an", "ed" are found only as whole words; the beginning of a word is found from three letters or digits on.',
  ],
  [
    'anna@ex',
    '"ex" is found only as a whole word; the beginning of a word is found from three letters or digits on.',
  ],
  ['@ anna', '"@" is left out: only letters and digits are looked for.'],
  ['anna', null],
  ['an@example', null],
  ['東', null],
  ['', null],
])('%s', (text, notice) => {
  expect(searchNotice(text)).toBe(notice);
});
