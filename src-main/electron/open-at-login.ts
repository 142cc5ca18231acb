// Whether Mailward starts when the user logs in. Electron knows how on Windows and macOS; on Linux it is an autostart file.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { app } from 'electron';

/** What a start at login is started with: in the tray, on the same data folder. */
export interface LoginStart {
  arguments: readonly string[];
}

/** Whether the system starts Mailward at login. */
export function opensAtLogin(start: LoginStart): boolean {
  if (process.platform !== 'linux') return app.getLoginItemSettings(loginItem(start)).openAtLogin;
  return readAutostart() !== null;
}

/** Makes the system start Mailward at login, or not. Throws when the autostart file cannot be written. */
export function setOpensAtLogin(open: boolean, start: LoginStart): void {
  if (process.platform !== 'linux') {
    if (opensAtLogin(start) !== open) app.setLoginItemSettings({ ...loginItem(start), openAtLogin: open });
    return;
  }
  const wanted = open ? autostartEntry(start) : null;
  if (readAutostart() === wanted) return;
  if (wanted === null) {
    rmSync(autostartPath(), { force: true });
  } else {
    mkdirSync(dirname(autostartPath()), { recursive: true });
    writeFileSync(autostartPath(), wanted);
  }
}

function loginItem(start: LoginStart) {
  return { path: process.execPath, args: command(start).slice(1) };
}

/** Unpackaged, the program is Electron itself and must be told which app to run. */
function command(start: LoginStart): string[] {
  // An AppImage runs from a mount that is gone at the next login; the variable names the file itself.
  const program = process.env['APPIMAGE'] ?? process.execPath;
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), ...start.arguments];
}

function autostartPath(): string {
  // Electron's appData is XDG_CONFIG_HOME, or ~/.config.
  return join(app.getPath('appData'), 'autostart', 'mailward.desktop');
}

function readAutostart(): string | null {
  try {
    return readFileSync(autostartPath(), 'utf8');
  } catch {
    return null;
  }
}

/** A Desktop Entry, version 1.5, as the Autostart specification asks for. */
function autostartEntry(start: LoginStart): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    `Name=${app.getName()}`,
    'Comment=Keeps the office’s mail arriving',
    `Exec=${command(start).map(quoteForExec).join(' ')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n');
}

/**
 * Quotes an argument for the Exec key: quotes with a backslash before " ` $ \ (Desktop Entry specification, "The Exec
 * key"), every backslash doubled once more as in any string value, and % doubled because it begins a field code.
 */
function quoteForExec(argument: string): string {
  const quoted = `"${argument.replaceAll(/["`$\\]/g, String.raw`\$&`)}"`;
  return quoted.replaceAll('\\', '\\\\').replaceAll('%', '%%');
}
