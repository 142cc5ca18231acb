// A burst of mail passes, and the memory that it took is given back.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { memoryOf } from '../bench/processes.ts';
import { Service } from '../lab/mailward.ts';
import { hasSmtpSource, needProgram } from '../lab/packages.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

const run = promisify(execFile);
const WARM = 2_000;
const BURST = 36_000;
/** Of what it had before, and how long it may take to be back there, ms. */
const [BACK_TO, BACK_WITHIN] = [1.5, 300_000];

it.skipIf(!hasSmtpSource)(
  'a burst of 36,000 messages leaves no more memory behind than half of what was in use before',
  { timeout: 1_200_000 },
  async () => {
    await using office = await new Sink({ keep: false }).start();
    await using service = await Service.start();
    await service.json('domain', 'add', 'example.com', '--route', office.route);
    const send = async (messages: number) => {
      const wanted = office.taken + messages;
      await run(needProgram('smtp-source'), [
        ...['-s', '40', '-m', String(messages), '-l', '4096'],
        ...['-f', 'anna@example.net', '-t', 'bob@example.com', `127.0.0.1:${service.smtpPort}`],
      ]);
      await until(
        () => `${office.taken} of ${wanted} messages arrived`,
        () => office.taken >= wanted,
        { within: 600_000 },
      );
    };
    // What is loaded once, and compiled, stays.
    await send(WARM);
    const before = memoryOf(service.pid);
    await send(BURST);
    const after = memoryOf(service.pid);
    const began = performance.now();
    await until(
      () => `${Math.round(memoryOf(service.pid))} MB are in use; ${Math.round(before)} MB were before`,
      () => memoryOf(service.pid) < BACK_TO * before,
      { every: 1_000, within: BACK_WITHIN },
    );
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(
      `burst: ${Math.round(before)} MB before, ${Math.round(after)} MB after ${BURST} messages, ${Math.round(memoryOf(service.pid))} MB ${seconds} s later\n`,
    );
    expect(office.taken).toBe(WARM + BURST);
  },
);
