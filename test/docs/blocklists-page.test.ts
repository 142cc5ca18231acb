// The manual's page on blocklists says what the catalogue says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { blocklistsPage } from '../../scripts/blocklists-page.ts';

it('docs/blocklists.md is up to date (npm run docs makes it anew)', () => {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'blocklists.md');
  expect(readFileSync(path, 'utf8')).toBe(blocklistsPage());
});
