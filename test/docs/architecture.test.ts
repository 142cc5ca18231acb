// The architecture page and the how-tos name files: each is there.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/architecture.md'), 'utf8');

it('gives each part of the way one entry file, first, and it is there', () => {
  const rows = page.split('\n').filter((line) => line.startsWith('| [`'));
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) {
    const [, first = ''] = row.split('|');
    const [, name, link] = /^ \[`([\w./-]+)`\]\(\.\.\/([\w./-]+)\) $/.exec(first) ?? [];
    expect([name, existsSync(join(root, link ?? ''))], row).toEqual([link, true]);
  }
});

it.each(['docs/architecture.md', 'CONTRIBUTING.md'])(
  '%s names only files and folders that are there',
  (path) => {
    const text = readFileSync(join(root, path), 'utf8');
    // Words in capitals stand for names to be chosen.
    const named = [...text.matchAll(/`((?:src-main|src-renderer|shared|test|scripts|docs)\/[\w./-]*)`/g)]
      .map(([, name]) => name!)
      .filter((name) => !/NAME|VERSION/.test(name));
    expect(named.length).toBeGreaterThan(5);
    expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([]);
  },
);
