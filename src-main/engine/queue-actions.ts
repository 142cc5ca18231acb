// What is done to stored mail on request: to one message, to a selection, to all of a domain's.
import { ORPCError } from '@orpc/server';
import type { Selection } from '../../shared/contract/index.ts';
import type { Route } from '../../shared/domain.ts';
import type { Clock } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import type { BounceRoutes } from '../relay/outbound/bounce-routes.ts';
import type { Claims } from '../relay/outbound/claims.ts';
import type { Reroutes } from '../relay/outbound/reroutes.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Database } from '../storage/database.ts';
import { formatId, parseId, timeOfId } from '../storage/ids.ts';
import type { Action } from '../storage/operations/actions.ts';
import type { EngineEvents } from './events.ts';
import { zip, type ZipEntry } from './zip.ts';

/** Messages changed in one transaction: short enough that no arriving mail waits long for it. */
const SLICE = 500;
/** How long a release waits for what is being offered on a reroute, ms. */
const PATIENCE_MS = 10_000;

export interface QueueActionsParts {
  clock: Clock;
  db: Database;
  scheduler: Scheduler;
  claims: Claims;
  reroutes: Reroutes;
  bounceRoutes: BounceRoutes;
  events: Publisher<EngineEvents>;
}

export class QueueActions {
  readonly #parts: QueueActionsParts;

  constructor(parts: QueueActionsParts) {
    this.#parts = parts;
  }

