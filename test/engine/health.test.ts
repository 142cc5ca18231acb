// A domain's health: one run at a time, joined by whoever asks, told as it happens and kept.
import { afterEach, describe, expect, it } from 'vitest';
import type { CheckEvent } from '../../shared/check-run.ts';
import { fine, wrong, type Check } from '../../src-main/probes/check.ts';
import type { Target } from '../../src-main/probes/target.ts';
import { Sink } from '../lab/sink.ts';
import { EngineUnderTest } from './engine-under-test.ts';

let under: EngineUnderTest | null = null;
afterEach(async () => {
  await under?.[Symbol.asyncDispose]();
  under = null;
});

function check(name: string, run: Check['run'], more: Partial<Check> = {}): Check {
  return {
    name,
    title: name,
    area: 'dns',
    leg: 'inbound',
    question: `Is ${name} as it should be?`,
    needs: ['domain'],
    deadlineMs: 10_000,
    findings: { yes: fine('It is.'), no: wrong('urgent', 'It is not.') },
    run,
    ...more,
  };
}

const quick = (name: string, code: 'yes' | 'no' = 'yes', more: Partial<Check> = {}): Check =>
  check(
    name,
    ({ report }) => {
      report(code, { summary: `${name} says ${code}` });
      return Promise.resolve();
    },
    more,
  );

/** A check that waits to be let go, and counts how often it was asked. */
function gated(name: string): { check: Check; go: () => void; asked: () => number } {
  let go = (): void => undefined;
  let asked = 0;
  const gate = new Promise<void>((resolve) => (go = resolve));
  return {
    check: check(name, async ({ report, signal }) => {
      asked++;
      await Promise.race([gate, new Promise((resolve) => signal.addEventListener('abort', resolve))]);
      report('yes', { summary: `${name} was let go` });
    }),
    go: () => go(),
    asked: () => asked,
  };
}

async function start(...checks: Check[]): Promise<EngineUnderTest> {
  under = await EngineUnderTest.start({}, {}, checks);
  return under;
}

