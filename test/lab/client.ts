// A raw SMTP client: sends exactly the bytes it is given and reports exactly what the server answers.
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { patience } from './wait.ts';

export interface RawReply {
  code: number;
  /** The lines without their code; one or more. */
  lines: string[];
  /** The whole reply, lines joined by LF, codes included. */
  text: string;
}

interface Waiting {
  resolve: (reply: RawReply) => void;
  reject: (error: Error) => void;
  timer: NodeJS.Timeout;
}

/** One connection. Strings are sent as Latin-1, so that every octet 0–255 can be written as one character. */
export class RawClient implements AsyncDisposable {
  readonly socket: Socket;
  /** Everything said so far, for failure messages. */
  readonly transcript: string[] = [];
  #buffer = '';
  #partial: string[] = [];
  #replies: RawReply[] = [];
  #waiting: Waiting[] = [];
  #ended: Promise<void>;
  #isOver = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk.toString('latin1')));
    socket.on('error', (error) => this.transcript.push(`! ${error.message}`));
    this.#ended = new Promise((resolve) => {
      socket.once('close', () => {
        this.#isOver = true;
        for (const waiting of this.#waiting.splice(0)) {
          clearTimeout(waiting.timer);
          waiting.reject(this.#failure('the server closed the connection'));
        }
        resolve();
      });
    });
  }

  /** Connects and waits for nothing: the greeting is the first `reply()`. */
  static open(port: number, host = '127.0.0.1', localAddress?: string): Promise<RawClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ...(localAddress === undefined ? {} : { localAddress }) });
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawClient(socket));
      });
    });
  }

  /** Connects, takes the greeting and says EHLO. */
  static async greet(port: number, host = '127.0.0.1'): Promise<RawClient> {
    const client = await RawClient.open(port, host);
    await client.expect(220);
    await client.command('EHLO client.example', 250);
    return client;
  }

  send(bytes: string | Buffer): void {
    const buffer = typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes;
    const shown = buffer.subarray(0, 200).toString('latin1');
    this.transcript.push(
      `> ${JSON.stringify(shown)}${buffer.length > 200 ? ` … ${buffer.length} octets` : ''}`,
    );
    this.socket.write(buffer);
  }

  /** The next reply; rejects when the connection ends or patience runs out first. */
  reply(): Promise<RawReply> {
    const ready = this.#replies.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    if (this.#isOver) return Promise.reject(this.#failure('the connection is closed'));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((entry) => entry.timer !== timer);
        reject(this.#failure('no reply came'));
      }, patience);
      this.#waiting.push({ resolve, reject, timer });
    });
  }

  async expect(code: number): Promise<RawReply> {
    const reply = await this.reply();
    if (reply.code !== code) throw this.#failure(`expected ${code}, got ${reply.text}`);
    return reply;
  }

  /** Sends a line; with `code`, any other answer is an error. */
  command(line: string, code?: number): Promise<RawReply> {
    this.send(`${line}\r\n`);
    return code === undefined ? this.reply() : this.expect(code);
  }

  /** From MAIL to DATA's 354; the message is then the caller's to send. */
  async openData(from: string, ...to: string[]): Promise<void> {
    await this.command(`MAIL FROM:<${from}>`, 250);
    for (const recipient of to) await this.command(`RCPT TO:<${recipient}>`, 250);
    await this.command('DATA', 354);
  }

  /** Resolves when the connection is gone, whoever ended it. */
  get ended(): Promise<void> {
    return this.#ended;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Ends the connection with a TCP reset, as a crashing client or a cut line does. */
  reset(): void {
    this.socket.resetAndDestroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    await this.#ended;
  }

  #take(text: string): void {
    this.#buffer += text;
    for (;;) {
      const end = this.#buffer.indexOf('\r\n');
      if (end < 0) return;
      const line = this.#buffer.slice(0, end);
      this.#buffer = this.#buffer.slice(end + 2);
      this.transcript.push(`< ${line}`);
      this.#partial.push(line);
      if (line[3] === '-') continue;
      const lines = this.#partial.splice(0);
      const reply = {
        code: Number(line.slice(0, 3)),
        lines: lines.map((each) => each.slice(4)),
        text: lines.join('\n'),
      };
      const waiting = this.#waiting.shift();
      if (waiting === undefined) {
        this.#replies.push(reply);
      } else {
        clearTimeout(waiting.timer);
        waiting.resolve(reply);
      }
    }
  }

  #failure(what: string): Error {
    return new Error(`${what}\n${this.transcript.slice(-30).join('\n')}`);
  }
}
