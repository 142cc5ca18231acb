// Writes docs/blocklists.md from the catalogue of blocklists: `npm run docs`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocklistCatalogue } from '../shared/blocklist-catalogue.ts';

const kinds = { ipv4: 'IPv4', ipv6: 'IPv6', domain: 'domains' } as const;
const weights = { 1: 'few', 2: 'some', 3: 'many' } as const;

/** The manual's page on blocklists, as Markdown. */
export function blocklistsPage(): string {
  const { lists, others, dead, made, source } = blocklistCatalogue;
  const rows = lists.map(
    ({ zone, name, lists: what, weight, removal, policy, keyed, ...of }) =>
      `| ${name} | \`${zone}\` | ${what.map((kind) => kinds[kind]).join(', ')} | ${weights[weight as 1 | 2 | 3]} | ${policy}${keyed === null ? '' : ` [Key](${keyed.from})${keyed.required ? ', without which it is not asked' : ''}.`} | [removal](${removal}) | ${compared(of)} |`,
  );
  const codes = lists.map(({ name, bits, codes: all }) => {
    const lines = Object.entries(all).map(
      ([code, { means, minor, error, harmless }]) =>
        `\`${code === '*' ? 'any' : code}\` ${error || harmless ? 'no listing: ' : ''}${means}${minor ? ' (by rule)' : ''}`,
    );
    return `- **${name}**${bits ? ' (bits, which add up)' : ''}: ${lines.join('; ')}.`;
  });
  const otherwise = others.map(
    ({ zone, name, means, ...of }) => `| ${name} | \`${zone}\` | ${means} | ${compared(of)} |`,
  );
  const ended = dead.map(
    ({ zone, all, name, ended: when, means, ...of }) =>
      `| ${name} | \`${zone}\`${all === null ? '' : `, all under \`${all}\``} | ${when} | ${means} | ${compared(of)} |`,
  );
  return `# Blocklists

<!-- Made from assets/blocklists.json by \`npm run docs\`; changes made here are lost. -->

The lists that [\`blocklists\`](checks/blocklists.md) asks, as of ${made}. ${source}

| list | zone | lists | receivers that refuse for it | who may ask | to be taken off | compared |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## What their answers mean

127.255.255.x is an error on every list, and so is whatever is not in 127.0.0.0/8, and 127.0.0.1 unless the list says otherwise. A code
that is not here is not known: whether it is a listing is then said to be open, and the filter does not count it.

${codes.join('\n')}

## No blocklists

Their answers do not mean that somebody sends spam. They are not asked, and count for nothing in the filter's settings.

| list | zone | what it is | compared |
| --- | --- | --- | --- |
${otherwise.join('\n')}

## Lists that have ended

They are not asked. A mail server that still asks one waits for nothing, or, should the zone come to list everything, refuses all
mail: take them out of its settings.

| list | zone | ended | what became of it | compared |
| --- | --- | --- | --- | --- |
${ended.join('\n')}
`;
}

/** When it was compared, and with what. */
function compared({ checked, source }: { checked: string | null; source: string | null }): string {
  if (checked === null) return 'not yet';
  return source === null ? checked : `[${checked}](${source})`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'blocklists.md'), blocklistsPage());
}