  /** Works through a selection in slices. Mail that arrives meanwhile is not part of it. */
  readonly act = async (
    action: Action,
    selection: Selection,
    heldBy: 'mode' | 'admin' = 'admin',
  ): Promise<number> => {
    const { claims, clock, db, reroutes } = this.#parts;
    const states = 'ids' in selection ? null : selection.states;
    const write = async (ids: number[], domain: string | null) => {
      if (ids.length === 0) return 0;
      const changed = await db.write('act', { action, ids, domain, heldBy, now: clock.now(), states });
      if (changed.length > 0) this.#parts.events.emit('changed', { ids: changed });
      return changed.length;
    };
    // What is being offered on a reroute this moment is not released before that is over.
    const onReroute = (ids: number[]) => claims.takenBy(ids, (holder) => reroutes.isAmong(holder));
    const waits = action === 'release' && heldBy === 'admin';
    const underWay: number[] = [];
    let count = 0;
    try {
      await this.#each(
        selection,
        heldBy === 'mode' && action === 'release' ? 'mode' : null,
        async (ids, domain) => {
          count += await claims.change(ids, async () => {
            const busy = new Set(waits ? onReroute(ids) : []);
            underWay.push(...busy);
            return write(busy.size > 0 ? ids.filter((id) => !busy.has(id)) : ids, domain);
          });
        },
      );
      if (underWay.length > 0) {
        const domain = 'ids' in selection ? null : selection.domain;
        await claims.change(underWay, async () => {
          await claims.untilFree(underWay, (holder) => reroutes.isAmong(holder), PATIENCE_MS);
          const busy = new Set(onReroute(underWay));
          count += await write(
            underWay.filter((id) => !busy.has(id)),
            domain,
          );
          if (count === 0 && busy.size > 0)
            throw new ORPCError('CONFLICT', {
              message: `${busy.size === 1 ? 'this message is' : 'these messages are'} being offered to another server at this moment; try again when that attempt is over`,
            });
        });
      }
    } finally {
      // Also when the disk took only a part of it.
      if (count > 0 && (action === 'retry' || action === 'release'))
        this.#wake(selection, action === 'retry');
    }
    return count;
  };

  /** What was told to go is looked for now. */
  #wake(selection: Selection, isRetry: boolean): void {
    const { scheduler, reroutes, bounceRoutes } = this.#parts;
    bounceRoutes.wake();
    scheduler.wake('ids' in selection ? null : selection.domain, isRetry);
    if (isRetry) reroutes.wake();
  }

  /** Reroutes a selection's mail. */
  async reroute(selection: Selection, route: Route, reason: string): Promise<number> {
    const { claims, clock, db, reroutes } = this.#parts;
    const states = 'ids' in selection ? null : selection.states;
    let count = 0;
    try {
      await this.#each(selection, null, async (ids, domain) => {
        const slice = { ids, domain, states, route, reason, now: clock.now() };
        const changed = await claims.change(ids, () => db.write('putWay', slice));
        count += changed.length;
        if (changed.length > 0) this.#parts.events.emit('changed', { ids: changed });
      });
    } finally {
      // Also when the disk took only a part of it.
      if (count > 0) reroutes.wake();
    }
    return count;
  }

  /** Calls `change` for a selection's messages, a slice at a time. */
  async #each(
    selection: Selection,
    heldBy: 'mode' | null,
    change: (ids: number[], domain: string | null) => Promise<void>,
  ): Promise<void> {
    const { db } = this.#parts;
    if ('ids' in selection) {
      const ids = selection.ids.map((text) => idOf(text));
      const known = new Set((await db.read('summaries', ids)).map((row) => row.id));
      const unknown = selection.ids.filter((_, index) => !known.has(formatId(ids[index] ?? 0)));
      // All or nothing: whoever mistyped one id of several should not have to work out what was done.
      if (unknown.length > 0)
        throw new ORPCError('NOT_FOUND', {
          message: `there is no message ${unknown.slice(0, 3).join(', ')} in the log; nothing was changed`,
        });
      for (let at = 0; at < ids.length; at += SLICE) await change(ids.slice(at, at + SLICE), null);
      return;
    }
    const { domain, states } = selection;
    // By the ids themselves: the clock may have been set back since they were made.
    const upTo = await db.write('highestId');
    for (let after = 0; ; ) {
      const ids = await db.write('waitingIds', { domain, states, heldBy, after, upTo, limit: SLICE });
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
      await change(ids, domain);
    }
  }

  /** A message's content in pieces; none when it is not stored any more. */
  async content(id: number, most: number): Promise<Uint8Array<ArrayBuffer>[] | 'too large'> {
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    let size = 0;
    for (let index = 0; ; index++) {
      const piece = await this.#parts.db.read('piece', { messageId: id, index });
      if (piece === null) return pieces;
      size += piece.length;
      if (size > most) return 'too large';
      pieces.push(new Uint8Array(piece));
    }
  }

  /** All stored messages of a selection in one `.zip` of at most `most` octets; null when none is stored. */
  async zipped(selection: Selection, most: number): Promise<File | 'too large' | null> {
    let left = most;
    const parts: Uint8Array<ArrayBuffer>[] = [];
    const entries = this.#entries(selection, () => left);
    try {
      for await (const piece of zip(entries)) {
        left -= piece.length;
        if (left < 0) return 'too large';
        parts.push(new Uint8Array(piece));
      }
    } catch (error) {
      if (error instanceof RangeError) return 'too large';
      throw error;
    }
    // The end record alone: an archive without files.
    if (parts.length === 1) return null;
    const name = 'domain' in selection ? selection.domain : 'messages';
    return new File(parts, `${name}.zip`, { type: 'application/zip' });
  }

  async *#entries(selection: Selection, left: () => number): AsyncGenerator<ZipEntry, void, undefined> {
    for await (const ids of this.#slices(selection)) {
      for (const id of ids) {
        const content = await this.content(id, left());
        if (content === 'too large') throw new RangeError('too large');
        if (content.length > 0) yield { name: `${formatId(id)}.eml`, modifiedAt: timeOfId(id), content };
      }
    }
  }

  async *#slices(selection: Selection): AsyncGenerator<number[], void, undefined> {
    if ('ids' in selection) {
      yield selection.ids.map((text) => idOf(text));
      return;
    }
    const upTo = await this.#parts.db.read('highestId');
    for (let after = 0; ; ) {
      const ids = await this.#parts.db.read('waitingIds', {
        domain: selection.domain,
        states: selection.states,
        heldBy: null,
        after,
        upTo,
        limit: SLICE,
      });
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
      yield ids;
    }
  }
}

/** Reads a message's id as a caller gives it. */
export function idOf(text: string): number {
  const id = parseId(text);
  if (id === null) throw new ORPCError('NOT_FOUND', { message: `"${text}" is not a message id` });
  return id;
}
