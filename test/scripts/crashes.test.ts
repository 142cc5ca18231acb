// What Node says when it ends a process of a test run is said again at the end, where it is looked for.
import { expect, it, vi } from 'vitest';

// The scripts are plain JavaScript.
const { Crashes } = (await import(new URL('../../scripts/crashes.mjs', import.meta.url).href)) as {
  Crashes: new () => { take(chunk: string): void; tell(): void };
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
