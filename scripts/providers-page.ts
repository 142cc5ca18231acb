// Writes docs/providers.md from the catalogue of companies: `npm run docs`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { providerCatalogue, type Provider, type ProviderTrade } from '../shared/providers.ts';
import { serverSoftwareNames } from '../shared/server-software.ts';

const { about, date, providers } = providerCatalogue;

/** The manual's page on companies, as Markdown. */
export function providersPage(): string {
  const forms = providers.flatMap(({ name, form }) =>
    form === undefined
      ? []
      : [
          `| ${name} | ${form.place} | ${form.host} | ${form.value} | ${form.priority} | ${form.ttl} | ${form.dot ? 'yes' : 'no'} | [here](${form.source}) |`,
        ],
  );
  return `# Companies

<!-- Made from assets/providers.json by \`npm run docs\`; changes made here are lost. -->

The companies that Mailward knows by the names of their servers, as of ${date}. ${about}

A name in the tables stands for itself and for all names under it, by whole labels: \`evil-google.com\` is not \`google.com\`. \`*\` is any one label,
\`#\` a number. [What Mailward keeps of a domain](domains.md) says what follows from it.

## Mail hosts

MX records that name one of these lead to its servers, which its customers share.

${table('mail-host', ({ mx, software }) => `${names(mx)}${software === null ? '' : ` (${serverSoftwareNames[software]})`}`, 'MX')}

## Mail filters

MX records that name one of these lead to a filter. The office's own server stands behind it, and is not seen.

${table('mail-filter', ({ mx }) => names(mx), 'MX')}

## DNS hosts

The company that has more than half of a domain's name servers hosts its DNS. Where two share them, Mailward names neither.

${table('dns-host', ({ ns }) => names(ns), 'name servers')}

### Their forms for an MX record

| DNS host | where | name | target | priority | TTL | dot at the target's end | described |
| --- | --- | --- | --- | --- | --- | --- | --- |
${forms.join('\n')}

## Registrars

By the name that registries write; case, full stops and commas do not count.

${table('registrar', ({ registrar }) => registrar.join('; '), 'name')}
`;
}

function table(trade: ProviderTrade, signs: (one: Provider) => string, heading: string): string {
  const rows = providers
    .filter(({ does }) => does.includes(trade))
    .map(
      (one) =>
        `| ${one.name} | ${signs(one)} | [support](${one.support})${one.note === '' ? '' : `. ${one.note}`} | ${one.sources.map((page, at) => `[${at + 1}](${page})`).join(', ')} |`,
    );
  return [`| company | ${heading} | help | sources |`, '| --- | --- | --- | --- |', ...rows].join('\n');
}

function names(patterns: readonly string[]): string {
  return patterns.map((pattern) => `\`${pattern}\``).join(', ');
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'providers.md'), providersPage());
}