async function all(events: AsyncIterable<CheckEvent>): Promise<CheckEvent[]> {
  const list: CheckEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

const said = (events: CheckEvent[]) =>
  events.map((event) =>
    event.kind === 'finding'
      ? event.finding.summary
      : event.kind === 'done'
        ? `${event.check} is done`
        : event.kind,
  );

const domain = 'example.com';

describe('a run', () => {
  it('says what is asked and until when, then each finding as it comes, and is kept', async () => {
    const slow = gated('slow');
    const { client } = await start(quick('mx'), slow.check, quick('rate', 'yes', { onRequest: true }));
    const events: CheckEvent[] = [];
    for await (const event of await client.checks.runAll({ domain })) {
      events.push(event);
      if (event.kind === 'done' && event.check === 'mx') slow.go();
    }
    expect(said(events)).toEqual([
      'started',
      'mx says yes',
      'mx is done',
      'slow was let go',
      'slow is done',
      'ended',
    ]);
    const [started] = events;
    if (started?.kind !== 'started') throw new Error('it did not start');
    expect(started.checks.map(({ name }) => name)).toEqual(['mx', 'slow']);
    expect(started.checks[0]!.deadlineAt - started.at).toBe(10_000);
    const latest = await client.checks.latest({ domain });
    expect(latest.running).toBe(false);
    expect(latest.findings.map(({ check: name, code, runs }) => [name, code, runs])).toEqual([
      ['mx', 'yes', 1],
      ['slow', 'yes', 1],
    ]);
  });

  it('is joined by whoever asks for the same meanwhile, and told from its beginning', async () => {
    const slow = gated('slow');
    const { client } = await start(quick('mx'), slow.check);
    const first = await client.checks.runAll({ domain });
    const events: CheckEvent[] = [];
    for await (const event of first) {
      events.push(event);
      if (event.kind === 'done') break;
    }
    const one = all(await client.checks.run({ domain, check: 'slow' }));
    const whole = all(await client.checks.runAll({ domain }));
    expect((await client.checks.latest({ domain })).running).toBe(true);
    slow.go();
    expect(said(await one)).toEqual(['started', 'slow was let go', 'slow is done', 'ended']);
    expect(said(await whole)).toContain('mx says yes');
    expect(slow.asked()).toBe(1);
  });

  it('waits for one that asks something else, and runs beside those of other domains', async () => {
    const slow = gated('slow');
    const { client } = await start(slow.check, quick('mx'));
    const events = all(await client.checks.run({ domain, check: 'slow' }));
    const other = all(await client.checks.run({ domain: 'example.org', check: 'mx' }));
    expect(said(await other)).toEqual(['started', 'mx says yes', 'mx is done', 'ended']);
    const next = (await client.checks.run({ domain, check: 'mx' }))[Symbol.asyncIterator]();
    expect((await next.next()).value).toEqual({ kind: 'waiting' });
    slow.go();
    expect((await next.next()).value).toMatchObject({ kind: 'started' });
    await events;
  });

  it('goes on to its end when nobody listens any more', async () => {
    const slow = gated('slow');
    const { client } = await start(slow.check);
    for await (const event of await client.checks.runAll({ domain })) if (event.kind === 'started') break;
    slow.go();
    const events = await all(await client.checks.runAll({ domain }));
    expect(said(events)).toContain('slow was let go');
    expect(slow.asked()).toBe(1);
  });

  it('asks the check that shows whether another can be trusted along with it, without telling of it', async () => {
    const { client } = await start(
      quick('interception', 'no'),
      quick('mx', 'yes', { spoiledBy: ['interception'] }),
    );
    const events = await all(await client.checks.run({ domain, check: 'mx' }));
    expect(said(events)).toEqual([
      'started',
      'Answers to this cannot be trusted here: interception says no',
      'mx is done',
      'ended',
    ]);
  });

  it('ends when the engine closes, and what it could not check then is not kept', async () => {
    const endless = check('endless', () => new Promise(() => undefined));
    const engine = await start(endless, quick('mx'));
    const seen = new Promise<void>((resolve, reject) => {
      void (async () => {
        for await (const event of await engine.client.checks.runAll({ domain }))
          if (event.kind === 'done' && event.check === 'mx') resolve();
      })().catch(reject);
    });
    await seen;
    await engine.engine.close();
    await engine.open();
    const { findings } = await engine.client.checks.latest({ domain });
    expect(findings.map(({ check: name, state }) => [name, state])).toEqual([['mx', 'ok']]);
  });

  it('refuses a check that there is not, and a domain that is none', async () => {
    const { client } = await start(quick('mx'));
    await expect(client.checks.run({ domain, check: 'xm' })).rejects.toThrow('there is no check "xm"');
    await expect(client.checks.runAll({ domain: '192.0.2.1' })).rejects.toThrow();
  });
});

describe('what the checks are told', () => {
  it('of a protected domain its route, its profile and where the world reaches Mailward; of another only its name', async () => {
    const targets: Target[] = [];
    const engine = await start(
      check('look', ({ target, report }) => {
        targets.push(target);
        report('yes', { summary: 'seen' });
        return Promise.resolve();
      }),
    );
    await engine.protect(domain, 2526);
    const settings = engine.engine.settings.get();
    engine.engine.settings.set({
      ...settings,
      smtp: { ...settings.smtp, hostname: 'mx.example.com' },
      probes: { ...settings.probes, relayAddresses: ['192.0.2.1'] },
    });
    await engine.client.domains.setProfile({
      name: domain,
      profile: { expiresAt: 1_900_000_000_000, selectors: ['default'] },
    });
    await all(await engine.client.checks.runAll({ domain }));
    await all(await engine.client.checks.runAll({ domain: 'elsewhere.example' }));
    expect(targets).toMatchObject([
      {
        domain,
        destinations: [{ host: '127.0.0.1', port: 2526 }],
        relay: { hostname: 'mx.example.com', addresses: ['192.0.2.1'] },
        selectors: ['default'],
        expiresAt: 1_900_000_000_000,
      },
      { domain: 'elsewhere.example', destinations: [], relay: null, selectors: [], expiresAt: null },
    ]);
  });

  it('what they found before, and what the servers answered lately', async () => {
    let told: unknown = null;
    const engine = await start(
      check('look', async ({ target, world, report }) => {
        const past = await world.past.findings('look');
        const attempts = await world.traffic.attempts(target.domain);
        told = {
          past: past.map(({ facts }) => facts),
          attempts: attempts.map(({ server, reply, cause }) => ({ server, reply, cause })),
        };
        report('yes', { summary: 'seen', facts: { banner: 'mail.example.com ESMTP' } });
      }),
    );
    await using sink = new Sink({ temper: { rcpt: () => '550 5.7.1 relaying denied' } });
    await sink.start();
    await engine.protect(domain, sink.port);
    await all(await engine.client.checks.runAll({ domain }));
    const id = await engine.send('office@example.com');
    await engine.tried(id, 1);
    await all(await engine.client.checks.runAll({ domain }));
    expect(told).toEqual({
      past: [{ banner: 'mail.example.com ESMTP' }],
      attempts: [
        {
          server: `127.0.0.1:${sink.port}`,
          reply: '550 5.7.1 relaying denied',
          cause: 'relay-denied',
        },
      ],
    });
  });
});

describe('the history of a check', () => {
  it('says since when, and what it was before', async () => {
    let answer: 'yes' | 'no' = 'yes';
    const { client } = await start(
      check('mx', ({ report }) => {
        report(answer, { summary: `it says ${answer}` });
        return Promise.resolve();
      }),
    );
    for (const next of ['yes', 'no', 'no'] as const) {
      answer = next;
      await all(await client.checks.run({ domain, check: 'mx' }));
    }
    const [since] = await client.checks.since({ domain, check: 'mx' });
    const { points, periods } = await client.checks.history({ domain, check: 'mx', from: 0, to: Date.now() });
    expect(points.map(({ code }) => code)).toEqual(['yes', 'no', 'no']);
    expect(periods.map(({ code, runs }) => [code, runs])).toEqual([
      ['no', 2],
      ['yes', 1],
    ]);
    expect(since).toMatchObject({ code: 'no', since: periods[0]?.since });
    await expect(client.checks.history({ domain, check: 'mx', from: 2, to: 1 })).rejects.toThrow(
      'after the end',
    );
  });
});
