// What Node says when it ends a process itself: kept from the flood of a test run, and said once more at its end.

/** How the last words of V8 and Node begin. */
const BEGINS = /^(?:# Fatal |FATAL ERROR: |abort: )/;
/** How many lines of them are kept: the reason and the native stack. */
const MOST_LINES = 60;
/**
 * V8 13.6 now and then loses count of its pages of machine code while threads come and go (nodejs/node 64500), and ends the process
 * by a check of its own. A segmentation fault is taken for the same: that it is, is likely and not known; Mailward has no native code
 * that could bring one about.
 */
const LOST_COUNT = /^# Check failed: jit_page\.has_value\(\)/;
const FILE = /Worker exited unexpectedly with signal (SIGTRAP|SIGSEGV) .* while running test file (.+)$/;
/** More than these in one run are no accident. */
const MOST_FILES = 3;
const ERRORS = /Vitest caught (\d+) unhandled errors? /;

export class Crashes {
  #rest = '';
  #lines = [];
  #toKeep = 0;
  #lostCounts = 0;
  #lostIn = [];
  #segmentationFaultsIn = [];
  #errors = 0;

  /** @param chunk what came on standard error next. */
  take(chunk) {
    const lines = (this.#rest + String(chunk)).split('\n');
    this.#rest = lines.pop();
    for (const line of lines) {
      // Vitest colours its words.
      const words = line.replace(/\x1b\[[0-9;]*m/g, '');
      if (LOST_COUNT.test(words)) this.#lostCounts += 1;
      const [, signal, file] = FILE.exec(words) ?? [];
      if (signal === 'SIGTRAP') this.#lostIn.push(file);
      if (signal === 'SIGSEGV') this.#segmentationFaultsIn.push(file);
      this.#errors = Number(ERRORS.exec(words)?.[1] ?? this.#errors);
      if (BEGINS.test(line)) this.#toKeep = MOST_LINES;
      if (this.#toKeep === 0) continue;
      this.#toKeep -= 1;
      this.#lines.push(line);
    }
  }

  /** The test files whose processes ended for that; none when anything else that no test can be blamed for happened besides. */
  get endedBelow() {
    const files = [...this.#lostIn, ...this.#segmentationFaultsIn];
    const isThat = this.#lostIn.length === this.#lostCounts && files.length === this.#errors;
    return isThat && files.length <= MOST_FILES ? files : [];
  }

  /** Writes what was kept to standard output. */
  tell() {
    if (this.#lines.length === 0) return;
    process.stdout.write(`\nNode ended a process of the run:\n${this.#lines.join('\n')}\n`);
  }
}
