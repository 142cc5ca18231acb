// Where the data folder is when nobody says: one place for the desktop app, the service and the command line.
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The platform's place for a program's data. Each user of the machine has their own. */
export function defaultDataDir(
  env: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): string {
  switch (platform) {
    case 'win32':
      return join(env['APPDATA'] ?? join(homedir(), 'AppData', 'Roaming'), 'Mailward');
    case 'darwin':
      return join(homedir(), 'Library', 'Application Support', 'Mailward');
    default:
      return join(env['XDG_DATA_HOME'] ?? join(homedir(), '.local', 'share'), 'mailward');
  }
}
