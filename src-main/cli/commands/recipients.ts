// `mailward recipients`: who your servers keep refusing, and what you say about that.
import { Command } from 'commander';
import type { RecipientEntryState } from '../../../shared/recipients.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { readText, writeNewFile } from '../files.ts';
import { formatTime, print, printJson, printTable, writeContent } from '../terminal.ts';
import { readName } from '../read-name.ts';

const STATES: RecipientEntryState[] = ['listed', 'failing', 'allowed'];
const PAGE = 500;

interface ListOptions {
  domain?: string;
  state?: string;
  text?: string;
}

export function recipientsCommand(): Command {
  const recipients = new Command('recipients').description(
    'recipients that your servers keep refusing (listed), and those that must never be listed (allowed)',
  );

  recipients
    .command('list')
    .description('list them, by address')
    .option('--domain <domain>', 'only those of this domain')
    .option('--state <state>', `only those in this state: ${STATES.join(', ')}`)
    .option('--text <text>', 'only addresses that contain this text')
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
    .description(
      'read CSV with the columns address and state (listed or allowed) from a file or standard input',
    )
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const csv = readText(file);
      const result = await withEngine(globals, ({ client }) => client.recipients.import({ csv }));
      if (globals.json) printJson(result);
      else
        print(
          `${result.listed} listed, ${result.allowed} allowed${result.skipped > 0 ? `, ${result.skipped} that only failed left out` : ''}.`,
        );
    });

  recipients
    .command('export')
    .description('write CSV to standard output or to a file')
    .option('--domain <domain>', 'only those of this domain')
    .option('--output <file>', 'write to this file; an existing one is not overwritten')
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
      writeNewFile(options.output, csv);
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
