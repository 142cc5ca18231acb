// Stand-ins for the session with its permission handlers, and for protocol.handle.
import { EventEmitter } from 'node:events';
import { app } from './app.ts';

type Handlers = {
  [Name in
    | 'setPermissionRequestHandler'
    | 'setPermissionCheckHandler'
    | 'setDevicePermissionHandler'
    | 'setDisplayMediaRequestHandler'
    | 'setBluetoothPairingHandler']: Parameters<Electron.Session[Name]>[0];
};

type BeforeRequest = (
  details: Pick<Electron.OnBeforeRequestListenerDetails, 'url'>,
  callback: (response: Electron.CallbackResponse) => void,
) => void;

class Session extends EventEmitter implements Pick<Electron.Session, keyof Handlers> {
  /** What has been set, for tests to call as Chromium would. */
  readonly handlers: Partial<Handlers> = {};
  #beforeRequest: BeforeRequest | null = null;
  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest | null) => {
      this.#beforeRequest = listener;
    },
  };
  setPermissionRequestHandler(handler: Handlers['setPermissionRequestHandler']) {
    this.handlers.setPermissionRequestHandler = handler;
  }
  setPermissionCheckHandler(handler: Handlers['setPermissionCheckHandler']) {
    this.handlers.setPermissionCheckHandler = handler;
  }
  setDevicePermissionHandler(handler: Handlers['setDevicePermissionHandler']) {
    this.handlers.setDevicePermissionHandler = handler;
  }
  setDisplayMediaRequestHandler(handler: Handlers['setDisplayMediaRequestHandler']) {
    this.handlers.setDisplayMediaRequestHandler = handler;
  }
  setBluetoothPairingHandler(handler: Handlers['setBluetoothPairingHandler']) {
    this.handlers.setBluetoothPairingHandler = handler;
  }

  /** Whether a request may be made, as the webRequest listener decides. */
  async mayRequest(url: string): Promise<boolean> {
    const listener = this.#beforeRequest;
    if (listener === null) return true;
    return await new Promise((resolve) => listener({ url }, ({ cancel }) => resolve(cancel !== true)));
  }
}

const usual = new Session();
export const session = {
  get defaultSession() {
    if (!app.isReady()) throw new Error('Session can only be received when app is ready');
    return usual;
  },
};

class Protocol implements Pick<Electron.Protocol, 'handle' | 'registerSchemesAsPrivileged'> {
  readonly privileged = new Map<string, Electron.Privileges>();
  readonly #handlers = new Map<string, Parameters<Electron.Protocol['handle']>[1]>();

  registerSchemesAsPrivileged(schemes: Electron.CustomScheme[]) {
    if (app.isReady()) throw new Error('registerSchemesAsPrivileged is for before the app is ready');
    for (const { scheme, privileges = {} } of schemes) this.privileged.set(scheme, privileges);
  }
  handle(scheme: string, handler: Parameters<Electron.Protocol['handle']>[1]) {
    if (!app.isReady()) throw new Error('protocol.handle is for after the app is ready');
    this.#handlers.set(scheme, handler);
  }

  /** What loading a URL of a handled scheme gives. The URL is passed as it is, without Chromium's own tidying. */
  async load(url: string, init?: RequestInit): Promise<Response> {
    const handler = this.#handlers.get(url.slice(0, url.indexOf(':')));
    if (handler === undefined) throw new Error(`ERR_UNKNOWN_URL_SCHEME: ${url}`);
    return await handler(new Request(url, init));
  }
}
export const protocol = new Protocol();
