// A list of messages that keeps itself up to date: pages asked for as the reader scrolls, changes merged as they happen.
import { type InfiniteData, useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Client, LogFilter } from '../shared/contract/index.ts';
import type { MessageSummary } from '../shared/message.ts';
import { useEngine, useLive } from './engine.tsx';
import type { LoadedQuery } from './parts/loaded.tsx';
import { HeldRows, mergeRows, type RowFilter, type RowPage, unseen } from './live-rows.ts';

/** How fresh the list is kept: everything; new rows wait until asked for; nothing changes at all. */
export type Liveliness = 'live' | 'steady' | 'paused';

const pageSize = 200;
/** After rows were skipped for a slow viewer the list is asked for anew, but not more often than this. */
const refreshEvery = 5000;

const startTraffic = (client: Client, signal: AbortSignal) => client.live.traffic(undefined, { signal });

export interface MessageList {
  /** The rows that are loaded, once there are any pages. */
  query: LoadedQuery<MessageSummary[]>;
  rows: MessageSummary[];
  /** New rows that wait for the reader to be ready. */
  waiting: number;
  hasMore: boolean;
  loadingMore: boolean;
  loadMore: () => void;
}

export function useMessages(filter: RowFilter, liveliness: Liveliness): MessageList {
  const { orpc } = useEngine();
  const queries = useQueryClient();
  const [held] = useState(() => new HeldRows());
  const skippedAt = useRef(0);
  const waiting = useSyncExternalStore(held.subscribe, held.news);

  const options = orpc.messages.list.infiniteOptions({
    input: (before: string | undefined) => ({ ...cleaned(filter), before, limit: pageSize }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => (page.more ? page.rows.at(-1)?.id : undefined),
    staleTime: 0,
  });
  const query = useInfiniteQuery(options);
  const { queryKey } = options;
  const identity = JSON.stringify(queryKey);

  const pages = () => queries.getQueryData<InfiniteData<RowPage, string | undefined>>(queryKey)?.pages ?? [];
  const merge = (rows: readonly MessageSummary[]) => {
    if (rows.length === 0) return;
    queries.setQueryData<InfiniteData<RowPage, string | undefined>>(
      queryKey,
      (data) => data && { ...data, pages: mergeRows(data.pages, rows, filter) },
    );
  };

  useLive(startTraffic, ({ rows, skipped }) => {
    if (skipped > 0 && Date.now() - skippedAt.current > refreshEvery) {
      skippedAt.current = Date.now();
      if (liveliness === 'live') void query.refetch();
    }
    if (liveliness === 'live') {
      merge(rows);
      return;
    }
    const news = new Set(unseen(pages(), rows, filter).map((row) => row.id));
    // While paused every change waits; while steady only what would move the rows.
    const later =
      liveliness === 'paused' ? rows : rows.filter((row) => news.has(row.id) || !staysInPlace(row, filter));
    held.hold(identity, later, (all) => unseen(pages(), all, filter).length);
    if (liveliness === 'steady') merge(rows.filter((row) => !news.has(row.id) && staysInPlace(row, filter)));
  });

  const flush = useEffectEvent(() => merge(held.release(identity)));
  useEffect(() => {
    if (liveliness === 'live') flush();
  }, [liveliness, identity]);

  const { data } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.rows) ?? [], [data]);
  return {
    query: {
      data: data && rows,
      error: query.error,
      isFetching: query.isFetching,
      refetch: query.refetch,
    },
    rows,
    waiting,
    hasMore: query.hasNextPage,
    loadingMore: query.isFetchingNextPage,
    loadMore: () => {
      if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
    },
  };
}

function staysInPlace(row: MessageSummary, filter: RowFilter): boolean {
  return filter.states === undefined || filter.states.includes(row.state);
}

/** Without the filters that are not set: the engine takes an absent key, not an undefined one. */
export function cleaned(filter: RowFilter): LogFilter {
  return {
    ...(filter.states === undefined ? {} : { states: filter.states }),
    ...(filter.domain === undefined ? {} : { domain: filter.domain }),
    ...(filter.cause === undefined ? {} : { cause: filter.cause }),
    ...(filter.text === undefined || filter.text === '' ? {} : { text: filter.text }),
    ...(filter.from === undefined ? {} : { from: filter.from }),
    ...(filter.to === undefined ? {} : { to: filter.to }),
  };
}
