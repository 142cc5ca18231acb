// The manual's page on registries says what the table of their states says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { registriesPage } from '../../scripts/registries-page.ts';

it('docs/registries.md is up to date (npm run docs makes it anew)', () => {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'registries.md');
  expect(readFileSync(path, 'utf8')).toBe(registriesPage());
});
