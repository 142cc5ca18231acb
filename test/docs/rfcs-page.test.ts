// The manual's index of RFCs: every RFC that the code names is in it, and says where.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { rfcsIn, rfcsInCode, rfcsPage } from '../../scripts/rfcs-page.ts';

it('is what `npm run docs` writes, with every RFC that the code names', () => {
  const page = readFileSync(join(import.meta.dirname, '../../docs/rfcs.md'), 'utf8');
  expect(page).toBe(rfcsPage());
  for (const number of rfcsInCode().keys()) expect(page).toContain(`| [${number}](`);
});

it('finds RFCs however they are named', () => {
  expect(
    rfcsIn(
      'RFC 5321 §4.5.1, RFC 3464, 3834 and 6533; (RFC 7480–7484, 9082), section 5.3; RFCs 952 and 1123.',
    ),
  ).toEqual([5321, 3464, 3834, 6533, 7480, 7484, 9082, 952, 1123]);
});
