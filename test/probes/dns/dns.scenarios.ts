// Scenarios of the DNS checks: one world a row, and all that must be found in it.
import { destinationSchema } from '../../../shared/domain.ts';
import type { Fault } from '../../lab/internet/internet.ts';
import type { ZoneOptions } from '../../lab/internet/zones.ts';
import { scenarios } from '../scenario.ts';
import type { DnsWorld } from './play.ts';

const ns1 = 'ns1.office.example';
const ns2 = 'ns2.office.example';
const threeNames = [ns1, ns2, 'ns3.office.example'];
const mail = ['@ MX 10 mail', 'mail A 192.0.2.1', 'mail AAAA 2001:db8::1'];

/** The domain with two name servers in different networks, and what is different. */
function office(zone: ZoneOptions = {}, world: DnsWorld = {}): DnsWorld {
  return {
    ...world,
    zones: { 'office.example': { servers: [ns1, ns2], records: mail, ...zone }, ...world.zones },
  };
}

/** The domain with these records. */
const records = (...lines: string[]): DnsWorld => office({ records: lines });

const healthy = { name: 'all is well', world: office() };
const cut = {
  name: 'the network is down',
  finds: ['could-not-check'],
  world: office({}, { network: 'cut' }),
};
const unknown = { name: 'there is no such domain', world: { domain: 'never-registered.example' } };
const away = {
  name: 'no name server of the domain answers',
  world: office({}, { faults: { [ns1]: 'silent', [ns2]: 'silent' }, resolvers: { public: 'plain' } }),
};

/** Both name servers, or the second alone, mishear questions in this way. */
const mishear = (fault: Fault, ...names: string[]): DnsWorld =>
  office(
    {},
    {
      faults: Object.fromEntries(names.map((name) => [name, fault])),
      resolvers: { one: 'plain', two: 'validating' },
    },
  );
const manyMx = Array.from(
  { length: 30 },
  (_, index) => `@ MX ${index} ${'x'.repeat(40)}-${index}.mail.office.example.`,
);

const relay = { hostname: 'relay.mailward.example', addresses: [] };
const relayZone: DnsWorld['zones'] = { 'mailward.example': { records: ['relay A 198.51.100.9'] } };
const behind = (...lines: string[]): DnsWorld =>
  office({ records: [...mail.slice(1), ...lines] }, { relay, zones: relayZone });

const old = ['@ MX 10 old', 'old A 192.0.2.66'];
/** The domain is an alias, for a name of another domain with these records. */
const alias = (lines: readonly string[], world: DnsWorld = {}): DnsWorld => ({
  ...office(
    { records: ['sub CNAME shop.web.example.'] },
    {
      ...world,
      zones: { 'web.example': { servers: ['ns1.web.example', 'ns2.web.example'], records: lines } },
    },
  ),
  domain: 'sub.office.example',
});
const shop = ['shop MX 10 mx', 'mx A 192.0.2.8'];
/** Where the lab’s own addresses are what they are everywhere else: this machine’s. */
const strict = { network: () => ({ alsoPublic: ['192.0.2.0/24', '2001:db8::/32'] }) };
const strictly = (...lines: string[]): DnsWorld => office({ records: lines }, strict);

/** Public resolver `one` has the old set in its cache, then the set changes. */
const changed = office(
  { ttl: 600, records: old },
  {
    resolvers: { one: 'plain', two: 'plain' },
    before: async (internet) => {
      await internet.prime('one', 'office.example', 'MX');
      await internet.change('office.example', { records: mail });
    },
  },
);
const resolvers = { one: 'plain', two: 'plain' } as const;

/** The domain with these name servers and another, which is named by an alias. */
function byAlias(servers: readonly string[]): DnsWorld {
  const real = 'real.dnshost.example';
  const names = [...servers, 'nb.dnshost.example'];
  return office(
    {
      servers: Object.fromEntries([...servers, real].map((name) => [name, { names }])),
      parent: { names },
    },
    {
      resolvers: { one: 'plain' },
      zones: { 'dnshost.example': { servers: ['ns1.dnshost.example'], records: ['nb CNAME real'] } },
    },
  );
}

