// The procedures behind the contract. Each is short: it checks, asks the part that knows, and says what came of it.
import { implement, ORPCError } from '@orpc/server';
import { contract, type Selection } from '../../shared/contract/index.ts';
import type { Destination, Domain } from '../../shared/domain.ts';
import type { MessageSummary, Recipient } from '../../shared/message.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { Clock } from '../clock/clock.ts';
import type { Reroutes } from '../relay/outbound/reroutes.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Callout } from '../relay/policy/callout.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { IncomingBounces } from '../relay/policy/incoming-bounces.ts';
import type { LearnedRecipients } from '../relay/policy/learned.ts';
import { BrokenSettings, SettingsChanged, type SettingsStore } from '../settings/settings.ts';
import { StorageError, type Database } from '../storage/database.ts';
import type { Action } from '../storage/operations/actions.ts';
import type { Domains } from './domains.ts';
import type { HealthChecks } from './health.ts';
import { healthProcedures } from './health-procedures.ts';
import type { Rows } from './live-feeds.ts';
import type { LiveOverview } from './live-overview.ts';
import { delivering, type Modes } from './modes.ts';
import { leadsTo } from './own-address.ts';
import { idOf, type QueueActions } from './queue-actions.ts';
import { recipientProcedures } from './recipient-procedures.ts';

/** Exports of larger messages are refused rather than held in memory. */
const MOST_EXPORT = 256 * 1024 * 1024;

export interface RouterParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  scheduler: Scheduler;
  reroutes: Reroutes;
  modes: Modes;
  actions: QueueActions;
  domains: Domains;
  settings: SettingsStore;
  learned: LearnedRecipients;
  callout: Callout;
  incomingBounces: IncomingBounces;
  health: HealthChecks;
  live: { overview: LiveOverview; traffic: Rows<MessageSummary> };
  offline: boolean;
  info: {
    version: string;
    host: 'service' | 'desktop';
    dataDir: string;
    startedAt: number;
    smtp: { host: string; port: number } | null;
    demo: boolean;
  };
}

export type EngineRouter = ReturnType<typeof createRouter>;

