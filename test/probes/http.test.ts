// Documents from servers that nobody vouches for: what is not followed, and where nothing is asked.
import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { get } from '../../src-main/probes/http.ts';
import type { GetOptions } from '../../src-main/probes/http.ts';
import { selfSignedFor } from '../lab/certificates.ts';
import { RdapServer } from '../lab/rdap.ts';
import { scratch } from '../lab/scratch.ts';

let server: RdapServer;
beforeAll(async () => {
  server = await RdapServer.start();
});
afterEach(() => {
  server.manner = { is: 'well' };
});
afterAll(() => server[Symbol.asyncDispose]());

const options: GetOptions = {
  signal: new AbortController().signal,
  timeoutMs: 5_000,
  maxBytes: 4_096,
  redirects: 2,
  accept: '*/*',
  allowPrivate: false,
};

describe('a server that nobody named', () => {
  it.each(['http://127.0.0.1:1/', 'http://[::1]:1/', 'http://10.0.0.1/', 'http://[::ffff:192.168.0.1]/'])(
    'is not looked for at %s',
    async (url) => {
      await expect(get(url, options)).rejects.toThrow('not an address of the public Internet');
    },
  );

  it('is not looked for at home under a public name', async () => {
    const find = () => Promise.resolve(['127.0.0.1']);
    const url = server.url.replace('127.0.0.1', 'registry.example');
    await expect(get(url, { ...options, find })).rejects.toThrow('no address of the public Internet');
    expect(server.asked).toEqual([]);
  });

  it.each(['ftp://192.0.2.1/', 'file:///etc/passwd', 'http://user:secret@192.0.2.1/', 'nonsense'])(
    'is not asked by %s',
    async (url) => {
      await expect(get(url, { ...options, allowPrivate: true })).rejects.toThrow(
        /not HTTP|password|no address/,
      );
    },
  );
});

describe('a server behind TLS', () => {
  const trusted = getCACertificates('default');
  afterEach(() => setDefaultCACertificates(trusted));

  it('is asked only when its certificate is good, and does not lead to one without', async () => {
    using folder = scratch('tls');
    const tls = selfSignedFor(folder.path, ['localhost']);
    await using secure = await RdapServer.start({ tls });
    const url = secure.url.replace('127.0.0.1', 'localhost');
    const at = (place: string) => get(`${place}dns.json`, { ...options, allowPrivate: true });
    await expect(at(url)).rejects.toThrow(/self-signed certificate/);
    expect(secure.asked).toEqual([]);
    setDefaultCACertificates([...trusted, readFileSync(tls.certificate, 'utf8')]);
    expect((await at(url)).status).toBe(200);
    await expect(at(secure.url)).rejects.toThrow('its certificate is for another name');
    secure.manner = { is: 'elsewhere', to: () => server.url };
    await expect(at(url)).rejects.toThrow('which is not secured');
  });
});

describe('a server that the admin named', () => {
  const named = { ...options, allowPrivate: true };
  const followed = async (to: string, more: Partial<GetOptions> = {}) => {
    server.manner = { is: 'elsewhere', to: (path) => (path.includes('there') ? path : to) };
    await get(server.url, { ...named, ...more });
  };
  const at = (host: string) => server.url.replace('127.0.0.1', host);
  /** Who asks again where it was sent to comes round in a circle: it was asked there. */
  const asked = 'redirected in a circle';

  it.each([
    'http://127.0.0.2/there',
    'http://[::1]/there',
    'http://10.1.2.3/there',
    'http://169.254.169.254/there',
    'http://[::ffff:127.0.0.1]/there',
    'http://0x7f000002/there',
    'http://2130706434/there',
  ])('does not lead into the network that it stands in, to %s', async (to) => {
    await expect(followed(to)).rejects.toThrow('not an address of the public Internet');
  });

  it('does not lead there under another name', async () => {
    const find = () => Promise.resolve(['127.0.0.1']);
    await expect(followed(`${at('inside.example')}there`, { find })).rejects.toThrow(
      'inside.example is at 127.0.0.1, which is no address of the public Internet',
    );
  });

  it('leads on to itself, and to another that the admin named', async () => {
    await expect(followed(`${server.url}there`)).rejects.toThrow(asked);
    const find = () => Promise.resolve(['127.0.0.1']);
    const other = `${at('inside.example')}there`;
    await expect(followed(other, { find, named: ['INSIDE.example.'] })).rejects.toThrow(asked);
  });

  it('leads on to itself only when it is the one that was named', async () => {
    const find = () => Promise.resolve(['127.0.0.1']);
    await expect(get(at('inside.example'), { ...options, find, named: ['inside.example'] })).rejects.toThrow(
      'no address of the public Internet',
    );
  });

  it('is found under any name and followed as far as allowed', async () => {
    const find = () => Promise.resolve(['127.0.0.1']);
    const url = server.url.replace('127.0.0.1', 'registry.example');
    const answer = await get(`${url}dns.json`, { ...options, allowPrivate: true, find });
    expect(answer.status).toBe(200);
    server.manner = { is: 'elsewhere', to: (path) => `${path}x` };
    await expect(get(server.url, { ...options, allowPrivate: true })).rejects.toThrow('more than 2 times');
    expect((await get(server.url, { ...options, allowPrivate: true, redirects: 0 })).status).toBe(302);
  });
});
