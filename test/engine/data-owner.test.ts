// A data folder that another user could have prepared is not used: nothing is read from it and nothing is written.
import {
  chmodSync,
  chownSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DataDirUnusable, lockDataDir } from '../../src-main/engine/lock.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { Receipts } from '../../src-main/relay/spool/receipts.ts';
import { mailward } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';

/** Somebody without rights. */
const stranger = 54321;
const user = process.getuid?.() ?? 0;

/** A folder in a folder, as `--data` names it. */
function place() {
  const folder = scratch('owner');
  const dataDir = join(folder.path, 'data');
  mkdirSync(dataDir, { mode: 0o700 });
  return { dataDir, above: folder.path, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

function refusal(dataDir: string): string {
  try {
    lockDataDir(dataDir).release();
  } catch (error) {
    expect(error).toBeInstanceOf(DataDirUnusable);
    return (error as Error).message;
  }
  return '';
}

describe.runIf(user === 0)('as root', () => {
  it('a folder of another user is refused, with the token that they planted in it left alone', async () => {
    using folder = place();
    const { dataDir } = folder;
    const planted = 'p'.repeat(32);
    for (const name of ['access-token', 'engine.lock'])
      writeFileSync(join(dataDir, name), planted, { mode: 0o600 });
    const victim = join(folder.above, 'victim');
    writeFileSync(victim, 'precious');
    symlinkSync(victim, join(dataDir, 'receipts'));
    chownSync(dataDir, stranger, stranger);
    for (const command of [
      ['serve', '--smtp', '127.0.0.1:0', '--listen', '127.0.0.1:0'],
      ['status'],
      ['token', 'renew'],
      ['domain', 'list'],
    ]) {
      const { status, stderr } = await mailward([...command, '--data', dataDir]);
      expect(status).not.toBe(0);
      expect(stderr).toContain(`the data folder ${dataDir} belongs to another user (uid ${stranger}`);
      expect(stderr).toContain('Run Mailward as that user');
    }
    expect(readFileSync(victim, 'utf8')).toBe('precious');
    expect(readFileSync(join(dataDir, 'access-token'), 'utf8')).toBe(planted);
    expect(readdirSync(dataDir).sort()).toEqual(['access-token', 'engine.lock', 'receipts']);
  });

  it.each([
    'receipts',
    'access-token',
    'settings.json',
    'engine.lock',
    'mailward.db',
    'browsers.json',
    'engine.json',
    'browser',
  ])('a %s that another user laid into our folder is refused, file or link', (name) => {
    for (const lay of [
      (path: string) => {
        writeFileSync(path, '');
        chownSync(path, stranger, stranger);
      },
      (path: string) => {
        symlinkSync('/etc/hostname', path);
        lchownSync(path, stranger, stranger);
      },
    ]) {
      using folder = place();
      writeFileSync(join(folder.dataDir, 'engine.lock'), '');
      const path = join(folder.dataDir, name);
      if (name === 'engine.lock') chownSync(path, stranger, stranger);
      else lay(path);
      expect(refusal(folder.dataDir)).toMatch(
        new RegExp(`${path} (?:is a link that another user laid|belongs to another user)`),
      );
    }
  });

  it('a folder in a folder of another user is refused: they could put another in its place', () => {
    using folder = place();
    const theirs = join(folder.above, 'theirs');
    mkdirSync(join(theirs, 'data'), { recursive: true });
    chownSync(theirs, stranger, stranger);
    expect(refusal(join(theirs, 'data'))).toContain(`the folder ${theirs} belongs to another user`);
    expect(refusal(join(theirs, 'new', 'data'))).toContain(`the folder ${theirs} belongs to another user`);
    expect(readdirSync(theirs)).toEqual(['data']);
    // Neither through a link of theirs, nor to where such a link leads.
    symlinkSync(folder.dataDir, join(theirs, 'link'));
    expect(refusal(join(theirs, 'link'))).toContain('belongs to another user');
    symlinkSync(join(theirs, 'data'), join(folder.above, 'mine'));
    expect(refusal(join(folder.above, 'mine'))).toContain('belongs to another user');
  });
});

describe('a folder that leads to the data folder', () => {
  it('must not be for everybody to write to, unless nobody may remove what is not theirs (/tmp)', () => {
    using folder = place();
    chmodSync(folder.above, 0o777);
    expect(refusal(folder.dataDir)).toContain(`every user may write to the folder ${folder.above}`);
    expect(refusal(folder.dataDir)).toContain(`chmod o-w ${folder.above}`);
    chmodSync(folder.above, 0o1777);
    expect(refusal(folder.dataDir)).toBe('');
    chmodSync(folder.above, 0o770);
    expect(refusal(folder.dataDir)).toBe('');
  });
});

it('what Mailward writes it writes to a file of its own, never through a link', async () => {
  using folder = place();
  const victim = join(folder.above, 'victim');
  writeFileSync(victim, 'precious');
  for (const name of [
    'receipts',
    'access-token',
    'access-token.new',
    'browsers.json.new',
    'settings.json.new',
  ]) {
    symlinkSync(victim, join(folder.dataDir, name));
  }
  expect(() => Receipts.open(join(folder.dataDir, 'receipts'))).toThrow(/ELOOP/);
  await expect(Keys.open(folder.dataDir)).rejects.toThrow(/ELOOP/);
  expect(readFileSync(victim, 'utf8')).toBe('precious');
});

describe.skipIf(process.platform === 'win32')('in the place of a file of ours', () => {
  const names = [
    'mailward.db',
    'mailward.db-wal',
    'mailward.db-journal',
    'receipts',
    'settings.json',
    'engine.json',
    'engine.lock',
    'engine.lock-wal',
    'engine.next',
    'access-token',
    'access-token.new',
    'browsers.json',
    'rdap-bootstrap.json',
  ];

  it.each(names)('a pipe or a folder as %s is told at the start, which does not wait for it', (name) => {
    for (const [kind, put] of [
      ['a named pipe', (path: string) => execFileSync('mkfifo', [path])],
      ['a folder', (path: string) => mkdirSync(path)],
    ] as const) {
      using folder = place();
      if (name !== 'engine.lock') writeFileSync(join(folder.dataDir, 'engine.lock'), '');
      const path = join(folder.dataDir, name);
      put(path);
      expect(refusal(folder.dataDir)).toBe(
        `${path} is not a file but ${kind}, which Mailward did not make; move it away`,
      );
    }
  });

  it('a link is told, but for settings, whose file must be there: else the defaults would hold in silence', () => {
    using folder = place();
    const { dataDir } = folder;
    const settings = join(folder.above, 'mine.json');
    const path = join(dataDir, 'settings.json');
    symlinkSync(settings, path);
    expect(refusal(dataDir)).toContain(`${path} is a link to something that is not there`);
    writeFileSync(settings, '{}');
    expect(refusal(dataDir)).toBe('');
    symlinkSync(settings, join(dataDir, 'receipts'));
    expect(refusal(dataDir)).toContain(
      `${join(dataDir, 'receipts')} is a link, and Mailward uses only files`,
    );
  });
});
