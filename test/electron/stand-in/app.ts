// Stand-in for Electron's `app`: the process's life, from the lock of the single instance to will-quit.
import { EventEmitter } from 'node:events';
import { statSync } from 'node:fs';
import { presentLaunch } from './machine.ts';

/** An event that can be prevented, as Electron's events are. */
export function preventable(): Electron.Event & { defaultPrevented: boolean } {
  const event = {
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event;
}

/** What `app` must know of windows to quit. */
export interface Closable {
  close(): void;
  destroy(): void;
  isDestroyed(): boolean;
}

type Checked = Pick<
  Electron.App,
  | 'quit'
  | 'exit'
  | 'whenReady'
  | 'isReady'
  | 'requestSingleInstanceLock'
  | 'getPath'
  | 'setPath'
  | 'getAppPath'
  | 'getName'
  | 'getVersion'
  | 'enableSandbox'
  | 'setAppUserModelId'
  | 'getLoginItemSettings'
  | 'setLoginItemSettings'
  | 'isPackaged'
>;

class App extends EventEmitter implements Checked {
  readonly #launch = presentLaunch();
  readonly #paths: Record<string, string> = { ...this.#launch.paths };
  readonly windows = new Set<Closable>();
  readonly isPackaged = this.#launch.packaged;
  sandboxed = false;
  #lockedAt: string | null = null;
  #ready = false;
  #ended = false;
  readonly #whenReady = Promise.withResolvers<undefined>();

  /** Ready comes once the entry file has been evaluated, never before; the harness says when. */
  becomeReady() {
    if (this.#ended) return;
    this.#ready = true;
    this.emit('ready', preventable(), {});
    this.#whenReady.resolve(undefined);
  }

  isReady() {
    return this.#ready;
  }

  whenReady() {
    return this.#whenReady.promise.then(() => undefined);
  }

  requestSingleInstanceLock() {
    const { machine } = this.#launch;
    const userData = this.getPath('userData');
    const first = machine.running.get(userData);
    if (first !== undefined) {
      first.secondStart([...process.argv], process.cwd());
      return false;
    }
    this.#lockedAt = userData;
    machine.running.set(userData, {
      secondStart: (argv, workingDirectory) => {
        // Electron waits with this event until the first process is ready.
        void this.#whenReady.promise.then(() =>
          this.emit('second-instance', preventable(), argv, workingDirectory, undefined),
        );
      },
    });
    return true;
  }

  getPath(name: Parameters<Electron.App['getPath']>[0]) {
    const path = this.#paths[name];
    if (path === undefined) throw new Error(`Failed to get '${name}' path`);
    return path;
  }

  setPath(name: string, path: string) {
    if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`No folder: ${path}`);
    if (name === 'sessionData' && this.#ready) throw new Error('sessionData is set before ready');
    this.#paths[name] = path;
  }

  getAppPath() {
    return this.#launch.appPath;
  }

  getName() {
    return 'Mailward';
  }

  getVersion() {
    return '0.1.0';
  }

  enableSandbox() {
    if (this.#ready) throw new Error('enableSandbox is for before the app is ready');
    this.sandboxed = true;
  }

  setAppUserModelId(_id: string) {
    // Of effect on Windows alone.
  }

  getLoginItemSettings(options: Electron.LoginItemSettingsOptions = {}): Electron.LoginItemSettings {
    const args = this.#launch.machine.loginItems.get(options.path ?? process.execPath);
    const openAtLogin = args?.join('\0') === (options.args ?? []).join('\0');
    return {
      openAtLogin,
      wasOpenedAtLogin: false,
      status: openAtLogin ? 'enabled' : 'not-registered',
      executableWillLaunchAtLogin: openAtLogin,
      launchItems: [],
    };
  }

  setLoginItemSettings({ openAtLogin, path = process.execPath, args = [] }: Electron.Settings) {
    if (openAtLogin === true) this.#launch.machine.loginItems.set(path, args);
    else this.#launch.machine.loginItems.delete(path);
  }

  quit() {
    if (this.#ended) return;
    const event = preventable();
    this.emit('before-quit', event);
    if (event.defaultPrevented) return;
    queueMicrotask(() => {
      for (const window of this.windows) window.close();
      if (this.windows.size === 0) this.#lastWindowGone(true);
    });
  }

  /** Called by windows; with no listener for window-all-closed Electron quits. */
  windowGone(window: Closable) {
    this.windows.delete(window);
    if (this.windows.size === 0) this.#lastWindowGone(false);
  }

  #lastWindowGone(quitting: boolean) {
    if (this.#ended) return;
    if (!quitting && this.listenerCount('window-all-closed') > 0) {
      this.emit('window-all-closed');
      return;
    }
    const event = preventable();
    this.emit('will-quit', event);
    if (!event.defaultPrevented) this.#end(0);
  }

  exit(status = 0) {
    if (this.#ended) return;
    for (const window of this.windows) window.destroy();
    this.#end(status);
  }

  #end(status: number) {
    this.#ended = true;
    this.emit('quit', preventable(), status);
    if (this.#lockedAt !== null) this.#launch.machine.running.delete(this.#lockedAt);
    this.#launch.exited(status);
  }
}

export const app = new App();
