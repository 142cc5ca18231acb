// `mailward recipients`: who your servers keep refusing, and what you say about that.
import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import type { RecipientEntryState } from '../../../shared/recipients.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { writeOutput } from '../output-file.ts';
import { formatTime, print, printJson, printTable, writeContent } from '../terminal.ts';
import { readName } from './domain.ts';

const STATES: RecipientEntryState[] = ['listed', 'failing', 'allowed'];
const PAGE = 500;

interface ListOptions {
  domain?: string;
  state?: string;
  text?: string;
}

export function recipientsCommand(): Command {
  const recipients = new Command('recipients').description(
    'recipients that your servers keep refusing (listed), and those never to be listed (allowed)',
  );

  recipients
    .command('list')
    .description('by address')
    .option('--domain <domain>', 'of one domain')
    .option('--state <state>', `only ${STATES.join(', ')}`)
    .option('--text <text>', 'addresses with this text in them')
    .action(async (options: ListOptions, command: Command) => {
      const globals = globalsOf(command);
      const filter = {
        limit: PAGE,
        ...(options.domain === undefined ? {} : { domain: readName(options.domain) }),
        ...(options.state === undefined ? {} : { state: readState(options.state) }),
        ...(options.text === undefined ? {} : { text: options.text }),
      };
      await withEngine(globals, async ({ client }) => {
        const rows: string[][] = [];
        for (let after: string | undefined; ; ) {
          const page = await client.recipients.list({ ...filter, ...(after === undefined ? {} : { after }) });
          for (const row of page.rows) {
            if (globals.json) printJson(row);
            else
              rows.push([
                row.address,
                row.state,
                String(row.failures),
                formatTime(row.lastFailureAt),
                formatTime(row.until),
              ]);
          }
          after = page.rows.at(-1)?.address;
          if (!page.more || after === undefined) break;
        }
        if (globals.json) return;
        if (rows.length === 0) print('No recipient is listed, failing or allowed.');
        else printTable(['ADDRESS', 'STATE', 'FAILURES', 'LAST FAILURE', 'LISTED UNTIL'], rows);
      });
    });

  for (const [action, description, done] of [
    ['allow', 'never list these addresses, whatever the server says', 'allowed for ever'],
    ['forget', 'forget all that is known of these addresses', 'forgotten'],
  ] as const) {
    recipients
      .command(`${action} <addresses...>`)
      .description(description)
      .action(async (addresses: string[], _options: unknown, command: Command) => {
        const globals = globalsOf(command);
        const { count } = await withEngine(globals, ({ client }) => client.recipients[action]({ addresses }));
        if (globals.json) printJson({ count });
        else print(`${count} ${count === 1 ? 'address' : 'addresses'} ${done}.`);
        if (count === 0) process.exitCode = EXIT.problem;
      });
  }

  recipients
    .command('import [file]')
    .description('CSV with the columns address and state (listed or allowed), from a file or standard input')
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      let csv: string;
      try {
        csv = readFileSync(file === undefined || file === '-' ? 0 : file, 'utf8');
      } catch (error) {
        throw new Ended(EXIT.usage, `cannot read ${file ?? 'standard input'}: ${(error as Error).message}`);
      }
      const result = await withEngine(globals, ({ client }) => client.recipients.import({ csv }));
      if (globals.json) printJson(result);
      else
        print(
          `${result.listed} listed, ${result.allowed} allowed${result.skipped > 0 ? `, ${result.skipped} that only failed left out` : ''}.`,
        );
    });

  recipients
    .command('export')
    .description('CSV on standard output or into a file')
    .option('--domain <domain>', 'of one domain')
    .option('--output <file>', 'write there; an existing file is not overwritten')
    .action(async (options: { domain?: string; output?: string }, command: Command) => {
      const globals = globalsOf(command);
      const { csv, count } = await withEngine(globals, ({ client }) =>
        client.recipients.export(options.domain === undefined ? {} : { domain: readName(options.domain) }),
      );
      if (options.output === undefined) {
        if (globals.json) printJson({ csv, count });
        else await writeContent(csv);
        return;
      }
      writeOutput(options.output, csv);
      if (globals.json) printJson({ file: options.output, count });
      else print(`Wrote ${options.output} (${count} ${count === 1 ? 'address' : 'addresses'}).`);
    });

  return recipients;
}

function readState(text: string): RecipientEntryState {
  const found = STATES.find((state) => state === text);
  if (!found) throw new Ended(EXIT.usage, `"${text}" is not a state; expected ${STATES.join(', ')}`);
  return found;
}
