// What Node says when it ends a process of a test run is said again at the end, where it is looked for.
import { describe, expect, it, vi } from 'vitest';

// The scripts are plain JavaScript.
const { Crashes } = (await import(new URL('../../scripts/crashes.mjs', import.meta.url).href)) as {
  Crashes: new () => { take(chunk: string): void; tell(): void; readonly endedBelow: string[] };
};

it('the reason and the native stack are kept from all that is written, however it comes', () => {
  const crashes = new Crashes();
  const text =
    'a warning\n\n#\n# Fatal error in , line 0\n# Check failed: node->IsInUse().\n#\n 1: 0x1157651 V8_Fatal\n';
  for (const character of text) crashes.take(character);
  const written: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((words) => {
    written.push(String(words));
    return true;
  });
  crashes.tell();
  write.mockRestore();
  expect(written.join('')).toMatch(
    /Node ended a process.*\n# Fatal error.*\n# Check failed: .*\n#\n 1: 0x1157651/,
  );
  expect(written.join('')).not.toContain('a warning');
});

it('a run without a crash says nothing of it', () => {
  const write = vi.spyOn(process.stdout, 'write');
  new Crashes().tell();
  expect(write).not.toHaveBeenCalled();
  write.mockRestore();
});

describe('a process that a fault below JavaScript ended', () => {
  const fatal = '#\n# Fatal error in , line 0\n# Check failed: jit_page.has_value().\n#\n';
  const exit = (file: string, signal = 'SIGTRAP') =>
    `Caused by: Error: Worker exited unexpectedly with signal ${signal} during started state while running test file ${file}\n`;
  const caught = (errors: number) =>
    `Vitest caught ${errors} unhandled error${errors === 1 ? '' : 's'} during the test run.\n`;
  const read = (...texts: string[]) => {
    const crashes = new Crashes();
    for (const text of texts) crashes.take(text);
    return crashes.endedBelow;
  };

  it('names the files to run once more', () => {
    expect(read(fatal, caught(1), exit('/a/one.test.ts'))).toEqual(['/a/one.test.ts']);
    expect(read(caught(1), exit('/a/one.test.ts', 'SIGSEGV'))).toEqual(['/a/one.test.ts']);
    expect(read(fatal, fatal, `\x1b[31m${caught(2)}`, exit('/a'), exit('/b'))).toEqual(['/a', '/b']);
  });

  it.each([
    ['it ended for another reason', ['# Check failed: node->IsInUse().\n', caught(1), exit('/a')]],
    ['it ended without a word', [caught(1), exit('/a')]],
    ['another ended without a word besides', [fatal, caught(2), exit('/a'), exit('/b')]],
    ['something else happened besides', [fatal, caught(2), exit('/a')]],
    ['another signal ended it', [fatal, caught(1), exit('/a', 'SIGKILL')]],
    ['it happened four times', [caught(4), ...['/a', '/b', '/c', '/d'].map((file) => exit(file, 'SIGSEGV'))]],
    ['nothing happened', []],
  ])('names none where %s', (_, texts) => {
    expect(read(...texts)).toEqual([]);
  });
});
