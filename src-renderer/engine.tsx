// What every screen has at hand: the engine's client, its queries, the live overview and the state of the connection.
import { createTanstackQueryUtils, type RouterUtils } from '@orpc/tanstack-query';
import { useQueryClient } from '@tanstack/react-query';
import {
  createContext,
  type ReactNode,
  useContext,
  useEffect,
  useEffectEvent,
  useMemo,
  useState,
  useSyncExternalStore,
} from 'react';
import type { Client } from '../shared/contract/index.ts';
import type { Overview } from '../shared/overview.ts';
import type { Connection, ConnectionView } from './connection.ts';

interface Engine {
  connection: Connection;
  client: Client;
  orpc: RouterUtils<Client>;
}

const EngineContext = createContext<Engine | null>(null);
const OverviewContext = createContext<Overview | null>(null);

/** The engine's client and its queries. */
export function useEngine(): Engine {
  const engine = useContext(EngineContext);
  if (engine === null) throw new Error('useEngine is used outside EngineProvider');
  return engine;
}

/** The latest overview; null until the first one has come. */
export function useOverview(): Overview | null {
  return useContext(OverviewContext);
}

/** Whether there is a wire to the engine now, and which one. */
export function useConnectionView(connection: Connection): ConnectionView {
  return useSyncExternalStore(connection.subscribe, connection.view);
}

/** Since when there has been no wire (UTC ms), so that what is shown is from before; null while there is one. */
export function useLostSince(): number | null {
  const { connection } = useEngine();
  const { state, since } = useConnectionView(connection);
  return state === 'lost' ? since : null;
}

/**
 * Follows a subscription of the contract for as long as the component is shown, across lost connections.
 * `start` must be stable; `onValue` may change.
 */
export function useLive<T>(
  start: (client: Client, signal: AbortSignal) => Promise<AsyncIterable<T>>,
  onValue: (value: T) => void,
): void {
  const { connection, client } = useEngine();
  const { state, epoch } = useConnectionView(connection);
  const take = useEffectEvent(onValue);
  useEffect(() => {
    if (state !== 'open') return;
    const stop = new AbortController();
    const going = () => !stop.signal.aborted;
    const follow = async () => {
      while (going()) {
        try {
          for await (const value of await start(client, stop.signal)) take(value);
        } catch {
          // Nothing to say here: a lost wire has its banner, and a new one starts this again.
        }
        await new Promise((resolve) => setTimeout(resolve, 1000));
      }
    };
    void follow();
    return () => stop.abort();
  }, [state, epoch, client, start]);
}

const startOverview = (client: Client, signal: AbortSignal) => client.live.overview(undefined, { signal });

/** Gives the screens below it the engine, and asks everything anew when a connection came back. */
export function EngineProvider({ connection, children }: { connection: Connection; children: ReactNode }) {
  const engine = useMemo<Engine>(
    () => ({ connection, client: connection.client, orpc: createTanstackQueryUtils(connection.client) }),
    [connection],
  );
  return (
    <EngineContext value={engine}>
      <LiveOverview>{children}</LiveOverview>
    </EngineContext>
  );
}

function LiveOverview({ children }: { children: ReactNode }) {
  const { connection } = useEngine();
  const { epoch } = useConnectionView(connection);
  const queries = useQueryClient();
  const [overview, setOverview] = useState<Overview | null>(null);
  useLive(startOverview, setOverview);
  useEffect(() => {
    if (epoch > 1) void queries.invalidateQueries();
  }, [epoch, queries]);
  return <OverviewContext value={overview}>{children}</OverviewContext>;
}
