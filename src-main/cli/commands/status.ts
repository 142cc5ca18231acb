// `mailward status`: how mail is, in words.
import { Command } from 'commander';
import type { Overview } from '../../../shared/overview.ts';
import { formatHostPort } from '../../../shared/names.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { formatTime, print, printJson, printTable } from '../terminal.ts';

export function statusCommand(): Command {
  return new Command('status')
    .description('how mail is now; exit status 1 when something is wrong')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { overview, running } = await withEngine(globals, async (reached) => {
        for await (const value of await reached.client.live.overview())
          return { overview: value, running: reached.running };
        throw new Ended(EXIT.couldNotCheck, 'the running Mailward gave no answer');
      });
      if (globals.json) printJson({ running, ...overview });
      else show(overview, running, globals.dataDir);
      if (!running || overview.state === 'problem') process.exitCode = EXIT.problem;
    });
}

function show(overview: Overview, running: boolean, dataDir: string): void {
  if (running) {
    print(overview.sentence);
    const { trouble } = overview.storage;
    if (trouble) {
      print(`Since ${formatTime(trouble.since)}. What to do: ${trouble.remedy}`);
      print('');
    }
    print(`SMTP listener: ${formatHostPort(overview.listener.host, overview.listener.port)}`);
  } else {
    print(`Mailward is not running on ${dataDir}: no mail is taken or delivered.`);
  }
  for (const { filter, skipped, since, words } of overview.filterTroubles)
    print(`Filter ${filter} could not be asked ${skipped} times since ${formatTime(since)}: ${words}`);
  if (overview.fault !== null) {
    const { count, since, lastAt, words } = overview.fault;
    print(
      `Faults inside Mailward since ${formatTime(since)}: ${count}, the last at ${formatTime(lastAt)}: ${words}`,
    );
  }
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
