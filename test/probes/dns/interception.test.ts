// Who answers in the name servers' place: every kind of meddler is found out, and no honest root server is taken for one.
import { describe, expect, it } from 'vitest';
import { interception } from '../../../src-main/probes/dns/dns-interception.check.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { Forger } from '../../lab/internet/forger.ts';
import type { Answering, Said } from '../../lab/internet/forger.ts';
import { targetOf } from './play.ts';

type Record = [string, string, unknown];
const soaOf = (zone: string): Record => [
  zone,
  'SOA',
  { mname: 'ns', rname: 'admin', serial: 1, refresh: 1, retry: 1, expire: 1, minimum: 60 },
];
const isSoa = (type: string) => type === 'SOA';
const ofRoot: Said = { answers: [soaOf('.')] };
const referral: Said = { aa: false, authorities: [['example', 'NS', 'ns.nic.example']] };

/** What is found when all root servers answer so. */
async function found(answering: Answering): Promise<string | undefined> {
  await using server = await Forger.start(answering);
  const { probes: settings } = settingsSchema.parse({
    probes: { rootServers: [server.address], dnsPort: server.port },
  });
  const [finding] = await runChecks({
    ...{ checks: [interception], target: targetOf('office.example'), settings },
    onFinding: () => undefined,
  });
  return finding?.code;
}

describe('a root server', () => {
  it('is genuine when it refers', async () => {
    expect(await found(({ type }) => [isSoa(type) ? ofRoot : referral])).toBe('genuine');
  });

  it('is genuine when it says that there is no such top-level domain', async () => {
    const none: Said = { rcode: 3, authorities: [soaOf('.')] };
    expect(await found(({ type }) => [isSoa(type) ? ofRoot : none])).toBe('genuine');
  });
});

describe('a meddler', () => {
  it('that resolves is found out by its lack of authority', async () => {
    const plain: Said = { ...ofRoot, aa: false };
    expect(await found(({ type }) => [isSoa(type) ? plain : referral])).toBe('intercepted');
  });

  it('that has a copy of the root zone is found out by what it says of other zones', async () => {
    const none: Said = { rcode: 3, authorities: [soaOf('example')] };
    expect(await found(({ type }) => [isSoa(type) ? ofRoot : none])).toBe('intercepted');
  });

  it('that resolves, and leaves the zone out, is found out by a “no such name” without authority', async () => {
    expect(await found(({ type }) => [isSoa(type) ? ofRoot : { aa: false, rcode: 3 }])).toBe('intercepted');
  });

  it('that sends everybody to its own page is found out by the address', async () => {
    const page: Answering = ({ name, type }) => [
      isSoa(type) ? ofRoot : { answers: [[name, 'A', '192.0.2.80']] },
    ];
    expect(await found(page)).toBe('intercepted');
  });
});

describe('nothing is proven', () => {
  it.each([
    ['refuse', [{ aa: false, rcode: 5 }]],
    ['fail', [{ aa: false, rcode: 2 }]],
    ['say nothing', []],
  ] as [string, Said[]][])('when the root servers %s', async (_, said) => {
    expect(await found(() => said)).toBe('could-not-check');
  });
});
