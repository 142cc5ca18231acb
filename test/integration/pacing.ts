// Mail for a real Postfix that counts its clients (anvil): how much of what it allows gets through, and how often it must refuse.
import { DatabaseSync } from 'node:sqlite';
import { join } from 'node:path';
import { EngineUnderTest } from '../engine/engine-under-test.ts';
import { Postfix } from '../lab/postfix.ts';
import { until } from '../lab/wait.ts';

export type Counted = 'connection' | 'message' | 'recipient';

export interface PacingRun {
  counted: Counted;
  /** What Postfix allows in `unit` seconds. */
  limit: number;
  unit: number;
  /** Messages sent, all at once. */
  messages: number;
  recipientsEach: number;
  /** How long it may take at most, ms. */
  within: number;
}

export interface Figures {
  arrived: number;
  duplicates: number;
  seconds: number;
  /** Of what the server allowed after its first window, the share that was used. */
  used: number;
  /** Of the attempts after the first window, the share that was deferred. */
  deferred: number;
  attempts: number;
  /** The limit that Mailward learned, a minute, as the home screen shows it while mail still waits. */
  learned: number | null;
}

interface AttemptRow {
  started_at: number;
  results: string;
}

export async function measurePace(run: PacingRun): Promise<Figures> {
  const { counted, limit, unit, messages, recipientsEach, within } = run;
  await using postfix = await Postfix.start({
    settings: {
      [`smtpd_client_${counted}_rate_limit`]: String(limit),
      anvil_rate_time_unit: `${unit}s`,
      // Clients on this machine would be exempt, as `mynetworks` are by default.
      smtpd_client_event_limit_exceptions: '',
    },
  });
  await using mailward = await EngineUnderTest.start();
  const { settings } = mailward.engine;
  const { delivery } = settings.get();
  settings.set({
    ...settings.get(),
    delivery: { ...delivery, messagesPerConnection: counted === 'connection' ? 1 : 100 },
  });
  await mailward.protect('example.com', postfix.port);
  await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
  const addresses = Array.from({ length: recipientsEach }, (_, n) => `box${n}@example.com`);
  for (let n = 0; n < messages; n++) await mailward.send(addresses, `Subject: number ${n}\r\n\r\nHello.\r\n`);
  await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });

  let learned: number | null = null;
  const key = `${counted}sPerMinute` as const;
  await until(
    () => `everything to arrive: ${JSON.stringify(mailward.engine.overview().domains[0])}`,
    async () => {
      const [domain] = mailward.engine.overview().domains;
      if ((domain?.queued.count ?? 0) > 0) learned = domain?.outbound.pace?.[key] ?? learned;
      const { rows } = await mailward.client.messages.list({ states: ['queued', 'held'], limit: 1 });
      return rows.length === 0;
    },
    { every: 200, within },
  );
  const using = new DatabaseSync(join(mailward.dataDir, 'mailward.db'), { readOnly: true });
  const rows = using
    .prepare('SELECT started_at, results FROM attempt ORDER BY started_at')
    .all() as unknown as AttemptRow[];
  using.close();

  const copies = await Promise.all(addresses.map((address) => postfix.delivered(address, messages)));
  const stored = copies.flatMap((mailbox) =>
    mailbox.map((one) => /^Subject: number \d+$/m.exec(one.toString())?.[0]),
  );
  const perMailbox = copies.map(
    (mailbox) => new Set(mailbox.map((one) => /^Subject: number \d+$/m.exec(one.toString())?.[0])).size,
  );
  const arrived = perMailbox.reduce((sum, count) => sum + count, 0);

  // Postfix counts whole seconds and begins anew when more than `unit` of them have passed: a window lasts one second longer.
  const window = (unit + 1) * 1000;
  const attempts = rows.map((row) => ({
    at: row.started_at,
    results: JSON.parse(row.results) as { outcome: string }[],
  }));
  const first = attempts[0]?.at ?? 0;
  const last = attempts.at(-1)?.at ?? 0;
  const later = attempts.filter(({ at }) => at >= first + window);
  const taken = later.reduce((sum, { results }) => {
    const ok = results.filter(({ outcome }) => outcome === 'delivered').length;
    return sum + (counted === 'recipient' ? ok : Math.min(1, ok));
  }, 0);
  const allowed = (limit * (last - first - window)) / window;
  return {
    arrived,
    duplicates: stored.length - arrived,
    seconds: (last - first) / 1000,
    used: taken / allowed,
    deferred:
      later.filter(({ results }) => results.some(({ outcome }) => outcome !== 'delivered')).length /
      later.length,
    attempts: attempts.length,
    learned,
  };
}

/** One line for whoever reads the test's output. */
export function figuresLine({ counted, limit, unit }: PacingRun, figures: Figures): string {
  const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
  return (
    `${limit} ${counted}s in ${unit} s: ${figures.arrived} arrived in ${figures.seconds.toFixed(1)} s, ` +
    `${percent(figures.used)} of what is allowed used, ${percent(figures.deferred)} of attempts deferred after the first window ` +
    `(${figures.attempts} in all); learned ${figures.learned?.toFixed(0) ?? 'nothing'} a minute`
  );
}
