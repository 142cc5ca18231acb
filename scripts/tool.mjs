// Runs one of the dependencies' programs with a Node new enough for it: `node scripts/tool.mjs eslint …`.
import { Problem, ensureDependencies, main, node24, programPath, toolEnvironment } from './bootstrap.mjs';
import { runInForeground } from './child.mjs';

await main(async ([name, ...args]) => {
  if (name === undefined) throw new Problem('Usage: node scripts/tool.mjs PROGRAM [ARGUMENT …]');
  await ensureDependencies();
  const { status } = await runInForeground(node24(), [programPath(name), ...args], {
    env: toolEnvironment(),
  });
  return status;
});
