// Temporary folders for servers and data, removed when the test is done with them.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Scratch extends Disposable {
  readonly path: string;
}

/** A new empty folder that every user of the machine may enter (a mail server drops its privileges). */
export function scratch(name: string): Scratch {
  const path = mkdtempSync(join(tmpdir(), `mw-${name}-`));
  chmodSync(path, 0o755);
  return {
    path,
    [Symbol.dispose]() {
      rmSync(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}
