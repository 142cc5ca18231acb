// The manual's page on settings says what the schema says.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { settingsPage } from '../../scripts/settings-page.ts';

it('docs/settings.md is up to date (npm run docs makes it anew)', () => {
  const path = join(import.meta.dirname, '..', '..', 'docs', 'settings.md');
  expect(readFileSync(path, 'utf8')).toBe(settingsPage());
});
