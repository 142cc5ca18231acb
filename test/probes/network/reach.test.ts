// Is there a network, is port 25 open, does the server answer, and which way is it? On networks made for the question.
import { describe, expect, it } from 'vitest';
import { weigh } from '../../../src-main/probes/network/ping.check.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import { askApart, canBeApart, loopback, noNetwork, oneRouter } from '../../lab/apart.ts';
import type { ApartJob } from '../../lab/apart.ts';

const to = (...hosts: string[]) => ({ destinations: hosts.map((host) => destinationSchema.parse({ host })) });
const short = (found: Finding[]) =>
  found.map(({ check, subject, code }) => [check, subject, code].filter(Boolean).join(' ')).sort();

const online = { '127.1.0.1:443': '', '127.2.0.1:443': '' };
const mail = {
  '127.1.0.1:25': '220 mx.one.example ESMTP\r\n',
  '127.2.0.1:25': '220 mail.two.example ESMTP\r\n',
};
const targets = ['127.1.0.1:443', '127.2.0.1:443', '127.1.0.1:25', '127.2.0.1:25'];

async function asked(furnish: string, { settings, ...job }: Partial<ApartJob>): Promise<Finding[]> {
  return askApart(furnish, {
    checks: [],
    target: {},
    ...job,
    settings: { reachabilityTargets: targets, rdapBootstrap: '', ...settings },
  });
}

describe.skipIf(!canBeApart)('the network of this machine', () => {
  const both = ['connectivity', 'port-25'];
  it.each<[string, Record<string, string>, string[]]>([
    ['is there', { ...online, ...mail }, ['connectivity online', 'port-25 open']],
    [
      'is there, though not everybody answers',
      { '127.2.0.1:443': '', '127.1.0.1:25': '220 mx.one.example\r\n' },
      ['connectivity online', 'port-25 open'],
    ],
    ['is there, but for mail', online, ['connectivity online', 'port-25 blocked-not-needed']],
    [
      'has something that answers in place of others',
      {
        ...online,
        '127.1.0.1:25': '220 mx.isp.example ESMTP\r\n',
        '127.2.0.1:25': '220 mx.isp.example ESMTP\r\n',
      },
      ['connectivity online', 'port-25 intercepted'],
    ],
    ['is not there', {}, ['connectivity offline', 'port-25 could-not-check']],
  ])('%s', async (_, servers, codes) => {
    expect(short(await asked(loopback, { checks: both, servers }))).toEqual(codes);
  });

  it('is needed for mail when the server is out there', async () => {
    const found = await asked(loopback, {
      checks: ['port-25'],
      servers: online,
      target: to('93.184.215.14'),
    });
    expect(found.map(({ code, severity }) => [code, severity])).toEqual([['blocked', 'urgent']]);
  });

  it('is not judged by one server', async () => {
    const settings = { reachabilityTargets: ['127.1.0.1:443'] };
    const found = await asked(loopback, { checks: both, settings });
    expect(short(found)).toEqual(['connectivity could-not-check', 'port-25 not-applicable']);
  });
});

describe.skipIf(!canBeApart)('the way to the server', () => {
  const both = ['ping', 'path'];

  it('is seen hop by hop, whether or not the server answers behind it', async () => {
    const found = await asked(oneRouter, {
      checks: both,
      servers: online,
      target: to('10.0.2.1', '10.0.2.77'),
    });
    expect(short(found)).toEqual([
      'path 10.0.2.1 reaches',
      'path 10.0.2.77 ends',
      'ping 10.0.2.1 answers',
      'ping 10.0.2.77 unreachable',
    ]);
    const hops = (subject: string) =>
      (
        found.find((one) => one.check === 'path' && one.subject === subject)?.facts['hops'] as {
          address: string;
        }[]
      ).map(({ address }) => address);
    expect(hops('10.0.2.1')).toEqual(['10.0.1.254', '10.0.2.1']);
    expect(hops('10.0.2.77')).toEqual(['10.0.1.254']);
    const lost = found.find(({ code }) => code === 'ends');
    expect(lost?.summary).toBe('On the way to 10.0.2.77, the last that answers is 10.0.1.254 (hop 1).');
    expect(lost?.evidence[0]?.asked).toMatch(/^trace(route|path) .* 10\.0\.2\.77$/);
  });

  it('is fine to a machine that answers no ping, but connections', async () => {
    const furnish = `${loopback}\nsysctl -qw net.ipv4.icmp_echo_ignore_all=1`;
    const servers = { ...online, '127.9.0.1:25': '220 here\r\n' };
    const found = await asked(furnish, { checks: both, servers, target: to('127.9.0.1', '127.9.0.2') });
    expect(found.map(({ state }) => state)).toEqual(['ok', 'ok', 'ok', 'ok']);
  });

  it('could not be checked without a network', async () => {
    for (const [furnish, host] of [
      [loopback, '192.0.2.1'],
      [noNetwork, '127.9.0.1'],
      [noNetwork, 'server.example.com'],
    ] as const) {
      const found = await asked(furnish, { checks: both, target: to(host) });
      expect([...new Set(found.map(({ state }) => state))]).toEqual(['could-not-check']);
    }
  });
});

describe('what ping and a connection say together', () => {
  const answered = (...times: number[]) => ({ sent: 4, times });
  it.each([
    ['answers', answered(10, 11, 12, 10), 'open'],
    ['answers', answered(10, 11, 900), 'open'],
    ['slow', answered(700, 900, 800, 10), 'open'],
    ['lossy', answered(10, 11), 'open'],
    ['answers', answered(), 'refused'],
    ['answers', null, 'open'],
    ['unreachable', answered(), 'silent'],
    ['unreachable', null, 'silent'],
  ] as const)('%s', (state, pings, result) => {
    expect(weigh(pings, { result, ms: 20 }).state).toBe(state);
  });
});
