// The certificate for STARTTLS: read, renewed, and kept when the new one is broken.
import { copyFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
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
  const one = new Certificate(
    files,
    () => undefined,
    (words) => troubles.push(words),
  );
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
