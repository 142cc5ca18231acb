// The journal of a whole engine with real servers: what is done here and by whom, what the traffic shows, what checks find.
import { createRouterClient } from '@orpc/server';
import { writeFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import type { Client } from '../../shared/contract/index.ts';
import { destinationSchema, domainSchema, profileSchema, supportSchema } from '../../shared/domain.ts';
import { actorSchema, type JournalEntry, type JournalKind } from '../../shared/journal.ts';
import { SECRET_SETTINGS, settingsSchema, type Settings } from '../../shared/settings.ts';
import type { EngineEvents } from '../../src-main/engine/events.ts';
import { Journal } from '../../src-main/engine/journal.ts';
import { Directory } from '../../src-main/relay/policy/directory.ts';
import { fine, type Check } from '../../src-main/probes/check.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { eventsInto } from '../lab/log.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { memoryDatabase } from '../storage/memory-database.ts';
import { EngineUnderTest, to } from './engine-under-test.ts';
import { PlayedEngine } from './played-time.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;
const ann = actorSchema.parse({ who: 'admin', via: 'command', name: 'ann' });
const defaults = settingsSchema.parse({});
const quiet = { recipients: { ...defaults.recipients, ask: false } };
const denied = '550 5.7.1 <bob@example.com>: Relay access denied';

let opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.reverse()) await one[Symbol.asyncDispose]();
  opened = [];
});
function use<T extends AsyncDisposable>(one: T): T {
  opened.push(one);
  return one;
}

async function start(settings: Record<string, unknown> = {}, checks: Check[] = []) {
  const under = use(await EngineUnderTest.start(settings, {}, checks));
  return { under, byAnn: createRouterClient(under.engine.router, { context: { actor: ann } }) };
}

async function entries(
  client: Client,
  kinds?: JournalKind[],
  domain = 'example.com',
): Promise<JournalEntry[]> {
  return (await client.journal.list({ domain, ...(kinds ? { kinds } : {}) })).entries;
}

/** Oldest first, in a line each. */
async function told(client: Client, kinds?: JournalKind[], domain?: string): Promise<string[]> {
  return (await entries(client, kinds, domain))
    .reverse()
    .map(({ kind, subject, before, after, by }) =>
      [`${kind} ${subject}:`.replace(' :', ':'), before ?? '-', '→', after ?? '-', `(${by.who} ${by.name})`]
        .join(' ')
        .replace(' )', ')'),
    );
}

