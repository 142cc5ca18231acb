// How a command of ours is typed here: `mailward status`, or in a checkout `npm run -s mailward -- status`.
import { dirname, relative, isAbsolute } from 'node:path';
import { shellWord } from '../settings/data-dir.ts';

/** The scripts of package.json behind which the command line runs. */
const SCRIPTS: ReadonlySet<string> = new Set(['mailward', 'start', 'demo']);

/**
 * What is typed in front of a command: npm says in its scripts' environment which script of which package it runs (npm-run-script(1)), and
 * INIT_CWD from where.
 */
export function programName(env: NodeJS.ProcessEnv = process.env): string {
  if (env['npm_package_name'] !== 'mailward' || !SCRIPTS.has(env['npm_lifecycle_event'] ?? ''))
    return 'mailward';
  const checkout = dirname(env['npm_package_json'] ?? '');
  const from = relative(checkout, env['INIT_CWD'] ?? checkout);
  // npm looks for the package in the folders above; from elsewhere it was told where it is.
  const isOutside = from.startsWith('..') || isAbsolute(from);
  return `npm ${isOutside ? `--prefix ${shellWord(checkout)} ` : ''}run -s mailward --`;
}

/** A command as it is typed here. @param rest what follows `mailward`, e.g. `token link`. */
export function typed(rest: string): string {
  return `${programName()} ${rest}`;
}

/** Words of other parts of the house, which know the command line only as `mailward`, with their commands as they are typed here. */
export function withTyped(words: string): string {
  return words.replaceAll(/`mailward (?=[a-z-])/g, `\`${programName()} `);
}
