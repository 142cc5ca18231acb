// Measures messages a second through Mailward and through Postfix: `npm run bench`, `npm run -s bench -- --json`.
// Instead, `-- checks` measures the checks of a domain, beside zonemaster-cli where that is installed; `-- filters` signed mail with its
// signatures checked, beside Postfix with milters; `-- log` searches of a long message log; `-- queue` what a million waiting messages cost
// the others. `-- --checks` and so on say the same.
import { join } from 'node:path';
import {
  Problem,
  WrongUsage,
  ensureDependencies,
  main,
  node24,
  root,
  toolEnvironment,
} from './bootstrap.mjs';
import { ensureBuilt } from './build.mjs';
import { runInForeground } from './child.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** What can be measured, a file in test/bench each, and its options: those that take a value, and those that take none. */
const kinds = {
  main: {
    about: 'mail through Mailward and through Postfix',
    valued: ['messages', 'sessions', 'size', 'deliveries', 'rounds'],
  },
  checks: { about: 'the checks of a domain, beside Zonemaster', valued: ['rounds'] },
  filters: {
    about: 'signed mail with its signatures checked',
    valued: ['messages', 'sessions', 'size', 'deliveries', 'domains', 'rounds', 'warm'],
    bare: ['without-rspamd'],
  },
  log: { about: 'searches of a long message log', valued: ['messages', 'rounds'], paths: ['file'] },
  queue: {
    about: 'what a million waiting messages cost the others',
    valued: ['messages', 'rounds', 'load'],
  },
};

const usage = `Usage: npm run bench [-- [${Object.keys(kinds)
  .filter((kind) => kind !== 'main')
  .join('|')}] [OPTION …]]

${Object.entries(kinds)
  .map(([kind, { about, valued, bare = [], paths = [] }]) => {
    const options = [
      ...valued.map((name) => `--${name} ${name === 'sessions' ? 'N,N…' : 'N'}`),
      ...paths.map((name) => `--${name} PATH`),
      ...bare.map((name) => `--${name}`),
    ];
    return `  ${(kind === 'main' ? '' : kind).padEnd(8)}${about}\n          ${options.join(' ')}`;
  })
  .join('\n')}

All of them take --json: one object instead of words.`;

await main(async (args) => {
  const { kind, rest } = read(args);
  await ensureDependencies();
  if (ensureSystemPackages().some(({ name }) => name === 'postfix')) {
    throw new Problem(
      'The bench needs smtp-source, smtp-sink and Postfix, all in the Debian package postfix.',
    );
  }
  await ensureBuilt();
  const { status } = await runInForeground(node24(), [join(root, 'test', 'bench', `${kind}.ts`), ...rest], {
    cwd: root,
    env: toolEnvironment(),
  });
  return status;
}, usage);

/** What is to be measured, and the options for it, each known and with a value that it can have. */
function read(args) {
  const named = Object.keys(kinds).filter((each) => each !== 'main');
  const kind = named.find((each) => args[0] === each || args.includes(`--${each}`)) ?? 'main';
  const rest = args.filter((each, at) => each !== `--${kind}` && !(at === 0 && each === kind));
  const { valued, bare = [], paths = [] } = kinds[kind];
  for (let at = 0; at < rest.length; at += 1) {
    const [, name, inside] = /^--([a-z-]+)(?:=(.*))?$/.exec(rest[at]) ?? [];
    if (name === undefined) throw new WrongUsage(`"${rest[at]}" is not known here.`);
    if (['json', ...bare].includes(name)) {
      if (inside !== undefined) throw new WrongUsage(`--${name} takes no value.`);
      continue;
    }
    if (![...valued, ...paths].includes(name)) throw new WrongUsage(`There is no option --${name} here.`);
    const value = inside ?? rest[(at += 1)] ?? '';
    if (value === '' || (valued.includes(name) && !isNumbers(value, name === 'sessions')))
      throw new WrongUsage(
        `--${name} takes ${paths.includes(name) ? 'a path' : 'whole numbers from 1 upwards'}, not "${value}".`,
      );
  }
  return { kind, rest };
}

function isNumbers(text, mayBeSeveral) {
  return (mayBeSeveral ? text.split(',') : [text]).every((each) => /^[1-9]\d{0,9}$/.test(each));
}
