// A mistake in Mailward itself: a module that makes the process throw, or reject, where nobody catches it, at each SIGUSR2.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const module = `let count = 0;
process.on('SIGUSR2', () => {
  if (count++ % 2 === 0) throw new TypeError('nobody foresaw \\u001b[31m this');
  Promise.reject(new RangeError('nor this'));
});
`;

/** Writes the module into a folder; returns its path, for Node's `--import`. Of each two, the second is a rejection. */
export function mistakeIn(folder: string): string {
  const path = join(folder, 'mistake.mjs');
  writeFileSync(path, module);
  return path;
}
