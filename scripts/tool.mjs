// Runs one of the dependencies' programs with a Node new enough for it: `node scripts/tool.mjs eslint …`.
import { WrongUsage, ensureDependencies, main, node24, programPath, toolEnvironment } from './bootstrap.mjs';
import { runInForeground } from './child.mjs';

const usage = 'Usage: node scripts/tool.mjs PROGRAM [ARGUMENT …]';

await main(async ([name, ...args]) => {
  if (name === '--help' || name === '-h') {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  if (name === undefined) throw new WrongUsage(usage);
  await ensureDependencies();
  const { status } = await runInForeground(node24(), [programPath(name), ...args], {
    env: toolEnvironment(),
  });
  return status;
});