const ended = -5 * 86_400;
/** The domain, itself not signed, with names in a zone of somebody else’s that is. */
function needing(
  lines: readonly string[],
  signed: boolean | number,
  zone: ZoneOptions = {},
  servers: readonly string[] = [ns1, ns2],
  { zones = {}, ...world }: DnsWorld = {},
): DnsWorld {
  const provider = {
    ...{ servers: ['ns1.provider.example'], signed },
    records: servers.includes('mx.provider.example') ? [] : ['mx A 192.0.2.7'],
    ...zone,
  };
  return office(
    { servers, records: lines },
    { ...world, zones: { ...zones, 'provider.example': provider }, resolvers: { strict: 'validating' } },
  );
}

export default [
  ...scenarios<DnsWorld>('dns-interception', [
    { ...healthy, finds: ['genuine'] },
    {
      name: 'the top-level domain does not exist',
      finds: ['genuine'],
      world: { domain: 'office.no-such-top' },
    },
    {
      name: 'a resolver in between answers in the root servers’ place',
      finds: ['intercepted'],
      world: office(
        {},
        {
          resolvers: { between: 'plain' },
          network: (internet) => ({ rootServers: [internet.address('between')] }),
        },
      ),
    },
    {
      name: 'one of several root servers is answered for by a resolver',
      finds: ['intercepted'],
      world: office(
        {},
        {
          resolvers: { between: 'plain' },
          network: (internet) => ({ rootServers: [internet.address('between'), internet.address('a.root')] }),
        },
      ),
    },
    cut,
  ]),
  ...scenarios<DnsWorld>('delegation', [
    { ...healthy, finds: ['fine'] },
    {
      name: 'the domain is part of a larger zone',
      finds: ['fine'],
      world: { ...office(), domain: 'branch.office.example' },
    },
    {
      name: 'a name server has a name in another domain',
      finds: ['fine'],
      world: office({ servers: [ns1, 'ns1.hosting.example'] }),
    },
    { ...unknown, finds: ['no-such-domain'] },
    { ...away, finds: ['no-server-answers'] },
    {
      name: 'no name server knows the domain',
      finds: ['no-server-answers'],
      world: office({ servers: { [ns1]: { zone: 'missing' }, [ns2]: { zone: 'failing' } } }),
    },
    {
      name: 'the name servers answer others, but not us',
      finds: ['could-not-check'],
      world: office(
        {},
        {
          faults: { [ns1]: 'deaf-to-us', [ns2]: 'deaf-to-us' },
          resolvers: { public: 'plain' },
        },
      ),
    },
    {
      name: 'a name server is stopped',
      finds: ['server-silent'],
      world: office({}, { faults: { [ns2]: 'stopped' } }),
    },
    {
      name: 'a name server is silent',
      finds: ['server-silent'],
      world: office({}, { faults: { [ns2]: 'silent' } }),
    },
    {
      name: 'a name server refuses',
      finds: ['not-authoritative'],
      world: office({ servers: { [ns1]: {}, [ns2]: { zone: 'missing' } } }),
    },
    {
      name: 'a name server fails',
      finds: ['not-authoritative'],
      world: office({ servers: { [ns1]: {}, [ns2]: { zone: 'failing' } } }),
    },
    {
      name: 'a name server answers without authority (lame)',
      finds: ['not-authoritative'],
      world: office({}, { faults: { [ns2]: 'lame' } }),
    },
    {
      name: 'TCP is closed on a name server',
      finds: ['no-tcp'],
      world: office({}, { faults: { [ns2]: 'udp-only' } }),
    },
    {
      name: 'all name servers lose questions with EDNS',
      finds: ['no-server-edns'],
      world: mishear('drops-edns', ns1, ns2),
    },
    {
      name: 'a name server loses questions with EDNS',
      finds: ['edns-dropped'],
      world: mishear('drops-edns', ns2),
    },
    {
      name: 'all name servers lose questions that ask for signatures',
      finds: ['no-server-edns'],
      world: mishear('drops-do', ns1, ns2),
    },
    {
      name: 'all name servers fail when asked with EDNS',
      finds: ['no-server-edns'],
      world: mishear('fails-edns', ns1, ns2),
    },
    {
      name: 'a name server fails when asked with EDNS',
      finds: ['edns-dropped'],
      world: mishear('fails-edns', ns2),
    },
    {
      name: 'all name servers say that they know no version of EDNS',
      finds: ['no-server-edns'],
      world: mishear('no-version', ns1, ns2),
    },
    {
      name: 'all name servers refuse EDNS as those of before 1999 do',
      finds: ['edns-refused'],
      world: mishear('refuses-edns', ns1, ns2),
    },
    {
      name: 'all name servers overlook EDNS, as they may',
      finds: ['fine'],
      world: mishear('ignores-edns', ns1, ns2),
    },
    {
      name: 'a name server loses questions with a cookie',
      finds: ['options-dropped'],
      world: mishear('drops-options', ns2),
    },
    {
      name: 'our own network loses questions with EDNS',
      finds: ['could-not-check'],
      world: office(
        {},
        {
          faults: {
            'a.root': 'drops-edns',
            'ns.nic.example': 'drops-edns',
            [ns1]: 'drops-edns',
            [ns2]: 'drops-edns',
          },
        },
      ),
    },
    {
      name: 'a name server cuts its answers short and has TCP closed',
      finds: ['no-tcp'],
      world: mishear('truncates', ns2),
    },
    {
      name: 'all name servers cut their answers short and have TCP closed',
      finds: ['no-server-answers'],
      world: mishear('truncates', ns1, ns2),
    },
    {
      name: 'a name server’s name is an alias',
      finds: ['name-is-alias'],
      world: byAlias([ns1]),
    },
    {
      name: 'the only name server’s name is an alias',
      finds: ['one-server', 'only-aliases'],
      world: byAlias([]),
    },
    {
      name: 'a name server has a private address',
      finds: ['address-private'],
      world: office(
        { servers: { [ns1]: {}, [ns2]: {} } },
        { network: (internet) => ({ alsoPublic: [`${internet.address(ns1)}/32`] }) },
      ),
    },
    {
      name: 'a name server has an address that was never given out',
      finds: ['address-private'],
      world: office({
        servers: { [ns1]: { names: threeNames }, [ns2]: { names: threeNames } },
        parent: { names: threeNames, glue: { 'ns3.office.example': '240.0.0.1' } },
        records: [...mail, 'ns3 A 240.0.0.1'],
      }),
    },
    {
      name: 'all name servers have private addresses',
      finds: ['no-server-answers'],
      world: office({}, { network: () => ({ alsoPublic: ['192.0.2.0/24'] }) }),
    },
    {
      name: 'all name servers have IPv6 addresses only, and this machine has none',
      finds: ['could-not-check', 'ipv6-only'],
      world: office(
        { parent: { names: [ns1, ns2], glue: { [ns1]: null, [ns2]: null } } },
        {
          zones: {
            example: {
              servers: ['ns.nic.example'],
              records: [`${ns1}. AAAA 2001:db8::53`, `${ns2}. AAAA 2001:db8:1::53`],
            },
          },
        },
      ),
    },
    {
      name: 'two names of name servers lead to one address',
      finds: ['one-server'],
      world: office({
        servers: { [ns1]: { names: [ns1, 'ns9.office.example'] } },
        parent: { names: [ns1, 'ns9.office.example'], glue: { 'ns9.office.example': null } },
        records: (at) => [...mail, `ns9 A ${at(ns1)}`],
      }),
    },
    {
      name: 'TCP to name servers is closed on our side',
      finds: ['could-not-check'],
      world: office(
        {},
        {
          faults: {
            'a.root': 'udp-only',
            'ns.nic.example': 'udp-only',
            [ns1]: 'udp-only',
            [ns2]: 'udp-only',
          },
        },
      ),
    },
    {
      name: 'a name server has an older version',
      finds: ['serial-differs'],
      world: office({ servers: { [ns1]: {}, [ns2]: { serial: 2_025_010_101 } } }),
    },
    {
      name: 'the zone above names fewer servers',
      finds: ['names-differ'],
      world: office({ servers: [ns1, ns2, 'ns3.office.example'], parent: { names: [ns1, ns2] } }),
    },
    {
      name: 'the zone above names a server that the zone does not',
      finds: ['names-differ'],
      world: office({
        servers: { [ns1]: { names: [ns1] }, [ns2]: { names: [ns1] } },
      }),
    },
    {
      name: 'the zone above has an old address of a server',
      finds: ['glue-wrong'],
      world: office({ parent: { glue: { [ns2]: '127.0.0.9' } } }),
    },
    {
      name: 'a name server’s name does not exist',
      finds: ['name-without-address'],
      world: office({
        servers: {
          [ns1]: { names: [ns1, ns2, 'gone.hosting.example'] },
          [ns2]: { names: [ns1, ns2, 'gone.hosting.example'] },
        },
        parent: { names: [ns1, ns2, 'gone.hosting.example'] },
      }),
    },
    { name: 'there is one name server', finds: ['one-server'], world: office({ servers: [ns1] }) },
    {
      name: 'all name servers are in one network',
      finds: ['one-network'],
      world: office({}, { networks: { [ns1]: 15, [ns2]: 15 } }),
    },
    cut,
  ]),
  ...scenarios<DnsWorld>('mx', [
    { ...healthy, finds: ['fine'] },
    {
      name: 'one name server is silent, the others agree',
      finds: ['fine'],
      world: office({}, { faults: { [ns2]: 'silent' } }),
    },
    { ...unknown, finds: ['no-such-domain'] },
    {
      name: 'the name is not in its zone',
      finds: ['no-such-domain'],
      world: { ...office(), domain: 'nobody.office.example' },
    },
    { name: 'no MX record, but an address', finds: ['no-mx'], world: records('@ A 192.0.2.1') },
    { name: 'no MX record and no address', finds: ['nowhere'], world: records('@ TXT "hello"') },
    { name: 'null MX', finds: ['null-mx'], world: records('@ MX 0 .') },
    { name: 'null MX next to another', finds: ['null-mx-and-others'], world: records('@ MX 0 .', ...mail) },
    {
      name: 'the MX records are too long for UDP, and TCP is closed',
      finds: ['too-long'],
      world: office({ records: manyMx }, { faults: { [ns1]: 'udp-only', [ns2]: 'udp-only' } }),
    },
    {
      name: 'all name servers lose questions with EDNS',
      finds: ['fine'],
      world: mishear('drops-edns', ns1, ns2),
    },
    {
      name: 'the name servers have different sets',
      finds: ['differs'],
      world: office({
        servers: { [ns1]: {}, [ns2]: { records: [...mail.slice(1), '@ MX 10 mail', '@ MX 20 mail'] } },
      }),
    },
    {
      name: 'the name servers name different servers, each with that one’s address alone',
      finds: ['differs'],
      world: office({ servers: { [ns1]: {}, [ns2]: { records: ['@ MX 10 other', 'other A 192.0.2.2'] } } }),
    },
    {
      name: 'the name servers have different preferences',
      finds: ['differs'],
      world: office({ servers: { [ns1]: {}, [ns2]: { records: [...mail.slice(1), '@ MX 20 mail'] } } }),
    },
    {
      name: 'an address in place of a name',
      finds: ['target-is-address'],
      world: records('@ MX 10 192.0.2.1.', '@ MX 20 mail', ...mail.slice(1)),
    },
    {
      name: 'a target is an alias',
      finds: ['target-is-alias'],
      world: records('@ MX 10 alias', 'alias CNAME mail', ...mail.slice(1)),
    },
    { name: 'a target does not exist', finds: ['target-not-found'], world: records(...mail, '@ MX 20 gone') },
    {
      name: 'no target exists',
      finds: ['no-target-found'],
      world: records('@ MX 10 gone', '@ MX 20 gone.elsewhere.example.'),
    },
    {
      name: 'one of two targets has private addresses only',
      finds: ['target-private'],
      world: records(...mail, '@ MX 20 inside', 'inside A 10.1.2.3', 'inside AAAA fd00::1'),
    },
    {
      name: 'a target has a private address besides its public one',
      finds: ['target-private'],
      world: records(...mail, 'mail A 192.168.1.5'),
    },
    {
      name: 'all targets have private addresses only',
      finds: ['no-target-found'],
      world: records('@ MX 10 mail', '@ MX 20 mail2', 'mail A 10.0.0.5', 'mail2 A 192.168.1.5'),
    },
    {
      name: 'one target does not exist, and the other has a private address',
      finds: ['no-target-found'],
      world: records('@ MX 10 gone', '@ MX 20 mail', 'mail A 10.0.0.5'),
    },
    ...[
      ...['127.0.0.1', '0.0.0.0', '100.64.1.1', '169.254.1.1', '192.0.0.8', '198.51.100.7', '198.18.7.1'],
      ...['203.0.113.9', '224.0.0.1', '240.0.0.1', '255.255.255.255', '::1', '::', 'fe80::1', 'fd12::1'],
      ...['ff02::1', '::ffff:192.168.1.1', '64:ff9b::a00:1', '4000::1', 'fec0::1'],
    ].map((address) => ({
      name: `the only target is at ${address}`,
      finds: ['no-target-found'],
      world: strictly('@ MX 10 mail', `mail ${address.includes(':') ? 'AAAA' : 'A'} ${address}`),
    })),
    {
      name: 'no MX record, and the domain itself is at a loopback address',
      finds: ['nowhere'],
      world: strictly('@ A 127.0.0.1'),
    },
    {
      name: 'all targets have IPv6 addresses only',
      finds: ['ipv6-only'],
      world: records('@ MX 10 mail', '@ MX 20 mail2', 'mail AAAA 2001:db8::1', 'mail2 AAAA 2001:db8::2'),
    },
    {
      name: 'all targets but one have IPv6 addresses only',
      finds: ['fine'],
      world: records('@ MX 10 mail6', 'mail6 AAAA 2001:db8::6', '@ MX 20 mail', 'mail A 192.0.2.1'),
    },
    {
      name: 'no MX record, and the domain itself has an IPv6 address only',
      finds: ['ipv6-only', 'no-mx'],
      world: records('@ AAAA 2001:db8::1'),
    },
    {
      name: 'a target has an underscore in its name',
      finds: ['target-not-host-name'],
      world: records('@ MX 10 mail_1', 'mail_1 A 192.0.2.1'),
    },
    {
      name: 'a target has a space in its name',
      finds: ['target-not-host-name'],
      world: records('@ MX 10 mail\\032one', 'mail\\032one A 192.0.2.1'),
    },
    {
      name: 'a target’s name begins with a hyphen',
      finds: ['target-not-host-name'],
      world: records('@ MX 10 -mail', '-mail A 192.0.2.1'),
    },
    {
      name: 'one name server has a target’s address, and another says that there is no such name',
      finds: ['target-differs'],
      world: office({ servers: { [ns1]: {}, [ns2]: { records: mail.slice(0, 1) } } }),
    },
    {
      name: 'one name server knows the name, and another says that there is none',
      finds: ['differs'],
      world: {
        ...office({
          records: ['branch MX 10 mail', ...mail.slice(1)],
          servers: { [ns1]: {}, [ns2]: { records: mail } },
        }),
        domain: 'branch.office.example',
      },
    },
    {
      name: 'one name server says that there is no such name, and another that it has no MX record',
      finds: ['differs'],
      world: {
        ...office({
          records: ['branch A 192.0.2.1'],
          servers: { [ns1]: {}, [ns2]: { records: mail } },
        }),
        domain: 'branch.office.example',
      },
    },
    {
      name: 'a target’s name servers deny the very name when asked for an IPv6 address',
      finds: ['target-contradicted'],
      world: office(
        { records: ['@ MX 10 mail.far.example.'] },
        {
          zones: { 'far.example': { servers: ['ns.far.example'], records: ['mail A 192.0.2.1'] } },
          faults: { 'ns.far.example': 'denies-ipv6' },
        },
      ),
    },
    { name: 'the domain is an alias', finds: ['fine'], world: alias(shop) },
    {
      name: 'the domain is an alias for an alias',
      finds: ['fine'],
      world: alias(['shop CNAME here', 'here CNAME there', 'there MX 10 mx', 'mx A 192.0.2.8']),
    },
    {
      name: 'the domain is below a name that stands for another (DNAME)',
      finds: ['fine'],
      world: {
        ...office(
          { records: ['old DNAME web.example.'] },
          { zones: { 'web.example': { servers: ['ns1.web.example'], records: shop } } },
        ),
        domain: 'shop.old.office.example',
      },
    },
    {
      name: 'the domain is an alias for a name without MX records',
      finds: ['no-mx'],
      world: alias(['shop A 192.0.2.8']),
    },
    {
      name: 'the domain is an alias for a name that does not exist',
      finds: ['no-such-domain'],
      world: alias(['other A 192.0.2.8']),
    },
    {
      name: 'the domain is an alias that leads in a circle',
      finds: ['alias-loop'],
      world: alias(['shop CNAME sub.office.example.']),
    },
    {
      name: 'a target is an alias that leads in a circle',
      finds: ['no-target-found'],
      world: records('@ MX 10 a', 'a CNAME b', 'b CNAME a'),
    },
    {
      name: 'a target’s own name servers are silent',
      finds: ['could-not-check'],
      world: office(
        { records: ['@ MX 10 mail.far.example.'] },
        { zones: { 'far.example': { servers: ['ns.far.example'] } }, faults: { 'ns.far.example': 'silent' } },
      ),
    },
    {
      name: 'Mailward is named',
      finds: ['fine'],
      world: behind('@ MX 10 relay.mailward.example.', '@ MX 20 mail'),
    },
    {
      name: 'Mailward is named by another name for its address',
      finds: ['fine'],
      world: behind('@ MX 10 in', 'in A 198.51.100.9'),
    },
    { name: 'Mailward is not named', finds: ['not-the-relay'], world: behind('@ MX 10 mail') },
    {
      name: 'Mailward comes second',
      finds: ['relay-not-first'],
      world: behind('@ MX 10 mail', '@ MX 20 relay.mailward.example.'),
    },
    { ...away, finds: ['could-not-check'] },
    cut,
  ]),
  ...scenarios<DnsWorld>('mx-propagation', [
    { ...healthy, world: office({}, { resolvers }), finds: ['agrees'] },
    { name: 'a resolver has the old set', finds: ['spreading'], world: changed },
    {
      name: 'a resolver remembers that there was none',
      finds: ['spreading'],
      world: office(
        { records: ['mail A 192.0.2.1'] },
        {
          resolvers,
          before: async (internet) => {
            await internet.prime('two', 'office.example', 'MX');
            await internet.change('office.example', { records: mail });
          },
        },
      ),
    },
    {
      name: 'the name servers differ',
      finds: ['servers-differ'],
      world: office({ servers: { [ns1]: {}, [ns2]: { records: old } } }, { resolvers }),
    },
    {
      name: 'all name servers lose questions with EDNS',
      finds: ['unresolvable'],
      world: mishear('drops-edns', ns1, ns2),
    },
    {
      name: 'all name servers answer with nothing to questions with EDNS',
      finds: ['could-not-check'],
      world: mishear('no-version', ns1, ns2),
    },
    { name: 'the domain is an alias', world: alias(shop, { resolvers }), finds: ['agrees'] },
    {
      name: 'the domain is an alias for an alias',
      finds: ['agrees'],
      world: alias(['shop CNAME here', 'here CNAME there', 'there MX 10 mx', 'mx A 192.0.2.8'], {
        resolvers,
      }),
    },
    {
      name: 'the domain is below a name that stands for another (DNAME)',
      finds: ['agrees'],
      world: {
        ...office(
          { records: ['old DNAME web.example.'] },
          { resolvers, zones: { 'web.example': { servers: ['ns1.web.example'], records: shop } } },
        ),
        domain: 'shop.old.office.example',
      },
    },
    {
      name: 'the domain is an alias for a name without MX records',
      finds: ['agrees'],
      world: alias(['shop A 192.0.2.8'], { resolvers }),
    },
    {
      name: 'the domain is an alias for a name that does not exist',
      finds: ['agrees'],
      world: alias(['other A 192.0.2.8'], { resolvers }),
    },
    {
      name: 'the domain is an alias, and a resolver has the old set of its end',
      finds: ['spreading'],
      world: alias(shop, {
        resolvers,
        before: async (internet) => {
          await internet.prime('one', 'sub.office.example', 'MX');
          await internet.change('web.example', { records: ['shop MX 10 new', 'new A 192.0.2.9'] });
        },
      }),
    },
    {
      name: 'the domain is an alias, and a resolver still follows it to another name',
      finds: ['spreading'],
      world: alias([...shop, 'new MX 10 mx2'], {
        resolvers,
        before: async (internet) => {
          await internet.prime('two', 'sub.office.example', 'MX');
          await internet.change('office.example', { records: ['sub CNAME new.web.example.'] });
        },
      }),
    },
    {
      name: 'the domain is an alias for different names, as its name servers have it',
      finds: ['servers-differ'],
      world: {
        ...office(
          {
            records: ['sub CNAME shop.web.example.'],
            servers: { [ns1]: {}, [ns2]: { records: ['sub MX 10 old', 'old A 192.0.2.1'] } },
          },
          { resolvers, zones: { 'web.example': { servers: ['ns1.web.example'], records: shop } } },
        ),
        domain: 'sub.office.example',
      },
    },
    {
      name: 'a resolver remembers that there was no such name',
      finds: ['spreading'],
      world: {
        ...office(
          {},
          {
            resolvers,
            before: async (internet) => {
              await internet.prime('two', 'branch.office.example', 'MX', 'NXDOMAIN');
              await internet.change('office.example', { records: ['branch A 192.0.2.1'] });
            },
          },
        ),
        domain: 'branch.office.example',
      },
    },
    {
      name: 'resolvers that check signatures cannot resolve it',
      finds: ['unresolvable'],
      world: office({ signed: true, parent: { ds: 'wrong' } }, { resolvers: { strict: 'validating' } }),
    },
    {
      name: 'no public resolver answers',
      finds: ['could-not-check'],
      world: office(
        {},
        {
          faults: { [ns2]: 'stopped' },
          network: (internet) => ({ publicResolvers: [internet.address('nobody')] }),
        },
      ),
    },
    { ...unknown, finds: ['not-applicable'] },
    { ...away, finds: ['could-not-check'] },
    cut,
  ]),
  ...scenarios<DnsWorld>('dnssec', [
    { ...healthy, finds: ['unsigned'] },
    {
      name: 'signed, and all is well',
      finds: ['signed'],
      world: office({ signed: true }, { resolvers: { strict: 'validating' } }),
    },
    {
      name: 'signed, but the zone above does not vouch for it',
      finds: ['unanchored'],
      world: office({ signed: true, parent: { ds: 'none' } }),
    },
    {
      name: 'the zone above vouches for another key',
      finds: ['key-unknown'],
      world: office({ signed: true, parent: { ds: 'wrong' } }, { resolvers: { strict: 'validating' } }),
    },
    {
      name: 'the signatures have run out',
      finds: ['expired'],
      world: office({ signed: -5 * 86_400 }, { resolvers: { strict: 'validating' } }),
    },
    {
      name: 'one name server’s signatures have run out',
      finds: ['expired'],
      world: office(
        { signed: true, servers: { [ns1]: {}, [ns2]: { signed: -5 * 86_400 } } },
        { resolvers: { strict: 'validating' } },
      ),
    },
    {
      name: 'this machine’s clock is two months ahead',
      finds: ['could-not-check'],
      world: office({ signed: true }, { resolvers: { strict: 'validating' }, clockAheadMs: 60 * 86_400_000 }),
    },
    {
      name: 'the signatures run out in six hours',
      finds: ['expires-soon'],
      world: office({ signed: 6 * 3_600 }),
    },
    {
      name: 'a name server has the zone unsigned',
      finds: ['not-signed-everywhere'],
      world: office({ signed: true, servers: { [ns1]: {}, [ns2]: { signed: false } } }),
    },
    {
      name: 'resolvers refuse it for a fault that we do not see',
      finds: ['not-validated'],
      world: office(
        { signed: true },
        {
          zones: { example: { servers: ['ns.nic.example'], signed: -5 * 86_400 } },
          resolvers: { strict: 'validating' },
        },
      ),
    },
    {
      name: 'the mail server’s own zone is signed, and all is well',
      finds: ['unsigned'],
      world: needing(['@ MX 10 mx.provider.example.'], true),
    },
    {
      name: 'the signatures of the mail server’s own zone have run out',
      finds: ['names-not-validated'],
      world: needing(['@ MX 10 mx.provider.example.'], ended),
    },
    {
      name: 'the zone above the mail server’s own zone vouches for another key',
      finds: ['names-not-validated'],
      world: needing(['@ MX 10 mx.provider.example.'], true, { parent: { ds: 'wrong' } }),
    },
    {
      name: 'the mail server’s own zone is signed at one of its name servers only',
      finds: ['name-not-validated'],
      world: needing(['@ MX 10 mx.provider.example.', '@ MX 20 mail', ...mail.slice(1)], true, {
        servers: { 'ns1.provider.example': { signed: false } },
      }),
    },
    {
      name: 'the domain has no MX record, and its address is behind an alias into a zone whose signatures have run out',
      finds: ['not-validated'],
      world: {
        ...needing(['sub CNAME mx.provider.example.'], ended),
        domain: 'sub.office.example',
      },
    },
    {
      name: 'one of two mail servers has a zone of its own whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing(['@ MX 10 mx.provider.example.', '@ MX 20 mail', ...mail.slice(1)], ended),
    },
    {
      name: 'the MTA-STS policy’s host is in a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing([...mail, '_mta-sts TXT "v=STSv1; id=1"', 'mta-sts CNAME mx.provider.example.'], ended),
    },
    {
      name: 'Mailward’s own name is in a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: {
        ...needing(mail, ended),
        relay: { hostname: 'mx.provider.example', addresses: ['198.51.100.9'] },
      },
    },
    {
      name: 'a record that the SPF record includes is in a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing(
        [
          ...mail,
          '@ TXT "v=spf1 mx include:_spf.office.example -all"',
          '_spf TXT "v=spf1 include:spf.provider.example -all"',
        ],
        ended,
        {
          records: ['spf TXT "v=spf1 ip4:192.0.2.7 -all"'],
        },
      ),
    },
    {
      name: 'the SPF record includes one of a zone whose name servers are dead, and that of one whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing(
        [...mail, '@ TXT "v=spf1 include:spf.dead.example include:spf.provider.example -all"'],
        ended,
        { records: ['spf TXT "v=spf1 -all"'] },
        [ns1, ns2],
        {
          zones: { 'dead.example': { servers: ['ns.dead.example'] } },
          faults: { 'ns.dead.example': 'stopped' },
        },
      ),
    },
    {
      name: 'a host that the SPF record allows is in a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing([...mail, '@ TXT "v=spf1 +a:mx.provider.example -all"'], ended),
    },
    {
      name: 'what the SPF record needs is in a zone that is signed well',
      finds: ['unsigned'],
      world: needing(
        [...mail, '@ TXT "v=spf1 a:mx.provider.example include:spf.provider.example -all"'],
        true,
        {
          records: ['mx A 192.0.2.7', 'spf TXT "v=spf1 ip4:192.0.2.7 -all"'],
        },
      ),
    },
    {
      name: 'a DKIM key is behind an alias into a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: {
        ...needing([...mail, 's1._domainkey CNAME key.provider.example.'], ended, {
          records: ['key TXT "v=DKIM1; p="'],
        }),
        selectors: ['s1'],
      },
    },
    {
      name: 'the DMARC policy is behind an alias into a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing([...mail, '_dmarc CNAME policy.provider.example.'], ended, {
        records: ['policy TXT "v=DMARC1; p=none"'],
      }),
    },
    {
      name: 'the route’s server has a zone of its own whose signatures have run out',
      finds: ['name-not-validated'],
      world: {
        ...needing(mail, ended),
        destinations: [destinationSchema.parse({ host: 'mx.provider.example' })],
      },
    },
    {
      name: 'a name server’s name is in a zone whose signatures have run out',
      finds: ['name-not-validated'],
      world: needing(mail, ended, {}, [ns1, 'mx.provider.example']),
    },
    {
      name: 'all name servers’ names are in a zone whose signatures have run out',
      finds: ['names-not-validated'],
      world: needing(mail, ended, {}, ['mx.provider.example']),
    },
    {
      name: 'the mail server’s own zone is signed badly, and no resolver that checks signatures answers',
      finds: ['could-not-check'],
      world: {
        ...needing(['@ MX 10 mx.provider.example.'], ended),
        network: (internet) => ({ publicResolvers: [internet.address('nobody')] }),
      },
    },
    { ...unknown, finds: ['not-applicable'] },
    { ...away, finds: ['could-not-check'] },
    cut,
  ]),
];
