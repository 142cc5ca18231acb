// The procedures behind the contract. Each is short: it checks, asks the part that knows, and says what came of it.
import { implement, ORPCError } from '@orpc/server';
import { contract, type Selection } from '../../shared/contract/index.ts';
import type { Domain } from '../../shared/domain.ts';
import type { MessageState, MessageSummary } from '../../shared/message.ts';
import type { Overview } from '../../shared/overview.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Directory } from '../relay/policy/directory.ts';
import { BrokenSettings, type SettingsStore } from '../settings/settings.ts';
import type { Database } from '../storage/database.ts';
import { firstIdAt, parseId } from '../storage/ids.ts';
import type { Action } from '../storage/operations/actions.ts';
import type { Latest, Rows } from './live.ts';

/** Messages changed in one transaction: short enough that no arriving mail waits long for it. */
const SLICE = 500;
/** Exports of larger messages are refused rather than held in memory. */
const MOST_EXPORT = 256 * 1024 * 1024;

export interface RouterParts {
  db: Database;
  directory: Directory;
  scheduler: Scheduler;
  settings: SettingsStore;
  live: { overview: Latest<Overview>; traffic: Rows<MessageSummary> };
  offline: boolean;
  info: () => {
    version: string;
    host: 'service' | 'desktop';
    dataDir: string;
    startedAt: number;
    smtp: { host: string; port: number } | null;
    demo: boolean;
  };
  domainChanged: (domain: Domain) => void;
  domainRemoved: (name: string) => Promise<void>;
  messagesChanged: (ids: number[]) => void;
}

export type EngineRouter = ReturnType<typeof createRouter>;

