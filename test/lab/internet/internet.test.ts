// The lab's small internet, tried on itself: a fault here must not be taken for one of Mailward's.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exchange } from '../../../src-main/probes/dns/transport.ts';
import type { RecordType } from '../../../src-main/probes/dns/message.ts';
import { pick, reverseName } from '../../../src-main/probes/dns/message.ts';
import { hasInternet } from '../packages.ts';
import { until } from '../wait.ts';
import { blocklist } from './blocklist.ts';
import { Internet } from './internet.ts';

function ask(address: string, name: string, type: RecordType, via: 'udp' | 'tcp' = 'udp', unchecked = false) {
  const server = { name: null, address, port: 53 };
  return exchange(server, { name, type, recursive: true, unchecked }, { giveUpMs: 5_000, via });
}

describe.skipIf(!hasInternet)('the small internet', () => {
  it('resolves from the root down, keeps answers as long as they live, and changes when told', async () => {
    await using internet = await Internet.start({
      zones: { 'office.example': { ttl: 600, records: ['@ MX 10 old', 'old A 192.0.2.1'] } },
      resolvers: { one: 'plain', two: 'plain' },
    });
    await internet.prime('one', 'office.example', 'MX');
    await internet.change('office.example', { records: ['@ MX 10 new'] });
    const exchanges = async (resolver: string) =>
      (await ask(internet.address(resolver), 'office.example', 'MX')).reply?.answers.map(({ data }) => data);
    expect(await exchanges('one')).toEqual([{ preference: 10, exchange: 'old.office.example' }]);
    expect(await exchanges('two')).toEqual([{ preference: 10, exchange: 'new.office.example' }]);
    await internet.restartResolver('one');
    expect(await exchanges('one')).toEqual([{ preference: 10, exchange: 'new.office.example' }]);
  });

  it('breaks servers one by one', async () => {
    const names = ['well', 'missing', 'failing', 'stopped', 'lame', 'udp', 'old'];
    const server = (name: string) => `${name}.office.example`;
    await using internet = await Internet.start({
      zones: {
        'office.example': {
          servers: {
            ...Object.fromEntries(names.map((name) => [server(name), {}])),
            [server('missing')]: { zone: 'missing' },
            [server('failing')]: { zone: 'failing' },
            [server('old')]: { serial: 7, records: ['@ MX 5 elsewhere'] },
          },
          records: ['@ MX 10 mail'],
        },
      },
      faults: {
        [server('stopped')]: 'stopped',
        [server('lame')]: 'lame',
        [server('udp')]: 'udp-only',
      },
    });
    const seen = await Promise.all(
      names.map(async (name) => {
        const address = internet.address(server(name));
        const [udp, tcp] = await Promise.all([
          ask(address, 'office.example', 'SOA'),
          ask(address, 'office.example', 'SOA', 'tcp'),
        ]);
        const short = ({ reply, failure }: typeof udp) =>
          failure ?? `${reply?.rcode ?? ''}${reply?.aa === true ? ' aa' : ''}`;
        // The lame one is a resolver: with so many servers broken it may find the zone, or give up; it never speaks for it.
        if (name === 'lame') return [name, udp.reply?.aa === true, tcp.reply?.aa === true];
        return [name, short(udp), short(tcp)];
      }),
    );
    expect(seen).toEqual([
      ['well', 'NOERROR aa', 'NOERROR aa'],
      ['missing', 'REFUSED', 'REFUSED'],
      ['failing', 'SERVFAIL', 'SERVFAIL'],
      ['stopped', 'refused', 'refused'],
      ['lame', false, false],
      ['udp', 'NOERROR aa', 'refused'],
      ['old', 'NOERROR aa', 'NOERROR aa'],
    ]);
    const { reply } = await ask(internet.address(server('old')), 'office.example', 'SOA');
    expect(reply?.answers[0]?.data).toMatchObject({ serial: 7 });
  });

  it('has blocklists with test points, listings, and a list that says yes to everything', async () => {
    await using internet = await Internet.start({
      zones: {
        'list.example': blocklist({ listed: { '192.0.2.7': '127.0.0.4', '2001:db8::7': '127.0.0.3' } }),
        'broken.example': blocklist({ everything: '127.255.255.254' }),
        'names.example': blocklist({ kind: 'domains', listed: { 'bad.example': '127.0.1.2' } }),
      },
      resolvers: { one: 'plain' },
    });
    const codes = async (name: string) => {
      const { reply } = await ask(internet.address('one'), name, 'A');
      return reply?.rcode === 'NXDOMAIN'
        ? 'no'
        : pick(reply?.answers ?? [], 'A')
            .map(({ data }) => data)
            .join();
    };
    expect(await codes('2.0.0.127.list.example')).toBe('127.0.0.2');
    expect(await codes('1.0.0.127.list.example')).toBe('no');
    expect(await codes(reverseName('::ffff:127.0.0.2', 'list.example'))).toBe('127.0.0.2');
    expect(await codes(reverseName('2001:db8::7', 'list.example'))).toBe('127.0.0.3');
    expect(await codes('7.2.0.192.list.example')).toBe('127.0.0.4');
    expect(await codes('8.2.0.192.list.example')).toBe('no');
    expect(await codes('1.0.0.127.broken.example')).toBe('127.255.255.254');
    expect(await codes('bad.example.names.example')).toBe('127.0.1.2');
  });

  it('signs zones, well and badly, and names addresses', async () => {
    await using internet = await Internet.start({
      zones: {
        'good.example': { signed: true, records: ['@ MX 10 mail'] },
        'late.example': { signed: -10 * 86_400, records: ['@ MX 10 mail'] },
        'torn.example': { signed: true, records: ['@ MX 10 mail'], parent: { ds: 'wrong' } },
        'plain.example': { records: ['@ MX 10 mail'] },
      },
      resolvers: { strict: 'validating' },
      reverse: { 'mail.good.example': 'mail.good.example' },
    });
    const strict = internet.address('strict');
    const seen = async (name: string, unchecked = false) => {
      const { reply } = await ask(strict, name, 'MX', 'udp', unchecked);
      return reply?.rcode;
    };
    expect(await seen('good.example')).toBe('NOERROR');
    expect(await seen('plain.example')).toBe('NOERROR');
    expect(await seen('late.example')).toBe('SERVFAIL');
    expect(await seen('late.example', true)).toBe('NOERROR');
    expect(await seen('torn.example')).toBe('SERVFAIL');
    const { reply } = await ask(strict, reverseName(internet.address('mail.good.example')), 'PTR');
    expect(reply?.answers[0]?.data).toBe('mail.good.example');
  });

  it('leaves nothing behind when the test that started it is killed', async () => {
    const program = `
      const { Internet } = await import(${JSON.stringify(resolve(import.meta.dirname, 'internet.ts'))});
      const internet = await Internet.start({ zones: {} });
      console.log(JSON.stringify([internet.address('a.root'), internet.folder]));
      await new Promise(() => setInterval(() => undefined, 1000));
    `;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [address = '', folder = ''] = JSON.parse(line.toString()) as string[];
    expect((await ask(address, '.', 'SOA')).reply?.aa).toBe(true);
    child.kill('SIGKILL');
    await until(
      'a name server outlives its test',
      async () => (await ask(address, '.', 'SOA')).failure === 'refused',
    );
    await until('a folder outlives its test', () => !existsSync(folder));
  });
});
