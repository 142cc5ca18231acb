// Writes docs/doctor.md and the made part of docs/checks/*.md from the checks' definitions and their tests' scenarios: `npm run docs`.
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checks } from '../src-main/probes/catalogue.ts';
import { infoOf } from '../src-main/probes/check.ts';
import type { Check } from '../src-main/probes/check.ts';
import type { CheckInfo, CodeInfo } from '../shared/finding.ts';

const root = resolve(import.meta.dirname, '..');
const endOfMade = '<!-- What follows is written by hand. -->';

/** A row of a scenario table (test/probes/scenario.ts). */
export interface ScenarioRow {
  check: string;
  name: string;
  finds: readonly string[];
}

/** Every scenario of every table, in the order of the files' names. */
export async function allScenarios(): Promise<ScenarioRow[]> {
  const files = globSync('test/**/*.scenarios.ts', { cwd: root }).sort();
  const tables = await Promise.all(
    files.map(async (file) => {
      const { default: table } = (await import(pathToFileURL(join(root, file)).href)) as {
        default: ScenarioRow[];
      };
      return table;
    }),
  );
  return tables.flat();
}

/** The path of a check's page, from the root of the project. */
export function pathOfPage(name: string): string {
  return `docs/checks/${name}.md`;
}

/** What a check's page is to be: its made part anew, what was written by hand as it is. */
export function pageOf(check: Check, written: string | null): string {
  const info = infoOf(check);
  const end = written?.indexOf(endOfMade) ?? -1;
  const byHand =
    written === null || end < 0
      ? '\n\n## What is asked of whom\n\n## What to do\n'
      : written.slice(end + endOfMade.length);
  return `${madePart(info)}${endOfMade}${byHand}`;
}

function madePart(info: CheckInfo): string {
  const rows = Object.entries(info.findings).map(
    ([code, outcome]) => `| \`${code}\` | ${stateText(outcome)} | ${outcome.means} |`,
  );
  return `# ${info.title} (\`${info.name}\`)

${info.question}

<!-- Made from the check's definition by \`npm run docs\`; changes made to this part are lost. -->

| needs | answers within | runs |
| --- | --- | --- |
| ${info.needs.length === 0 ? 'nothing' : info.needs.join(', ')} | ${info.deadlineMs / 1000} s | ${info.onRequest ? 'only when asked for by its name' : 'with all others'} |

| finding | is | means |
| --- | --- | --- |
${rows.join('\n')}

`;
}

const areas: Readonly<Record<CheckInfo['area'], string>> = {
  dns: 'DNS',
  registration: 'Registration',
  server: 'The office’s server',
  reputation: 'Reputation',
  authentication: 'Authentication',
  network: 'Network',
};

/** The page with all checks and all scenarios. */
export function doctorPage(rows: readonly ScenarioRow[]): string {
  const sections = Object.entries(areas).flatMap(([area, title]) => {
    const own = checks.filter((check) => check.area === area);
    if (own.length === 0) return [];
    const lines = own.map(
      ({ name, title, question, deadlineMs, onRequest }) =>
        `| [\`${name}\`](checks/${name}.md) | ${title} | ${question} | ${deadlineMs / 1000} s${onRequest === true ? ', on request' : ''} |`,
    );
    return `### ${title}\n\n| check | on screen | question | at most |\n| --- | --- | --- | --- |\n${lines.join('\n')}\n`;
  });
  const matrix = checks.map((check) => {
    const own = rows.filter((row) => row.check === check.name);
    if (own.length === 0) return `### \`${check.name}\`\n\nNo scenario yet.\n`;
    const lines = own.map(
      ({ name, finds }) => `| ${name} | ${finds.map((code) => foundText(check, code)).join(', ')} |`,
    );
    return `### \`${check.name}\`\n\n| world | found |\n| --- | --- |\n${lines.join('\n')}\n`;
  });
  return `# The doctor

<!-- Made from the checks' definitions and their tests' scenarios by \`npm run docs\`; changes made here are lost. -->

\`mailward …\` on this page stands for \`npm run -s mailward -- …\` in a checkout ([the command line](../README.md#the-command-line)).

Why does mail not arrive? The doctor asks the world all questions that bear on it, side by side, and gives each answer as it
comes. \`mailward check NAME TARGET\` asks one of them, \`mailward diagnose DOMAIN\` all.

A check is one question; a finding is its answer. A finding is \`ok\`, a \`problem\` (*urgent*: mail does not arrive, or is about
to stop; *attention*: it does, but someone should look), \`not-applicable\`, or \`could-not-check\`: the question could not be
asked, which says nothing of the domain. Every finding carries its evidence: what was asked, of whom, when, and the exact answer.

## The checks

${sections.join('\n')}
## What is found where

Each check is tried in a small internet of real servers, in every state of the world below; it must find what is written here,
and nothing else. Where the network is down, that is always \`could-not-check\`, but for
\`connectivity\`, whose question that is.

${matrix.join('\n')}`;
}

function stateText({ state, severity }: CodeInfo): string {
  return severity === null ? state : `${state}, ${severity}`;
}

function foundText(check: Check, code: string): string {
  const outcome = check.findings[code];
  return outcome === undefined ? `\`${code}\`` : `\`${code}\` (${severityText(outcome)})`;
}

function severityText({ state, severity }: CodeInfo): string {
  return severity ?? state;
}

/** A page as it is in the working tree; null when there is none. */
export function readPage(path: string): string | null {
  const file = join(root, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

if (import.meta.main) {
  mkdirSync(join(root, 'docs', 'checks'), { recursive: true });
  for (const check of checks) {
    const path = pathOfPage(check.name);
    writeFileSync(join(root, path), pageOf(check, readPage(path)));
  }
  writeFileSync(join(root, 'docs', 'doctor.md'), doctorPage(await allScenarios()));
}
