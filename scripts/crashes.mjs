// What Node says when it ends a process itself: kept from the flood of a test run, and said once more at its end.

/** How the last words of V8 and Node begin. */
const BEGINS = /^(?:# Fatal |FATAL ERROR: |abort: )/;
/** How many lines of them are kept: the reason and the native stack. */
const MOST_LINES = 60;

export class Crashes {
  #rest = '';
  #lines = [];
  #toKeep = 0;

  /** @param chunk what came on standard error next. */
  take(chunk) {
    const lines = (this.#rest + String(chunk)).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      if (BEGINS.test(line)) this.#toKeep = MOST_LINES;
      if (this.#toKeep === 0) continue;
      this.#toKeep -= 1;
      this.#lines.push(line);
    }
  }

  /** Writes what was kept to standard output. */
  tell() {
    if (this.#lines.length === 0) return;
    process.stdout.write(`\nNode ended a process of the run:\n${this.#lines.join('\n')}\n`);
  }
}
