// The pretended computer that outlives one start of the shell: displays, login items, what was shown and asked.
import type { Browser } from 'playwright-core';

/** What a running pretended Electron process offers to the machine and to the tests. */
export interface RunningProcess {
  secondStart(argv: string[], workingDirectory: string): void;
}

export interface ShownNotification {
  title: string;
  body: string;
  click(): void;
}

export interface ShownTray {
  image: string;
  toolTip: string;
  menu: { label: string; enabled: boolean; click(): void }[];
  click(): void;
}

export class Machine {
  displays: Electron.Rectangle[] = [{ x: 0, y: 0, width: 1920, height: 1040 }];
  /** Running processes by their userData folder: the single instance lock. */
  readonly running = new Map<string, RunningProcess>();
  readonly loginItems = new Map<string, readonly string[]>();
  readonly openedOutside: string[] = [];
  readonly openedPaths: string[] = [];
  readonly errorBoxes: { title: string; content: string }[] = [];
  readonly messageBoxes: Electron.MessageBoxOptions[] = [];
  readonly saveDialogs: Electron.SaveDialogOptions[] = [];
  readonly notifications: ShownNotification[] = [];
  readonly trays = new Set<ShownTray>();
  /** The button the user will press, by its label; undefined presses the one that cancels. */
  pressButton: string | undefined;
  /** Where the user will save; undefined cancels. */
  saveTo: string | undefined;
  /** With a browser, windows open real pages in it. */
  browser: Browser | null = null;

  /** The one tray there should be. */
  get tray(): ShownTray {
    const [tray, ...more] = this.trays;
    if (tray === undefined || more.length > 0) throw new Error(`${this.trays.size} trays, not one.`);
    return tray;
  }
}

/** One start: what the pretended process is told by its surroundings, and what the test hears from it. */
export interface Launch {
  readonly machine: Machine;
  /** Electron's app path: the folder with package.json. */
  readonly appPath: string;
  /** Where the pretended system keeps things. */
  readonly paths: { appData: string; userData: string; downloads: string };
  readonly packaged: boolean;
  /** Called once, when the process ends, with its exit status. */
  readonly exited: (status: number) => void;
}

const key = Symbol.for('mailward.test.electron.launch');
const holder = globalThis as { [key]?: Launch };

/** Sets what the next evaluation of the stand-in runs on. */
export function prepareLaunch(launch: Launch): void {
  holder[key] = launch;
}

/** What this evaluation runs on. */
export function presentLaunch(): Launch {
  const launch = holder[key];
  if (launch === undefined) throw new Error('No launch: use the harness to start the shell.');
  return launch;
}
