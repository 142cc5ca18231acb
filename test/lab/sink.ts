// A recording mail server in the test's own process: takes everything, keeps what it is asked to, counts by id.
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { freePort } from './ports.ts';

/** The header that carries a test message's id: the sink counts arrivals by it. */
export const idHeader = 'X-Lab-Id';

/** One recipient's copy of one message. */
export function copyKey(id: number, recipient: string): string {
  return `${id}/${recipient}`;
}

export interface Arrival {
  sender: string;
  recipients: string[];
  /** The message as sent after DATA: CRLF line ends, dots unstuffed, without the final dot line. */
  content: Buffer;
}

/** What the sink says instead of its usual answer; null keeps the usual one. */
export interface Temper {
  mail?: (sender: string) => string | null;
  rcpt?: (recipient: string) => string | null;
  /** Asked after the end of data. `drop` cuts the connection without an answer. */
  data?: (arrival: Arrival) => string | null;
  /** Extensions announced to EHLO besides 8BITMIME, PIPELINING and SMTPUTF8. */
  extensions?: string[];
  /** Of those three, what is not announced. */
  without?: string[];
  /** Told every command line, in Latin-1. */
  heard?: (line: string) => void;
}

const endOfData = Buffer.from('\r\n.\r\n');

/** Listens on loopback. Nothing is written to disk: whoever answered must not lose it, the sink only remembers it. */
export class Sink implements AsyncDisposable {
  /** How many times each message with an id has arrived for each recipient; see `copyKey`. */
  readonly copies = new Map<string, number>();
  /** Whole messages, only while `keep` is set. */
  readonly arrivals: Arrival[] = [];
  keep: boolean;
  temper: Temper;
  /** Messages answered 250, with or without an id. */
  taken = 0;
  connections = 0;
  #server: Server | null = null;
  #sockets = new Set<Socket>();
  #host: string;
  #port: number;

  constructor({
    host = '127.0.0.1',
    port = 0,
    keep = true,
    temper = {},
  }: Partial<Pick<Sink, 'host' | 'port' | 'keep' | 'temper'>> = {}) {
    this.#host = host;
    this.#port = port;
    this.keep = keep;
    this.temper = temper;
  }

  get host(): string {
    return this.#host;
  }

  /** The port listened on; stays the same over `stop` and `start`. */
  get port(): number {
    return this.#port;
  }

  /** `HOST:PORT`, as a route is written. */
  get route(): string {
    return `${this.#host}:${this.#port}`;
  }

  async start(): Promise<this> {
    // Nobody else may have it while this one is stopped.
    if (this.#port === 0) this.#port = await freePort(this.#host);
    const server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.#port, this.#host, 1024, resolve);
    });
    this.#server = server;
    return this;
  }

  /** Closes the door and cuts every connection. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = null;
    for (const socket of this.#sockets) socket.destroy();
    if (server !== null) await new Promise((resolve) => server.close(resolve));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Arrivals beyond the first, over all ids and recipients: each is a message somebody got twice. */
  get duplicates(): number {
    let extra = 0;
    for (const times of this.copies.values()) extra += times - 1;
    return extra;
  }

  #serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.once('close', () => this.#sockets.delete(socket));
    // A client that resets is the client's business; the messages it got a 250 for are counted already.
    socket.on('error', () => socket.destroy());
    const session = new Session(this, (reply) => {
      if (reply === 'drop') socket.destroy();
      else socket.write(`${reply}\r\n`);
    });
    socket.on('data', (chunk) => {
      session.take(chunk);
      if (session.over) socket.end();
    });
    socket.write('220 sink.example ESMTP\r\n');
  }

  /** Remembers a message and returns the answer to it. */
  record(arrival: Arrival): string {
    const answer = this.temper.data?.(arrival) ?? null;
    if (answer !== null && !answer.startsWith('2')) return answer;
    this.taken += 1;
    if (this.keep) this.arrivals.push(arrival);
    const id = idOf(arrival.content);
    if (id !== null) {
      for (const recipient of arrival.recipients) {
        const key = copyKey(id, recipient);
        this.copies.set(key, (this.copies.get(key) ?? 0) + 1);
      }
    }
    return answer ?? '250 2.0.0 taken';
  }
}

/** One client's dialogue, fed with bytes. */
class Session {
  over = false;
  #sink: Sink;
  #say: (reply: string) => void;
  #rest: Buffer = Buffer.alloc(0);
  #inData = false;
  #sender = '';
  #recipients: string[] = [];

  constructor(sink: Sink, say: (reply: string) => void) {
    this.#sink = sink;
    this.#say = say;
  }

  take(chunk: Buffer): void {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (!this.over && (this.#inData ? this.#takeMessage() : this.#takeLine()));
  }

  #takeMessage(): boolean {
    // An empty message is the dot line alone: its CRLF before the dot was DATA's own.
    const isEmpty = this.#rest.subarray(0, 3).toString('latin1') === '.\r\n';
    const end = isEmpty ? -2 : this.#rest.indexOf(endOfData);
    if (!isEmpty && end < 0) return false;
    const raw = this.#rest.subarray(0, Math.max(0, end + 2));
    this.#rest = this.#rest.subarray(end + endOfData.length);
    this.#inData = false;
    const content = unstuff(raw);
    this.#say(this.#sink.record({ sender: this.#sender, recipients: this.#recipients, content }));
    this.#recipients = [];
    return true;
  }

  #takeLine(): boolean {
    const end = this.#rest.indexOf('\r\n');
    if (end < 0) return false;
    const line = this.#rest.subarray(0, end).toString('latin1');
    this.#rest = this.#rest.subarray(end + 2);
    const verb = line.slice(0, 4).toUpperCase();
    const path = /<([^>]*)>/.exec(line)?.[1] ?? '';
    const { temper } = this.#sink;
    temper.heard?.(line);
    if (verb === 'EHLO') {
      const usual = ['8BITMIME', 'PIPELINING', 'SMTPUTF8'].filter((each) => !temper.without?.includes(each));
      const lines = ['sink.example', ...usual, ...(temper.extensions ?? [])];
      this.#say(lines.map((each, i) => `250${i === lines.length - 1 ? ' ' : '-'}${each}`).join('\r\n'));
    } else if (verb === 'MAIL') {
      this.#sender = path;
      this.#recipients = [];
      this.#say(temper.mail?.(path) ?? '250 2.1.0 sender ok');
    } else if (verb === 'RCPT') {
      const answer = temper.rcpt?.(path) ?? '250 2.1.5 recipient ok';
      if (answer.startsWith('2')) this.#recipients.push(path);
      this.#say(answer);
    } else if (verb === 'DATA') {
      this.#inData = this.#recipients.length > 0;
      this.#say(this.#inData ? '354 go on' : '554 5.5.1 no valid recipients');
    } else if (verb === 'QUIT') {
      this.#say('221 2.0.0 bye');
      this.over = true;
    } else {
      this.#say('250 2.0.0 ok');
    }
    return true;
  }
}

function unstuff(raw: Buffer): Buffer {
  const text = raw.toString('latin1');
  return Buffer.from(text.replace(/(^|\r\n)\./g, '$1'), 'latin1');
}

function idOf(content: Buffer): number | null {
  const at = content.indexOf(`${idHeader}: `);
  if (at < 0) return null;
  const start = at + idHeader.length + 2;
  const id = Number.parseInt(content.subarray(start, start + 12).toString('latin1'), 10);
  return Number.isInteger(id) ? id : null;
}
