// Whatever a check finds wrong, its card says what to do about it: the manual's page has an item for every problem.
import { describe, expect, it } from 'vitest';
import { manualPage, remedyFor } from '../../src-renderer/health/manual.ts';

const names = Object.keys(import.meta.glob('../../docs/checks/*.md')).map((path) =>
  path.replace(/^.*\/(.*)\.md$/, '$1'),
);

describe.each(names)('%s', (name) => {
  it('has a remedy for every problem, and a title that is not its name', async () => {
    const page = (await manualPage(name)) ?? '';
    const [, title = ''] = /^# (.*) \(`[\w-]+`\)\n/.exec(page) ?? [];
    expect(title).toMatch(/^[A-Z]/);
    expect(title.toLowerCase().replaceAll(' ', '-')).not.toBe(name);
    const problems = [...page.matchAll(/^\| `([\w-]+)` \| problem/gm)].map(([, code = '']) => code);
    // Each stands alone on its card, without the item before it.
    const poor = problems.filter((code) =>
      /^(the same|as above)\b|^.{0,14}$/s.test(remedyFor(page, code) ?? ''),
    );
    expect(poor).toEqual([]);
  });
});

it('a page that is not there is told apart from one that is', async () => {
  expect(await manualPage('no-such-check')).toBeNull();
});
