// Measures messages a second through Mailward and through Postfix: `npm run bench`, `npm run -s bench -- --json`.
// `-- checks` measures the checks of a domain instead, beside zonemaster-cli where that is installed.
// `-- --log` measures searches of a long message log instead, `-- --queue` what a million waiting messages cost the others.
import { join } from 'node:path';
import { Problem, ensureDependencies, main, node24, root, toolEnvironment } from './bootstrap.mjs';
import { ensureBuilt } from './build.mjs';
import { runInForeground } from './child.mjs';
import { ensureSystemPackages } from './system-packages.mjs';

await main(async (args) => {
  await ensureDependencies();
  if (ensureSystemPackages().some(({ name }) => name === 'postfix')) {
    throw new Problem(
      'The bench needs smtp-source, smtp-sink and Postfix, all in the Debian package postfix.',
    );
  }
  await ensureBuilt();
  const program =
    args[0] === 'checks'
      ? 'checks.ts'
      : args.includes('--log')
        ? 'log.ts'
        : args.includes('--queue')
          ? 'queue.ts'
          : 'main.ts';
  const { status } = await runInForeground(
    node24(),
    [join(root, 'test', 'bench', program), ...args.filter((each) => each !== 'checks')],
    {
      cwd: root,
      env: toolEnvironment(),
    },
  );
  return status;
});
