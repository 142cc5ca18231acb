// Starts the real entry file of the shell on the stand-in for Electron, as often as a test likes, and stops what is left.
import { errorMessage, faultWords, noLog, traceOf } from '../../src-main/events/fault.ts';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, vi } from 'vitest';
import { catchFaults, Faults, unforeseen } from '../../src-main/engine/faults.ts';
import { DataDirLocked, DataDirUnusable, prepareDataDir, readHolder } from '../../src-main/engine/lock.ts';
import { NotMailward } from '../../src-main/service/client.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { startService } from '../../src-main/service/service.ts';
import { BrokenSettings } from '../../src-main/settings/settings.ts';
import { EngineDouble } from './engine-double.ts';
import type * as StandIn from './stand-in/index.ts';
import { Machine, prepareLaunch } from './stand-in/machine.ts';

/** The checkout: holds assets/ as a package does. */
export const checkout = resolve(import.meta.dirname, '../..');

export interface StartWith {
  machine?: Machine;
  /** Arguments besides `--data`. */
  arguments?: string[];
  dataDir?: string;
  /** The user's home; its own for each start, usually. */
  home?: string;
  /** Without `--data`, so that the usual data folder counts. */
  usualData?: boolean;
  appPath?: string;
  packaged?: boolean;
  /** What openEngine does; usually gives `engine`. */
  openEngine?: (options: unknown) => Promise<unknown>;
  engine?: EngineDouble;
  /** What connectClient does; usually fails. */
  connectClient?: (link: unknown) => Promise<unknown>;
}

export interface Started {
  electron: typeof StandIn;
  machine: Machine;
  engine: EngineDouble;
  dataDir: string;
  appData: string;
  downloads: string;
  /** Settles with the process's exit status. */
  exited: Promise<number>;
  hasExited: () => boolean;
  /** The window, once there is one. */
  window: () => Promise<StandIn.BrowserWindow>;
}

const folders: string[] = [];
const running: Started[] = [];

/** A folder of this test's own, gone when the test is over. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mailward-shell-'));
  folders.push(folder);
  return folder;
}

afterEach(async () => {
  for (const started of running.splice(0)) {
    started.engine.closing = Promise.resolve();
    if (!started.hasExited()) started.electron.app.exit(0);
    await started.exited;
  }
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** Starts the shell, and waits until its entry file has run. */
export async function start(options: StartWith = {}): Promise<Started> {
  const { home = newFolder() } = options;
  const { machine = new Machine(), engine = new EngineDouble(), dataDir = join(home, 'data') } = options;
  const paths = {
    appData: join(home, 'config'),
    userData: join(home, 'config/Mailward'),
    downloads: join(home, 'downloads'),
  };
  mkdirSync(paths.downloads, { recursive: true });
  const { promise: exited, resolve: exit } = Promise.withResolvers<number>();
  let ended = false;
  prepareLaunch({
    machine,
    appPath: options.appPath ?? checkout,
    paths,
    packaged: options.packaged ?? false,
    exited: (status) => {
      ended = true;
      exit(status);
    },
  });

  vi.resetModules();
  vi.doMock('../../src-main/electron/neighbours.ts', () => ({
    openEngine:
      options.openEngine ??
      (() => {
        // By this file the next start knows the folder for Mailward's.
        writeFileSync(join(dataDir, 'engine.lock'), '');
        return Promise.resolve(engine);
      }),
    BrokenSettings,
    DataDirLocked,
    DataDirUnusable,
    catchFaults,
    errorMessage,
    Faults,
    faultWords,
    traceOf,
    unforeseen,
    NotMailward,
    prepareDataDir,
    readHolder,
    defaultDataDir: () => dataDir,
    Keys,
    startService,
    connectClient: options.connectClient ?? (() => Promise.reject(new Error('connect ECONNREFUSED'))),
  }));
  const electron = await import('./stand-in/index.ts');
  const argv = process.argv;
  process.argv = [
    process.execPath,
    checkout,
    ...(options.usualData === true ? [] : ['--data', dataDir]),
    ...(options.arguments ?? []),
  ];
  await import('../../src-main/electron/main.ts');
  // A second start hands its arguments over at once; later reads see the test's own again.
  process.argv = argv;
  electron.app.becomeReady();

  const started: Started = {
    electron,
    machine,
    engine,
    dataDir,
    appData: paths.appData,
    downloads: paths.downloads,
    exited,
    hasExited: () => ended,
    window: () =>
      vi.waitFor(
        () => {
          const [window, ...more] = electron.BrowserWindow.all;
          if (window === undefined || more.length > 0 || machine.trays.size === 0)
            throw new Error('not one window');
          return window;
        },
        { timeout: 20_000 },
      ),
  };
  running.push(started);
  return started;
}

/** A service on a double of the engine, which can be stopped and started again on its port, with its keys. */
export async function doubleService(engine: EngineDouble) {
  const keys = await Keys.open(newFolder());
  const serve = (port: number) =>
    startService({
      engine: engine as never,
      keys,
      listen: { host: '127.0.0.1', port },
      log: noLog,
    });
  const first = await serve(0);
  const holder = { pid: 1, host: 'service', url: first.url, token: keys.token } as const;
  return { first, port: Number(new URL(first.url).port), serve, holder, token: keys.token };
}

/** Waits until `condition` holds; what it throws or gives is in the message when it never does. */
export async function until(condition: () => unknown, what: string): Promise<void> {
  await vi.waitFor(
    () => {
      if (!condition()) throw new Error(`Waited in vain: ${what}`);
    },
    { timeout: 20_000, interval: 10 },
  );
}
