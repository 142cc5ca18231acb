// The manual's pages on checks: one for each, as its definition says, and the matrix as the scenarios say.
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allScenarios, doctorPage, pageOf, pathOfPage, readPage } from '../../scripts/checks-pages.ts';
import { checks } from '../../src-main/probes/catalogue.ts';

const docs = join(import.meta.dirname, '..', '..', 'docs');

it('docs/doctor.md is up to date (npm run docs makes it anew)', async () => {
  expect(readPage('docs/doctor.md')).toBe(doctorPage(await allScenarios()));
});

it('there is a page for every check, and no other', () => {
  const pages = globSync('*.md', { cwd: join(docs, 'checks') }).sort();
  expect(pages).toEqual(checks.map(({ name }) => `${name}.md`).sort());
});

describe.each(checks.map((check) => [check.name, check] as const))('the page of %s', (name, check) => {
  const page = readPage(pathOfPage(name)) ?? '';

  it('is up to date (npm run docs makes its upper part anew)', () => {
    expect(page).toBe(pageOf(check, page));
  });

  it('says what is asked of whom, and what to do about each problem', () => {
    const [, asked = '', todo = ''] =
      /## What is asked of whom\n([^]*)## What to do\n([^]*)$/.exec(page) ?? [];
    expect(asked.trim().length).toBeGreaterThan(80);
    for (const [code, { state }] of Object.entries(check.findings)) {
      if (state === 'problem') expect(todo).toContain(`\`${code}\``);
    }
  });
});

describe('the scenarios', async () => {
  const rows = await allScenarios();

  it('are of checks that exist, and expect what these can find', () => {
    for (const { check: name, name: world, finds } of rows) {
      const check = checks.find((each) => each.name === name);
      const known = [...Object.keys(check?.findings ?? {}), 'could-not-check', 'not-applicable'];
      expect(known, `${name}: ${world}`).toEqual(expect.arrayContaining([...finds]));
      expect([...finds], `${name}: ${world}`).toEqual([...new Set(finds)].sort());
    }
  });

  it.each([...new Set(rows.map(({ check }) => check))])('of %s show everything that it can find', (name) => {
    const found = new Set(rows.filter(({ check }) => check === name).flatMap(({ finds }) => finds));
    const codes = Object.keys(checks.find((check) => check.name === name)?.findings ?? {});
    expect([...found]).toEqual(expect.arrayContaining([...codes, 'could-not-check']));
  });
});
