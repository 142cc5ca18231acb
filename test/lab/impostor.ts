// Another program on the service's port: it writes down all that it gets, and answers as one who is after the admin's access.
import { createServer, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { once } from 'node:events';
import { WebSocketServer, type WebSocket } from 'ws';

/** What it says to a greeting. */
export type Manner =
  /** A challenge whose proof is made up. */
  | 'pretends'
  /** What it has been sent itself. */
  | 'echoes'
  /** That it does not know the key. */
  | 'denies'
  /** Nothing at all. */
  | 'stays silent'
  /** That all is well, at once. */
  | 'welcomes'
  /** Nothing that a WebSocket understands: it is a plain web server. */
  | 'serves pages';

export interface ImpostorOptions {
  port: number;
  manner: Manner;
  /** What it serves, by path. */
  pages?: Record<string, { type: string; body: string }>;
}

const made = 'A'.repeat(43);

export class Impostor implements AsyncDisposable {
  /** Its address, without a slash at the end. */
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  /** All octets that came, of all connections, in the order in which they came; frames of WebSockets unmasked. */
  heard = '';
  /** What WebSockets said. */
  readonly said: string[] = [];

  private constructor(options: ImpostorOptions) {
    this.url = `http://127.0.0.1:${options.port}`;
    this.#server = createServer((request, response) => {
      this.heard += `${request.method} ${request.url}\n${JSON.stringify(request.rawHeaders)}\n`;
      request.on('data', (chunk: Buffer) => (this.heard += chunk.toString()));
      const page = options.pages?.[request.url?.split('?')[0] ?? ''];
      if (page === undefined) response.writeHead(200, { 'Content-Type': 'text/html' }).end('<h1>Hello</h1>');
      else {
        response
          .writeHead(200, { 'Content-Type': page.type, 'Cache-Control': 'max-age=31536000, immutable' })
          .end(page.body);
      }
    });
    this.#sockets = new WebSocketServer({ noServer: true, handleProtocols: () => 'mailward' });
    this.#server.on('upgrade', (request, socket, head) => {
      socket.on('error', () => undefined);
      this.heard += `${request.url}\n${JSON.stringify(request.rawHeaders)}\n`;
      if (options.manner === 'serves pages') socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      else this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#greet(ws, options.manner));
    });
  }

  static async start(options: ImpostorOptions): Promise<Impostor> {
    const impostor = new Impostor(options);
    impostor.#server.listen(options.port, '127.0.0.1');
    await once(impostor.#server, 'listening');
    return impostor;
  }

  #greet(ws: WebSocket, manner: Manner): void {
    ws.on('error', () => undefined);
    ws.on('message', (data: Buffer) => {
      const line = data.toString();
      this.heard += `${line}\n`;
      this.said.push(line);
      if (manner === 'pretends') ws.send(JSON.stringify({ nonce: made, proof: made }));
      else if (manner === 'echoes') ws.send(JSON.stringify({ ...(JSON.parse(line) as object), proof: made }));
      else if (manner === 'denies') ws.send(JSON.stringify({ refused: 'unknown-key' }));
      else if (manner === 'welcomes') ws.send(JSON.stringify({ welcome: {} }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const ws of this.#sockets.clients) ws.terminate();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }
}

/** Passes every octet on to the real service at another port, with the address changed to what that one expects. */
export class Relay implements AsyncDisposable {
  readonly #server: TcpServer;
  heard = '';

  private constructor(server: TcpServer) {
    this.#server = server;
  }

  static async start(port: number, to: number): Promise<Relay> {
    const server = createTcpServer((socket) => {
      const onward = connect(to, '127.0.0.1');
      for (const each of [socket, onward]) each.on('error', () => undefined);
      socket.on('data', (chunk: Buffer) => {
        relay.heard += chunk.toString('latin1');
        onward.write(chunk.toString('latin1').replaceAll(`127.0.0.1:${port}`, `127.0.0.1:${to}`), 'latin1');
      });
      onward.on('data', (chunk) => socket.write(chunk));
      socket.on('close', () => onward.destroy());
      onward.on('close', () => socket.destroy());
    });
    const relay = new Relay(server);
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return relay;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    await closed;
  }
}
