// Our own resolver against real servers, well and broken: what is there, what is not, and what could not be found out.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Dns, dnsOf } from '../../../src-main/probes/dns/dns.ts';
import { nodeResolve } from '../../../src-main/probes/dns/resolve.ts';
import { World } from '../../../src-main/probes/world.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';

const long = Array.from({ length: 20 }, (_, index) => `long TXT "${index} ${'x'.repeat(200)}"`);

describe.skipIf(!hasInternet)('finding out from the root down', () => {
  let internet: Internet;
  const dns = (settings = internet.settings()) =>
    new Dns({ roots: settings.rootServers, port: settings.dnsPort });

  beforeAll(async () => {
    internet = await Internet.start({
      zones: {
        'office.example': {
          servers: ['ns1.office.example', 'ns2.provider.other'],
          negativeTtl: 77,
          records: (at) => [
            ...['@ MX 10 mx', '@ 120 MX 20 mx.far.other.', 'mx A 192.0.2.1', 'mx AAAA 2001:db8::1'],
            ...['www CNAME web', 'web CNAME mx.far.other.', 'ring CNAME ring2', 'ring2 CNAME ring'],
            ...['dangling CNAME nothing.far.other.', 'a.b.empty A 192.0.2.9', `here A ${at('here')}`],
            ...long,
          ],
        },
        'provider.other': { servers: ['ns2.provider.other'] },
        'far.other': { servers: ['ns1.deep.hosts.third'], records: ['mx 60 A 192.0.2.7'] },
        'hosts.third': { servers: ['ns1.far-away.fourth'] },
        'far-away.fourth': { servers: ['ns1.far-away.fourth'] },
        // Each one's only name server is in the other, and no address comes along.
        'chicken.example': { servers: ['ns.egg.example'], parent: { glue: { 'ns.egg.example': null } } },
        'egg.example': { servers: ['ns.chicken.example'], parent: { glue: { 'ns.chicken.example': null } } },
        'half.example': { servers: ['dead1.half.example', 'silent.half.example', 'ns1.hosting.example'] },
        'silent.example': { servers: ['silent.silent.example'] },
        'refused.example': { servers: { 'ns1.hosting.example': { zone: 'missing' } } },
        'lame.example': { servers: ['ns.lame.example'], records: ['@ MX 10 x'] },
        'udp.example': { servers: ['ns.udp.example'], records: long },
      },
      faults: {
        'dead1.half.example': 'stopped',
        'silent.half.example': 'silent',
        'silent.silent.example': 'silent',
        'ns.lame.example': 'lame',
        'ns.udp.example': 'udp-only',
      },
    });
  });
  afterAll(async () => internet[Symbol.asyncDispose]());

  it.concurrent('gives records with their lifetimes, from a server that speaks for the zone', async () => {
    const found = await dns().resolve('OFFICE.example.', 'MX');
    expect(found).toMatchObject({
      status: 'answer',
      name: 'office.example',
      aa: true,
      ttl: 120,
      zone: 'office.example',
    });
    expect(found.records.map(({ data }) => data)).toEqual(
      expect.arrayContaining([
        { preference: 10, exchange: 'mx.office.example' },
        { preference: 20, exchange: 'mx.far.other' },
      ]),
    );
    const [evidence] = found.evidence;
    expect(evidence?.asked).toBe('MX office.example');
    expect(evidence?.of).toMatch(/^ns[12]\.(office\.example|provider\.other) \(127\./);
    expect(evidence?.answer).toContain('office.example 300 MX 10 mx.office.example');
  });

  it.concurrent('tells a name that is not there from one without such records, and how long that holds', async () => {
    const asker = dns();
    expect(await asker.resolve('nobody.office.example', 'A')).toMatchObject({
      status: 'no-such-name',
      ttl: 77,
    });
    expect(await asker.resolve('mx.office.example', 'TXT')).toMatchObject({ status: 'no-data', ttl: 77 });
    expect(await asker.resolve('b.empty.office.example', 'A')).toMatchObject({ status: 'no-data' });
    expect(await asker.resolve('never-registered.example', 'MX')).toMatchObject({
      status: 'no-such-name',
      zone: 'example',
    });
    expect(await asker.resolve('office.no-such-top', 'MX')).toMatchObject({
      status: 'no-such-name',
      zone: '.',
    });
  });

  it.concurrent('follows aliases and name servers across zones, and gives up on circles', async () => {
    const asker = dns();
    const web = await asker.resolve('www.office.example', 'A');
    expect(web).toMatchObject({ status: 'answer', ttl: 60 });
    expect(web.records.map(({ data }) => data)).toEqual(['192.0.2.7']);
    expect(web.aliases.map(({ data }) => data)).toEqual(['web.office.example', 'mx.far.other']);
    expect(await asker.resolve('dangling.office.example', 'A')).toMatchObject({ status: 'no-such-name' });
    expect(await asker.resolve('ring.office.example', 'A')).toMatchObject({
      status: 'could-not',
      why: 'loop',
    });
    expect(await asker.resolve('x.chicken.example', 'A')).toMatchObject({ status: 'could-not', why: 'loop' });
  });

  it.concurrent('takes over TCP what is too long for UDP, and says so when TCP is closed', async () => {
    const asker = dns();
    const found = await asker.resolve('long.office.example', 'TXT');
    expect(found.records).toHaveLength(20);
    expect(found.evidence[0]?.asked).toBe('TXT long.office.example (over TCP)');
    const cut = await asker.resolve('long.udp.example', 'TXT');
    expect(cut).toMatchObject({ status: 'could-not', records: [] });
    expect(cut.evidence[0]?.answer).toBe('connection refused');
  });

  it.concurrent('is answered by the one server that lives, and waits for no dead one', async () => {
    expect(await dns().resolve('half.example', 'MX')).toMatchObject({ status: 'no-data' });
  });

  it.concurrent('never takes silence or refusal for an answer', async () => {
    const asker = dns();
    const [silent, refused, lame] = await Promise.all([
      asker.resolve('silent.example', 'MX'),
      asker.resolve('refused.example', 'MX'),
      asker.resolve('lame.example', 'MX'),
    ]);
    expect(silent).toMatchObject({ status: 'could-not', why: 'network' });
    expect(silent.evidence[0]?.answer).toMatch(/^no answer within 3\.\d s$/);
    expect(refused).toMatchObject({ status: 'could-not', why: 'servers' });
    expect(refused.reason).toBe(
      'Of the name servers of refused.example, none gave an answer of use about refused.example.',
    );
    // The resolver there cannot find the zone's real server either: it is that server.
    expect(lame).toMatchObject({ status: 'could-not' });
    const cut = dns(await internet.cutOff());
    expect(await cut.resolve('office.example', 'MX')).toMatchObject({ status: 'could-not', why: 'network' });
    expect(await cut.addresses('mx.office.example')).toMatchObject({ status: 'could-not', v4: [], v6: [] });
  });

  it.concurrent('gives both kinds of addresses at once, and the form that Node’s resolver has', async () => {
    const asker = dns();
    expect(await asker.addresses('mx.office.example')).toMatchObject({
      ...{ status: 'answer', v4: ['192.0.2.1'], v6: ['2001:db8::1'] },
    });
    expect(await asker.addresses('here.office.example')).toMatchObject({
      v4: [internet.address('here')],
      v6: [],
    });
    const resolve = nodeResolve(asker);
    expect(await resolve('mx.office.example', 'A')).toEqual(['192.0.2.1']);
    expect(await resolve('office.example', 'MX')).toContainEqual({
      priority: 10,
      exchange: 'mx.office.example',
    });
    expect(((await resolve('long.office.example', 'TXT')) as string[][])[0]).toHaveLength(1);
    await expect(resolve('no.office.example', 'A')).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolve('mx.office.example', 'TXT')).rejects.toMatchObject({ code: 'ENODATA' });
    await expect(resolve('refused.example', 'TXT')).rejects.toMatchObject({ code: 'ESERVFAIL' });
    await expect(resolve('silent.example', 'TXT')).rejects.toMatchObject({ code: 'ETIMEOUT' });
  });

  it.concurrent('knows who speaks for a domain', async () => {
    const asker = dns();
    const own = await asker.authoritative('mail.office.example');
    expect(own).toMatchObject({ status: 'found', zone: 'office.example' });
    expect(own.parentNames).toEqual(['ns1.office.example', 'ns2.provider.other']);
    expect(
      own.servers.map(({ name, inParent, inZone, isOwn, soa }) => [
        name,
        inParent,
        inZone,
        isOwn,
        soa.reply?.aa,
      ]),
    ).toEqual([
      ['ns1.office.example', true, true, true, true],
      ['ns2.provider.other', true, true, true, true],
    ]);
    expect(await asker.authoritative('never-registered.example')).toMatchObject({ status: 'no-such-name' });
    const silent = await asker.authoritative('silent.example');
    expect(silent).toMatchObject({ status: 'found', zone: 'silent.example', why: 'network' });
    expect(silent.servers.map(({ soa }) => soa.failure)).toEqual(['timeout']);
    const cut = dns(await internet.cutOff());
    expect(await cut.authoritative('office.example')).toMatchObject({ status: 'could-not', why: 'network' });
  });

  it.concurrent('shares answers within a run, and asks nobody once the run has ended', async () => {
    const run = new AbortController();
    const world = new World({ settings: internet.settings() }, run.signal);
    expect(dnsOf(world)).toBe(dnsOf(world));
    const [one, other] = await Promise.all([
      dnsOf(world).resolve('office.example', 'MX'),
      dnsOf(world).resolve('office.example', 'MX'),
    ]);
    expect(one).toBe(other);
    run.abort();
    const late = await dnsOf(world).resolve('office.example', 'TXT');
    expect(late).toMatchObject({ status: 'could-not' });
    expect(late.evidence.every(({ answer }) => answer === 'not waited for')).toBe(true);
  });
});
