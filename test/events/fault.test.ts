// What was thrown, in words: with all that led to it or failed together with it, and without end or failure whatever it is.
import { describe, expect, it } from 'vitest';
import { errorKind, errorMessage, errorTrace, errorWords } from '../../src-main/events/fault.ts';

/** As a stack of things to be disposed of ends when several of them fail: the last one that was stopped comes first. */
async function failedDisposal(...words: string[]): Promise<unknown> {
  const stack = new AsyncDisposableStack();
  for (const each of words)
    stack.defer(() => {
      throw new Error(each);
    });
  return stack.disposeAsync().catch((error: unknown) => error);
}

const both = () =>
  new AggregateError(
    [new Error('the port is stuck'), new RangeError('no such file')],
    'not everything stopped',
  );

describe('of several things that failed together all are told', () => {
  it('where each was tried', () => {
    expect(errorWords(both())).toBe('not everything stopped: the port is stuck; RangeError: no such file');
    expect(errorMessage(both())).toBe('not everything stopped: the port is stuck; no such file');
  });

  it('where whoever bundled them said nothing', () => {
    const error = new AggregateError([new Error('connect ECONNREFUSED ::1'), new Error('connect ETIMEDOUT')]);
    expect(errorWords(error)).toBe('connect ECONNREFUSED ::1; connect ETIMEDOUT');
    expect(errorMessage(error)).toBe('connect ECONNREFUSED ::1; connect ETIMEDOUT');
  });

  it('where one failed while another was put right, in the order in which it happened', async () => {
    const error = await failedDisposal('third', 'second', 'first');
    expect(errorWords(error)).toBe('first; second; third');
    expect(errorMessage(error)).toBe('first; second; third');
    for (const words of ['first', 'second', 'third'])
      expect(errorTrace(error)).toContain(`Error: ${words}\n`);
  });

  it('with what led to each, and as the cause of something else', async () => {
    const inner = new AggregateError([
      new Error('a', { cause: new Error('b') }),
      await failedDisposal('d', 'c'),
    ]);
    const error = new Error('the start failed', { cause: inner });
    expect(errorWords(error)).toBe('the start failed: a: b; c; d');
    expect(errorTrace(error)).toMatch(
      /the start failed\n[^]*Error: a\n[^]*Error: b\n[^]*Error: c\n[^]*Error: d\n/,
    );
  });
});

it('an error without others is told by its own message to whoever gave the command', () => {
  expect(errorMessage(new TypeError('use --data', { cause: new Error('ENOENT') }))).toBe('use --data');
  expect(errorMessage('plain words')).toBe('plain words');
});

it('what holds itself, or hundreds, comes to an end', () => {
  const ring = new AggregateError([], 'round');
  ring.errors.push(ring, new Error('once', { cause: ring }));
  expect(errorWords(ring)).toBe('round: once');
  expect(errorTrace(ring).match(/Error: once/g)).toHaveLength(1);
  let deep: unknown = 'the end';
  for (let depth = 0; depth < 10_000; depth++) deep = new Error('', { cause: deep });
  expect(errorWords(deep)).toBe('Error');
  const many = new AggregateError(Array.from({ length: 10_000 }, (_, index) => new Error(`number ${index}`)));
  expect(errorWords(many)).toMatch(/^number 0; number 1; /);
  expect(errorMessage(many).length).toBeLessThan(1_000);
});

describe('what cannot be put into words', () => {
  const hostile = new Error('');
  Object.defineProperty(hostile, 'message', {
    get() {
      throw new Error('no');
    },
  });
  Object.defineProperty(hostile, 'stack', { value: undefined });
  const proxy = new Proxy(new Error('x'), {
    get() {
      throw new Error('no');
    },
    getPrototypeOf() {
      throw new Error('no');
    },
  });
  it.each([
    ['an object without a prototype', Object.create(null)],
    ['an object whose text is none', { toString: null }],
    ['an error that fails when it is asked', hostile],
    ['a proxy that refuses everything', proxy],
    ['an error whose message is no text', Object.assign(new Error(), { message: Symbol('x') })],
  ])('is told as just that: %s', (_, thrown: unknown) => {
    for (const tell of [errorWords, errorMessage, errorTrace, errorKind])
      expect(typeof tell(thrown)).toBe('string');
    expect(errorWords(thrown)).toContain('something that cannot be put into words');
    // Nor does it hide what can.
    const mixed = new AggregateError([thrown, new Error('the port is stuck')]);
    expect(errorWords(mixed)).toContain('the port is stuck');
    expect(errorTrace(mixed)).toContain('the port is stuck');
  });
});
