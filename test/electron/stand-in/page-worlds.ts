// The scripts that pretend Electron inside the page: `electron` for the preload script, and the context bridge's other end.

/**
 * The page's own world: receives what the preload script exposes. Only the two worlds of one document see these events;
 * functions are called by message, as across Electron's bridge, and values are copied.
 */
export const mainWorld = `
if (window === window.top) {
  let calls = 0;
  const waiting = new Map();
  window.addEventListener('stand-in:result', ({ detail }) => {
    const { resolve, reject } = waiting.get(detail.id);
    waiting.delete(detail.id);
    if ('error' in detail) reject(new Error(detail.error)); else resolve(detail.value);
  });
  window.addEventListener('stand-in:expose', ({ detail: { key, values, functions } }) => {
    const api = { ...values };
    for (const name of functions) {
      api[name] = (...args) => new Promise((resolve, reject) => {
        const id = ++calls;
        waiting.set(id, { resolve, reject });
        window.dispatchEvent(new CustomEvent('stand-in:call', { detail: { id, key, name, args } }));
      });
    }
    Object.defineProperty(window, key, { value: Object.freeze(api), configurable: false, writable: false });
  });
  // Electron gives the ports in its pages a close event, which Chromium alone does not.
  const arrived = [];
  window.addEventListener('message', ({ ports }) => arrived.push(...ports), true);
  window.addEventListener('stand-in:port-closed', ({ detail }) => {
    arrived[detail].dispatchEvent(new Event('close'));
    arrived[detail].close();
  });
  window.dispatchEvent(new CustomEvent('stand-in:ready'));
  // What setWindowOpenHandler decides, Chromium alone cannot be asked to.
  window.open = (url) => { void window.standInMayOpen(new URL(url, location.href).href); return null; };
}
`;

/** The preload script's world: the script itself as CommonJS, with the `electron` a sandboxed one gets. */
export function preloadWorld(script: string): string {
  return `
if (window === window.top) {
  const send = (message) => standInSend(JSON.stringify(message));
  const toBase64 = (bytes) => { let text = ''; for (const byte of bytes) text += String.fromCharCode(byte); return btoa(text); };
  const pack = (data) => data instanceof Uint8Array ? { base64: toBase64(data) }
    : data instanceof ArrayBuffer ? { base64: toBase64(new Uint8Array(data)) } : data;
  const unpack = (data) => data && typeof data === 'object' && 'base64' in data
    ? Uint8Array.from(atob(data.base64), (char) => char.charCodeAt(0)) : data;

  const exposed = [];
  const announce = (key, api) => window.dispatchEvent(new CustomEvent('stand-in:expose', { detail: {
    key,
    values: Object.fromEntries(Object.entries(api).filter(([, value]) => typeof value !== 'function')),
    functions: Object.keys(api).filter((name) => typeof api[name] === 'function'),
  } }));
  let ready = false;
  window.addEventListener('stand-in:ready', () => { ready = true; for (const [key, api] of exposed) announce(key, api); });
  window.addEventListener('stand-in:call', async ({ detail: { id, key, name, args } }) => {
    const api = exposed.find(([known]) => known === key)[1];
    let detail;
    try { detail = { id, value: await api[name](...args) }; } catch (error) { detail = { id, error: error.message }; }
    window.dispatchEvent(new CustomEvent('stand-in:result', { detail }));
  });

  let invokes = 0;
  const waiting = new Map();
  const listeners = new Map();
  const ports = new Map();
  const electron = {
    contextBridge: {
      exposeInMainWorld: (key, api) => { exposed.push([key, api]); announce(key, api); },
    },
    ipcRenderer: {
      send: (channel, ...args) => send({ kind: 'send', channel, args: args.map(pack) }),
      invoke: (channel, ...args) => new Promise((resolve, reject) => {
        const id = ++invokes;
        waiting.set(id, { resolve, reject });
        send({ kind: 'invoke', id, channel, args: args.map(pack) });
      }),
      on: (channel, listener) => listeners.set(channel, [...(listeners.get(channel) ?? []), listener]),
    },
  };
  globalThis.standIn = { receive: (text) => {
    const message = JSON.parse(text);
    if (message.kind === 'result') {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if ('error' in message) reject(new Error(message.error)); else resolve(message.value);
    } else if (message.kind === 'post') {
      const { port1, port2 } = new MessageChannel();
      ports.set(message.port, { port: port1, index: ports.size });
      port1.onmessage = ({ data }) => send({ kind: 'port', port: message.port, data: pack(data) });
      for (const listener of listeners.get(message.channel) ?? []) listener({ ports: [port2] }, null);
    } else if (message.kind === 'port') {
      ports.get(message.port)?.port.postMessage(unpack(message.data));
    } else if (message.kind === 'port-closed') {
      const { port, index } = ports.get(message.port);
      port.close();
      window.dispatchEvent(new CustomEvent('stand-in:port-closed', { detail: index }));
    }
  } };

  const require = (name) => {
    if (name === 'electron') return electron;
    throw new Error('A sandboxed preload script cannot require ' + name);
  };
  const process = { platform: 'linux' };
  (function (require, process, exports, module) {
${script}
  })(require, process, {}, { exports: {} });
}
`;
}
