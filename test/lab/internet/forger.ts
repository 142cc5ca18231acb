// A name server of our own that answers whatever a test tells it to: wrong numbers, foreign names, broken octets.
import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { createServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import packet from 'dns-packet';

export interface Query {
  id: number;
  /** As it was asked, with its mix of cases. */
  name: string;
  type: string;
  edns: boolean;
  /** Signatures are not to be checked (CD). */
  unchecked: boolean;
  via: 'udp' | 'tcp';
}

export interface Said {
  /** Said so many ms later, by UDP. */
  afterMs?: number;
  id?: number;
  name?: string;
  type?: string;
  /** 0 no error, 2 failure, 3 no such name, 5 refused, 1 not understood. */
  rcode?: number;
  aa?: boolean;
  tc?: boolean;
  answers?: [name: string, type: string, data: unknown][];
  authorities?: [name: string, type: string, data: unknown][];
  additionals?: [name: string, type: string, data: unknown][];
}

/** Octets as they are, or a message; several are sent one after the other; none for silence. */
export type Answering = (query: Query) => (Said | Buffer)[];

export class Forger implements AsyncDisposable {
  readonly address: string;
  readonly port: number;
  /** Every question that came. */
  readonly asked: Query[];
  readonly #close: () => Promise<void>;

  private constructor(address: string, port: number, asked: Query[], close: () => Promise<void>) {
    this.address = address;
    this.port = port;
    this.asked = asked;
    this.#close = close;
  }

  /** @param tcp whether it takes connections too. */
  static async start(
    answer: Answering,
    { address = '127.0.0.1', port = 0, tcp = true, tries = 9 } = {},
  ): Promise<Forger> {
    const asked: Query[] = [];
    const take = (octets: Buffer, via: 'udp' | 'tcp') => {
      const query = queryOf(octets, via);
      asked.push(query);
      return answer(query).map((said) => ({
        octets: Buffer.isBuffer(said) ? said : encode(query, said),
        afterMs: Buffer.isBuffer(said) ? undefined : said.afterMs,
      }));
    };
    const udp = createSocket('udp4');
    let isClosed = false;
    udp.on('message', (question, from) => {
      const send = (octets: Buffer) => {
        if (!isClosed) udp.send(octets, from.port, from.address);
      };
      for (const { octets, afterMs } of take(question, 'udp')) {
        if (afterMs === undefined) send(octets);
        else setTimeout(send, afterMs, octets);
      }
    });
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (octets) => {
        for (const { octets: said } of take(octets.subarray(2), 'tcp')) {
          const length = Buffer.alloc(2);
          length.writeUInt16BE(said.length);
          socket.write(Buffer.concat([length, said]));
        }
      });
    });
    // TCP first: a port that is free there may be taken for UDP, which is rarer.
    const at = tcp ? await listen(server, address, port) : port;
    const bound = await bind(udp, address, at).catch(async (error: unknown) => {
      if (tcp) await new Promise<void>((resolve) => server.close(() => resolve()));
      if (port !== 0 || tries === 0) throw error;
      return null;
    });
    if (bound === null) return Forger.start(answer, { address, port, tcp, tries: tries - 1 });
    return new Forger(address, bound, asked, async () => {
      isClosed = true;
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      if (tcp) await new Promise<void>((resolve) => server.close(() => resolve()));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

function queryOf(octets: Buffer, via: 'udp' | 'tcp'): Query {
  const { id, questions, additionals, flag_cd: unchecked } = packet.decode(octets);
  const [question] = questions;
  return {
    ...{ id, name: question?.name ?? '', type: question?.type ?? '', via, unchecked },
    edns: additionals.some(({ type }) => type === 'OPT'),
  };
}

function encode(query: Query, said: Said): Buffer {
  const records = (list: Said['answers'] = []) =>
    list.map(([name, type, data]) => ({ name, type, ttl: 300, class: 'IN', data }));
  return packet.encode({
    type: 'response',
    id: said.id ?? query.id,
    flags:
      (said.rcode ?? 0) |
      (said.aa === false ? 0 : packet.AUTHORITATIVE_ANSWER) |
      (said.tc === true ? packet.TRUNCATED_RESPONSE : 0),
    questions: [{ name: said.name ?? query.name, type: said.type ?? query.type }],
    answers: records(said.answers),
    authorities: records(said.authorities),
    additionals: records(said.additionals),
  });
}

function bind(socket: Socket, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, address, () => resolve(socket.address().port));
  });
}

function listen(server: Server, address: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => resolve((server.address() as AddressInfo).port));
  });
}
