// What was asked for, once it is there; until then that it is being asked, and where it cannot be had, why, and the way to ask again.
import { Alert } from '@mantine/core';
import type { ReactNode } from 'react';
import { useLostSince } from '../engine.tsx';
import { errorWords } from '../words.ts';
import { Busy, Failure } from './notes.tsx';

/** A question to the engine as it stands: of TanStack Query, or made like one of its answers. */
export interface LoadedQuery<T> {
  /** The latest answer; undefined until there is one. */
  data: T | undefined;
  /** Why there was no answer the last time; null when there was, or before the first. */
  error: unknown;
  isFetching: boolean;
  refetch: () => unknown;
}

interface LoadedProps<T> {
  query: LoadedQuery<T>;
  /** What is being asked of whom: "Asking Mailward for the domains." */
  busy: string;
  /** What to say when it cannot be had: "The domains could not be read". */
  failed: string;
  /** Whether there is nothing in it, and what stands there then. */
  empty?: { when: (data: T) => boolean; show: ReactNode };
  children: (data: T) => ReactNode;
}

export function Loaded<T>({ query, busy, failed, empty, children }: LoadedProps<T>) {
  const { data, error, isFetching, refetch } = query;
  // While there is no connection that is said at the top of the page, of everything on it.
  const isLost = useLostSince() !== null;
  const isEmpty = data !== undefined && empty?.when(data) === true;
  // Nothing that was found before is not taken for nothing now.
  if (error !== null && (data === undefined || isEmpty))
    return <Failure what={failed} error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Busy what={busy} />;
  if (isEmpty) return empty.show;
  return (
    <>
      {error !== null && !isFetching && !isLost && (
        <Alert color="yellow" title={`${failed}. What is shown here is from before.`} role="alert">
          {errorWords(error)}
        </Alert>
      )}
      {children(data)}
    </>
  );
}

/** What comes by itself, as it changes; null before the first time. */
export function live<T>(value: T | null): LoadedQuery<T> {
  return { data: value ?? undefined, error: null, isFetching: value === null, refetch: () => undefined };
}

/** Several questions as one: there is an answer when all have one. */
export function together<T extends Readonly<Record<string, unknown>>>(
  queries: {
    readonly [Name in keyof T]: LoadedQuery<T[Name]>;
  },
): LoadedQuery<T> {
  const all = Object.values<LoadedQuery<unknown>>(queries);
  const isWhole = all.every(({ data }) => data !== undefined);
  return {
    // Each has its answer under its name.
    data: isWhole
      ? (Object.fromEntries(
          Object.entries<LoadedQuery<unknown>>(queries).map(([name, { data }]) => [name, data]),
        ) as T)
      : undefined,
    error: all.find(({ error }) => error !== null)?.error ?? null,
    isFetching: all.some(({ isFetching }) => isFetching),
    refetch: () => Promise.all(all.filter(({ error }) => error !== null).map(({ refetch }) => refetch())),
  };
}