export function createRouter(parts: RouterParts) {
  const { clock, db, directory, modes, scheduler, settings, live } = parts;
  const { change } = parts.domains;
  const { act } = parts.actions;
  const os = implement(contract).use(async ({ next }) => {
    try {
      return await next();
    } catch (error) {
      throw error instanceof StorageError ? explained(error) : error;
    }
  });

  /** Whoever asked for something that the storage did not do is told what is wrong with it, and what to do. */
  function explained(error: StorageError): Error {
    if (error.failing === null) return error;
    live.overview.refresh();
    const { trouble } = live.overview.value.storage;
    const why = trouble === null ? `the storage did not do it (${error.message})` : trouble.what;
    return new ORPCError('REFUSED', {
      message: `that could not be done: ${why}. ${trouble?.remedy ?? 'Try again; if it stays, see the log.'}`,
    });
  }

  function domainNamed(name: string): Domain {
    const domain = directory.get(name);
    if (!domain)
      throw new ORPCError('NOT_FOUND', { message: `${name} is not a domain that Mailward protects` });
    return domain;
  }

  const queueCall =
    (action: Action) =>
    async ({ input }: { input: Selection }) => {
      if ('domain' in input) domainNamed(input.domain);
      return { count: await act(action, input) };
    };

  /** A route that leads back to our own listener sends every message round in a circle. */
  function refuseOwnListener(route: readonly Destination[]): void {
    const { smtp } = parts.info;
    const own = route.find(({ host, port }) => smtp?.port === port && leadsTo(smtp.host, host));
    if (own) {
      throw new ORPCError('REFUSED', {
        message: `${formatHostPort(own.host, own.port)} is Mailward itself: mail would go round in a circle; give the office's own server`,
      });
    }
  }

  /** When a message is tried next: not before its server's pause is over, and never in the past. */
  function planned<Row extends MessageSummary>(row: Row): Row {
    if (row.nextAttemptAt === null) return row;
    // On a reroute the domain's server has no part in it.
    const paused =
      row.via === undefined ? row.domains.map((name) => scheduler.condition(name)?.pausedUntil ?? 0) : [];
    return { ...row, nextAttemptAt: Math.max(row.nextAttemptAt, clock.now(), ...paused) };
  }

  function plannedReroute(recipient: Recipient): Recipient {
    const { reroute } = recipient;
    if (!reroute) return recipient;
    const at = Math.max(reroute.nextAttemptAt, clock.now(), parts.reroutes.pausedUntil(reroute.route));
    return { ...recipient, reroute: { ...reroute, nextAttemptAt: at } };
  }

  return os.router({
    system: {
      info: os.system.info.handler(() => parts.info),
    },
    live: {
      overview: os.live.overview.handler(({ signal }) => {
        live.overview.refresh();
        return live.overview.latest.watch(signal);
      }),
      traffic: os.live.traffic.handler(({ signal }) => live.traffic.watch(signal)),
    },
    domains: {
      list: os.domains.list.handler(() => directory.all()),
      add: os.domains.add.handler(async ({ input }) => {
        if (directory.get(input.name)) {
          throw new ORPCError('CONFLICT', {
            message: `${input.name} is protected already; change its route instead`,
          });
        }
        refuseOwnListener(input.route);
        return change({
          name: input.name,
          createdAt: clock.now(),
          route: input.route,
          mode: delivering(clock),
          profile: { expiresAt: null, selectors: [] },
        });
      }),
      setProfile: os.domains.setProfile.handler(({ input }) =>
        change({ ...domainNamed(input.name), profile: input.profile }),
      ),
      setRoute: os.domains.setRoute.handler(async ({ input }) => {
        refuseOwnListener(input.route);
        const changed = await change({ ...domainNamed(input.name), route: input.route });
        scheduler.wake(input.name, true);
        return changed;
      }),
      setMode: os.domains.setMode.handler(async ({ input }) => {
        const domain = domainNamed(input.name);
        if (input.reroute) refuseOwnListener(input.reroute);
        if (input.mode === 'reroute' && input.reroute === null) {
          throw new ORPCError('REFUSED', { message: 'to reroute mail, say which server it should go to' });
        }
        if (input.until !== null && (input.mode === 'deliver' || input.until <= clock.now())) {
          throw new ORPCError('REFUSED', {
            message:
              input.mode === 'deliver'
                ? 'an end time is for hold and reroute; mode deliver has none'
                : 'the end time is in the past; give one to come, or none',
          });
        }
        return modes.set(domain, {
          ...delivering(clock),
          name: input.mode,
          reason: input.reason,
          reroute: input.mode === 'reroute' ? input.reroute : null,
          until: input.until,
        });
      }),
      moves: os.domains.moves.handler(async ({ input }) => {
        const moves = await db.read('serverMoves');
        if (input.name === null) return moves;
        const { route, mode } = domainNamed(input.name);
        const hosts = new Set([...route, ...(mode.reroute ?? [])].map(({ host }) => host));
        return moves.filter(({ host }) => hosts.has(host));
      }),
      remove: os.domains.remove.handler(async ({ input }) => {
        domainNamed(input.name);
        const waiting = (await db.write('waiting')).filter(
          (row) =>
            row.domain === input.name &&
            (row.state === 'queued' || row.state === 'held' || row.state === 'quarantined'),
        );
        if (waiting.length > 0) {
          const words = { queued: 'waiting for delivery', held: 'held', quarantined: 'in quarantine' };
          const parts = waiting.map(({ state, count }) => `${count} ${words[state as keyof typeof words]}`);
          const count = waiting.reduce((sum, row) => sum + row.count, 0);
          const stays = waiting.some(({ state }) => state !== 'queued');
          throw new ORPCError('REFUSED', {
            message: `${count === 1 ? '1 message' : `${count} messages`} for ${input.name} ${count === 1 ? 'is' : 'are'} still here (${parts.join(', ')}); ${stays ? 'what is held or in quarantine does not go out by itself: release or delete it first' : 'wait until it is delivered, or delete it first'}`,
          });
        }
        await parts.domains.remove(input.name);
        return { removed: true as const };
      }),
    },
    messages: {
      list: os.messages.list.handler(async ({ input }) => {
        const { rows, more } = await db.read('list', {
          states: input.states ?? null,
          domain: input.domain ?? null,
          cause: input.cause ?? null,
          text: input.text ?? null,
          from: input.from ?? null,
          to: input.to ?? null,
          everyRecipient: input.everyRecipient,
          before: input.before === undefined ? null : idOf(input.before),
          limit: input.limit,
        });
        return { rows: rows.map(planned), more };
      }),
      get: os.messages.get.handler(async ({ input }) => {
        const detail = await db.read('detail', idOf(input.id));
        if (!detail)
          throw new ORPCError('NOT_FOUND', { message: `there is no message ${input.id} in the log` });
        return { ...planned(detail), allRecipients: detail.allRecipients.map(plannedReroute) };
      }),
      export: os.messages.export.handler(async ({ input }) => {
        const id = idOf(input.id);
        if ((await db.read('summaries', [id])).length === 0)
          throw new ORPCError('NOT_FOUND', { message: `there is no message ${input.id} in the log` });
        const pieces = await parts.actions.content(id, MOST_EXPORT);
        if (pieces === 'too large')
          throw new ORPCError('REFUSED', { message: 'the message is too large to export' });
        if (pieces.length === 0) {
          throw new ORPCError('NOT_FOUND', {
            message: `the content of message ${input.id} is not stored any more`,
          });
        }
        return new File(pieces, `${input.id}.eml`, { type: 'message/rfc822' });
      }),
      exportAll: os.messages.exportAll.handler(async ({ input }) => {
        const file = await parts.actions.zipped(input, MOST_EXPORT);
        if (file === 'too large') {
          throw new ORPCError('REFUSED', {
            message: 'these messages are more than 256 MiB together; export fewer at a time',
          });
        }
        if (file === null)
          throw new ORPCError('NOT_FOUND', { message: 'none of these messages is stored any more' });
        return file;
      }),
    },
    queue: {
      retry: os.queue.retry.handler(queueCall('retry')),
      hold: os.queue.hold.handler(queueCall('hold')),
      release: os.queue.release.handler(queueCall('release')),
      reroute: os.queue.reroute.handler(async ({ input: { selection, route, reason } }) => {
        if ('domain' in selection) domainNamed(selection.domain);
        refuseOwnListener(route);
        return { count: await parts.actions.reroute(selection, route, reason) };
      }),
      delete: os.queue.delete.handler(queueCall('delete')),
    },
    recipients: recipientProcedures({ ...parts, settings: () => settings.get() }),
    checks: healthProcedures(parts),
    settings: {
      get: os.settings.get.handler(() => settings.get()),
      set: os.settings.set.handler(({ input }) => {
        const { before } = input;
        try {
          const after = settings.set(input.settings, before);
          const restartFor =
            parts.offline || JSON.stringify(before.smtp) === JSON.stringify(after.smtp) ? [] : ['smtp'];
          return { settings: after, restartFor };
        } catch (error) {
          if (error instanceof SettingsChanged) throw new ORPCError('CONFLICT', { message: error.message });
          if (error instanceof BrokenSettings) throw new ORPCError('REFUSED', { message: error.message });
          throw error;
        }
      }),
    },
  });
}
