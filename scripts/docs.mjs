// Makes the manual's generated pages anew: `npm run docs`. They are TypeScript, which the Node of the project runs as it is.
import { join } from 'node:path';
import { ensureDependencies, main, node24, refuseOthers, root, toolEnvironment } from './bootstrap.mjs';
import { runInForeground } from './child.mjs';

await main(async (args) => {
  refuseOthers(args);
  await ensureDependencies();
  for (const page of [
    'settings-page.ts',
    'checks-pages.ts',
    'blocklists-page.ts',
    'registries-page.ts',
    'providers-page.ts',
    'rfcs-page.ts',
  ]) {
    const { status } = await runInForeground(node24(), [join(root, 'scripts', page)], {
      env: toolEnvironment(),
    });
    if (status !== 0) return status;
  }
  return 0;
}, 'Usage: npm run docs\n\nMakes the manual’s generated pages anew.');
