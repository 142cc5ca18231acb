// A domain's MX as it is read when the domain comes into care, from real name servers, and what that means for its route.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MxMeaning, MxRead } from '../../../shared/mx-reading.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import type { ProbesSettings } from '../../../shared/settings-probes.ts';
import { meaningOfMx } from '../../../src-main/diagnosis/mx-meaning.ts';
import { readMx } from '../../../src-main/probes/dns/mx-reading.ts';
import { Forger } from '../../lab/internet/forger.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';

const relay = { hostname: 'relay.mailward.example', addresses: ['192.0.2.25'] };

async function look(domain: string, settings: ProbesSettings): Promise<{ read: MxRead; meaning: MxMeaning }> {
  const read = await readMx({ domain, relay, settings });
  return { read, meaning: meaningOfMx(domain, read) };
}
const hostsOf = ({ route }: MxMeaning) => route?.map(({ host }) => host) ?? null;

describe.skipIf(!hasInternet)('read in an internet of real name servers', () => {
  let internet: Internet;
  beforeAll(async () => {
    const hosts = ['mail A 192.0.2.1', 'mail AAAA 2001:db8::1', 'backup A 192.0.2.2'];
    internet = await Internet.start({
      resolvers: { public: 'validating' },
      faults: { 'ns.dead.example': 'silent' },
      zones: {
        'office.example': {
          servers: ['ns1.office.example', 'ns2.office.example'],
          ttl: 1800,
          records: ['@ MX 20 backup', '@ MX 10 mail', ...hosts],
        },
        'signed.example': { signed: true, records: ['@ MX 10 mail.office.example.'] },
        'broken.example': { signed: -3600, records: ['@ MX 10 mail.office.example.'] },
        'twins.example': { records: ['@ MX 5 mail.office.example.', '@ MX 5 backup.office.example.'] },
        'many.example': {
          records: Array.from({ length: 30 }, (_, at) => [
            `@ MX ${10 + at} mx${at}`,
            `mx${at} A 192.0.2.3`,
          ]).flat(),
        },
        'bare.example': { records: ['@ A 192.0.2.4'] },
        'empty.example': { records: [] },
        'null.example': { records: ['@ MX 0 .'] },
        'behind.example': { records: ['@ MX 10 relay.mailward.example.'] },
        'half.example': {
          records: ['@ MX 10 renamed', 'renamed A 192.0.2.25', '@ MX 20 mail.office.example.'],
        },
        'inside.example': { records: ['@ MX 10 mail', 'mail A 10.0.0.7'] },
        'partly.example': { records: ['@ MX 10 gone', '@ MX 20 mail.office.example.'] },
        'm365.example': { records: ['@ MX 0 m365-example.mail.protection.outlook.com.'] },
        'outlook.com': { records: ['m365-example.mail.protection A 192.0.2.5'] },
        'lookalike.example': {
          records: [
            '@ MX 0 notmail.protection.outlook.com.evil',
            'notmail.protection.outlook.com.evil A 192.0.2.6',
          ],
        },
        'filtered.example': { records: ['@ MX 10 eu.mimecast.com.'] },
        'mimecast.com': { records: ['eu A 192.0.2.6'] },
        'split.example': {
          servers: {
            'ns1.split.example': {},
            'ns2.split.example': { records: ['@ MX 10 old.office.example.'] },
          },
          records: ['@ MX 10 mail.office.example.'],
        },
        'dead.example': { servers: ['ns.dead.example'], records: ['@ MX 10 mail.office.example.'] },
        'mailward.example': { records: ['relay A 192.0.2.25'] },
      },
    });
  });
  afterAll(async () => internet[Symbol.asyncDispose]());

  it('has the exact set, its TTL, from whom it is, and where the servers are', async () => {
    const { read, meaning } = await look('office.example', internet.settings());
    if (read.status !== 'read') throw new Error(`it was not read: ${JSON.stringify(read)}`);
    const { at, from, ...rest } = read.reading;
    expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
    expect(from.map(({ name }) => name).sort()).toEqual(['ns1.office.example', 'ns2.office.example']);
    expect(rest).toEqual({
      records: [
        { preference: 10, exchange: 'mail.office.example' },
        { preference: 20, exchange: 'backup.office.example' },
      ],
      ttl: 1800,
      alias: null,
      dnssec: 'unsigned',
      exchanges: [
        { host: 'mail.office.example', v4: ['192.0.2.1'], v6: ['2001:db8::1'], trouble: '' },
        { host: 'backup.office.example', v4: ['192.0.2.2'], v6: [], trouble: '' },
      ],
    });
    expect(meaning).toMatchObject({
      kind: 'server',
      summary: 'Mail for office.example goes to mail.office.example and backup.office.example.',
    });
    // By name, so that a new address is followed; as preferred, with nothing to make them share the load.
    expect(meaning.route).toMatchObject([
      { host: 'mail.office.example', port: 25, priority: null },
      { host: 'backup.office.example', port: 25, priority: null },
    ]);
  });

  it('lets servers of equal preference share the load', async () => {
    const { meaning } = await look('twins.example', internet.settings());
    expect(meaning.route?.map(({ priority }) => priority)).toEqual([5, 5]);
  });

  it.each([
    ['signed.example', 'signed'],
    ['broken.example', 'broken'],
  ])('says of %s that its zone is %s', async (domain, dnssec) => {
    const { read } = await look(domain, internet.settings());
    expect(read).toMatchObject({ status: 'read', reading: { dnssec } });
  });

  it('takes ten of thirty servers, and says how many it leaves out', async () => {
    const { read, meaning } = await look('many.example', internet.settings());
    expect(read.status === 'read' && read.reading.records.length).toBe(30);
    expect(hostsOf(meaning)).toEqual(Array.from({ length: 10 }, (_, at) => `mx${at}.many.example`));
    expect(meaning.advice.join(' ')).toContain('name 30 servers; a route has 10 at most, so 20 are left out');
  });

  it.each([
    ['bare.example', 'no-mx', ['bare.example'], 'the domain’s own address'],
    ['empty.example', 'nowhere', null, 'the domain itself has no address'],
    ['null.example', 'null-mx', null, 'takes no mail'],
    ['behind.example', 'mailward', null, 'comes to Mailward already'],
    ['half.example', 'mailward-and-others', ['mail.office.example'], 'past Mailward'],
    [
      'partly.example',
      'server',
      ['mail.office.example'],
      'gone.partly.example is left out of the route: it has no address',
    ],
    ['m365.example', 'mail-host', ['m365-example.mail.protection.outlook.com'], 'inbound connector'],
    [
      'lookalike.example',
      'server',
      ['notmail.protection.outlook.com.evil.lookalike.example'],
      'goes to notmail',
    ],
    ['filtered.example', 'mail-filter', null, 'Mimecast, a filtering service'],
    ['split.example', 'differs', null, '10 mail.office.example; 10 old.office.example'],
    ['dead.example', 'unknown', null, 'could not be read: No name server of dead.example answers'],
    ['never-registered.example', 'no-such-domain', null, 'Check the spelling'],
  ])('of %s says %s', async (domain, kind, hosts, words) => {
    const { meaning } = await look(domain, internet.settings());
    expect(meaning.kind).toBe(kind);
    expect(hostsOf(meaning)).toEqual(hosts);
    expect([meaning.summary, ...meaning.advice].join(' ')).toContain(words);
  });

  it('makes no route of an address inside somebody’s network, which only the admin can mean', async () => {
    const { meaning } = await look('inside.example', internet.settings());
    expect(meaning).toMatchObject({ kind: 'nowhere', route: null });
    expect(meaning.summary).toContain('10.0.0.7 (of a private network), which nobody outside reaches');
    expect(meaning.advice.join(' ')).toContain(
      'an address inside your own network is fine when you give it by hand',
    );
  });

  it('says that it does not know when the network is down, and not that there is no domain', async () => {
    const { read, meaning } = await look('office.example', await internet.cutOff());
    expect(read.status).toBe('could-not');
    expect(meaning).toMatchObject({ kind: 'unknown', route: null });
  });

  it('ends at once when it is given up', async () => {
    const giveUp = new AbortController();
    const settings = await internet.cutOff();
    const reading = readMx({ domain: 'office.example', relay, settings, signal: giveUp.signal });
    giveUp.abort();
    expect(await reading).toEqual({ status: 'could-not', reason: 'the look was given up' });
  });
});

it('believes nothing where something in between answers for the name servers', async () => {
  const soa = { mname: 'ns', rname: 'x', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 };
  await using router = await Forger.start(({ name, type }) => {
    const answers: Record<string, unknown[][]> = {
      SOA: [[name, 'SOA', soa]],
      NS: [[name, 'NS', 'ns.example']],
      A: [[name, 'A', '192.0.2.9']],
    };
    const own = type === 'MX' ? [[name, 'MX', { preference: 1, exchange: 'thief.example' }]] : [];
    return [{ aa: false, answers: (answers[type] ?? own) as never }];
  });
  const settings = settingsSchema.parse({
    probes: { rootServers: [router.address], dnsPort: router.port, publicResolvers: [router.address] },
  }).probes;
  const { read, meaning } = await look('office.example', settings);
  expect(read.status).toBe('could-not');
  expect(meaning.route).toBeNull();
});
