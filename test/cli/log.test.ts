// The service's log: a line of JSON for whatever is to be told, also where what was thrown cannot be put into words.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { logTo } from '../../src-main/cli/log.ts';
import { scratch } from '../lab/scratch.ts';

interface Line {
  level: number;
  part: string;
  msg: string;
  err: { type: string; message: string; stack: string };
}

/** The lines of a log to which these were thrown. */
function logged(...thrown: unknown[]): Line[] {
  using folder = scratch('log');
  const path = `${folder.path}/log`;
  const file = openSync(path, 'w');
  try {
    const log = logTo(file);
    for (const error of thrown) log.fault({ part: 'delivery', what: 'it did not work', error });
  } finally {
    closeSync(file);
  }
  const text = readFileSync(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}

it('has a line for everything that can be thrown', () => {
  const odd = Object.assign(new Error('x'), { message: Symbol('x') });
  Object.defineProperty(odd, 'stack', {
    get() {
      throw new Error('no');
    },
  });
  const bare = new Error('no stack');
  Object.defineProperty(bare, 'stack', { value: undefined });
  const thrown: unknown[] = [
    Object.create(null),
    { toString: null },
    odd,
    bare,
    undefined,
    null,
    7,
    'words',
    Symbol('x'),
  ];
  const lines = logged(...thrown);
  expect(lines).toHaveLength(thrown.length);
  for (const { level, part, msg, err } of lines) {
    expect({ level, part }).toEqual({ level: 50, part: 'delivery' });
    expect(msg).toMatch(/^it did not work: /);
    expect(err.message).not.toBe('');
  }
  expect(lines[0]?.err.message).toBe('something that cannot be put into words');
  expect(lines[7]?.err.message).toBe('words');
});

it('tells of several things that failed together what each was, and where it came from', () => {
  const late = new RangeError('the disk is full');
  const [line] = logged(new SuppressedError(late, new TypeError('the port is stuck')));
  expect(line?.msg).toBe('it did not work: TypeError: the port is stuck; RangeError: the disk is full');
  expect(line?.err.message).toContain('TypeError: the port is stuck; RangeError: the disk is full');
  expect(line?.err.stack).toMatch(
    /TypeError: the port is stuck\n {4}at [^]*RangeError: the disk is full\n {4}at /,
  );
});

it('is one line for each, whatever control characters are in it', () => {
  const [line, ...more] = logged(new Error('line\u001b[31m one\nline two'));
  expect(more).toEqual([]);
  expect(JSON.stringify(line)).not.toMatch(/\\u001b/);
  expect(line?.err.message).not.toContain('\n');
});
