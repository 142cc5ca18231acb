// `mailward repair`: for a database that is damaged. Only when it is asked for, and nothing is removed.
import { Command } from 'commander';
import { DataDirLocked } from '../../engine/lock.ts';
import { repairDataDir, type Repair } from '../../engine/repair.ts';
import { Ended, EXIT, globalsOf } from '../context.ts';
import { typed } from '../invocation.ts';
import { print, printJson, printTable } from '../terminal.ts';

export function repairCommand(): Command {
  return new Command('repair')
    .description(
      'examine the database while Mailward is stopped; if it is damaged, copy what can be read into a new one and keep the damaged one',
    )
    .action(async (_options: unknown, command: Command) => {
      const { dataDir, json } = globalsOf(command);
      const repair = await repairDataDir(dataDir).catch((error: unknown) => {
        throw error instanceof DataDirLocked ? new Ended(EXIT.couldNotCheck, error.message) : error;
      });
      if (json) printJson(repair);
      else tell(repair);
    });
}

function tell({ what, complaints, keptAs, tables, torn }: Repair): void {
  for (const words of complaints) print(`Found: ${words}`);
  if (what === 'whole') print('The database is whole. Nothing was changed.');
  if (what === 'search')
    print('Only the search index was damaged. It is made anew from the messages at the next start.');
  if (what === 'copied') {
    print('What could be read was copied into a new database:');
    print('');
    printTable(
      ['WHAT', 'COPIED', ''],
      tables.map(({ table, rows, isIncomplete }) => [
        table.replaceAll('_', ' '),
        String(rows),
        isIncomplete ? 'not all of it' : '',
      ]),
    );
    print('');
  }
  if (what === 'begun-anew')
    print('Nothing could be read. An empty database was begun; domains have to be added again.');
  if (torn > 0)
    print(
      `Of ${torn} waiting messages a part of the content is lost. They are held: \`${typed('queue list --state held')}\`.`,
    );
  if (keptAs !== null)
    print(`The damaged database is kept as ${keptAs}. Remove it when you are sure that nothing is missed.`);
}
