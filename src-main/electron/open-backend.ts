// Opens the engine on the data folder, or attaches to the service that already has it.
import { attach } from './attached.ts';
import type { Link } from './attached.ts';
import { BY_WINDOW, type Backend, type BackendStatus } from './backend.ts';
import { DataDirLocked, Keys, openEngine, readHolder, startService } from './neighbours.ts';
import type { Engine, Holder, Log, Service } from './neighbours.ts';

export interface BackendOptions {
  dataDir: string;
  smtp?: { host: string; port: number };
  version: string;
  /** What an admin should read. */
  log: Log;
}

/** Rejects with what kept the engine from opening, or the service from being reached; `explain` puts it in words. */
export async function openBackend(options: BackendOptions): Promise<Backend> {
  try {
    const engine = await openEngine({ ...options, host: 'desktop' });
    return fromEngine(engine, await openToCommandLine(engine, options));
  } catch (error) {
    if (!(error instanceof DataDirLocked)) throw error;
    const first = linkOf(error.holder);
    if (first === null) throw error;
    // A service that was started anew may answer elsewhere: who has the folder is read again each time.
    const find = () => Promise.resolve(linkOf(readHolder(options.dataDir)) ?? first);
    return attach(find, options.log);
  }
}

/**
 * The command line works on a running desktop app too: over the same service, on a free port of loopback, behind the
 * data folder's token. Mail does not depend on it, so a failure is reported and left at that.
 */
async function openToCommandLine(engine: Engine, options: BackendOptions): Promise<Service | null> {
  const { dataDir, log } = options;
  try {
    const keys = await Keys.open(dataDir);
    const service = await startService({
      engine,
      keys,
      listen: { host: '127.0.0.1', port: 0 },
      log,
      renewed: (token) => announce(token),
    });
    const announce = (token: string) =>
      engine.announce({ pid: process.pid, host: 'desktop', url: service.url, token });
    announce(keys.token);
    return service;
  } catch (error) {
    engine.takeFault({ part: 'command-line', what: 'the command line cannot reach this app', error });
    engine.announce({ pid: process.pid, host: 'desktop', url: null, token: null });
    return null;
  }
}

function linkOf(holder: Holder | null): Link | null {
  return holder?.url && holder.token ? { url: holder.url, token: holder.token } : null;
}

function fromEngine(engine: Engine, service: Service | null): Backend {
  const status = (): BackendStatus => engine.overview();
  return {
    router: engine.router,
    status,
    onStatus: (listener) => engine.onOverview(listener),
    getSettings: () => Promise.resolve(engine.settings.get()),
    setSettings: (settings) => {
      engine.settings.set(settings, undefined, BY_WINDOW);
      return Promise.resolve();
    },
    onSettings: (listener) => engine.settings.onChange(listener),
    reachable: () => Promise.resolve(),
    fault: (error) => engine.fault(error),
    onLost: () => undefined,
    close: async () => {
      try {
        await service?.close();
      } finally {
        await engine.close();
      }
    },
  };
}
