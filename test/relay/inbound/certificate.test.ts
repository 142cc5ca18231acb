// The certificate for STARTTLS: read, renewed, and kept when the new one is broken.
import { systemClock } from '../../../src-main/clock/watched.ts';
import type { RelayEvents } from '../../../src-main/relay/events.ts';
import { eventsInto } from '../../lab/log.ts';
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Certificate } from '../../../src-main/relay/inbound/certificate.ts';
import { selfSigned } from '../../lab/certificates.ts';
import { scratch } from '../../lab/scratch.ts';
import { until } from '../../lab/wait.ts';

let folder: ReturnType<typeof scratch>;
let certificate: string;
let key: string;
const troubles: string[] = [];
let open: Certificate[] = [];

beforeEach(() => {
  folder = scratch('tls');
  ({ certificate, key } = selfSigned(folder.path, 'one'));
  troubles.splice(0);
});
afterEach(() => {
  for (const one of open) one.close();
  open = [];
  folder[Symbol.dispose]();
});

function load(files = { certificate, key }): Certificate {
  const events = eventsInto<RelayEvents>(troubles);
  const one = new Certificate(files, () => undefined, { clock: systemClock, events });
  open.push(one);
  return one;
}

describe('the certificate', () => {
  it('is taken when it is good', () => {
    const one = load();
    expect(one.context).not.toBeNull();
    expect(one.problem(Date.now())).toBeNull();
    expect(troubles).toEqual([]);
  });

  it('is replaced when the files are, also behind a link', async () => {
    const link = join(folder.path, 'live.pem');
    symlinkSync(certificate, link);
    const one = load({ certificate: link, key });
    const before = one.context;
    const next = selfSigned(folder.path, 'two');
    copyFileSync(next.key, key);
    symlinkSync(next.certificate, `${link}.new`);
    renameSync(`${link}.new`, link);
    await until('the new certificate is not taken', () => one.context !== before);
    expect(one.problem(Date.now())).toBeNull();
    expect(troubles).toEqual([]);
  });

  it('stays in use when the new one is broken, and says so until it is mended', async () => {
    const one = load();
    const before = one.context;
    writeFileSync(certificate, 'nonsense');
    await until('nothing is said', () => one.problem(Date.now()) !== null);
    expect(one.context).toBe(before);
    expect(one.problem(Date.now())).toMatch(/cannot be used \(.*\); the one before stays in use/);
    expect(troubles).toHaveLength(1);
    selfSigned(folder.path, 'one');
    await until('it is not mended', () => one.problem(Date.now()) === null);
    expect(one.context).not.toBe(before);
  });

  it('without its key, or with another’s, is no certificate', () => {
    rmSync(key);
    expect(load().problem(Date.now())).toMatch(/no such file.*STARTTLS is not offered/);
    const other = selfSigned(folder.path, 'other');
    const mixed = load({ certificate, key: other.key });
    expect(mixed.context).toBeNull();
    expect(mixed.problem(Date.now())).toMatch(/the key belongs to another certificate/);
  });

  it('says when it is about to expire, and when it has', () => {
    const one = load();
    const day = 86_400_000;
    expect(one.problem(Date.now() + 25 * day)).toMatch(/expires on \d{4}-\d\d-\d\d; renew it/);
    expect(one.problem(Date.now() + 31 * day)).toMatch(/expired on/);
  });
});

describe.skipIf(process.platform === 'win32')('files that cannot be read', () => {
  it.each<[string, () => string, RegExp]>([
    ['a pipe', () => make((path) => execFileSync('mkfifo', [path])), /is not a file/],
    ['a folder', () => make((path) => mkdirSync(path)), /is not a file/],
    ['a file of 4 MiB and more', () => make((path) => writeFileSync(path, Buffer.alloc(4_194_305))), /4 MiB/],
    ['behind links that lead in a circle', () => make((path) => symlinkSync(path, path)), /ELOOP/],
    ['in what is no folder', () => join(certificate, 'x'), /ENOTDIR/],
  ])('are told, and keep no mail out: %s', (_what, place, words) => {
    const wrong = place();
    for (const files of [
      { certificate: wrong, key },
      { certificate, key: wrong },
    ]) {
      const one = load(files);
      expect(one.context).toBeNull();
      expect(one.problem(Date.now())).toMatch(words);
      expect(one.problem(Date.now())).toContain('STARTTLS is not offered');
    }
  });

  it.runIf(process.getuid?.() === 0)(
    'in a folder that this user may not enter are told, as certbot’s are',
    () => {
      chmodSync(folder.path, 0o700);
      process.seteuid?.(54321);
      try {
        const one = load();
        expect(one.context).toBeNull();
        expect(one.problem(Date.now())).toContain('this user may not read it');
      } finally {
        process.seteuid?.(0);
      }
    },
  );

  function make(put: (path: string) => void): string {
    const path = join(folder.path, 'wrong');
    put(path);
    return path;
  }
});