export function createRouter(parts: RouterParts) {
  const { db, directory, scheduler, settings, live } = parts;
  const os = implement(contract);

  function domainNamed(name: string): Domain {
    const domain = directory.get(name);
    if (!domain)
      throw new ORPCError('NOT_FOUND', { message: `${name} is not a domain that Mailward protects` });
    return domain;
  }

  async function change(domain: Domain): Promise<Domain> {
    await db.write('putDomain', domain);
    directory.put(domain);
    parts.domainChanged(domain);
    return domain;
  }

  /** Works through a selection in slices. Mail that arrives meanwhile is not part of it. */
  async function act(
    action: Action,
    selection: Selection,
    heldBy: 'mode' | 'admin' = 'admin',
  ): Promise<number> {
    const apply = async (ids: number[], domain: string | null) => {
      const changed = await db.write('act', { action, ids, domain, heldBy, now: Date.now() });
      if (changed.length > 0) parts.messagesChanged(changed);
      return changed.length;
    };
    let count = 0;
    if ('ids' in selection) {
      const ids = selection.ids.map((text) => idOf(text));
      for (let at = 0; at < ids.length; at += SLICE) count += await apply(ids.slice(at, at + SLICE), null);
    } else {
      const upTo = firstIdAt(Date.now() + 1);
      for (let after = 0; ; ) {
        const ids = await db.write('waitingIds', {
          domain: selection.domain,
          states: selection.states,
          heldBy: heldBy === 'mode' && action === 'release' ? 'mode' : null,
          after,
          upTo,
          limit: SLICE,
        });
        const last = ids.at(-1);
        if (last === undefined) break;
        after = last;
        count += await apply(ids, selection.domain);
      }
    }
    if (count > 0 && (action === 'retry' || action === 'release')) {
      scheduler.wake('ids' in selection ? null : selection.domain, action === 'retry');
    }
    return count;
  }

  const queueCall =
    (action: Action) =>
    async ({ input }: { input: Selection }) => ({ count: await act(action, input) });

  return os.router({
    system: {
      info: os.system.info.handler(() => parts.info()),
    },
    live: {
      overview: os.live.overview.handler(({ signal }) => live.overview.watch(signal)),
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
        const now = Date.now();
        return change({
          name: input.name,
          createdAt: now,
          route: input.route,
          mode: { name: 'deliver', since: now, reason: '', reroute: null },
        });
      }),
      setRoute: os.domains.setRoute.handler(async ({ input }) => {
        const changed = await change({ ...domainNamed(input.name), route: input.route });
        scheduler.wake(input.name, true);
        return changed;
      }),
      setMode: os.domains.setMode.handler(async ({ input }) => {
        const domain = domainNamed(input.name);
        if (input.mode === 'reroute' && input.reroute === null) {
          throw new ORPCError('REFUSED', { message: 'to reroute mail, say which server it should go to' });
        }
        const changed = await change({
          ...domain,
          mode: {
            name: input.mode,
            since: Date.now(),
            reason: input.reason,
            reroute: input.mode === 'reroute' ? input.reroute : null,
          },
        });
        const states = (...all: MessageState[]) => ({ domain: input.name, states: all });
        if (input.mode === 'hold') await act('hold', states('queued'), 'mode');
        else {
          await act('release', states('held'), 'mode');
          scheduler.wake(input.name, true);
        }
        return changed;
      }),
      remove: os.domains.remove.handler(async ({ input }) => {
        domainNamed(input.name);
        const waiting = (await db.write('waiting')).filter(
          (row) => row.domain === input.name && (row.state === 'queued' || row.state === 'held'),
        );
        const count = waiting.reduce((sum, row) => sum + row.count, 0);
        if (count > 0) {
          throw new ORPCError('REFUSED', {
            message: `${count === 1 ? '1 message for' : `${count} messages for`} ${input.name} still ${count === 1 ? 'waits' : 'wait'}; deliver or delete the mail first`,
          });
        }
        // First out of the directory, so that nothing more is accepted; then the lane, then the row.
        directory.drop(input.name);
        await parts.domainRemoved(input.name);
        await db.write('dropDomain', input.name);
        return { removed: true as const };
      }),
    },
    messages: {
      list: os.messages.list.handler(async ({ input }) =>
        db.read('list', {
          states: input.states ?? null,
          domain: input.domain ?? null,
          text: input.text ?? null,
          before: input.before === undefined ? null : idOf(input.before),
          limit: input.limit,
        }),
      ),
      get: os.messages.get.handler(async ({ input }) => {
        const detail = await db.read('detail', idOf(input.id));
        if (!detail)
          throw new ORPCError('NOT_FOUND', { message: `there is no message ${input.id} in the log` });
        return detail;
      }),
      export: os.messages.export.handler(async ({ input }) => {
        const id = idOf(input.id);
        const pieces: Uint8Array<ArrayBuffer>[] = [];
        let size = 0;
        for (let index = 0; ; index++) {
          const piece = await db.read('piece', { messageId: id, index });
          if (piece === null) break;
          size += piece.length;
          if (size > MOST_EXPORT)
            throw new ORPCError('REFUSED', { message: 'the message is too large to export' });
          pieces.push(new Uint8Array(piece));
        }
        if (pieces.length === 0) {
          throw new ORPCError('NOT_FOUND', {
            message: `the content of message ${input.id} is not stored any more`,
          });
        }
        return new File(pieces, `${input.id}.eml`, { type: 'message/rfc822' });
      }),
    },
    queue: {
      retry: os.queue.retry.handler(queueCall('retry')),
      hold: os.queue.hold.handler(queueCall('hold')),
      release: os.queue.release.handler(queueCall('release')),
      delete: os.queue.delete.handler(queueCall('delete')),
    },
    settings: {
      get: os.settings.get.handler(() => settings.get()),
      set: os.settings.set.handler(({ input }) => {
        const before = settings.get();
        try {
          const after = settings.set(input);
          const restartFor =
            parts.offline || JSON.stringify(before.smtp) === JSON.stringify(after.smtp) ? [] : ['smtp'];
          return { settings: after, restartFor };
        } catch (error) {
          if (error instanceof BrokenSettings) throw new ORPCError('REFUSED', { message: error.message });
          throw error;
        }
      }),
    },
  });
}

function idOf(text: string): number {
  const id = parseId(text);
  if (id === null) throw new ORPCError('NOT_FOUND', { message: `"${text}" is not a message id` });
  return id;
}
