// What the page may not do: everything that is not named here.
import { app, session, shell } from 'electron';
import type { Session, WebContents } from 'electron';
import { isOurUrl, scheme } from './our-page.ts';

/** Links that may be handed to the system. Others could start any program that has registered a scheme. */
const outside = new Set(['https:', 'mailto:', 'tel:']);

/** The one permission given: evidence is there to be copied. Reading the clipboard is not included. */
const allowed = 'clipboard-sanitized-write';

/** Guards every page from the moment it exists. To be called before the app is ready. */
export function guardPages(): void {
  app.on('web-contents-created', (_event, contents) => guardPage(contents));
}

function guardPage(contents: WebContents): void {
  contents.on('will-frame-navigate', (event) => {
    if (event.isMainFrame && isOurUrl(event.url)) return;
    event.preventDefault();
    if (event.isMainFrame) openOutside(event.url);
  });
  contents.on('will-redirect', (event) => {
    if (!isOurUrl(event.url)) event.preventDefault();
  });
  contents.setWindowOpenHandler(({ url }) => {
    openOutside(url);
    return { action: 'deny' };
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.on('select-bluetooth-device', (event, _devices, choose) => {
    event.preventDefault();
    choose('');
  });
}

function openOutside(url: string): void {
  const parsed = URL.parse(url);
  if (parsed === null || !outside.has(parsed.protocol)) return;
  // Nothing more can be done when the system has no program for the link.
  shell.openExternal(parsed.href).catch(() => undefined);
}

/** Refuses permissions, devices, downloads and the network to all pages. To be called once the app is ready. */
export function guardSession(guarded: Session = session.defaultSession): void {
  guarded.setPermissionRequestHandler((contents, permission, decide) => {
    decide(permission === allowed && isOurUrl(contents.getURL()));
  });
  guarded.setPermissionCheckHandler(
    (_contents, permission, origin) => permission === allowed && isOurUrl(origin),
  );
  guarded.setDevicePermissionHandler(() => false);
  guarded.setDisplayMediaRequestHandler((_request, give) => give(null));
  guarded.setBluetoothPairingHandler((_details, confirm) => confirm({ confirmed: false }));
  guarded.on('select-hid-device', (event, _details, choose) => {
    event.preventDefault();
    choose('');
  });
  guarded.on('select-serial-port', (event, _ports, _contents, choose) => {
    event.preventDefault();
    choose('');
  });
  guarded.on('select-usb-device', (event, _details, choose) => {
    event.preventDefault();
    choose('');
  });
  // Files are saved through the desktop's own dialog (saveFile), never by a download of the page's choosing.
  guarded.on('will-download', (event) => event.preventDefault());
  guarded.webRequest.onBeforeRequest((details, decide) => {
    decide({ cancel: !local.has(URL.parse(details.url)?.protocol ?? '') });
  });
}

/** Where the page may fetch from; Chromium's developer tools are pages too. */
const local = new Set([`${scheme}:`, 'blob:', 'data:', 'devtools:']);
