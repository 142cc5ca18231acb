// One question to one name server: UDP with EDNS, TCP when that is cut off, and a plain account of what happened.
import { systemClock } from '../../clock/watched.ts';
import { randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';
import { patiently, stopwatch } from '../lateness.ts';
import { encodeQuery, readReply } from './message.ts';
import type { Question, DnsResponse } from './message.ts';

/** A name server at one of its addresses. */
export interface NameServerAddress {
  /** What it is called, when that is known. */
  name: string | null;
  address: string;
  port: number;
}

/** Why there is no answer. `cancelled` is ours; the others are the network's or the server's. */
export type QueryFailure =
  | 'timeout'
  | 'refused'
  | 'unreachable'
  | 'closed'
  | 'garbled'
  | 'cancelled'
  | 'unaskable';

/** A question, whom it was put to, and what came of it: either a reply or a failure. */
export interface Exchange {
  server: NameServerAddress;
  question: Question;
  via: 'udp' | 'tcp';
  /** UTC ms at its end. */
  at: number;
  tookMs: number;
  reply: DnsResponse | null;
  failure: QueryFailure | null;
  /** The answer over UDP was cut short, so that TCP was tried. */
  isCutOff: boolean;
  /** The reply code by which the server would have none of EDNS, before it was asked without; null when it did not. */
  refusedEdns: string | null;
}

export interface ExchangeOptions {
  /** `tcp` asks over TCP at once; otherwise UDP, and TCP when the answer is cut off. */
  via?: 'udp' | 'tcp';
  /** UDP: when the question is repeated, ms. */
  repeatMs?: number;
  /** UDP: when it is given up, ms. TCP has as long again. */
  giveUpMs?: number;
  signal?: AbortSignal;
  now?: () => number;
}

type Outcome = DnsResponse | QueryFailure | 'doubtful';

/** Asks. It does not fail: whatever goes wrong is in the exchange. */
export async function exchange(
  server: NameServerAddress,
  question: Question,
  options: ExchangeOptions = {},
): Promise<Exchange> {
  const { giveUpMs = 3_000, now = systemClock.now } = options;
  const elapsed = stopwatch();
  const timed = { ...options, giveUpMs, repeatMs: options.repeatMs ?? 1_000 };
  let via: 'udp' | 'tcp' = options.via ?? 'udp';
  let outcome: Outcome = 'doubtful';
  let wasCutOff = false;
  let refusedEdns: string | null = null;
  for (const edns of question.edns === false ? [false] : [true, false]) {
    if (via === 'udp') {
      outcome = await overUdp(server, question, { edns, mixed: true }, timed);
      // Cut off, or perhaps forged: TCP gives all of it, and nobody on the side can guess its numbers.
      if (isCutOff(outcome)) {
        wasCutOff = true;
        via = 'tcp';
      } else if (outcome === 'doubtful') {
        outcome = await overTcp(server, question, edns, timed);
        if (typeof outcome === 'object') via = 'tcp';
        // A server that loses the case of letters and has TCP closed is as safe as they were all before.
        else outcome = await overUdp(server, question, { edns, mixed: false }, timed);
      }
    }
    if (via === 'tcp' && (typeof outcome !== 'object' || outcome.tc)) {
      outcome = await overTcp(server, question, edns, timed);
    }
    if (typeof outcome !== 'object' || !['FORMERR', 'NOTIMP'].includes(outcome.rcode) || !edns) break;
    refusedEdns = outcome.rcode;
  }
  return {
    server,
    question,
    via,
    at: now(),
    tookMs: Math.round(elapsed().ms),
    isCutOff: wasCutOff,
    refusedEdns,
    ...(typeof outcome === 'object'
      ? { reply: outcome, failure: null }
      : { reply: null, failure: outcome === 'doubtful' ? 'garbled' : outcome }),
  };
}

function isCutOff(outcome: Outcome): boolean {
  return typeof outcome === 'object' && outcome.tc;
}

interface Timed extends ExchangeOptions {
  giveUpMs: number;
  repeatMs: number;
}

function overUdp(
  server: NameServerAddress,
  question: Question,
  { edns, mixed }: { edns: boolean; mixed: boolean },
  options: Timed,
): Promise<Outcome> {
  const id = randomInt(0x1_0000);
  // An answer repeats the name letter by letter: a guess has to get the case of each right too.
  const name = mixed ? mixCase(question.name) : question.name;
  const query = encodeQuery(id, name, question, edns);
  // Old firewalls swallow EDNS, so that a repeated question does without, unless that is what it is about.
  const isAbout = question.dnssec === true || question.cookie === true;
  const repeated = encodeQuery(id, name, question, edns && isAbout);
  return new Promise((resolve) => {
    // Bound to a random port of its own, and connected: only this address can answer, and its refusals are heard.
    const socket = createSocket(isIPv6(server.address) ? 'udp6' : 'udp4');
    const waits: (() => void)[] = [];
    const cancel = () => end('cancelled');
    let ended = false;
    const end = (outcome: Outcome) => {
      if (ended) return;
      ended = true;
      for (const stop of waits) stop();
      options.signal?.removeEventListener('abort', cancel);
      socket.close();
      resolve(outcome);
    };
    if (options.signal?.aborted === true) {
      cancel();
      return;
    }
    options.signal?.addEventListener('abort', cancel, { once: true });
    waits.push(patiently(options.giveUpMs, () => end('timeout')));
    socket.on('error', (error) => end(failureOf(error)));
    socket.on('message', (octets) => {
      const reply = readReply(octets, id, name, question);
      if (reply !== 'foreign') end(reply);
    });
    const send = (octets: Buffer) =>
      socket.send(octets, (error) => {
        if (error !== null) end(failureOf(error));
      });
    socket.connect(server.port, server.address, (error?: Error) => {
      if (ended) return;
      if (error !== undefined) {
        end(failureOf(error));
        return;
      }
      send(query);
      if (options.repeatMs < options.giveUpMs) waits.push(patiently(options.repeatMs, () => send(repeated)));
    });
  });
}

function overTcp(
  server: NameServerAddress,
  question: Question,
  edns: boolean,
  options: Timed,
): Promise<Outcome> {
  const id = randomInt(0x1_0000);
  const query = encodeQuery(id, question.name, question, edns);
  return new Promise((resolve) => {
    if (options.signal?.aborted === true) {
      resolve('cancelled');
      return;
    }
    const socket = connect({ host: server.address, port: server.port });
    const cancel = () => end('cancelled');
    const stop = patiently(options.giveUpMs, () => end('timeout'));
    let received = Buffer.alloc(0);
    let ended = false;
    const end = (outcome: Outcome) => {
      if (ended) return;
      ended = true;
      stop();
      options.signal?.removeEventListener('abort', cancel);
      socket.destroy();
      resolve(outcome);
    };
    options.signal?.addEventListener('abort', cancel, { once: true });
    socket.on('error', (error) => end(failureOf(error)));
    socket.on('close', () => end('closed'));
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(query.length);
      socket.write(Buffer.concat([length, query]));
    });
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const length = received.readUInt16BE(0);
      if (received.length < length + 2) return;
      const reply = readReply(received.subarray(2, length + 2), id, question.name, question);
      end(reply === 'foreign' || (typeof reply === 'object' && reply.tc) ? 'garbled' : reply);
    });
  });
}

function failureOf(error: Error): QueryFailure {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ECONNRESET' || code === 'EPIPE') return 'closed';
  if (code === 'ETIMEDOUT') return 'timeout';
  return 'unreachable';
}

function mixCase(name: string): string {
  return name.replace(/[a-z]/gi, (letter) =>
    randomInt(2) === 0 ? letter.toLowerCase() : letter.toUpperCase(),
  );
}
