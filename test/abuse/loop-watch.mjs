// Loaded into the service under test (NODE_OPTIONS=--import): watches its event loop, and reports on SIGUSR2.
//
// Two figures are kept. `wall` is perf_hooks' own: how late the loop was. On a machine that runs other things too, a loop is
// late whenever the process does not get a processor, which says nothing about the product. `own` is what the main thread
// itself burned of a processor between two turns of the loop: that is the stall that the product causes, and it stays the same
// however busy the machine is. Tests assert `own` and print both.
import { renameSync, writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

const path = process.env['LOOP_WATCH'];

if (isMainThread && path !== undefined && process.argv.includes('serve')) {
  const wall = monitorEventLoopDelay({ resolution: 2 });
  wall.enable();
  let own = 0;
  let burned = process.threadCpuUsage();
  let reports = 0;
  const turn = () => {
    const now = process.threadCpuUsage();
    own = Math.max(own, now.user + now.system - burned.user - burned.system);
    burned = now;
    setImmediate(wait);
  };
  // A timer and not setImmediate alone, which would keep the loop turning at full speed.
  const wait = () => {
    burned = process.threadCpuUsage();
    setTimeout(turn, 1).unref();
  };
  wait();
  process.on('SIGUSR2', () => {
    reports += 1;
    const report = { reports, own: own / 1000, wall: wall.max / 1e6, rss: process.memoryUsage.rss() };
    writeFileSync(`${path}.new`, JSON.stringify(report));
    renameSync(`${path}.new`, path);
    own = 0;
    wall.reset();
  });
}
