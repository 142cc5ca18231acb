// Opens the engine on the data folder, or attaches to the service that already has it.
import { openEngine } from '../engine/engine.ts';
import type { Engine } from '../engine/engine.ts';
import { DataDirLocked } from '../engine/lock.ts';
import { attach } from './attached.ts';
import type { Link } from './attached.ts';
import type { Backend, Status } from './backend.ts';

export interface BackendOptions {
  dataDir: string;
  smtp?: { host: string; port: number };
  demo: boolean;
}

/** Rejects with what kept the engine from opening, or the service from being reached; `explain` puts it in words. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  try {
    return fromEngine(await openEngine({ ...options, host: 'desktop' }));
  } catch (error) {
    const link = linkOf(error);
    if (link === null) throw error;
    return attach(() => Promise.resolve(link));
  }
}

function linkOf(error: unknown): Link | null {
  if (!(error instanceof DataDirLocked)) return null;
  const { holder } = error;
  return holder?.url && holder.token ? { url: holder.url, token: holder.token } : null;
}

function fromEngine(engine: Engine): Backend {
  const status = (): Status => engine.overview();
  return {
    router: engine.router,
    status,
    onStatus: (listener) => engine.onOverview(listener),
    getSettings: () => Promise.resolve(engine.settings.get()),
    setSettings: async (settings) => {
      await engine.settings.set(settings);
    },
    onSettings: (listener) => engine.settings.onChange(listener),
    reachable: () => Promise.resolve(),
    onLost: () => undefined,
    close: () => engine.close(),
  };
}
