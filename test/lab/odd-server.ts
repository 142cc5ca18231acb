// A mail server in the test's own process that breaks the rules as the test says: each reply can be any octets, a reset, or nothing.
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** What the server hears. */
export interface Heard {
  /** The command's line; `.` at the end of a message; empty for a new connection. */
  line: string;
  /** Connections are counted from 1. */
  connection: number;
  /** The transaction so far. */
  sender: string;
  recipients: readonly string[];
  /** At the end of a message: its octets in Latin-1, dots unstuffed. Else empty. */
  content: string;
}

/** What it says, CRLFs and all; `reset` and `close` end the connection; `silence` is silence; null: the usual. */
export type Says = string | null;

export interface OddArrival {
  sender: string;
  recipients: readonly string[];
  content: string;
  connection: number;
}

export class OddServer implements AsyncDisposable {
  /** Messages stored: the server got their end and did not refuse them, whatever it said, or did not say, then. */
  readonly arrivals: OddArrival[] = [];
  /** Command lines by connection. */
  readonly heard: string[][] = [];
  /** The most commands that came in one piece. */
  most = 0;
  says: (heard: Heard) => Says;
  /** How long it takes to say it, ms. */
  delays: (heard: Heard) => number = () => 0;
  /** Keywords in the answer to EHLO. */
  keywords = ['PIPELINING', '8BITMIME'];
  readonly #sockets = new Set<Socket>();
  #server: Server | null = null;

  constructor(says: (heard: Heard) => Says = () => null) {
    this.says = says;
  }

  async start(): Promise<this> {
    const server = createServer((socket) => this.#serve(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    this.#server = server;
    return this;
  }

  get port(): number {
    return (this.#server?.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.heard.length;
  }

  /** How many copies of the messages with this text a recipient has. */
  copies(recipient: string, text = ''): number {
    return this.arrivals.filter((one) => one.recipients.includes(recipient) && one.content.includes(text))
      .length;
  }

  /** Ends all connections in good order. */
  hangUp(): void {
    for (const socket of this.#sockets) socket.end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    const connection = this.heard.push([]);
    const lines = this.heard[connection - 1] ?? [];
    let rest = '';
    let inData = false;
    /** It agreed to TLS, and never shakes hands. */
    let isDeaf = false;
    let sender = '';
    let recipients: string[] = [];
    const answer = (line: string, usual: string, content = ''): string => {
      const heard = { line, connection, sender, recipients, content };
      const said = this.says(heard) ?? usual;
      const delay = this.delays(heard);
      if (said === 'reset') socket.resetAndDestroy();
      else if (said === 'close') socket.end();
      else if (said !== 'silence' && said !== '') {
        if (delay > 0) setTimeout(() => socket.write(said, 'latin1'), delay);
        else socket.write(said, 'latin1');
      }
      return said;
    };
    const command = (line: string): void => {
      lines.push(line);
      const verb = line.slice(0, 4).toUpperCase();
      const path = /<([^>]*)>/.exec(line)?.[1] ?? '';
      if (verb === 'EHLO')
        answer(
          line,
          ['250-odd.example', ...this.keywords.map((one) => `250-${one}`), '250 HELP', ''].join('\r\n'),
        );
      else if (verb === 'STAR') {
        isDeaf = answer(line, '220 go ahead\r\n').startsWith('220');
      } else if (verb === 'MAIL') {
        sender = path;
        recipients = [];
        answer(line, '250 2.1.0 ok\r\n');
      } else if (verb === 'RCPT') {
        if (/^2\d\d/m.test(answer(line, '250 2.1.5 ok\r\n'))) recipients.push(path);
      } else if (verb === 'DATA')
        inData = answer(line, recipients.length > 0 ? '354 go\r\n' : '554 5.5.1 nobody\r\n').includes('354 ');
      else if (verb === 'QUIT') {
        answer(line, '221 bye\r\n');
        socket.end();
      } else {
        if (verb === 'RSET') recipients = [];
        answer(line, '250 ok\r\n');
      }
    };
    answer('', '220 odd.example\r\n');
    socket.on('data', (chunk) => {
      if (isDeaf) {
        this.onHandshake?.();
        return;
      }
      rest += chunk.toString('latin1');
      let commands = 0;
      for (;;) {
        if (inData) {
          const end = rest.startsWith('.\r\n') ? -2 : rest.indexOf('\r\n.\r\n');
          if (end === -1) {
            this.onContent?.(rest, socket);
            return;
          }
          const content = rest.slice(0, end + 2).replace(/(^|\r\n)\./g, '$1');
          rest = rest.slice(end + 5);
          inData = false;
          const said = answer('.', '250 2.0.0 taken\r\n', content);
          if (/^2\d\d/m.test(said) || !/^[45]\d\d[ -]/m.test(said))
            this.arrivals.push({ sender, recipients, content, connection });
          recipients = [];
          continue;
        }
        const end = rest.indexOf('\r\n');
        if (end < 0) return;
        const line = rest.slice(0, end);
        rest = rest.slice(end + 2);
        this.most = Math.max(this.most, ++commands);
        command(line);
      }
    });
  }

  /** Told when a client begins a TLS handshake. */
  onHandshake: (() => void) | null = null;
  /** Told of the content so far while its end has not come. */
  onContent: ((content: string, socket: Socket) => void) | null = null;
}
