// The demonstration: a pretend office with three domains, in-process servers and a trickle of mail of every kind.
// Everything else is real: the mail goes through the listener, the spool and the scheduler like any other.
import type { Timer } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRouterClient } from '@orpc/server';
import type { Engine } from '../../engine/engine.ts';
import { sampleMail } from './mail.ts';
import { startOfficeServer, type DemoOfficeServer } from './office.ts';
import { sendMail } from './sender.ts';
import { startSpamFilter, type SpamFilter } from './spam-filter.ts';

/** Pause between two messages of the trickle, ms, before a random part as long again. */
const PAUSE_MS = 700;
/** Sent at once, so that every screen has something on it. */
const FIRST_BURST = 24;

export interface Demo {
  readonly dataDir: string;
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
    async begin(engine) {
      spamFilter = await startSpamFilter();
      engine.settings.set(settingsOf(engine, spamFilter.url));
      const { domains } = createRouterClient(engine.router);
      servers.push(
        await startOfficeServer('healthy'),
        await startOfficeServer('not-home'),
        await startOfficeServer('healthy'),
      );
      const names = ['willow-dental.example', 'harbour-law.example', 'lakeside-school.example'];
      for (const [index, name] of names.entries()) {
        const port = servers[index]?.port ?? 25;
        await domains.add({
          name,
          route: [{ host: '127.0.0.1', port, tls: 'opportunistic', sourceAddress: null }],
        });
      }
      await domains.setMode({
        name: 'lakeside-school.example',
        mode: 'hold',
        reason: 'The server moves to the new building today',
        reroute: null,
      });
      const port = engine.smtp?.port;
      if (port === undefined) return;
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
