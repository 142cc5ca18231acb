// Stand-ins for ipcMain and for message ports, the latter over Node's own.
import { EventEmitter } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import type { StandInWebContents } from './window.ts';

export type InvokeHandler = (event: unknown, ...args: unknown[]) => unknown;

class IpcMain extends EventEmitter implements Pick<Electron.IpcMain, 'handle' | 'removeHandler'> {
  readonly #handlers = new Map<string, InvokeHandler>();

  handle(channel: string, handler: Parameters<Electron.IpcMain['handle']>[1]) {
    if (this.#handlers.has(channel))
      throw new Error(`Attempted to register a second handler for '${channel}'`);
    this.#handlers.set(channel, handler as InvokeHandler);
  }
  removeHandler(channel: string) {
    this.#handlers.delete(channel);
  }

  /** What a frame's ipcRenderer.invoke brings about. */
  async invokeFrom(frame: FrameLike, channel: string, args: unknown[]): Promise<unknown> {
    const handler = this.#handlers.get(channel);
    if (handler === undefined) throw new Error(`No handler registered for '${channel}'`);
    return await handler({ sender: frame.contents, senderFrame: frame }, ...args);
  }
  /** What a frame's ipcRenderer.send brings about. */
  sendFrom(frame: FrameLike, channel: string, args: unknown[]): void {
    this.emit(channel, { sender: frame.contents, senderFrame: frame, ports: [] }, ...args);
  }
}
export const ipcMain = new IpcMain();

/** A frame that sends: its URL, its place, and the page it is in. */
export interface FrameLike extends Pick<Electron.WebFrameMain, 'url'> {
  parent: unknown;
  contents: StandInWebContents;
}

export class MessagePortMain
  extends EventEmitter
  implements Pick<Electron.MessagePortMain, 'postMessage' | 'start' | 'close'>
{
  readonly #port: MessagePort;
  #closedHere = false;

  constructor(port: MessagePort) {
    super();
    this.#port = port;
    // Only the other side's closing is an event, as for every message port.
    port.once('close', () => {
      if (!this.#closedHere) this.emit('close');
    });
  }
  start() {
    this.#port.on('message', (data: unknown) => this.emit('message', { data, ports: [] }));
  }
  postMessage(message: unknown) {
    this.#port.postMessage(message);
  }
  close() {
    this.#closedHere = true;
    this.#port.close();
  }
  /** Takes the port out of here, to a page: as when it is transferred. */
  release(): MessagePort {
    return this.#port;
  }
}

export class MessageChannelMain {
  readonly port1: MessagePortMain;
  readonly port2: MessagePortMain;
  constructor() {
    const { port1, port2 } = new MessageChannel();
    this.port1 = new MessagePortMain(port1);
    this.port2 = new MessagePortMain(port2);
  }
}
