// The procedures behind the contract. Each is short: it checks, asks the part that knows, and says what came of it.
import { implement, ORPCError } from '@orpc/server';
import { contract, type Selection } from '../../shared/contract/index.ts';
import type { Destination } from '../../shared/domain.ts';
import type { MessageSummary, Recipient } from '../../shared/message.ts';
import { formatHostPort } from '../../shared/names.ts';
import type { Clock } from '../clock/clock.ts';
import type { OwnState } from '../diagnosis/preflight-items.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Reroutes } from '../relay/outbound/reroutes.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Callout } from '../relay/policy/callout.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { IncomingBounces } from '../relay/policy/incoming-bounces.ts';
import type { LearnedRecipients } from '../relay/policy/learned.ts';
import { BrokenSettings, SettingsChanged, type SettingsStore } from '../settings/settings.ts';
import { StorageError, type Database } from '../storage/database.ts';
import type { Action } from '../storage/operations/actions.ts';
import { changeProcedures } from './change-procedures.ts';
import { contactProcedures } from './contact-procedures.ts';
import { domainProcedures } from './domain-procedures.ts';
import type { Domains } from './domains.ts';
import type { EngineEvents } from './events.ts';
import type { HealthChecks } from './health.ts';
import { healthProcedures } from './health-procedures.ts';
import type { Journal } from './journal.ts';
import { journalProcedures } from './journal-procedures.ts';
import type { Rows } from './live-feeds.ts';
import type { LiveOverview } from './live-overview.ts';
import type { Modes } from './modes.ts';
import type { MxChanges } from './mx-changes.ts';
import type { OutsideAddresses } from './outside-address.ts';
import { leadsTo } from './own-address.ts';
import { actorOf, type Asking } from './asking.ts';
import { protectedDomain } from './protected-domain.ts';
import { idOf, type QueueActions } from './queue-actions.ts';
import { recipientProcedures } from './recipient-procedures.ts';
import type { WayBacks } from './way-backs.ts';

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
  wayBacks: WayBacks;
  mxChanges: MxChanges;
  settings: SettingsStore;
  learned: LearnedRecipients;
  callout: Callout;
  incomingBounces: IncomingBounces;
  health: HealthChecks;
  /** What Mailward knows of itself as others see it. */
  ownState: () => OwnState;
  journal: Journal;
  outside: OutsideAddresses;
  events: Publisher<EngineEvents>;
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
  const { clock, db, directory, scheduler, settings, live } = parts;
  const { act } = parts.actions;
  const os = implement(contract)
    .$context<Asking>()
    .use(async ({ next }) => {
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

  const queueCall =
    (action: Action) =>
    async ({ input }: { input: Selection }) => {
      if ('domain' in input) protectedDomain(directory, input.domain);
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
    changes: changeProcedures(parts),
    domains: domainProcedures({ ...parts, refuseOwnListener }),
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
        if ('domain' in selection) protectedDomain(directory, selection.domain);
        refuseOwnListener(route);
        return { count: await parts.actions.reroute(selection, route, reason) };
      }),
      delete: os.queue.delete.handler(queueCall('delete')),
    },
    recipients: recipientProcedures({ ...parts, settings: () => settings.get() }),
    checks: healthProcedures(parts),
    journal: journalProcedures(parts),
    contacts: contactProcedures(parts),
    settings: {
      get: os.settings.get.handler(() => settings.get()),
      set: os.settings.set.handler(({ input, context }) => {
        const { before } = input;
        try {
          const after = settings.set(input.settings, before, actorOf(context));
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
