// Writes docs/blocklists.md from the catalogue of blocklists: `npm run docs`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { blocklistCatalogue } from '../src-main/probes/reputation/catalogue.ts';

const kinds = { ipv4: 'IPv4', ipv6: 'IPv6', domain: 'domains' } as const;
const weights = { 1: 'few', 2: 'some', 3: 'many' } as const;

/** The manual's page on blocklists, as Markdown. */
export function blocklistsPage(): string {
  const { lists, dead, made, source } = blocklistCatalogue;
  const rows = lists.map(
    ({ zone, name, lists: what, weight, removal, policy, keyed, checked }) =>
      `| ${name} | \`${zone}\` | ${what.map((kind) => kinds[kind]).join(', ')} | ${weights[weight as 1 | 2 | 3]} | ${policy}${keyed === null ? '' : ` [Key](${keyed.from})${keyed.required ? ', without which it is not asked' : ''}.`} | [removal](${removal}) | ${checked ?? 'not yet'} |`,
  );
  const codes = lists.map(({ name, codes: all }) => {
    const lines = Object.entries(all).map(
      ([code, { means, minor, error }]) =>
        `\`${code === '*' ? 'any' : code}\` ${error ? 'no listing: ' : ''}${means}${minor ? ' (by rule)' : ''}`,
    );
    return `- **${name}**: ${lines.join('; ')}.`;
  });
  const ended = dead.map(
    ({ zone, name, ended: when, means, checked }) =>
      `| ${name} | \`${zone}\` | ${when} | ${means} | ${checked ?? 'not yet'} |`,
  );
  return `# Blocklists

<!-- Made from assets/blocklists.json by \`npm run docs\`; changes made here are lost. -->

The lists that [\`blocklists\`](checks/blocklists.md) asks, as of ${made}. ${source}

| list | zone | lists | receivers that refuse for it | who may ask | to be taken off | compared |
| --- | --- | --- | --- | --- | --- | --- |
${rows.join('\n')}

## What their answers mean

127.255.255.x and 127.0.0.1 are errors on every list, and so is whatever is not in 127.0.0.0/8.

${codes.join('\n')}

## Lists that have ended

They are not asked. A mail server that still asks one waits for nothing, or, should the zone come to list everything, refuses all
mail: take them out of its settings.

| list | zone | ended | what became of it | compared |
| --- | --- | --- | --- | --- |
${ended.join('\n')}
`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'blocklists.md'), blocklistsPage());
}
