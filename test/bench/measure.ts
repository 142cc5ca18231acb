// Sends a load with smtp-source and measures until smtp-sink has all of it: three ways, one machine, one run.
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Service } from '../lab/mailward.ts';
import { needProgram } from '../lab/packages.ts';
import { freePort, untilListening } from '../lab/ports.ts';
import { Postfix, type PostfixOptions } from '../lab/postfix.ts';
import { until } from '../lab/wait.ts';
import { processorTime, watchMemory } from './processes.ts';
import { timeReplies } from './replies.ts';

export type Way = 'direct' | 'postfix' | 'mailward';

export interface Load {
  messages: number;
  /** Octets of each message. */
  size: number;
  /** Connections that smtp-source keeps open at a time. */
  sessions: number;
  /** Most connections that each server opens to the sink. */
  deliveries: number;
  /** Many messages over each connection, instead of one. */
  kept?: boolean;
}

export interface Run {
  way: Way;
  sessions: number;
  /** Until the last message was accepted, and until the sink had the last one (s). */
  acceptedAfter: number;
  deliveredAfter: number;
  /** Messages a second, end to end. */
  rate: number;
  /** Most memory that the server's processes had, MB; null for the way without one. */
  memory: number | null;
  /** Processor time of the server's processes for each message, ms: other work on the machine does not change it much. */
  processor: number | null;
}

/** Longest one run may take (ms): a bench that hangs is a result too. */
const limit = 5 * 60_000;

/** Messages before the clock starts: connections and caches are warm then, and V8 has compiled most of Mailward for good. */
const WARM = 10_000;

export async function measure(way: Way, load: Load): Promise<Run> {
  await using stage = await setUp(way, load);
  const warm = Math.min(load.size > 50_000 ? WARM / 10 : WARM, 2 * load.messages);
  await sourceTo(stage.port, { ...load, messages: warm });
  await stage.sink.has(warm);
  const before = stage.sink.taken();
  using memory = stage.pid === null ? null : watchMemory(stage.pid);
  const used = () => (stage.pid === null ? 0 : processorTime(stage.pid));
  const usedBefore = used();
  const begun = performance.now();
  await sourceTo(stage.port, load);
  const accepted = performance.now();
  await stage.sink.has(before + load.messages);
  const delivered = performance.now();
  return {
    way,
    sessions: load.sessions,
    acceptedAfter: (accepted - begun) / 1000,
    deliveredAfter: (delivered - begun) / 1000,
    rate: (load.messages * 1000) / (delivered - begun),
    memory: memory?.most() ?? null,
    processor: stage.pid === null ? null : (used() - usedBefore) / load.messages,
  };
}

/** Times from the last octet of a message to its 250, at a rate that each side bears easily, ms; sorted. */
export async function measureReplies(way: Way, load: Load, perSecond: number): Promise<number[]> {
  await using stage = await setUp(way, load);
  await sourceTo(stage.port, { ...load, messages: Math.min(WARM, load.messages) });
  return await timeReplies(stage.port, { messages: load.messages, size: load.size, perSecond });
}

interface Stage extends AsyncDisposable {
  port: number;
  /** The server's first process. */
  pid: number | null;
  sink: SmtpSink;
}

async function setUp(way: Way, load: Load): Promise<Stage> {
  const stack = new AsyncDisposableStack();
  try {
    const sink = stack.use(await SmtpSink.start());
    const server = await serverBefore(sink, way, load, stack);
    return { ...server, sink, [Symbol.asyncDispose]: () => stack.disposeAsync() };
  } catch (error) {
    await stack.disposeAsync();
    throw error;
  }
}

async function serverBefore(
  sink: SmtpSink,
  way: Way,
  load: Load,
  stack: AsyncDisposableStack,
): Promise<{ port: number; pid: number | null }> {
  if (way === 'direct') return { port: sink.port, pid: null };
  if (way === 'postfix') {
    const postfix = stack.use(await postfixBefore(sink, load));
    return { port: postfix.port, pid: postfix.pid };
  }
  const service = await Service.start({ settings: { delivery: { concurrency: load.deliveries } } });
  stack.use(service);
  await service.addDomain('example.com', `127.0.0.1:${sink.port}`);
  return { port: service.smtpPort, pid: service.pid };
}

