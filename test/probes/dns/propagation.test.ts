// A change of MX records on its way: who has which set, until when, and how it is followed to its end.
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../shared/finding.ts';
import type { PropagationState } from '../../../src-main/probes/dns/propagation.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { hasInternet } from '../../lab/packages.ts';
import { ask } from './play.ts';

const domain = 'office.example';
const ns = ['ns1.office.example', 'ns2.office.example'];

/** Resolver `one` has the old set for `ttl` seconds, `two` has never heard of the domain, `three` does not answer. */
async function afterChange(ttl: number): Promise<Internet> {
  const internet = await Internet.start({
    zones: { [domain]: { servers: ns, ttl, records: ['@ MX 10 old'] } },
    resolvers: { one: 'plain', two: 'plain' },
  });
  await internet.prime('one', domain, 'MX');
  return internet;
}

const changeIt = (internet: Internet) =>
  internet.change(domain, { ttl: 300, records: ['@ MX 10 new', '@ MX 20 new2'] });

describe.skipIf(!hasInternet)('the spreading of a change', () => {
  it('names everybody who was asked, what each has, and when the last one gives it up', async () => {
    await using internet = await afterChange(600);
    await changeIt(internet);
    const silent = internet.address('three');
    const publicResolvers = [...internet.settings().publicResolvers, silent];
    const started = Date.now();
    const [finding] = await ask(internet, 'mx-propagation', { network: () => ({ publicResolvers }) });
    expect(finding).toMatchObject({ code: 'spreading', state: 'problem', severity: 'attention' });
    const { items, until, mx } = finding?.facts as unknown as PropagationState;
    expect(mx).toEqual([
      { preference: 10, exchange: 'new.office.example' },
      { preference: 20, exchange: 'new2.office.example' },
    ]);
    expect(items.map(({ address, kind, state }) => [address, kind, state])).toEqual([
      [internet.address(ns[0]!), 'authoritative', 'agrees'],
      [internet.address(ns[1]!), 'authoritative', 'agrees'],
      [internet.address('one'), 'resolver', 'differs'],
      [internet.address('two'), 'resolver', 'agrees'],
      [silent, 'resolver', 'silent'],
    ]);
    const old = items[2]!;
    expect(old.mx).toEqual([{ preference: 10, exchange: 'old.office.example' }]);
    expect(old.ttl).toBeGreaterThan(500);
    expect(old.ttl).toBeLessThanOrEqual(600);
    expect(until).toBe(old.until);
    expect(until).toBeGreaterThan(started + 500_000);
    expect(until).toBeLessThanOrEqual(Date.now() + 600_000);
    expect(finding?.summary).toContain(
      new Date(Math.ceil(until! / 60_000) * 60_000).toISOString().slice(11, 16),
    );
  });

  it('knows from what it found before how long anybody at all may have the old set', async () => {
    await using internet = await afterChange(600);
    const [before] = await ask(internet, 'mx-propagation');
    expect(before?.code).toBe('agrees');
    await changeIt(internet);
    await Promise.all(['one', 'two'].map((name) => internet.restartResolver(name)));
    const seen: Finding[] = [before!];
    // Nobody in the list has it any more; others may.
    const [first] = await ask(internet, 'mx-propagation', {}, seen);
    expect(first?.code).toBe('agrees');
    const { since, until } = first?.facts as unknown as { since: number; until: number };
    expect(until).toBe(since + 600_000);
    expect(first?.facts['before']).toEqual({
      mx: [{ preference: 10, exchange: 'old.office.example' }],
      ttl: 600,
    });
    // The next one still knows when it began.
    const [second] = await ask(internet, 'mx-propagation', {}, [first!, ...seen]);
    expect(second?.facts).toMatchObject({ since, until, before: first?.facts['before'] ?? null });
  });
});
