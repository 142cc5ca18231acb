// Opens the engine on the data folder, or attaches to the service that already has it.
import { attach } from './attached.ts';
import type { Link } from './attached.ts';
import type { Backend, Status } from './backend.ts';
import { DataDirLocked, openEngine } from './neighbours.ts';
import type { Engine } from './neighbours.ts';

export interface BackendOptions {
  dataDir: string;
  smtp?: { host: string; port: number };
  demo: boolean;
  version: string;
  /** Something an admin should read in the log. */
  trouble: (words: string) => void;
}

/** Rejects with what kept the engine from opening, or the service from being reached; `explain` puts it in words. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  try {
    const engine = await openEngine({ ...options, host: 'desktop' });
    // Nobody can attach to a desktop app, but whoever finds the folder locked can be told by whom.
    engine.announce({ pid: process.pid, host: 'desktop', url: null, token: null });
    return fromEngine(engine);
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
    setSettings: (settings) => {
      engine.settings.set(settings);
      return Promise.resolve();
    },
    onSettings: (listener) => engine.settings.onChange(listener),
    reachable: () => Promise.resolve(),
    onLost: () => undefined,
    close: () => engine.close(),
  };
}
