// Runs the command line: `npm run -s mailward -- status`. Builds first when the build is stale; standard output is the
// command's own.
import { join } from 'node:path';
import { ensureDependencies, main, node24, root } from './bootstrap.mjs';
import { ensureBuilt } from './build.mjs';
import { runInForeground } from './child.mjs';

await main(async (args) => {
  await ensureDependencies();
  await ensureBuilt();
  // npm runs scripts in the package's folder; paths on the command line are meant from where the user stands.
  const cwd = process.env.INIT_CWD ?? process.cwd();
  const { status } = await runInForeground(node24(), [join(root, 'out', 'main', 'mailward.js'), ...args], {
    cwd,
  });
  return status;
});
