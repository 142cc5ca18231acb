// Turns of the event loop, with a clock and a loop of the test's own.
import { expect, it } from 'vitest';
import { EventLoopBudget } from '../../../src-main/relay/inbound/event-loop-budget.ts';

it('ten thousand pieces of work, each of a millisecond, never make a turn of more than the limit; each runs, in order', () => {
  let clock = 0;
  const loop: (() => void)[] = [];
  const turns = new EventLoopBudget(
    () => clock,
    (work) => loop.push(work),
  );
  const ran: number[] = [];
  const work = (number: number) => () => {
    clock += 1;
    ran.push(number);
  };
  for (let number = 0; number < 10_000; number++) {
    if (turns.hasTime) work(number)();
    else turns.later(work(number));
  }
  let longest = clock;
  while (loop.length > 0) {
    const before = clock;
    loop.shift()?.();
    longest = Math.max(longest, clock - before);
  }
  expect(longest).toBeLessThanOrEqual(10);
  expect(ran).toEqual(Array.from({ length: 10_000 }, (_, number) => number));
});

it('work that asks for more work waits its turn', () => {
  let clock = 0;
  const loop: (() => void)[] = [];
  const turns = new EventLoopBudget(
    () => clock,
    (work) => loop.push(work),
  );
  const ran: string[] = [];
  const again = (name: string, times: number) => () => {
    clock += 6;
    ran.push(name);
    if (times > 1) turns.later(again(name, times - 1));
  };
  turns.later(again('a', 3));
  turns.later(again('b', 3));
  while (loop.length > 0) loop.shift()?.();
  expect(ran).toEqual(['a', 'b', 'a', 'b', 'a', 'b']);
});
