// `mailward log`: what became of every message, searched and exported.
import { Command } from 'commander';
import { causeSchema } from '../../../shared/cause.ts';
import type { Client, LogFilter } from '../../../shared/contract/index.ts';
import { csvHeading, csvRow } from '../../../shared/log-export.ts';
import { messageStateSchema, type MessageSummary } from '../../../shared/message.ts';
import { searchNotice } from '../../../shared/search.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { openNewFile } from '../files.ts';
import {
  formatSize,
  formatTime,
  print,
  printError,
  printJson,
  printTable,
  toJson,
  writeContent,
} from '../terminal.ts';
import { readName } from '../read-name.ts';
import { readMoment } from '../times.ts';

const PAGE = 500;

interface Options {
  domain?: string;
  state?: string[];
  cause?: string;
  text?: string;
  from?: string;
  to?: string;
  limit?: string;
}

export function logCommand(): Command {
  const log = new Command('log').description('what became of every message');

  withFilters(log.command('list').description('list messages, newest first'))
    .option('--limit <count>', 'at most this many', '100')
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command);
      const filter = readFilter(options);
      const limit = readCount(options.limit ?? '100');
      await withEngine(globals, async ({ client }) => {
        const rows: string[][] = [];
        const notice = filter.text === undefined ? null : searchNotice(filter.text);
        if (notice !== null) printError(`mailward: ${notice}`);
        for await (const row of messages(client, filter, limit)) {
          if (globals.json) printJson(row);
          else {
            const to = row.recipients[0] ?? '';
            rows.push([
              row.id,
              row.state,
              row.cause ?? '-',
              formatTime(row.receivedAt),
              formatSize(row.size),
              row.sender || '<>',
              row.recipientCount > 1 ? `${to} +${row.recipientCount - 1}` : to,
              row.subject,
            ]);
          }
        }
        if (globals.json) return;
        if (rows.length === 0) print('Nothing in the log fits.');
        else printTable(['ID', 'STATE', 'CAUSE', 'RECEIVED', 'SIZE', 'FROM', 'TO', 'SUBJECT'], rows);
      });
    });

  withFilters(
    log.command('export').description('write messages as CSV, or with --json as one JSON object a line'),
  )
    .option('--csv', 'as CSV (the default)')
    .option('--limit <count>', 'at most this many; without it all')
    .option('--output <file>', 'write to this file; an existing one is not overwritten')
    .action(async (options: Options & { csv?: boolean; output?: string }, command: Command) => {
      const globals = globalsOf(command);
      if (globals.json && options.csv === true) throw new Ended(EXIT.usage, 'choose one of --csv and --json');
      const filter = readFilter(options);
      const notice = filter.text === undefined ? null : searchNotice(filter.text);
      if (notice !== null) printError(`mailward: ${notice}`);
      const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : readCount(options.limit);
      const out = openOutput(options.output);
      let count: number;
      try {
        count = await withEngine(globals, async ({ client }) => {
          let written = 0;
          if (!globals.json) await out.write(csvHeading);
          for await (const row of messages(client, filter, limit)) {
            await out.write(globals.json ? `${toJson(row)}\n` : csvRow(row));
            written += 1;
          }
          return written;
        });
      } catch (error) {
        out.discard();
        throw error;
      }
      out.close();
      if (options.output !== undefined)
        print(`Wrote ${count} ${count === 1 ? 'message' : 'messages'} to ${options.output}.`);
    });

  return log;
}

function withFilters(command: Command): Command {
  return command
    .option('--domain <domain>', 'with a recipient in this domain')
    .option('--state <state...>', `in one of these states: ${messageStateSchema.options.join(', ')}`)
    .option('--cause <cause>', 'refused or deferred for this cause')
    .option(
      '--text <words>',
      'with these words in the sender, recipients, subject, last reply or cause; from three letters on, beginnings of words count too',
    )
    .option('--from <time>', 'received at this time or later, e.g. 2026-03-01 or 2026-03-01T08:00')
    .option('--to <time>', 'received before this time');
}

function readFilter(options: Options): LogFilter {
  const { domain, state, cause, text, from, to } = options;
  return {
    ...(domain === undefined ? {} : { domain: readName(domain) }),
    ...(state === undefined ? {} : { states: state.map((one) => readOne(messageStateSchema, one, 'state')) }),
    ...(cause === undefined ? {} : { cause: readOne(causeSchema, cause, 'cause') }),
    ...(text === undefined ? {} : { text }),
    ...(from === undefined ? {} : { from: readMoment(from) }),
    ...(to === undefined ? {} : { to: readMoment(to) }),
  };
}

function readOne<T extends string>(schema: { options: readonly T[] }, text: string, what: string): T {
  const found = schema.options.find((one) => one === text);
  if (found === undefined)
    throw new Ended(EXIT.usage, `"${text}" is not a ${what}; expected one of ${schema.options.join(', ')}`);
  return found;
}

function readCount(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Ended(EXIT.usage, `"${text}" is not a number of messages`);
  return count;
}

async function* messages(
  client: Client,
  filter: LogFilter,
  limit: number,
): AsyncGenerator<MessageSummary, void, undefined> {
  let before: string | undefined;
  for (let left = limit; left > 0; ) {
    const page = await client.messages.list({
      ...filter,
      everyRecipient: true,
      limit: Math.min(PAGE, left),
      ...(before === undefined ? {} : { before }),
    });
    yield* page.rows;
    left -= page.rows.length;
    before = page.rows.at(-1)?.id;
    if (!page.more || before === undefined) return;
  }
}

/** Standard output, which may be slow, or a new file. */
function openOutput(path: string | undefined): {
  write: (text: string) => Promise<void>;
  close: () => void;
  discard: () => void;
} {
  if (path === undefined) return { write: writeContent, close: () => undefined, discard: () => undefined };
  const { write, close, discard } = openNewFile(path);
  return {
    write: (text) => {
      write(text);
      return Promise.resolve();
    },
    close,
    discard,
  };
}
