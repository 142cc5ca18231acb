// What real name server programs cannot be made to do: say nothing at all, have TCP closed, or mishear questions.
import { createSocket } from 'node:dgram';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import packet from 'dns-packet';

/** An address that takes every question and answers none, over UDP and TCP: a network that swallows packets. */
export async function silence(address: string, port = 53): Promise<AsyncDisposable> {
  const udp = createSocket('udp4');
  const open = new Set<Socket>();
  const tcp = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    socket.resume();
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(port, address, resolve);
  });
  await new Promise<void>((resolve, reject) => {
    tcp.once('error', reject);
    tcp.listen(port, address, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await Promise.all([
        new Promise<void>((resolve) => udp.close(() => resolve())),
        new Promise<void>((resolve) => tcp.close(() => resolve())),
      ]);
    },
  };
}

/** What a front makes of a question: passes one on, answers by itself, or loses it (null). */
export type Hearing = (question: Buffer, from: string) => { pass: Buffer } | { say: Buffer } | null;

/** Stands before a server at another port of the same address, over UDP and, where `tcp`, over TCP too; else nobody is there. */
export async function front(
  address: string,
  realPort: number,
  hear: Hearing,
  tcp = true,
): Promise<AsyncDisposable> {
  const udp = createSocket('udp4');
  const backs = new Set<ReturnType<typeof createSocket>>();
  udp.on('message', (question, from) => {
    const heard = hear(question, from.address);
    if (heard === null) return;
    if ('say' in heard) {
      udp.send(heard.say, from.port, from.address);
      return;
    }
    const back = createSocket('udp4');
    backs.add(back);
    back.once('close', () => backs.delete(back));
    back.once('error', () => back.close());
    back.once('message', (answer) => {
      udp.send(answer, from.port, from.address);
      back.close();
    });
    back.send(heard.pass, realPort, address);
  });
  await new Promise<void>((resolve, reject) => {
    udp.once('error', reject);
    udp.bind(53, address, resolve);
  });
  const server = tcp ? await frontOfTcp(address, realPort, hear) : null;
  return {
    async [Symbol.asyncDispose]() {
      for (const back of backs) back.close();
      await new Promise<void>((resolve) => udp.close(() => resolve()));
      await server?.[Symbol.asyncDispose]();
    },
  };
}

async function frontOfTcp(address: string, realPort: number, hear: Hearing): Promise<AsyncDisposable> {
  const open = new Set<Socket>();
  const keep = (socket: Socket) => {
    open.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => open.delete(socket));
    return socket;
  };
  const framed = (octets: Buffer) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(octets.length);
    return Buffer.concat([length, octets]);
  };
  const server = createServer((socket) => {
    let received = Buffer.alloc(0);
    keep(socket).on('data', (octets) => {
      received = Buffer.concat([received, octets]);
      if (received.length < 2 || received.length < 2 + received.readUInt16BE(0)) return;
      const heard = hear(received.subarray(2, 2 + received.readUInt16BE(0)), socket.remoteAddress ?? '');
      received = Buffer.alloc(0);
      if (heard === null) return;
      if ('say' in heard) {
        socket.write(framed(heard.say));
        return;
      }
      const back = keep(connect(realPort, address));
      back.pipe(socket);
      socket.once('close', () => back.destroy());
      back.write(framed(heard.pass));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(53, address, resolve);
  });
  return {
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What is wrong with a server that hears and answers, in what it makes of questions. */
export const hearings = {
  /** Whatever comes with EDNS is lost: a firewall of before 1999. */
  'drops-edns': (question) => (optOf(question) === null ? { pass: question } : null),
  /** Whoever asks for signatures is not heard. */
  'drops-do': (question) => (((optOf(question)?.flags ?? 0) & 0x8000) === 0 ? { pass: question } : null),
  /** Nor is whoever brings an option along, such as a cookie. */
  'drops-options': (question) => ((optOf(question)?.options.length ?? 0) === 0 ? { pass: question } : null),
  /** It does not understand EDNS, and says so as it may (RFC 6891, section 7). */
  'refuses-edns': (question) => (optOf(question) === null ? { pass: question } : { say: error(question, 1) }),
  /** It fails whoever asks with EDNS. */
  'fails-edns': (question) => (optOf(question) === null ? { pass: question } : { say: error(question, 2) }),
  /** It knows no version of EDNS at all. */
  'no-version': (question) =>
    optOf(question) === null ? { pass: question } : { say: error(question, 0, { extendedRcode: 1 }) },
  /** It has never heard of EDNS and overlooks it. */
  'ignores-edns': (question) => ({ pass: withoutOpt(question) }),
  /** Every answer is cut short. */
  truncates: (question) => ({ say: error(question, 0x0600) }),
  /** A load balancer that knows of IPv4 only. */
  'denies-ipv6': (question) =>
    packet.decode(question).questions[0]?.type === 'AAAA'
      ? { say: error(question, 0x0403) }
      : { pass: question },
} satisfies Record<string, Hearing>;

function optOf(question: Buffer): { flags: number; options: unknown[] } | null {
  const opt = packet.decode(question).additionals.find(({ type }) => type === 'OPT');
  return (opt as { flags: number; options: unknown[] } | undefined) ?? null;
}

function withoutOpt(question: Buffer): Buffer {
  const { id, flags, questions } = packet.decode(question);
  return packet.encode({ type: 'query', id, flags, questions });
}

/** An answer without records: the reply code and other flags of the header, and with EDNS when that is given. */
function error(question: Buffer, flags: number, opt?: { extendedRcode: number }): Buffer {
  const { id, questions } = packet.decode(question);
  const additionals =
    opt === undefined
      ? []
      : [{ type: 'OPT' as const, name: '.' as const, udpPayloadSize: 1232, flags: 0, ...opt }];
  return packet.encode({ type: 'response', id, flags, questions, additionals });
}
