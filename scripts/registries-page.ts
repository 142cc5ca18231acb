// Writes docs/registries.md from the table of registries' states: `npm run docs`. A test compares the two.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { registries } from '../src-main/probes/registration/registry-states.ts';
import type { Basis, StateMeaning } from '../src-main/probes/registration/registry-states.ts';

const bases: Readonly<Record<Basis, string>> = {
  registry: 'its own page',
  epp: 'EPP’s values',
  registrars: 'a registrar’s page',
  answers: 'its answers; its page',
};

/** What a state means, and what the check finds then. */
const meanings: Readonly<Record<StateMeaning, readonly [string, string]>> = {
  works: ['works', 'what the date says'],
  'held-by-registry': ['held by the registry', '`on-hold`'],
  'held-by-registrar': ['held by the registrar', '`on-hold`'],
  'not-delegated': ['no name servers', '`on-hold`, unless the name is in DNS'],
  expired: ['expired', '`expired`'],
  unpaid: ['over, unpaid', '`renewal-unpaid`'],
  renewing: ['being renewed', '`fine` though the date has passed, for 46 days'],
  ending: ['will end', '`ending`'],
  redemption: ['deleted, can be had back', '`redemption`'],
  restoring: ['being restored', '`redemption`'],
  'about-to-go': ['about to be gone', '`redemption`'],
  beginning: ['not complete', '`could-not-check`'],
  free: ['free', '`not-registered`'],
  reserved: ['reserved', '`could-not-check`'],
};

/** The manual's page on registries, as Markdown. */
export function registriesPage(): string {
  const legend = Object.values(meanings).map(([name, found]) => `| ${name} | ${found} |`);
  const rows = registries.map(({ endings, name, basis, source, states, publishesEnd, dates }) => {
    const words = Object.entries(states).map(
      ([meaning, all]) =>
        `*${meanings[meaning as StateMeaning][0]}*: ${all.map((said) => `\`${said}\``).join(', ')}`,
    );
    const habits = [
      ...(publishesEnd === false ? ['publishes no date'] : []),
      ...(dates === 'day-first' ? ['day first'] : []),
    ];
    return `| ${endings.map((ending) => `.${ending}`).join(' ')} | ${name} | ${[...words, ...habits].join('; ') || 'none of its own'} | [${bases[basis]}](${source}) |`;
  });
  return `# Registries

<!-- Made from src-main/probes/registration/registry-states.ts by \`npm run docs\`; changes made here are lost. -->

What the largest country registries call the states of a domain, for [\`registration\`](checks/registration.md). EPP’s own values
(RFC 5731, RFC 3915), with or without spaces, and words that mean the same everywhere (*suspended*, *in quarantine*, *expired*) are known
of every registry and are here only where one means something of its own by them. A word that is neither known nor here makes
\`could-not-check\` of what would have been \`fine\`.

| meaning | found |
| --- | --- |
${legend.join('\n')}

The last column says where it is written: on the registry’s own page; nowhere, since the registry answers in EPP’s values alone; on a
registrar’s page, where the registry’s was not to be had; or nowhere that was found, so that only what its answers have shown is here.

| endings | registry | says | where it is written |
| --- | --- | --- | --- |
${rows.join('\n')}
`;
}

if (import.meta.main) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'registries.md'), registriesPage());
}
