// Measures messages a second through Mailward and through Postfix: `npm run bench`, `npm run -s bench -- --json`.
// Instead, `-- checks` measures the checks of a domain, beside zonemaster-cli where that is installed; `-- filters` signed mail with its
// signatures checked, beside Postfix with milters; `-- log` searches of a long message log; `-- queue` what a million waiting messages cost
// the others. `-- --checks` and so on say the same.
import { join } from 'node:path';
import { Problem, ensureDependencies, main, node24, root, toolEnvironment } from './bootstrap.mjs';
import { ensureBuilt } from './build.mjs';
import { runInForeground } from './child.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

/** A file in test/bench each. */
const kinds = ['checks', 'filters', 'log', 'queue'];

await main(async (args) => {
  await ensureDependencies();
  if (ensureSystemPackages().some(({ name }) => name === 'postfix')) {
    throw new Problem(
      'The bench needs smtp-source, smtp-sink and Postfix, all in the Debian package postfix.',
    );
  }
  await ensureBuilt();
  const kind = kinds.find((each) => args[0] === each || args.includes(`--${each}`));
  const { status } = await runInForeground(
    node24(),
    [
      join(root, 'test', 'bench', `${kind ?? 'main'}.ts`),
      ...args.filter((each, at) => each !== `--${kind}` && !(at === 0 && each === kind)),
    ],
    {
      cwd: root,
      env: toolEnvironment(),
    },
  );
  return status;
});
