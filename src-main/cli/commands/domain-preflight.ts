// `mailward domain preflight`: all that has to be so before a domain's MX records may be changed.
import { Command } from 'commander';
import { preflightSchema, type Preflight, type PreflightResult } from '../../../shared/preflight.ts';
import { byGravity } from '../../../shared/state.ts';
import { EXIT, globalsOf, withEngine, type Exit } from '../context.ts';
import { withTyped } from '../invocation.ts';
import { mark, MARK_WIDTH } from '../marks.ts';
import { readName } from '../read-name.ts';
import { print, printJson } from '../terminal.ts';

const exits: Readonly<Record<PreflightResult, Exit>> = {
  ready: EXIT.fine,
  'not-ready': EXIT.problem,
  'could-not-check': EXIT.couldNotCheck,
};

export function domainPreflightCommand(): Command {
  return new Command('preflight')
    .argument('<domain>')
    .description('ask all that has to be so before the MX records may be changed; changes nothing')
    .action(async (name: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      const report = await withEngine(globals, async ({ client }) => {
        if (!globals.json)
          print(`Asking the servers and name servers of ${wanted}, and Mailward’s own door; 15 s at most.`);
        return client.domains.preflight({ name: wanted });
      });
      if (globals.json) printJson(preflightSchema.parse(report));
      else tell(report);
      process.exitCode = exits[report.result];
    });
}

function tell({ summary, items }: Preflight): void {
  const margin = ' '.repeat(MARK_WIDTH + 2);
  for (const item of byGravity(items, ({ state }) => state)) {
    print(`${mark(item.state)}  ${item.title}: ${item.summary}`);
    for (const advice of item.advice) print(`${margin}- ${withTyped(advice)}`);
  }
  print('');
  print(summary);
}
