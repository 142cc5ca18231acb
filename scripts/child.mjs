// Runs a program in the foreground on behalf of a script: signals go to it once each, and its end is ours.
import { spawn } from 'node:child_process';

const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];
/** The terminal and npm both deliver one Ctrl-C; a second within this time (ms) is an echo of the first. */
const echo = 1000;
/** How often (ms) to see whether the npm that started us is still there. */
const parentCheck = 500;
/** How long (ms) to wait for the rest of standard error when the program has ended. */
const lastWords = 2000;

/**
 * Starts a program and waits for its end. It runs in a process group of its own, so that a Ctrl-C reaches it once, from
 * here, whatever stands between the terminal and us; a terminal that closes (SIGHUP) asks it to stop (SIGTERM).
 * @param options passed to `spawn`; standard streams are shared unless told otherwise. `onErrors` is given what goes to standard error.
 * @returns its exit status (128 + number when a signal ended it), and whether it was we who asked it to stop.
 */
export function runInForeground(command, args, { onErrors, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['inherit', 'inherit', onErrors ? 'pipe' : 'inherit'],
      detached: process.platform !== 'win32',
      ...options,
    });
    child.stderr?.on('data', (chunk) => {
      process.stderr.write(chunk);
      onErrors(chunk);
    });
    let asked = false;
    let last = 0;
    const pass = (signal) => {
      const now = Date.now();
      if (now - last < echo) return;
      last = now;
      asked = true;
      child.kill(signal === 'SIGHUP' ? 'SIGTERM' : signal);
    };
    for (const signal of passedOn) process.on(signal, pass);
    // An npm that is killed cannot pass anything on; without it nobody would know that we still run.
    const parent = process.ppid;
    const watch = setInterval(() => {
      if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) pass('SIGTERM');
    }, parentCheck);
    const done = () => {
      clearInterval(watch);
      for (const signal of passedOn) process.off(signal, pass);
    };
    child.once('error', (error) => {
      done();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      done();
      const end = () => {
        child.stderr?.destroy();
        resolve({ status: code ?? 128 + (signals[signal] ?? 0), asked });
      };
      if (!child.stderr) return end();
      // A process that it left behind may hold the stream open for good.
      const timer = setTimeout(end, lastWords);
      child.once('close', () => {
        clearTimeout(timer);
        end();
      });
    });
  });
}

const signals = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTRAP: 5,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};
