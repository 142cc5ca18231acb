// A busy machine: what this process itself was late is neither held against a server nor taken from the time that it has.
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from 'vitest';
import { destinationSchema } from '../../shared/domain.ts';
import { patiently, patientSignal, stopwatch } from '../../src-main/probes/lateness.ts';
import { speed } from '../../src-main/probes/smtp/server-speed.check.ts';
import { ask } from './asking.ts';

/** Keeps this thread from everything else. */
function holdUp(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** A server in a thread of its own, which is prompt however busy this one is. */
async function threaded(serve: string): Promise<{ port: number } & AsyncDisposable> {
  const worker = new Worker(
    `const { createServer } = require('node:net');
    const { parentPort } = require('node:worker_threads');
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      ${serve}
    });
    server.listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`,
    { eval: true },
  );
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
    },
  };
}

describe('lateness', () => {
  it('before an answer is seen is told apart from the time that the answer took', async () => {
    await using server = await threaded(`socket.on('data', () => setTimeout(() => socket.write('x'), 100));`);
    const socket = connect(server.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    const began = performance.now();
    const elapsed = stopwatch();
    const answered = new Promise<ReturnType<typeof elapsed>>((resolve) => {
      socket.once('data', () => resolve(elapsed()));
    });
    socket.write('?');
    await new Promise((resolve) => setImmediate(resolve));
    holdUp(600);
    const { ms, lateMs } = await answered;
    socket.destroy();
    expect(lateMs).toBeGreaterThan(500);
    expect(ms).toBeLessThan(100);
    expect(ms + lateMs).toBeLessThanOrEqual(performance.now() - began);
  });

  it('long before an answer came is nothing to it', async () => {
    const elapsed = stopwatch();
    holdUp(400);
    await pause(100);
    // However busy the machine is, what passed until a moment ago was seen to pass.
    expect(elapsed().ms).toBeGreaterThan(400);
  });

  it('that has not ended yet counts too', () => {
    const elapsed = stopwatch();
    holdUp(200);
    expect(elapsed().lateMs).toBeGreaterThan(150);
  });

  it('is not taken from a wait: what came meanwhile is looked at first', async () => {
    const said: string[] = [];
    const done = new Promise<void>((resolve) => {
      patiently(200, () => {
        said.push('late');
        resolve();
      });
    });
    setTimeout(() => said.push('answer'), 100);
    holdUp(300);
    await done;
    expect(said).toEqual(['answer', 'late']);
  });

  it('does not make a wait endless', async () => {
    using patience = patientSignal(60);
    let rounds = 0;
    // Held up for nine tenths of the time.
    for (; !patience.signal.aborted && rounds < 100; rounds += 1) {
      holdUp(45);
      await pause(5);
    }
    expect(patience.signal.aborted).toBe(true);
    expect(rounds).toBeLessThan(50);
  });

  it('ends with the wait that was ended', async () => {
    let fired = false;
    patiently(20, () => (fired = true))();
    await pause(60);
    expect(fired).toBe(false);
  });
});

describe('server-speed', () => {
  it('does not blame a prompt server for what this process was late', async () => {
    await using server = await threaded(`
      socket.write('220 mail.example ready\\r\\n');
      socket.on('data', (heard) => socket.write(/^EHLO/.test(heard) ? '250-mail.example\\r\\n250 8BITMIME\\r\\n' : '250 ok\\r\\n'));`);
    const asked = ask(speed, {
      target: { destinations: [destinationSchema.parse({ host: '127.0.0.1', port: server.port })] },
    });
    for (let held = 0; held < 3; held += 1) {
      holdUp(3_500);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const [found] = await asked;
    expect(['prompt', 'could-not-check'], found?.summary).toContain(found?.code);
  });

  it('blames one that is slow, and says how slow', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => socket.destroy());
      setTimeout(() => socket.write('220 mail.example ready\r\n'), 5_300);
      socket.on('data', () => socket.write('250 ok\r\n'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const [found] = await ask(speed, {
        target: { destinations: [destinationSchema.parse({ host: '127.0.0.1', port })] },
      });
      expect(found?.code).toBe('slow-greeting');
      expect(found?.summary).toMatch(/takes \d\.\d seconds to greet/);
    } finally {
      server.close();
    }
  });
});
