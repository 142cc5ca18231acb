// Every page of the manual that names a command says how it is typed in a checkout, with a link to where that is explained.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const checkout = join(import.meta.dirname, '../..');
const docs = join(checkout, 'docs');
const line =
  '`mailward …` on this page stands for `npm run -s mailward -- …` in a checkout ([the command line](../README.md#the-command-line)).';
const pages = readdirSync(docs)
  .filter((name) => name.endsWith('.md'))
  .map((name) => [name, readFileSync(join(docs, name), 'utf8')] as const)
  .filter(([, text]) => /(?:^|`)mailward [a-z]/m.test(text));

it.each(pages)('%s says how its commands are typed, once', (_, text) => {
  expect(text.split(line)).toHaveLength(2);
});

it('they are the pages that name commands, and the place they lead to is there', () => {
  expect(pages.map(([name]) => name)).toEqual(
    expect.arrayContaining(['durability.md', 'log.md', 'recipients.md', 'security.md', 'settings.md']),
  );
  expect(readFileSync(join(checkout, 'README.md'), 'utf8')).toContain('\n## The command line\n');
});
