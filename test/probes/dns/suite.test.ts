// All DNS checks together, as they run for a domain: in a world that is well, through a forger, and with every server dead.
import { describe, expect, it } from 'vitest';
import { checks } from '../../../src-main/probes/catalogue.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import type { Finding } from '../../../shared/finding.ts';
import type { ProbesSettings } from '../../../shared/settings-probes.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { targetOf } from './play.ts';

const dnsChecks = checks.filter(({ area }) => area === 'dns');
const zones = {
  'office.example': {
    servers: ['ns1.office.example', 'ns2.office.example'],
    records: ['@ MX 10 mail', 'mail A 192.0.2.1'],
  },
};

async function suite(settings: ProbesSettings): Promise<{ found: Finding[]; tookMs: number }> {
  const started = performance.now();
  const found = await runChecks({
    ...{ checks: dnsChecks, target: targetOf('office.example'), settings },
    onFinding: () => undefined,
  });
  return { found, tookMs: performance.now() - started };
}

const short = (found: readonly Finding[]) => found.map(({ check, code }) => `${check} ${code}`).sort();

describe.skipIf(!hasInternet)('all DNS checks of a domain', () => {
  it.concurrent('find a healthy domain healthy', async () => {
    await using internet = await Internet.start({ zones, resolvers: { one: 'validating', two: 'plain' } });
    const { found } = await suite(internet.settings());
    expect(short(found)).toEqual([
      'delegation fine',
      'dns-interception genuine',
      'dnssec unsigned',
      'mx fine',
      'mx-propagation agrees',
    ]);
  });

  it.concurrent('say nothing but that when something answers in the name servers’ place', async () => {
    await using internet = await Internet.start({ zones, resolvers: { between: 'plain' } });
    const { found } = await suite(internet.settings({ rootServers: [internet.address('between')] }));
    expect(short(found)).toEqual([
      'delegation could-not-check',
      'dns-interception intercepted',
      'dnssec could-not-check',
      'mx could-not-check',
      'mx-propagation could-not-check',
    ]);
  });

  it.concurrent('end within their deadline when every name server is dead', async () => {
    await using internet = await Internet.start({
      zones,
      faults: { 'ns1.office.example': 'silent', 'ns2.office.example': 'silent' },
      resolvers: { one: 'plain' },
    });
    const { found, tookMs } = await suite(internet.settings());
    expect(short(found)).toEqual([
      'delegation no-server-answers',
      'dns-interception genuine',
      'dnssec could-not-check',
      'mx could-not-check',
      'mx-propagation could-not-check',
    ]);
    expect(tookMs).toBeLessThan(Math.max(...dnsChecks.map(({ deadlineMs }) => deadlineMs)));
  });

  it.concurrent('blame the name servers that are deaf to resolvers’ questions, and not the resolvers', async () => {
    await using internet = await Internet.start({
      zones,
      faults: { 'ns1.office.example': 'drops-edns', 'ns2.office.example': 'drops-edns' },
      resolvers: { one: 'validating', two: 'plain' },
    });
    const { found } = await suite(internet.settings());
    expect(short(found)).toEqual([
      'delegation no-server-edns',
      'dns-interception genuine',
      'dnssec unsigned',
      'mx fine',
      'mx-propagation unresolvable',
    ]);
    // The question that is lost, and the same one without what loses it.
    const said = found
      .find(({ check }) => check === 'delegation')
      ?.evidence.map(({ asked, answer }) => [asked, answer.split(/[\n,]| within/)[0]]);
    expect(said).toContainEqual(['SOA office.example (with signatures)', 'no answer']);
    expect(said).toContainEqual(['SOA office.example (without EDNS)', 'NOERROR']);
  });

  it.concurrent('know nothing, and say so, when the network is down', async () => {
    await using internet = await Internet.start({ zones });
    const { found } = await suite(await internet.cutOff());
    expect(new Set(found.map(({ state }) => state))).toEqual(new Set(['could-not-check']));
    expect(found).toHaveLength(dnsChecks.length);
  });
});