describe('what is done here', () => {
  it('to a domain is in it with who did it, in the order in which it was done', async () => {
    const { under, byAnn } = await start();
    const name = 'example.com';
    await byAnn.domains.add({ name, route: [to(26)] });
    await under.client.domains.setRoute({
      name,
      route: [
        to(27),
        destinationSchema.parse({ host: 'mail.example.net', tls: 'verify', helo: 'us.example' }),
      ],
    });
    await byAnn.domains.setMode({ name, mode: 'reroute', reroute: [to(28)], reason: 'a new server' });
    await byAnn.domains.setMode({ name, mode: 'hold', until: Date.UTC(2090, 0, 1) });
    await byAnn.domains.setProfile({
      name,
      profile: profileSchema.parse({
        hosting: 'hosted',
        selectors: ['s1', 's2'],
        support: { vendor: supportSchema.parse({ phone: '555-1234' }) },
      }),
    });
    // As it was before: nothing changes.
    await byAnn.domains.setRoute({ name, route: (await byAnn.domains.list())[0]!.route });
    await byAnn.domains.remove({ name });
    expect(await told(under.client)).toEqual([
      'added: - → 127.0.0.1:26 (admin ann)',
      'route: 127.0.0.1:26 → 127.0.0.1:27 mail.example.net:25,tls=verify,helo=us.example (admin)',
      'mode: deliver → reroute to 127.0.0.1:28: a new server (admin ann)',
      'mode: reroute to 127.0.0.1:28: a new server → hold until 2090-01-01T00:00:00.000Z (admin ann)',
      'profile selectors: - → s1, s2 (admin ann)',
      'profile hosting: - → hosted (admin ann)',
      'profile support.vendor: - → changed (admin ann)',
      'removed: - → - (admin ann)',
    ]);
    expect(await entries(under.client, undefined, 'example.org')).toEqual([]);
  });

  it('to the settings is in every domain’s journal, but secrets are in none', async () => {
    const { under, byAnn } = await start();
    const before = await byAnn.settings.get();
    const settings: Settings = {
      ...before,
      smtp: { ...before.smtp, hostname: 'mx.example.com', oldDevices: ['192.0.2.7', '192.0.2.8'] },
      probes: { ...before.probes, blocklistKeys: ['zen.example.net=TOPSECRET'] },
      filters: { ...before.filters, rspamdUrl: 'http://ann:TOPSECRET@127.0.0.1:11333/?key=TOPSECRET' },
    };
    await byAnn.settings.set({ settings, before });
    const lines = await told(under.client);
    expect(lines.sort()).toEqual([
      'settings filters.rspamdUrl: none → http://…@127.0.0.1:11333/?… (admin ann)',
      'settings probes.blocklistKeys: - → changed (admin ann)',
      'settings smtp.hostname: none → mx.example.com (admin ann)',
      'settings smtp.oldDevices: none → 192.0.2.7, 192.0.2.8 (admin ann)',
    ]);
    const rspamdUrl = 'http://ann:ANOTHER@127.0.0.1:11333/?key=ANOTHER';
    await byAnn.settings.set({
      settings: { ...settings, filters: { ...settings.filters, rspamdUrl } },
      before: settings,
    });
    expect((await told(under.client)).at(-1)).toBe('settings filters.rspamdUrl: - → changed (admin ann)');
    await under.engine.close();
    await under.open();
    expect(await told(under.client)).toHaveLength(5);
    expect(JSON.stringify(await entries(under.client))).not.toMatch(/SECRET|ANOTHER/);
  });

  it.each([
    ['while Mailward runs', true],
    ['while it does not', false],
  ])('to the settings’ file by hand is in it too: %s', async (_, isRunning) => {
    const { under } = await start();
    const path = under.engine.settings.path;
    const change = () => writeFileSync(path, JSON.stringify({ log: { keepDays: 7 } }));
    if (isRunning) change();
    else {
      await under.engine.close();
      change();
      await under.open();
    }
    const lines = await until('the change to be in the journal', async () => {
      const found = await told(under.client);
      return found.length > 0 && found;
    });
    expect(lines).toEqual(['settings log.keepDays: 90 → 7 (admin)']);
    await under.engine.close();
    await under.open();
    expect(await told(under.client)).toHaveLength(1);
  });
});

describe('what checks find', () => {
  let mx = [{ preference: 10, exchange: 'mail.example.com' }];
  let state: 'known' | 'unknown' = 'known';
  const check: Check = {
    ...{ name: 'mx-propagation', title: 'mx', area: 'dns', leg: 'inbound', question: 'MX?' },
    ...{ needs: ['domain'], deadlineMs: 10_000, findings: { agrees: fine('They agree.') } },
    run: ({ report, couldNotCheck }) => {
      const found = { summary: 'seen', evidence: [] };
      if (state === 'unknown') couldNotCheck(found);
      else
        report('agrees', {
          ...found,
          facts: { mx, ttl: null, since: null, until: null, before: null, items: [] },
        });
      return Promise.resolve();
    },
  };
  const look = async (client: Client, domain: string) => {
    const events = await client.checks.run({ domain, check: check.name });
    while ((await events.next()).done !== true);
  };

  it('to be other than before is in it, and only of protected domains', async () => {
    const { under } = await start({}, [check]);
    await under.protect('example.com', 26);
    const found = async () => told(under.client, ['mx']);
    for (const domain of ['example.com', 'example.org']) await look(under.client, domain);
    expect(await found()).toEqual([]);
    mx = [{ preference: 5, exchange: 'evil\u001b[2J\u202e.example' }, ...mx];
    for (const domain of ['example.com', 'example.org']) await look(under.client, domain);
    state = 'unknown';
    await look(under.client, 'example.com');
    state = 'known';
    await look(under.client, 'example.com');
    expect(await found()).toEqual([
      'mx: 10 mail.example.com → 5 evil\u{fffd}[2j\u{fffd}.example, 10 mail.example.com (world)',
    ]);
    expect(await entries(under.client, ['mx'])).toMatchObject([{ source: 'check' }]);
    expect(await told(under.client, ['mx'], 'example.org')).toEqual([]);
  });
});

