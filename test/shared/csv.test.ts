// Cells of tables for other programs: nothing in them runs, however the table is read, and all of it can be read back.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { csvCell, unguarded } from '../../shared/csv.ts';

const texts = fc.array(
  fc.constantFrom('=', '+', '-', '@', "'", ' ', ';', '\t', '\r', '\n', ',', 'a', '\uff1d'),
  {
    maxLength: 12,
  },
);

it('no cell is a formula, whether commas, semicolons or tabs separate', () => {
  fc.assert(
    fc.property(texts, (letters) => {
      const read = csvCell(letters.join('')).replaceAll('"', '');
      for (const part of read.split(/[;\t\r\n]/)) expect(part).not.toMatch(/^\s*[=+\-@\uff1d]/);
    }),
  );
});

it('is read back as it was', () => {
  fc.assert(
    fc.property(texts, (letters) => {
      const text = letters.join('');
      const cell = csvCell(text);
      const inside = cell.startsWith('"') ? cell.slice(1, -1).replaceAll('""', '"') : cell;
      expect(unguarded(inside)).toBe(text);
    }),
  );
});
