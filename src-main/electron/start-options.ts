// What the shell was started with: its own few arguments, picked from among those Chromium adds.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';

export interface StartOptions {
  /** The data folder asked for, as an absolute path; undefined means Electron's usual place. */
  dataDir?: string;
  /** Where the SMTP listener binds, instead of what the settings say. */
  smtp?: { host: string; port: number };
  /** Start in the tray without a window, as at login. */
  hidden: boolean;
}

/**
 * Reads `--data DIR`, `--smtp HOST:PORT` and `--hidden`; everything else belongs to Electron or Chromium.
 * `MAILWARD_DATA` stands in for a missing `--data`. Throws an Error whose message is one sentence for the user.
 */
export function readStartOptions(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv,
  workingDirectory: string,
): StartOptions {
  const { values } = parseArgs({
    args: [...argv],
    strict: false,
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      smtp: { type: 'string' },
      hidden: { type: 'boolean' },
    },
  });
  // Without `strict`, an option that lacks its value comes out as `true`.
  if (values.data === true || values.data === '') throw new Error('--data needs a folder: --data DIR.');
  if (values.smtp === true) throw new Error('--smtp needs an address: --smtp HOST:PORT.');
  const data = typeof values.data === 'string' ? values.data : environment['MAILWARD_DATA'];
  return {
    ...(data ? { dataDir: resolve(workingDirectory, data) } : {}),
    ...(typeof values.smtp === 'string' ? { smtp: readAddress(values.smtp) } : {}),
    hidden: values.hidden === true,
  };
}

function readAddress(text: string): { host: string; port: number } {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || !(port <= 65535)) {
    throw new Error(`--smtp ${text} is no address: write HOST:PORT, for example 127.0.0.1:2525.`);
  }
  return { host, port };
}
