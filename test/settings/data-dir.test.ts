// Where the data folder is when nobody says: the same place from wherever Mailward is started.
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { defaultDataDir, shellWord } from '../../src-main/settings/data-dir.ts';

describe.skipIf(process.platform === 'win32')('the usual data folder', () => {
  it.each(['', 'relative', './relative', '~/data'])('heeds no %j in the environment', (wrong) => {
    expect(defaultDataDir({ XDG_DATA_HOME: wrong }, 'linux')).toBe(join(homedir(), '.local/share/mailward'));
    expect(defaultDataDir({ APPDATA: wrong }, 'win32')).toBe(
      join(homedir(), 'AppData', 'Roaming', 'Mailward'),
    );
  });

  it('is where the environment says', () => {
    expect(defaultDataDir({ XDG_DATA_HOME: '/srv/data' }, 'linux')).toBe('/srv/data/mailward');
  });
});

it.each([
  ['/srv/mailward', 'linux', '/srv/mailward'],
  [
    '/Users/x/Library/Application Support/Mailward',
    'darwin',
    "'/Users/x/Library/Application Support/Mailward'",
  ],
  ["/srv/it's; rm -rf $HOME", 'linux', String.raw`'/srv/it'\''s; rm -rf $HOME'`],
  [String.raw`/srv/a\b`, 'linux', String.raw`'/srv/a\b'`],
  [String.raw`C:\Users\x\Mailward`, 'win32', String.raw`C:\Users\x\Mailward`],
  [String.raw`C:\Users\My name\Mailward`, 'win32', String.raw`"C:\Users\My name\Mailward"`],
] as const)('%s is typed as one word', (path, platform, typed) => {
  expect(shellWord(path, platform)).toBe(typed);
});
