// What is done to stored mail on request: to one message, to a selection, to all of a domain's.
import { ORPCError } from '@orpc/server';
import type { Selection } from '../../shared/contract/index.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Database } from '../storage/database.ts';
import { firstIdAt, formatId, parseId, timeOfId } from '../storage/ids.ts';
import type { Action } from '../storage/operations/actions.ts';
import { zip, type ZipEntry } from './zip.ts';

/** Messages changed in one transaction: short enough that no arriving mail waits long for it. */
const SLICE = 500;

export interface QueueActionsParts {
  db: Database;
  scheduler: Scheduler;
  messagesChanged: (ids: number[]) => void;
  /** Mail was told to go now. */
  woken: () => void;
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
    const { db, scheduler } = this.#parts;
    const states = 'ids' in selection ? null : selection.states;
    const apply = async (ids: number[], domain: string | null) => {
      const changed = await db.write('act', { action, ids, domain, heldBy, now: Date.now(), states });
      if (changed.length > 0) this.#parts.messagesChanged(changed);
      return changed.length;
    };
    let count = 0;
    if ('ids' in selection) {
      const ids = selection.ids.map((text) => idOf(text));
      const known = new Set((await db.read('summaries', ids)).map((row) => row.id));
      const unknown = selection.ids.filter((_, index) => !known.has(formatId(ids[index] ?? 0)));
      // All or nothing: whoever mistyped one id of several should not have to work out what was done.
      if (unknown.length > 0)
        throw new ORPCError('NOT_FOUND', {
          message: `there is no message ${unknown.slice(0, 3).join(', ')} in the log; nothing was changed`,
        });
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
      this.#parts.woken();
      scheduler.wake('ids' in selection ? null : selection.domain, action === 'retry');
    }
    return count;
  };

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
    const upTo = firstIdAt(Date.now() + 1);
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
