// A double of the engine for tests of the shell: implements the contract over a few values that a test can change.
import { EventEmitter } from 'node:events';
import { EventPublisher, ORPCError, implement } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { Overview } from '../../shared/overview.ts';
import type { Settings } from '../../shared/settings.ts';
import { settingsSchema } from '../../shared/settings.ts';
import type { Fault } from '../../src-main/events/fault.ts';

export function overviewOf(change: Partial<Overview> = {}): Overview {
  return {
    at: 1_700_000_000_000,
    state: 'ok',
    sentence: 'Mail is flowing for all 3 domains',
    domains: [],
    minutes: [],
    listener: {
      host: '127.0.0.1',
      port: 2525,
      listening: true,
      problem: null,
      door: { open: 0, silent: 0, turnedAway: 0, earlyTalkers: 0 },
    },
    filterTroubles: [],
    fault: null,
    unknownSettings: [],
    settingsTrouble: null,
    storage: { state: 'ok', trouble: null },
    ...change,
  };
}

/** Speaks the contract like the engine, and says how often it was closed and how many follow its overview. */
export class EngineDouble {
  readonly events = new EventEmitter<{ overview: [Overview]; settings: [Settings] }>();
  readonly #overviews = new EventPublisher<{ overview: Overview }>();
  #overview = overviewOf();
  #settings = settingsSchema.parse({});
  closed = 0;
  followers = 0;
  /** What close() waits for. */
  closing: Promise<unknown> = Promise.resolve();

  readonly overview = () => this.#overview;
  readonly onOverview = (listener: (overview: Overview) => void) => {
    this.events.on('overview', listener);
    return () => {
      this.events.off('overview', listener);
    };
  };
  readonly settings = {
    get: () => this.#settings,
    set: (settings: Settings) => {
      this.#settings = settingsSchema.parse(settings);
      this.events.emit('settings', this.#settings);
      return this.#settings;
    },
    onChange: (listener: (settings: Settings) => void) => {
      this.events.on('settings', listener);
      return () => {
        this.events.off('settings', listener);
      };
    },
  };

  /** The world changes. */
  report(change: Partial<Overview>): void {
    this.#overview = overviewOf(change);
    this.events.emit('overview', this.#overview);
    this.#overviews.publish('overview', this.#overview);
  }
  readonly taken: Fault[] = [];
  readonly takeFault = (fault: Fault) => void this.taken.push(fault);
  readonly faults: unknown[] = [];
  readonly fault = (error: unknown) => void this.faults.push(error);
  change(desktop: Partial<Settings['desktop']>): void {
    this.settings.set({ ...this.#settings, desktop: { ...this.#settings.desktop, ...desktop } });
  }
  readonly announced: unknown[] = [];
  readonly announce = (holder: unknown) => void this.announced.push(holder);
  async close(): Promise<void> {
    this.closed += 1;
    await this.closing;
  }

  get router() {
    const os = implement(contract);
    const absent = () => {
      throw new ORPCError('NOT_FOUND', { message: 'The double has no mail.' });
    };
    const current = () => this.#overview;
    const changesOf = (signal: AbortSignal | undefined) =>
      this.#overviews.subscribe('overview', signal === undefined ? {} : { signal });
    const count = (change: number) => (this.followers += change);
    return os.router({
      system: {
        info: os.system.info.handler(() => ({
          version: '0.1.0',
          host: 'desktop',
          dataDir: '/pretended',
          startedAt: 1,
          smtp: null,
          demo: false,
        })),
      },
      live: {
        overview: os.live.overview.handler(async function* ({ signal }) {
          count(1);
          try {
            const changes = changesOf(signal);
            yield current();
            yield* changes;
          } finally {
            count(-1);
          }
        }),
        traffic: os.live.traffic.handler(async function* () {
          yield await Promise.resolve({ rows: [], skipped: 0 });
        }),
      },
      domains: {
        list: os.domains.list.handler(() => []),
        known: os.domains.known.handler(() => ({
          ...{ software: [], dnsHost: null, registrar: null, readAt: null },
        })),
        look: os.domains.look.handler(absent),
        wayBack: os.domains.wayBack.handler(() => null),
        setWayBack: os.domains.setWayBack.handler(absent),
        preflight: os.domains.preflight.handler(absent),
        lastPreflight: os.domains.lastPreflight.handler(() => null),
        add: os.domains.add.handler(absent),
        setProfile: os.domains.setProfile.handler(absent),
        setRoute: os.domains.setRoute.handler(absent),
        setMode: os.domains.setMode.handler(absent),
        moves: os.domains.moves.handler(() => []),
        remove: os.domains.remove.handler(({ errors, input }) => {
          throw errors.CONFLICT({ message: `${input.name} still has mail that waits.` });
        }),
      },
      messages: {
        list: os.messages.list.handler(() => ({ rows: [], more: false })),
        get: os.messages.get.handler(absent),
        export: os.messages.export.handler(
          ({ input }) =>
            new File([Uint8Array.of(0, 13, 10, 255)], `${input.id}.eml`, { type: 'message/rfc822' }),
        ),
        exportAll: os.messages.exportAll.handler(absent),
      },
      queue: {
        retry: os.queue.retry.handler(() => ({ count: 0 })),
        hold: os.queue.hold.handler(() => ({ count: 0 })),
        release: os.queue.release.handler(() => ({ count: 0 })),
        reroute: os.queue.reroute.handler(() => ({ count: 0 })),
        delete: os.queue.delete.handler(() => ({ count: 0 })),
      },
      changes: {
        plan: os.changes.plan.handler(absent),
        begin: os.changes.begin.handler(absent),
        progress: os.changes.progress.handler(absent),
        look: os.changes.look.handler(absent),
        end: os.changes.end.handler(() => ({ ended: false })),
      },
      journal: {
        list: os.journal.list.handler(() => ({ entries: [], more: false })),
        rates: os.journal.rates.handler(({ input }) => ({
          ...{ each: input.to - input.from, countedFrom: input.from, buckets: [] },
        })),
      },
      contacts: {
        list: os.contacts.list.handler(() => []),
        put: os.contacts.put.handler(absent),
        remove: os.contacts.remove.handler(absent),
      },
      recipients: {
        overview: os.recipients.overview.handler(() => []),
        list: os.recipients.list.handler(() => ({ rows: [], more: false })),
        allow: os.recipients.allow.handler(absent),
        forget: os.recipients.forget.handler(() => ({ count: 0 })),
        import: os.recipients.import.handler(absent),
        export: os.recipients.export.handler(() => ({ csv: '', count: 0 })),
      },
      checks: {
        list: os.checks.list.handler(() => []),
        run: os.checks.run.handler(absent),
        runAll: os.checks.runAll.handler(absent),
        latest: os.checks.latest.handler(() => ({
          ...{ checks: [], findings: [], running: false },
          health: {
            ...{ state: 'not-applicable', sentence: 'It has not been tested yet.', brief: 'Not tested yet.' },
            checks: { problem: 0, attention: 0, unknown: 0, ok: 0, idle: 0, notRun: 0 },
          },
        })),
        history: os.checks.history.handler(() => ({ points: [], periods: [] })),
        since: os.checks.since.handler(() => []),
      },
      settings: {
        get: os.settings.get.handler(() => this.settings.get()),
        set: os.settings.set.handler(({ input }) => ({
          settings: this.settings.set(input.settings),
          restartFor: [],
        })),
      },
    });
  }
}
