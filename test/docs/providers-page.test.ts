// The manual's page on companies says what the catalogue says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { providersPage } from '../../scripts/providers-page.ts';

it('docs/providers.md is up to date (npm run docs makes it anew)', () => {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'providers.md');
  expect(readFileSync(path, 'utf8')).toBe(providersPage());
});
