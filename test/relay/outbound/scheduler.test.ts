// The chores that come round by the clock: old rows of the log are cleaned up from one slice to the next.
import { expect, it } from 'vitest';
import { settingsSchema } from '../../../shared/settings.ts';
import { Scheduler, type SchedulerParts } from '../../../src-main/relay/outbound/scheduler.ts';
import { Directory } from '../../../src-main/relay/policy/directory.ts';
import { FakeClock } from '../../clock/fake-clock.ts';
import { eventsInto } from '../../lab/log.ts';
import { until } from '../../lab/wait.ts';

it('a clean-up goes on where its last slice ended, and the next one begins at the beginning', async () => {
  const clock = new FakeClock();
  const troubles: string[] = [];
  const asked: number[] = [];
  const write = (_: string, { after }: { after: number }) => {
    asked.push(after);
    return Promise.resolve({ gone: 0, next: after < 1_000 ? after + 500 : null });
  };
  const scheduler = new Scheduler({
    clock,
    spool: { db: { write } },
    directory: new Directory(),
    settings: () => settingsSchema.parse({}),
    givesUp: () => true,
    forgets: () => true,
    chores: () => Promise.resolve(),
    events: eventsInto(troubles),
  } as unknown as SchedulerParts);
  scheduler.start();
  await until('the first clean-up', () => asked.length === 3 && clock.next !== null);
  clock.pass(600_000);
  await until('the second', () => asked.length === 6);
  await scheduler.close();
  expect(asked).toEqual([0, 500, 1_000, 0, 500, 1_000]);
  expect(troubles).toEqual([]);
});