describe('what the traffic shows', () => {
  let address = '127.0.0.1';

  async function play(settings: Record<string, unknown> = {}) {
    const lookUp = () => Promise.resolve({ addresses: [address], ttl: 60 });
    const played = use(await PlayedEngine.start({ ...quiet, ...settings }, { lookUp }, []));
    const { under } = played;
    const send = async (recipient = 'bob@example.com', content?: string) => {
      const id = await played.meanwhile(under.send(recipient, content));
      await played.rest();
      return id;
    };
    const pass = (ms: number) => played.until(played.clock.now() + ms);
    return { played, under, send, pass };
  }

  it('a server that stops taking mail and takes it again: what it says, the hold that follows, and the end', async () => {
    const office = use(await new Sink().start());
    const { under, send, pass } = await play();
    await under.protect('example.com', office.port);
    await send();
    // One refused recipient, or one message, is not the server's doing.
    office.temper.rcpt = (one) => (one === 'eve@example.com' ? '550 5.1.1 User unknown' : null);
    office.temper.data = ({ content }) => (content.includes('spam') ? '554 5.7.1 Spam' : null);
    await send('eve@example.com');
    await send('bob@example.com', 'Subject: spam\r\n\r\nx\r\n');
    const kinds: JournalKind[] = ['added', 'mode', 'server-state', 'replies'];
    expect(await told(under.client, kinds)).toHaveLength(1);

    office.temper.rcpt = () => denied;
    for (let n = 0; n < 5; n++) await send();
    await pass(10 * MINUTE);
    office.temper.rcpt = () => null;
    await pass(10 * MINUTE);
    expect(office.taken).toBe(6);
    const place = `127.0.0.1:${office.port}`;
    expect(await told(under.client, kinds)).toEqual([
      `added: - → ${place} (admin)`,
      `server-state: - → relay-denied at ${place} (world)`,
      'replies delivery: accepted → 550 5.7.1 relay-denied (world)',
      `mode: deliver → hold by Mailward: your server says it does not accept mail for this domain: ${denied} (mailward)`,
      `server-state: relay-denied at ${place} → - (world)`,
      'replies delivery: 550 5.7.1 relay-denied → accepted (world)',
      expect.stringMatching(
        /^mode: hold by Mailward: .* → deliver: the server takes mail for the domain again/,
      ),
    ]);
  });

  it('a trouble that lasts over a restart is one, and its end is seen', async () => {
    const office = use(await new Sink().start());
    const { played, under, send, pass } = await play({
      delivery: { ...defaults.delivery, retrySeconds: [60] },
    });
    await under.protect('example.com', office.port);
    await send();
    await office.stop();
    await send();
    await pass(5 * MINUTE);
    const lines = async () => told(under.client, ['server-state', 'replies']);
    const down = `server-state: - → connection-failed at 127.0.0.1:${office.port} (world)`;
    expect(await lines()).toEqual([down]);
    await played.meanwhile(under.engine.close());
    await played.meanwhile(under.open());
    await pass(5 * MINUTE);
    expect(await lines()).toEqual([down]);
    await played.meanwhile(under.engine.close());
    await office.start();
    await played.meanwhile(under.open());
    await pass(5 * MINUTE);
    expect(office.taken).toBe(2);
    expect(await lines()).toEqual([
      down,
      `server-state: connection-failed at 127.0.0.1:${office.port} → - (world)`,
    ]);
  });

  it('a dead server with another behind it, which takes the mail, is no trouble of the domain’s', async () => {
    const dead = use(await new Sink().start());
    const office = use(await new Sink().start());
    const { under, send, pass } = await play();
    await under.protect('example.com', dead.port, office.port);
    await dead.stop();
    for (let n = 0; n < 4; n++) {
      await send();
      await pass(10 * MINUTE);
    }
    expect(office.taken).toBe(4);
    expect(await told(under.client, ['server-state', 'replies'])).toEqual([]);
  });

  it('a server that moves, in the journal of each domain whose mail goes there', async () => {
    address = '127.0.0.1';
    const office = use(await new Sink().start());
    const moved = use(await new Sink({ host: '127.0.0.2', port: office.port }).start());
    const { under, send, pass } = await play();
    const there = destinationSchema.parse({ host: 'mail.example.net', port: office.port });
    await under.client.domains.add({ name: 'example.com', route: [there] });
    await under.protect('example.org', 26);
    await under.client.domains.setMode({ name: 'example.org', mode: 'reroute', reroute: [there] });
    await under.protect('other.example', 26);
    await send();
    address = '127.0.0.2';
    for (let n = 0; n < 2; n++) {
      await pass(2 * MINUTE);
      await send();
    }
    expect(moved.taken).toBeGreaterThan(0);
    const of = async (domain: string) => told(under.client, ['addresses'], domain);
    const line = 'addresses mail.example.net: 127.0.0.1 → 127.0.0.2 (world)';
    expect(await of('example.com')).toEqual([line]);
    expect(await of('example.org')).toEqual([line]);
    expect(await of('other.example')).toEqual([]);
  });

  it('is kept for so many days, like what is done here', async () => {
    const { played, under, pass } = await play({ probes: { ...defaults.probes, historyDays: 2 } });
    await under.protect('example.com', 26);
    await pass(DAY);
    await under.client.domains.setRoute({ name: 'example.com', route: [to(27)] });
    const kinds = async () => (await entries(under.client)).map(({ kind, at }) => [kind, at]);
    const [, , added] = await kinds();
    expect(added?.[0]).toBe('settings');
    await pass(DAY + 20 * MINUTE);
    expect(await kinds()).toEqual([['route', played.clock.now() - DAY - 20 * MINUTE]]);
  });
});

