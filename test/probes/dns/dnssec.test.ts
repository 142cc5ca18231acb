// What proves that signatures are wrong, and what does not: keys that cannot be had, a resolver that fails once.
import { expect, it } from 'vitest';
import { dnssec } from '../../../src-main/probes/dns/dnssec.check.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import type { Finding } from '../../../shared/finding.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { Forger } from '../../lab/internet/forger.ts';
import type { Query, Said } from '../../lab/internet/forger.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask, targetOf } from './play.ts';

const zone = 'office.example';
const digest = Buffer.alloc(32, 7);
const said: Record<string, Said['answers']> = {
  SOA: [[zone, 'SOA', { mname: 'ns', rname: 'x', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 }]],
  NS: [[zone, 'NS', 'ns.office.example']],
  A: [['ns.office.example', 'A', '127.0.0.1']],
  MX: [[zone, 'MX', { preference: 10, exchange: 'mail.office.example' }]],
  DS: [[zone, 'DS', { keyTag: 4711, algorithm: 13, digestType: 2, digest }]],
};

it.each([
  ['does not answer', []],
  ['fails', [{ rcode: 2, aa: false }]],
] as [string, Said[]][])('when the question for keys %s, nothing is known', async (_, keys) => {
  await using server = await Forger.start(({ type }) =>
    type === 'DNSKEY' ? keys : [{ answers: said[type] ?? [] }],
  );
  const { probes: settings } = settingsSchema.parse({
    probes: { rootServers: [server.address], dnsPort: server.port, publicResolvers: [server.address] },
  });
  const found = await runChecks({
    ...{ checks: [dnssec], target: targetOf(zone), settings },
    onFinding: () => undefined,
  });
  expect(found.map(({ code, summary }) => [code, summary])).toEqual([
    ['could-not-check', 'The zone above says that office.example is signed, but its keys could not be had.'],
  ]);
});

it('a resolver that fails once, and not again, has refused nothing', async () => {
  await using server = await Forger.start(({ type }) => [
    { answers: type === 'DS' ? [] : (said[type] ?? []), authorities: said['SOA'] ?? [] },
  ]);
  let asked = 0;
  await using resolver = await Forger.start(
    ({ type }) => {
      if (type === 'MX') asked += 1;
      return [type === 'MX' && asked === 1 ? { rcode: 2 } : { answers: said[type] ?? [] }];
    },
    { address: '127.0.0.2', port: server.port },
  );
  const { probes: settings } = settingsSchema.parse({
    probes: { rootServers: [server.address], dnsPort: server.port, publicResolvers: [resolver.address] },
  });
  const found = await runChecks({
    ...{ checks: [dnssec], target: targetOf(zone), settings },
    onFinding: () => undefined,
  });
  expect(found.map(({ code }) => code)).toEqual(['unsigned']);
  expect(asked).toBe(3);
});

/** Asks about the zone with everything that its names say; `resolvers` are public ones, each with what it says instead. */
async function askAbout(
  names: Readonly<Record<string, Said>>,
  resolvers: readonly ((query: Query) => Said | null)[],
): Promise<Finding[]> {
  const own = ({ name: asked, type }: Query): Said => {
    const name = asked.toLowerCase();
    const isOwn = name === zone ? type !== 'DS' : name === 'ns.office.example' && type === 'A';
    const answers = isOwn ? (said[type] ?? []) : [];
    return (
      names[`${name} ${type}`] ?? (answers.length > 0 ? { answers } : { authorities: said['SOA'] ?? [] })
    );
  };
  await using server = await Forger.start((query) => [own(query)]);
  await using all = new AsyncDisposableStack();
  const addresses: string[] = [];
  for (const instead of resolvers) {
    const address = `127.0.0.${addresses.length + 2}`;
    all.use(
      await Forger.start((query) => [instead(query) ?? { ...own(query), aa: false }], {
        address,
        port: server.port,
      }),
    );
    addresses.push(address);
  }
  const { probes: settings } = settingsSchema.parse({
    probes: { rootServers: [server.address], dnsPort: server.port, publicResolvers: addresses },
  });
  return await runChecks({
    ...{ checks: [dnssec], target: targetOf(zone), settings },
    onFinding: () => undefined,
  });
}

const refuses =
  (asked: string) =>
  ({ name, unchecked }: Query): Said | null =>
    name.toLowerCase() === asked && !unchecked ? { rcode: 2 } : null;
const spf = (name: string, text: string) => ({
  [`${name} TXT`]: { answers: [[name, 'TXT', [text]]] } as Said,
});

it('one resolver of four that refuses an unsigned name is not believed', async () => {
  const names = {
    ...spf(zone, 'v=spf1 include:spf.big.example -all'),
    ...spf('spf.big.example', 'v=spf1 -all'),
  };
  const flaky = refuses('spf.big.example');
  const calm = () => null;
  expect((await askAbout(names, [flaky, calm, calm, calm])).map(({ code }) => code)).toEqual(['unsigned']);
  expect((await askAbout(names, [flaky, flaky, flaky, calm])).map(({ code }) => code)).toEqual([
    'name-not-validated',
  ]);
});

it('a stranger’s slow server keeps nothing from being said', async () => {
  const mx = 'mx.other.example';
  const slow = Array.from({ length: 12 }, (_, n): [string, Said] => [
    `evil${n}.example TXT`,
    { afterMs: 2_600, answers: [[`evil${n}.example`, 'CNAME', `evil${n + 1}.example`]] },
  ]);
  const names = {
    ...{ [`${zone} MX`]: { answers: [[zone, 'MX', { preference: 10, exchange: mx }]] } as Said },
    ...{ [`${mx} A`]: { answers: [[mx, 'A', '127.0.0.1']] } as Said },
    ...spf(zone, 'v=spf1 include:evil0.example -all'),
    ...Object.fromEntries(slow),
  };
  const found = await askAbout(names, [refuses(mx), refuses(mx)]);
  expect(found.map(({ code }) => code)).toEqual(['names-not-validated']);
});

it.skipIf(!hasInternet)(
  'a mail server’s own zone that is signed wrongly stops mail, and who says so is shown',
  async () => {
    await using internet = await Internet.start({
      zones: {
        [zone]: { records: ['@ MX 10 mx.provider.example.'] },
        'provider.example': { signed: -86_400, records: ['mx A 192.0.2.7'] },
      },
      resolvers: { strict: 'validating', plain: 'plain' },
    });
    const [found] = await ask(internet, 'dnssec');
    expect(found).toMatchObject({ code: 'names-not-validated', severity: 'urgent', subject: 'mail-server' });
    expect(found?.summary).toContain('mx.provider.example');
    expect(found?.summary).toMatch(/signatures of provider\.example ran out on \d{4}-/);
    const said = found?.evidence.map(({ asked, of, answer }) => [asked, of, answer.split(/[,\n]/)[0]]);
    const strict = internet.address('strict');
    expect(said).toContainEqual(['A mx.provider.example', strict, 'SERVFAIL']);
    expect(said).toContainEqual(['A mx.provider.example (without validation)', strict, 'NOERROR']);
  },
);
