// One client's socket: octets in, replies out, the change to TLS in between, and an end that the client cannot put off.
import type { Clock, Timer } from '../../clock/clock.ts';
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';

/** How long a connection that we ended waits for the client to end its side, ms. Nothing extends it. */
const PARTING_MS = 5_000;
/** Replies kept back while more commands wait behind the one at hand, characters. */
const MOST_HELD = 16_384;

/** Who hears what comes in: conversation.ts. */
export interface ClientSocketHandlers {
  data: (chunk: Buffer) => void;
  error: (error: Error) => void;
  /** Called once. */
  closed: () => void;
}

export interface Cipher {
  version: string;
  standardName: string;
}

export class ClientSocket {
  /** What TLS came to; false without TLS. */
  cipher: Cipher | false = false;
  /** A TLS handshake is under way. */
  upgrading = false;
  /** We have ended it: nothing is read any more. */
  ending = false;
  closed = false;
  readonly #handlers: ClientSocketHandlers;
  #socket: Socket;
  /** Replies not written yet. */
  #out = '';
  /** Something was written and the client has not been heard since: its acknowledgement may be late. */
  #unanswered = false;
  #undelayed = false;
  readonly #clock: Clock;
  #timer: Timer | null = null;
  readonly #onData = (chunk: Buffer) => {
    this.#unanswered = false;
    if (!this.ending) this.#handlers.data(chunk);
  };
  readonly #onError = (error: Error) => this.#handlers.error(error);
  readonly #onClose = () => {
    if (this.closed) return;
    this.closed = true;
    this.#timer?.cancel();
    this.#handlers.closed();
  };

  constructor(socket: Socket, clock: Clock, handlers: ClientSocketHandlers) {
    this.#clock = clock;
    this.#socket = socket;
    this.#handlers = handlers;
  }

  listen(): void {
    this.#socket.on('close', this.#onClose).on('error', this.#onError).on('data', this.#onData);
  }

  /** Which of our addresses the client came to. Not asked for in advance: it costs a system call, and few connections need it. */
  get localAddress(): string {
    return this.#socket.localAddress ?? '';
  }

  /** Writes, together with what was kept back. @param wait keeps it back for the reply to a command that is here already. */
  write(text: string, wait: boolean): void {
    this.#out = this.#out === '' ? text : this.#out + text;
    if (!wait || this.#out.length > MOST_HELD) this.flush();
  }

  flush(): void {
    const text = this.#out;
    if (text === '') return;
    this.#out = '';
    // In the middle of a handshake this would be taken for TLS records.
    if (this.upgrading || this.ending || !this.#socket.writable) return;
    // Nagle's algorithm would keep a second reply back until the client acknowledges the first, 40 ms perhaps.
    if (this.#unanswered && !this.#undelayed) {
      this.#undelayed = true;
      this.#socket.setNoDelay(true);
    }
    this.#unanswered = true;
    this.#socket.write(text, isAscii(text) ? 'latin1' : 'utf8');
  }

  /** Goes on when the client has taken the replies so far: one that never reads them fills no memory. */
  whenWritable(next: () => void): void {
    // Nobody needs to be told if it closes instead.
    if (this.#socket.writableNeedDrain && !this.#socket.destroyed) this.#socket.once('drain', next);
    else next();
  }

  hold(on: boolean): void {
    if (on) this.#socket.pause();
    else if (!this.#socket.destroyed) this.#socket.resume();
  }

  /** Says the last words. What still comes in is thrown away. */
  end(): void {
    this.flush();
    if (this.ending) return;
    this.ending = true;
    if (this.closed) return;
    this.#socket.end();
    // A paused socket would never see the client's end of it.
    if (!this.upgrading) this.#socket.resume();
    this.#timer = this.#clock.deadline(PARTING_MS, () => this.destroy()).unref();
  }

  /** The same for a client that has said good-bye itself and waits for nothing more. */
  part(): void {
    this.flush();
    if (this.ending) return;
    if (this.cipher || this.#socket.writableLength > 0) this.end();
    else {
      this.ending = true;
      this.#socket.destroy();
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  /** After 220 to STARTTLS: shakes hands. `done` is called when it worked; when not, the connection closes. */
  upgrade(context: SecureContext, done: (socket: TLSSocket) => void): void {
    this.flush();
    const plain = this.#socket;
    plain.off('data', this.#onData).off('close', this.#onClose);
    this.upgrading = true;
    const secure = new TLSSocket(plain, { isServer: true, secureContext: context });
    // Never the plain one below: torn down from there in the middle of a handshake, TLS takes the process with it.
    this.#socket = secure;
    const failed = (error: Error) => {
      secure.destroy();
      plain.destroy();
      this.#handlers.error(error);
    };
    secure.on('close', this.#onClose).on('error', failed).once('_tlsError', failed);
    // Once: a client of TLS 1.2 may shake hands again.
    secure.once('secure', () => {
      if (this.ending || this.closed) return;
      secure.off('error', failed).off('_tlsError', failed);
      secure.on('error', this.#onError).on('data', this.#onData);
      this.upgrading = false;
      this.cipher = secure.getCipher();
      done(secure);
    });
  }
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 127) return false;
  return true;
}
