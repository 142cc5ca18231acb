// A signed domain whose keys cannot be had: that proves nothing, neither good nor bad.
import { expect, it } from 'vitest';
import { dnssec } from '../../../src-main/probes/dns/dnssec.check.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { Forger } from '../../lab/internet/forger.ts';
import type { Said } from '../../lab/internet/forger.ts';
import { targetOf } from './play.ts';

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