/** Postfix before a sink, set up for its best figures. */
export async function postfixBefore(
  sink: SmtpSink,
  load: Pick<Load, 'sessions' | 'deliveries'>,
  { settings, ...more }: PostfixOptions = {},
): Promise<Postfix> {
  return Postfix.start({
    ...more,
    domains: [],
    settings: {
      relay_domains: 'example.com',
      relay_transport: `smtp:[127.0.0.1]:${sink.port}`,
      // As many processes as there are sessions, and no pause for the queue to catch up: its best figures.
      default_process_limit: String(load.sessions + load.deliveries + 20),
      smtp_destination_concurrency_limit: String(load.deliveries),
      smtp_initial_destination_concurrency: String(load.deliveries),
      in_flow_delay: '0',
      ...settings,
    },
  });
}

/** A message of one's own, in place of one that smtp-source makes up. */
export interface Letter {
  sender: string;
  /** Path of its header and body, with LF line ends. */
  file: string;
}

/** @param server its port on loopback, or its address and port. */
export async function sourceTo(
  server: number | string,
  load: Pick<Load, 'messages' | 'sessions' | 'size' | 'kept'>,
  letter?: Letter,
): Promise<void> {
  const source = spawn(
    needProgram('smtp-source'),
    [
      ...['-s', String(load.sessions), '-m', String(load.messages)],
      ...(letter ? ['-F', letter.file] : ['-l', String(load.size)]),
      ...(load.kept === true ? ['-d'] : []),
      ...['-f', letter?.sender ?? 'anna@example.net', '-t', 'office@example.com'],
      typeof server === 'number' ? `127.0.0.1:${server}` : server,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], timeout: limit },
  );
  let words = '';
  source.stderr.on('data', (chunk: Buffer) => (words += chunk.toString()));
  const [code] = (await once(source, 'close')) as [number | null];
  if (code !== 0) throw new Error(`smtp-source ended with ${code}: ${words.slice(-1000)}`);
}

/** Postfix's own sink. Its counter (-c) is the one witness of how much has arrived. */
export class SmtpSink implements AsyncDisposable {
  readonly port: number;
  #child: ChildProcess;
  #last = '';

  private constructor(port: number, child: ChildProcess) {
    this.port = port;
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.#last = (this.#last + chunk.toString('latin1')).slice(-200);
    });
  }

  /** @param keepIn a file that the user `nobody` may make, for all messages; none: they are thrown away. */
  static async start(keepIn?: string): Promise<SmtpSink> {
    const port = await freePort();
    const keep = keepIn === undefined ? [] : ['-D', keepIn];
    const child = spawn(
      needProgram('smtp-sink'),
      ['-c', '-u', 'nobody', ...keep, `127.0.0.1:${port}`, '1000'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await untilListening('127.0.0.1', port);
    return new SmtpSink(port, child);
  }

  /** Messages taken so far. */
  taken(): number {
    return Number(/mesg=(\d+)\r[^\r]*$/.exec(this.#last)?.[1] ?? 0);
  }

  async has(count: number): Promise<void> {
    await until(
      () => `the sink has ${this.taken()} of ${count} messages`,
      () => this.taken() >= count,
      { every: 5, within: limit },
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = once(this.#child, 'close');
    this.#child.kill('SIGTERM');
    await closed;
  }
}

/** What the figures were taken on. */
export function machine(): { processor: string; cores: number } {
  const lines = readFileSync('/proc/cpuinfo', 'utf8').split('\n');
  const models = lines.filter((line) => line.startsWith('model name'));
  return { processor: models[0]?.split(': ')[1] ?? 'unknown', cores: models.length };
}