describe('when it cannot be written', () => {
  const reply = { code: 550, enhanced: '5.7.1', text: 'no' };
  const trouble = { cause: 'relay-denied', since: 0, reply, host: 'mail.example.com', port: 25 } as const;
  const condition = (is: typeof trouble | null) => ({
    ...{ trouble: is, lastDeliveredAt: null, pausedUntil: 0, refusals: null },
  });
  const domain = domainSchema.parse({
    ...{ name: 'example.com', createdAt: 0, route: [to(25)], profile: {} },
    mode: { name: 'deliver', since: 0, reason: '', reroute: null },
  });

  it('that is a fault and nothing else fails; what is so still is written when it can be', async () => {
    const db = memoryDatabase();
    const faults: string[] = [];
    const clock = new FakeClock();
    const directory = new Directory();
    directory.put(domain);
    const events = eventsInto<EngineEvents>(faults);
    const journal = new Journal({ clock, db, directory, events, settings: () => defaults });
    await journal.begin();
    let isBroken = true;
    db.before = (name) => {
      if (isBroken && /^(putJournal|observe)$/.test(name)) throw new Error('the disk is on strike');
    };
    const page = async () => {
      const all = { kinds: null, from: null, to: null, before: null, limit: 10 };
      const { entries: found } = await journal.page({ domain: 'example.com', ...all });
      return found.map(({ kind, after, at }) => [kind, after, at]);
    };
    journal.domainChanged({ domain, before: null, by: ann });
    journal.serverState('example.com', condition(trouble));
    clock.pass(10_000);
    expect(await page()).toEqual([]);
    expect(faults).toEqual([
      'a change cannot be written into the journal: the disk is on strike',
      'what was seen to change cannot be written into the journal: the disk is on strike',
    ]);
    isBroken = false;
    // Not at every attempt while the disk is as it is.
    journal.serverState('example.com', condition(trouble));
    clock.pass(10_000);
    expect(await page()).toEqual([]);
    clock.pass(10 * MINUTE);
    const at = clock.now();
    journal.serverState('example.com', condition(trouble));
    clock.pass(10_000);
    expect(await page()).toEqual([['server-state', 'relay-denied at mail.example.com:25', at]]);
    expect(faults).toHaveLength(2);
  });

  it('a trouble that was seen just before the end is in it', async () => {
    const db = memoryDatabase();
    const directory = new Directory();
    directory.put(domain);
    const clock = new FakeClock();
    const events = eventsInto<EngineEvents>([]);
    const journal = new Journal({ clock, db, directory, events, settings: () => defaults });
    journal.serverState('example.com', condition(trouble));
    await journal.close();
    expect(db.sql.prepare('SELECT kind FROM journal').all()).toEqual([{ kind: 'server-state' }]);
  });
});

it('every setting whose name speaks of a key, a secret or a password is kept secret, or is no secret', () => {
  const paths = Object.entries(defaults).flatMap(([section, values]) =>
    Object.keys(values).map((key) => `${section}.${key}`),
  );
  // The name of a file.
  const harmless = new Set(['smtp.tlsKey']);
  const telling = paths.filter((path) => /key|secret|password|token|credential/i.test(path));
  expect(telling.filter((path) => !harmless.has(path) && !SECRET_SETTINGS.has(path))).toEqual([]);
  expect([...SECRET_SETTINGS].filter((path) => !paths.includes(path))).toEqual([]);
});
