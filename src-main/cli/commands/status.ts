// `mailward status`: how mail is, in words.
import { join } from 'node:path';
import { Command } from 'commander';
import { unknownSettingWords, type Overview } from '../../../shared/overview.ts';
import { formatHostPort } from '../../../shared/names.ts';
import { wantsAttention } from '../../../shared/state.ts';
import { Ended, EXIT, globalsOf, notRunning, withEngine, type Exit } from '../context.ts';
import { readHolds, type Holds } from '../holds.ts';
import { withTyped } from '../invocation.ts';
import { formatTime, print, printJson, printTable } from '../terminal.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description('show how mail is now; exit status 1 when something wants your attention')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { overview, running, holds } = await withEngine(globals, async (reached) => {
        for await (const value of await reached.client.live.overview())
          return { overview: value, running: reached.running, holds: await readHolds(reached) };
        throw new Ended(EXIT.couldNotCheck, 'the running Mailward gave no answer');
      });
      if (globals.json) printJson({ running, ...overview });
      else show(overview, running, globals.dataDir, holds);
      process.exitCode = exitFor(overview, running);
    });
}

/** Whatever wants somebody's attention is told to a monitor too (docs/health.md has the table). */
export function exitFor(
  { state, filterTroubles }: Pick<Overview, 'state' | 'filterTroubles'>,
  running: boolean,
): Exit {
  if (!running || wantsAttention(state) || filterTroubles.length > 0) return EXIT.problem;
  return state === 'could-not-check' ? EXIT.couldNotCheck : EXIT.fine;
}

function show(overview: Overview, running: boolean, dataDir: string, holds: Holds): void {
  if (running) {
    print(overview.sentence);
    const { trouble } = overview.storage;
    if (trouble) {
      print(`Since ${formatTime(trouble.since)}. What to do: ${withTyped(trouble.remedy)}`);
      print('');
    }
    print(`SMTP listener: ${formatHostPort(overview.listener.host, overview.listener.port)}`);
  } else {
    print(notRunning(dataDir));
  }
  for (const { filter, skipped, since, words } of overview.filterTroubles)
    print(`Filter ${filter} could not be asked ${skipped} times since ${formatTime(since)}: ${words}`);
  if (overview.fault !== null) {
    const { count, since, lastAt, words } = overview.fault;
    print(
      `Faults inside Mailward since ${formatTime(since)}: ${count}, the last at ${formatTime(lastAt)}: ${words}`,
    );
  }
  for (const { name, mode } of overview.domains) {
    const hold = holds.ofDomain(name);
    if (hold) print(`Since ${formatTime(mode.since)} ${hold.why}, ${hold.ends}`);
  }
  for (const unknown of overview.unknownSettings)
    print(`In ${join(dataDir, 'settings.json')}: ${unknownSettingWords(unknown)}`);
  if (overview.settingsTrouble !== null)
    print(`The next start would be refused, for ${overview.settingsTrouble}.`);
  if (overview.domains.length === 0) return;
  print('');
  printTable(
    ['DOMAIN', 'STATE', 'MODE', 'QUEUED', 'HELD', 'QUARANTINED', 'FAILED'],
    overview.domains.map((domain) => [
      domain.name,
      domain.state,
      domain.mode.name,
      String(domain.queued.count),
      String(domain.held.count),
      String(domain.quarantined.count),
      String(domain.failed.count),
    ]),
  );
}
