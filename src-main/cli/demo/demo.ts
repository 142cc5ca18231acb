// The demonstration: a pretend office whose domains are each in another stage, in-process servers and a trickle of mail of every kind.
// Everything else is real: the mail goes through the listener, the spool and the scheduler like any other.
import type { Timer } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import { profileSchema } from '../../../shared/domain.ts';
import type { MxRead } from '../../../shared/mx-reading.ts';
import type { Overview } from '../../../shared/overview.ts';
import type { Engine } from '../../engine/engine.ts';
import type { EngineWorld } from '../../engine/world.ts';
import { firstMail, sampleMail } from './mail.ts';
import { startOfficeServer, type DemoOfficeServer } from './office.ts';
import { sendMail } from './sender.ts';
import { startSpamFilter, type SpamFilter } from './spam-filter.ts';

/** Pause between two messages of the trickle, ms, before a random part as long again. */
const PAUSE_MS = 700;
/** Sent at once, so that every screen has something on it. */
const FIRST_BURST = 24;

/** How long the first mail of a domain is waited for, ms: after that the show goes on without. */
const FIRST_MAIL_WITHIN_MS = 5_000;

export interface Demo {
  readonly dataDir: string;
  /** What stands in for the Internet. */
  readonly world: EngineWorld;
  /** Makes the office and starts the trickle. */
  begin: (engine: Engine) => Promise<void>;
  stop: () => void;
  cleanUp: () => Promise<void>;
}

export function startDemo(): Demo {
  const dataDir = mkdtempSync(join(tmpdir(), 'mailward-demo-'));
  const servers: DemoOfficeServer[] = [];
  let spamFilter: SpamFilter | null = null;
  let stopped = false;
  let timer: Timer | null = null;
  let count = 0;

  async function one(port: number): Promise<void> {
    count++;
    try {
      await sendMail(port, sampleMail(count));
    } catch {
      // A pretend sender that is refused, or cut off by a stop, is part of the show.
    }
  }

  function trickle(port: number): void {
    if (stopped) return;
    timer = systemClock.after(
      PAUSE_MS * (1 + Math.random()),
      () => void one(port).finally(() => trickle(port)),
    );
  }

  return {
    dataDir,
    world: { readMx: (domain) => Promise.resolve(pretendMx(domain)) },
    async begin(engine) {
      spamFilter = await startSpamFilter();
      engine.settings.set(settingsOf(engine, spamFilter.url));
      const { domains } = createRouterClient(engine.router);
      servers.push(
        await startOfficeServer('healthy'),
        await startOfficeServer('not-home'),
        await startOfficeServer('healthy'),
        await startOfficeServer('healthy'),
      );
      const protect = async (name: string, index: number) =>
        domains.add({
          name,
          route: [
            {
              host: '127.0.0.1',
              port: servers[index]?.port ?? 25,
              tls: 'opportunistic',
              sourceAddress: null,
            },
          ],
        });
      for (const [index, name] of liveNames.entries()) await protect(name, index);
      await describe(engine);
      const port = engine.smtp?.port;
      if (port === undefined) return;
      await Promise.all(liveNames.map((name) => sendMail(port, firstMail(name)).catch(() => undefined)));
      await untilLive(engine, liveNames);
      await domains.setMode({
        name: 'lakeside-school.example',
        mode: 'hold',
        reason: 'The server moves to the new building today',
        reroute: null,
      });
      // Its MX still names its own server: what is left to do until its first mail comes through is on the home screen.
      await protect(newName, liveNames.length);
      void (async () => {
        for (let sent = 0; sent < FIRST_BURST && !stopped; sent++) await one(port);
        trickle(port);
      })();
    },
    stop() {
      stopped = true;
      timer?.cancel();
    },
    async cleanUp() {
      stopped = true;
      for (const server of servers) await server.close();
      await spamFilter?.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Its senders are this machine, whom filters leave alone otherwise; and nothing is asked of the world's DNS. */
function settingsOf(engine: Engine, rspamdUrl: string): unknown {
  const settings = engine.settings.get();
  const off = { blocklists: 'off', reverseName: 'off', spf: 'off', dkim: 'off', dmarc: 'off', arc: 'off' };
  return { ...settings, filters: { ...settings.filters, ...off, exempt: [], rspamdUrl } };
}

/** Domains whose mail comes by way of Mailward, and one that has just been added. */
const liveNames = ['willow-dental.example', 'harbour-law.example', 'lakeside-school.example'];
const newName = 'corner-bakery.example';

/** What the admin wrote down, so that it is there on the day that mail stops. */
async function describe(engine: Engine): Promise<void> {
  const { contacts, domains } = createRouterClient(engine.router);
  await contacts.put({
    name: 'Ann Smith',
    role: 'looks after the office’s computers',
    phone: '+49 30 5550 1234',
    note: 'Also in the evening',
  });
  await contacts.put({
    domain: 'harbour-law.example',
    name: 'Bob Jones',
    role: 'office manager',
    phone: '+49 30 5550 5678',
  });
  const [name = ''] = liveNames;
  await domains.setProfile({
    name,
    profile: profileSchema.parse({
      hosting: 'hosted',
      software: 'postfix',
      support: { vendor: { company: 'Example Hosting', phone: '+49 30 5550 9000', customer: '4711' } },
    }),
  });
}

/** Ends when a mail of each of these domains has come through, or in any case soon. */
function untilLive(engine: Engine, names: readonly string[]): Promise<void> {
  return new Promise((resolve) => {
    const isLive = ({ domains }: Overview) =>
      names.every((name) => domains.some((one) => one.name === name && one.liveSince !== null));
    const done = () => {
      off();
      late.cancel();
      resolve();
    };
    const late = systemClock.after(FIRST_MAIL_WITHIN_MS, done);
    const off = engine.onOverview((overview) => {
      if (isLive(overview)) done();
    });
    if (isLive(engine.overview())) done();
  });
}

/** Each of the domains had a server of its own before Mailward, and of all others nobody knows anything. */
function pretendMx(domain: string): MxRead {
  if (![...liveNames, newName].includes(domain))
    return { status: 'could-not', reason: 'the demonstration asks nobody on the Internet' };
  const host = `mail.${domain}`;
  return {
    status: 'read',
    own: [],
    reading: {
      at: systemClock.now(),
      records: [{ preference: 10, exchange: host }],
      ttl: 3600,
      alias: null,
      from: [
        { name: 'ns1.dns-host.example', address: '192.0.2.53' },
        { name: 'ns2.dns-host.example', address: '198.51.100.53' },
      ],
      dnssec: 'unsigned',
      exchanges: [{ host, v4: ['192.0.2.25'], v6: [], trouble: '' }],
    },
  };
}
