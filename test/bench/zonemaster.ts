// Zonemaster beside Mailward: the same domains in the same lab, healthy and broken, for the questions that both ask.
import { spawn, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { z } from 'zod';
import { checks } from '../../src-main/probes/catalogue.ts';
import { runChecks } from '../../src-main/probes/runner.ts';
import { Internet } from '../lab/internet/internet.ts';
import type { InternetOptions } from '../lab/internet/internet.ts';
import type { ZoneOptions } from '../lab/internet/zones.ts';

const domain = 'office.example';
const [ns1, ns2] = [`ns1.${domain}`, `ns2.${domain}`];

/** The checks that ask what Zonemaster asks, and its tests for the same. */
const ours = ['dns-interception', 'delegation', 'mx', 'dnssec'];
const theirs = [
  ...['Basic', 'Delegation', 'Consistency', 'DNSSEC'],
  ...[
    'Connectivity/connectivity01',
    'Connectivity/connectivity02',
    'Nameserver/nameserver02',
    'Nameserver/nameserver11',
  ],
  ...['Zone/zone08', 'Zone/zone09', 'Zone/zone10'],
];

interface Common {
  name: string;
  zone?: ZoneOptions;
  /** Other zones. */
  zones?: InternetOptions['zones'];
  faults?: InternetOptions['faults'];
  networks?: InternetOptions['networks'];
  /** Why one of the two sees trouble and the other none; where nothing is said they must agree. */
  differs?: string;
}

const byAlias = [ns1, 'nb.dnshost.example'];
const mail = ['@ MX 10 mail', 'mail A 192.0.2.1'];
const worlds: readonly Common[] = [
  { name: 'all is well, unsigned', zone: { signed: false } },
  { name: 'all is well, signed' },
  { name: 'a name server is stopped', faults: { [ns2]: 'stopped' } },
  { name: 'a name server is silent', faults: { [ns2]: 'silent' } },
  { name: 'TCP is closed on a name server', faults: { [ns2]: 'udp-only' } },
  {
    name: 'a name server does not know the domain',
    zone: { servers: { [ns1]: {}, [ns2]: { zone: 'missing' } } },
  },
  { name: 'a name server has an older version', zone: { servers: { [ns1]: {}, [ns2]: { serial: 1 } } } },
  { name: 'the zone above names fewer servers', zone: { parent: { names: [ns1] } } },
  { name: 'the zone above has an old address', zone: { parent: { glue: { [ns2]: '127.0.0.99' } } } },
  { name: 'there is one name server', zone: { servers: [ns1] } },
  {
    name: 'all name servers are in one network',
    differs:
      'Zonemaster asks a database on the Internet whose networks they are, which the lab has not; Mailward compares the addresses.',
    networks: { [ns1]: 3, [ns2]: 3 },
  },
  {
    name: 'the name servers have different MX records',
    zone: { servers: { [ns1]: {}, [ns2]: { records: ['@ MX 10 other', 'other A 192.0.2.2'] } } },
  },
  {
    name: 'an MX target is an alias',
    differs:
      'Zonemaster asks whether the domain itself is an alias, and not its MX targets (RFC 2181 section 10.3).',
    zone: { records: ['@ MX 10 mail', 'mail CNAME real', 'real A 192.0.2.1'] },
  },
  {
    name: 'an MX target does not exist',
    differs: 'Zonemaster does not look the MX targets up.',
    zone: { records: ['@ MX 10 mail'] },
  },
  {
    name: 'there is no MX record, but an address',
    differs: 'Zonemaster mentions it as a notice (Z09_MISSING_MAIL_TARGET).',
    zone: { records: ['@ A 192.0.2.1'] },
  },
  { name: 'the signatures have run out', zone: { signed: -864_000 } },
  { name: 'the zone above vouches for another key', zone: { parent: { ds: 'wrong' } } },
  { name: 'all name servers lose questions with EDNS', faults: { [ns1]: 'drops-edns', [ns2]: 'drops-edns' } },
  {
    name: 'all name servers fail when asked with EDNS',
    faults: { [ns1]: 'fails-edns', [ns2]: 'fails-edns' },
  },
  { name: 'a name server refuses EDNS', faults: { [ns2]: 'refuses-edns' } },
  { name: 'a name server loses questions with a cookie', faults: { [ns2]: 'drops-options' } },
  {
    name: 'a name server’s name is an alias',
    zone: {
      servers: { [ns1]: { names: byAlias }, 'real.dnshost.example': { names: byAlias } },
      parent: { names: byAlias },
    },
    zones: { 'dnshost.example': { servers: ['ns1.dnshost.example'], records: ['nb CNAME real'] } },
  },
  {
    name: 'the only MX target has a private address',
    differs: 'Zonemaster does not look the MX targets up.',
    zone: { records: ['@ MX 10 mail', 'mail A 10.0.0.1'] },
  },
  {
    name: 'an MX target has an underscore',
    differs: 'Zonemaster looks at the names in MX records only when asked for its tests of syntax.',
    zone: { records: ['@ MX 10 ma_il', 'ma_il A 192.0.2.1'] },
  },
  {
    name: 'the mail server’s own zone is signed wrongly',
    differs: 'Zonemaster looks at the signatures of the domain’s own zone alone.',
    zone: { records: ['@ MX 10 mx.provider.example.'] },
    zones: { 'provider.example': { signed: -864_000, records: ['mx A 192.0.2.7'] } },
  },
];

export interface Compared {
  name: string;
  /** What each calls trouble: our codes, and the tags of its messages at WARNING and above. */
  ours: string[];
  theirs: string[];
  /** What it mentions besides, at NOTICE. */
  notices: string[];
  oursMs: number;
  /** The whole command, and of that only what comes after it has loaded. */
  theirsMs: number;
  agree: boolean;
  why: string | null;
}

const messageSchema = z.object({ level: z.string(), tag: z.string() });

export function hasZonemaster(): boolean {
  return spawnSync('zonemaster-cli', ['--version']).status === 0;
}

/** What Zonemaster takes to load, ms: the least of several times. */
export function zonemasterLoads(): number {
  const times = Array.from({ length: 3 }, () => {
    const started = performance.now();
    spawnSync('zonemaster-cli', ['--version']);
    return performance.now() - started;
  });
  return Math.min(...times);
}

export async function compareAll(folder: string, tell: (one: Compared) => void): Promise<Compared[]> {
  const all: Compared[] = [];
  for (const world of worlds) {
    const one = await compare(world, folder);
    tell(one);
    all.push(one);
  }
  return all;
}

async function compare(world: Common, folder: string): Promise<Compared> {
  await using internet = await Internet.start({
    zones: {
      [domain]: { servers: [ns1, ns2], ttl: 3600, signed: true, records: mail, ...world.zone },
      ...world.zones,
    },
    faults: world.faults ?? {},
    networks: world.networks ?? {},
    resolvers: { one: 'validating', two: 'validating' },
  });
  const started = performance.now();
  const found = await runChecks({
    checks: checks.filter(({ name }) => ours.includes(name)),
    target: { domain, destinations: [], relay: null, selectors: [], formerMx: [], expiresAt: null },
    settings: internet.settings({ rdapBootstrap: '' }),
    onFinding: () => undefined,
  });
  const oursMs = performance.now() - started;
  const trouble = found
    .filter(({ state }) => state === 'problem')
    .map(({ check, code }) => `${check} ${code}`);
  const asked = await zonemaster(internet.address('a.root'), folder);
  const agree = trouble.length > 0 === asked.tags.length > 0;
  const why = agree ? null : (world.differs ?? 'not explained');
  return {
    ...{
      name: world.name,
      ours: [...new Set(trouble)],
      theirs: asked.tags,
      notices: asked.notices,
      oursMs,
      theirsMs: asked.tookMs,
    },
    ...{ agree, why },
  };
}

/** Asks Zonemaster about the domain, its command from start to end. */
export async function zonemaster(
  root: string,
  folder: string,
): Promise<{ tags: string[]; notices: string[]; tookMs: number }> {
  const hints = join(folder, 'hints');
  writeFileSync(hints, `. 3600000 NS a.root.\na.root. 3600000 A ${root}\n`);
  const started = performance.now();
  const child = spawn(
    'zonemaster-cli',
    [
      ...[`--hints=${hints}`, '--no-ipv6', '--no-progress', '--json-stream', '--level=NOTICE'],
      ...theirs.map((test) => `--test=${test}`),
      domain,
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString()));
  await once(child, 'close');
  const tookMs = performance.now() - started;
  const said = output
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => messageSchema.parse(JSON.parse(line)));
  const tagsOf = (of: (level: string) => boolean) => [
    ...new Set(said.filter(({ level }) => of(level)).map(({ tag }) => tag)),
  ];
  const isNotice = (level: string) => level === 'NOTICE';
  return { tags: tagsOf((level) => !isNotice(level)), notices: tagsOf(isNotice), tookMs };
}
