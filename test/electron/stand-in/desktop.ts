// Stand-ins for what the shell shows the user around its window: tray, menu, notifications, dialogs, displays.
import { EventEmitter } from 'node:events';
import { existsSync } from 'node:fs';
import { app } from './app.ts';
import { presentLaunch } from './machine.ts';
import type { ShownTray } from './machine.ts';

const { machine } = presentLaunch();

/** Electron gives an empty image for a path it cannot read; the stand-in makes that an error, for it is always one. */
class Image implements Pick<Electron.NativeImage, 'isEmpty'> {
  readonly path: string;
  constructor(path: string) {
    if (!existsSync(path)) throw new Error(`No picture at ${path}`);
    this.path = path;
  }
  isEmpty() {
    return false;
  }
}
export const nativeImage = { createFromPath: (path: string) => new Image(path) };

export const nativeTheme = { shouldUseDarkColors: false } satisfies Pick<
  Electron.NativeTheme,
  'shouldUseDarkColors'
>;

/** The parts of a menu that tests look at. Items with a role are Electron's own affair. */
export class Menu {
  static application: Menu | null = null;
  readonly items: Electron.MenuItemConstructorOptions[];
  constructor(items: Electron.MenuItemConstructorOptions[]) {
    this.items = items;
  }
  static buildFromTemplate(template: Electron.MenuItemConstructorOptions[]) {
    return new Menu(template);
  }
  static setApplicationMenu(menu: Menu | null) {
    Menu.application = menu;
  }
}

export class Tray
  extends EventEmitter
  implements Pick<Electron.Tray, 'destroy' | 'isDestroyed' | 'setToolTip'>
{
  readonly #shown: ShownTray;

  constructor(image: Image) {
    super();
    if (!app.isReady()) throw new Error('Cannot create Tray before app is ready');
    this.#shown = { image: image.path, toolTip: '', menu: [], click: () => this.emit('click') };
    machine.trays.add(this.#shown);
  }
  setImage(image: Image) {
    this.#shown.image = image.path;
  }
  setToolTip(toolTip: string) {
    this.#shown.toolTip = toolTip;
  }
  setContextMenu(menu: Menu | null) {
    this.#shown.menu = (menu?.items ?? [])
      .filter(({ type }) => type !== 'separator')
      .map(({ label = '', enabled = true, click }) => ({
        label,
        enabled,
        click: () => (click as (() => void) | undefined)?.(),
      }));
  }
  destroy() {
    machine.trays.delete(this.#shown);
  }
  isDestroyed() {
    return !machine.trays.has(this.#shown);
  }
}

export class Notification extends EventEmitter implements Pick<Electron.Notification, 'show'> {
  readonly #options: Electron.NotificationConstructorOptions;
  constructor(options: Electron.NotificationConstructorOptions) {
    super();
    this.#options = options;
  }
  static isSupported() {
    return true;
  }
  show() {
    const { title = '', body = '' } = this.#options;
    machine.notifications.push({ title, body, click: () => this.emit('click', {}) });
  }
}

/** Dialogs answer at once, as the machine's user has decided beforehand. */
export const dialog = {
  showErrorBox: (title: string, content: string) => {
    machine.errorBoxes.push({ title, content });
  },
  showMessageBox: (options: Electron.MessageBoxOptions): Promise<Electron.MessageBoxReturnValue> => {
    machine.messageBoxes.push(options);
    const pressed = options.buttons?.indexOf(machine.pressButton ?? '') ?? -1;
    return Promise.resolve({
      response: pressed >= 0 ? pressed : (options.cancelId ?? 0),
      checkboxChecked: false,
    });
  },
  showSaveDialog: (
    ...args: [unknown, Electron.SaveDialogOptions] | [Electron.SaveDialogOptions]
  ): Promise<Electron.SaveDialogReturnValue> => {
    machine.saveDialogs.push(args.length === 2 ? args[1] : args[0]);
    return Promise.resolve({ canceled: machine.saveTo === undefined, filePath: machine.saveTo ?? '' });
  },
};
({ showErrorBox: dialog.showErrorBox }) satisfies Pick<Electron.Dialog, 'showErrorBox'>;

export const shell = {
  openExternal: (url: string) => {
    machine.openedOutside.push(url);
    return Promise.resolve();
  },
  openPath: (path: string) => {
    machine.openedPaths.push(path);
    return Promise.resolve('');
  },
} satisfies Pick<Electron.Shell, 'openExternal' | 'openPath'>;

type ShownDisplay = Pick<Electron.Display, 'id' | 'workArea' | 'bounds'>;
const displays = (): ShownDisplay[] =>
  machine.displays.map((workArea, id) => ({ id, workArea, bounds: workArea }));
export const screen = {
  getAllDisplays: displays,
  getPrimaryDisplay: () => {
    const [primary] = displays();
    if (primary === undefined) throw new Error('No display');
    return primary;
  },
};
