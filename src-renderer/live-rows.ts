// Merges messages that changed into the pages of a list, newest first, without asking for the pages again.
import { causeWords, type Cause } from '../shared/cause.ts';
import type { MessageState, MessageSummary } from '../shared/message.ts';
import { found, readSearch } from '../shared/search.ts';

export interface RowFilter {
  states?: MessageState[] | undefined;
  domain?: string | undefined;
  cause?: Cause | undefined;
  /** Words, or beginnings of words (shared/search.ts). */
  text?: string | undefined;
  /** UTC ms: received at `from` or later, and before `to`. */
  from?: number | undefined;
  to?: number | undefined;
}

export interface RowPage {
  rows: MessageSummary[];
  more: boolean;
}

/** Whether a row belongs into a filtered list, as the engine would decide. */
export function matches(row: MessageSummary, filter: RowFilter): boolean {
  if (filter.states !== undefined && !filter.states.includes(row.state)) return false;
  if (filter.domain !== undefined && !row.domains.includes(filter.domain)) return false;
  if (filter.cause !== undefined && filter.cause !== row.cause) return false;
  if (filter.from !== undefined && row.receivedAt < filter.from) return false;
  if (filter.to !== undefined && row.receivedAt >= filter.to) return false;
  if (filter.text === undefined || filter.text === '') return true;
  const { lastReply, cause } = row;
  const replies = [
    ...(lastReply === null ? [] : [`${lastReply.code} ${lastReply.enhanced ?? ''} ${lastReply.text}`]),
    ...(cause === null ? [] : [`${cause} ${causeWords[cause].short}`]),
  ];
  const fields = [row.sender, row.recipients.join(' '), row.subject, replies.join(' ')];
  return found(readSearch(filter.text), fields);
}

/** Newest first; messages of one millisecond keep one order. */
function before(one: MessageSummary, other: MessageSummary): boolean {
  return one.receivedAt === other.receivedAt ? one.id > other.id : one.receivedAt > other.receivedAt;
}

/**
 * Replaces rows by id, takes out those that left the filter, and puts new ones where they belong. A row older than
 * the last page's end is left to that page. Pages keep their number, and pages without a change their identity.
 */
export function mergeRows(
  pages: readonly RowPage[],
  changed: readonly MessageSummary[],
  filter: RowFilter,
): RowPage[] {
  const byId = new Map(changed.map((row) => [row.id, row]));
  const merged = pages.map((page): RowPage => {
    if (!page.rows.some((row) => byId.has(row.id))) return page;
    const rows: MessageSummary[] = [];
    for (const row of page.rows) {
      const fresh = byId.get(row.id);
      byId.delete(row.id);
      if (fresh === undefined) rows.push(row);
      else if (matches(fresh, filter)) rows.push(fresh);
    }
    return { ...page, rows };
  });
  const fresh = [...byId.values()].filter((row) => matches(row, filter));
  fresh.sort((one, other) => (before(one, other) ? 1 : -1));
  for (const row of fresh) insert(merged, row);
  return merged;
}

function insert(pages: RowPage[], row: MessageSummary): void {
  for (const [index, page] of pages.entries()) {
    const at = page.rows.findIndex((each) => before(row, each));
    const isLast = index === pages.length - 1;
    if (at === -1 && !(isLast && !page.more)) continue;
    const rows = [...page.rows];
    rows.splice(at === -1 ? rows.length : at, 0, row);
    pages[index] = { ...page, rows };
    return;
  }
}

/** The rows among `changed` that a list with these pages does not show yet and would. */
export function unseen(
  pages: readonly RowPage[],
  changed: readonly MessageSummary[],
  filter: RowFilter,
): MessageSummary[] {
  const known = new Set(pages.flatMap((page) => page.rows.map((row) => row.id)));
  return changed.filter((row) => !known.has(row.id) && matches(row, filter));
}

/** Changes that wait until the reader is ready for them, of one list at a time. */
export class HeldRows {
  readonly #listeners = new Set<() => void>();
  #list = '';
  #rows = new Map<string, MessageSummary>();
  #news = 0;

  /** How many rows a list would gain, as of the last `hold`. */
  readonly news = (): number => this.#news;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Keeps rows for the list with this identity; what was kept for another list is forgotten: it is read anew. */
  hold(list: string, rows: readonly MessageSummary[], news: (all: MessageSummary[]) => number): void {
    if (list !== this.#list) this.#rows = new Map();
    this.#list = list;
    for (const row of rows) this.#rows.set(row.id, row);
    this.#tell(news([...this.#rows.values()]));
  }

  /** Gives back what was kept for this list, once. */
  release(list: string): MessageSummary[] {
    const rows = list === this.#list ? [...this.#rows.values()] : [];
    this.#rows = new Map();
    this.#tell(0);
    return rows;
  }

  #tell(news: number): void {
    if (news === this.#news) return;
    this.#news = news;
    for (const listener of this.#listeners) listener();
  }
}
