// `mailward queue`: mail that waits, is held, or could not be delivered.
import { Command } from 'commander';
import type { Client, Selection } from '../../../shared/contract/index.ts';
import type { MessageDetail, MessageState, Reply, TranscriptLine } from '../../../shared/message.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { writeOutput } from '../output-file.ts';
import { formatSize, formatTime, print, printJson, printTable, writeContent } from '../terminal.ts';
import { destinationWords } from '../destinations.ts';
import { readName } from './domain.ts';
import { addReroute } from './queue-reroute.ts';
import { LISTED, readId, readState, WAITING } from './queue-words.ts';

const PAGE = 500;

type Action = 'retry' | 'hold' | 'release' | 'delete';

const actions: Record<Action, { description: string; states: MessageState[]; done: string }> = {
  retry: {
    description: 'try again now, also what was refused or expired',
    states: ['queued', 'refused', 'expired'],
    done: 'will be tried now',
  },
  hold: { description: 'store until released', states: ['queued', 'refused', 'expired'], done: 'held' },
  release: {
    description: 'let held or quarantined mail go, and rerouted mail take the domain’s route again',
    states: ['held'],
    done: 'released',
  },
  delete: { description: 'remove for good: this cannot be undone', states: WAITING, done: 'deleted' },
};

/** Whether a domain has mail in quarantine: its name alone never means that. */
async function hasQuarantined(client: Client, domain: string): Promise<boolean> {
  return (await client.messages.list({ states: ['quarantined'], domain, limit: 1 })).rows.length > 0;
}

export function queueCommand(): Command {
  const queue = new Command('queue').description('mail that waits, is held, or could not be delivered');

  queue
    .command('list')
    .description('newest first')
    .option('--domain <domain>', 'of one domain')
    .option('--state <state...>', `of ${LISTED.join(', ')}; without it all but quarantined`)
    .option('--limit <count>', 'at most so many', '1000')
    .action(async (options: { domain?: string; state?: string[]; limit: string }, command: Command) => {
      const globals = globalsOf(command);
      const limit = Number(options.limit);
      if (!Number.isInteger(limit) || limit < 1)
        throw new Ended(EXIT.usage, `"${options.limit}" is not a number of messages`);
      const states = options.state === undefined ? WAITING : options.state.map(readState);
      const domain = options.domain === undefined ? undefined : readName(options.domain);
      await withEngine(globals, async ({ client }) => {
        if (domain !== undefined && !(await client.domains.list()).some((one) => one.name === domain))
          throw new Ended(EXIT.problem, `${domain} is not a domain that Mailward protects`);
        const rows: string[][] = [];
        let before: string | undefined;
        for (let left = limit; left > 0; ) {
          const page = await client.messages.list({
            states,
            limit: Math.min(PAGE, left),
            ...(domain === undefined ? {} : { domain }),
            ...(before === undefined ? {} : { before }),
          });
          for (const row of page.rows) {
            if (globals.json) printJson(row);
            else {
              const to = row.recipients[0] ?? '';
              rows.push([
                row.id,
                row.via === undefined ? row.state : `${row.state} (by way of ${row.via})`,
                formatTime(row.receivedAt),
                formatSize(row.size),
                row.sender || '<>',
                row.recipientCount > 1 ? `${to} +${row.recipientCount - 1}` : to,
                replyWords(row.lastReply),
              ]);
            }
          }
          left -= page.rows.length;
          before = page.rows.at(-1)?.id;
          if (!page.more || before === undefined) break;
        }
        if (globals.json) return;
        if (rows.length === 0) print('Nothing waits.');
        else printTable(['ID', 'STATE', 'RECEIVED', 'SIZE', 'FROM', 'TO', 'LAST REPLY'], rows);
      });
    });

  queue
    .command('show <id>')
    .description('one message, with what both servers said')
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const detail = await withEngine(globals, ({ client }) => client.messages.get({ id: readId(id) }));
      if (globals.json) printJson(detail);
      else show(detail);
    });

  for (const [action, about] of Object.entries(actions) as [Action, (typeof actions)[Action]][]) {
    queue
      .command(`${action} [ids...]`)
      .description(about.description)
      .option('--domain <domain>', "all of a domain's")
      .option('--quarantined', "with --domain: that of the domain's mail that is in quarantine")
      .action(async (ids: string[], options: { domain?: string; quarantined?: true }, command: Command) => {
        const globals = globalsOf(command);
        if (ids.length > 0 === (options.domain !== undefined)) {
          throw new Ended(
            EXIT.usage,
            `say which: mailward queue ${action} ID …, or mailward queue ${action} --domain example.com`,
          );
        }
        if (options.quarantined && (options.domain === undefined || !['release', 'delete'].includes(action)))
          throw new Ended(EXIT.usage, '--quarantined goes with release --domain and delete --domain');
        const states: MessageState[] = options.quarantined ? ['quarantined'] : about.states;
        const selection: Selection =
          options.domain === undefined
            ? { ids: ids.map(readId) }
            : { domain: readName(options.domain), states };
        const { count, more } = await withEngine(globals, async ({ client }) => ({
          ...(await client.queue[action](selection)),
          more:
            'domain' in selection && !options.quarantined && ['release', 'delete'].includes(action)
              ? await hasQuarantined(client, selection.domain)
              : false,
        }));
        if (globals.json) printJson({ count });
        else {
          print(`${count} ${count === 1 ? 'message' : 'messages'} ${about.done}.`);
          if (more) print('There is mail in quarantine too; it is meant only with --quarantined.');
        }
        if (count === 0 && ids.length > 0) process.exitCode = EXIT.problem;
      });
  }

  addReroute(queue);

  queue
    .command('export [ids...]')
    .description(
      'one message as an .eml file, several or all of a domain as a .zip; on standard output or into a file',
    )
    .option('--domain <domain>', "all of a domain's that wait, are held, or failed")
    .option('--output <file>', 'write there; an existing file is not overwritten')
    .action(async (ids: string[], options: { domain?: string; output?: string }, command: Command) => {
      const globals = globalsOf(command);
      if (ids.length > 0 === (options.domain !== undefined)) {
        throw new Ended(
          EXIT.usage,
          'say which: mailward queue export ID …, or mailward queue export --domain example.com',
        );
      }
      const [id] = ids;
      const selection: Selection =
        options.domain === undefined
          ? { ids: ids.map(readId) }
          : { domain: readName(options.domain), states: WAITING };
      const file = await withEngine(globals, ({ client }) =>
        ids.length === 1 && id !== undefined
          ? client.messages.export({ id: readId(id) })
          : client.messages.exportAll(selection),
      );
      const content = new Uint8Array(await file.arrayBuffer());
      if (options.output === undefined) {
        await writeContent(content);
        return;
      }
      writeOutput(options.output, content);
      if (globals.json) printJson({ file: options.output, size: content.length });
      else print(`Wrote ${options.output} (${formatSize(content.length)}).`);
    });

  return queue;
}

function replyWords(reply: Reply | null): string {
  if (reply === null) return '-';
  return `${reply.code === 0 ? '' : `${reply.code} `}${reply.enhanced === null ? '' : `${reply.enhanced} `}${reply.text}`.slice(
    0,
    80,
  );
}

function show(detail: MessageDetail): void {
  print(`Message:  ${detail.id} (${detail.state})`);
  print(
    `Received: ${formatTime(detail.receivedAt)} from ${detail.clientAddress} (${detail.helo}), ${formatSize(detail.size)}`,
  );
  print(`From:     <${detail.sender}>`);
  for (const one of detail.allRecipients) {
    print(
      `To:       <${one.address}> ${one.state}${one.nextAttemptAt === null ? '' : `, next attempt ${formatTime(one.nextAttemptAt)}`}`,
    );
    if (one.lastReply) print(`          ${replyWords(one.lastReply)}`);
    const { detour } = one;
    if (!detour) continue;
    detour.route.forEach((destination, index) => {
      print(`          ${index === 0 ? 'being sent by way of' : 'then'} ${destinationWords(destination)}`);
    });
    const why = detour.reason === '' ? '' : `: ${detour.reason}`;
    print(`          since ${formatTime(detour.since)}${why}`);
    print(`          next attempt there ${formatTime(detour.nextAttemptAt)}, ${detour.attempts} so far`);
  }
  if (detail.subject !== '') print(`Subject:  ${detail.subject}`);
  if (detail.filters.length > 0) {
    print('');
    print('What the filters on the way in found:');
    for (const { filter, result, action, evidence } of detail.filters) {
      print(`  ${filter}: ${result}${action === 'off' ? '' : ` (${action})`}`);
      for (const line of evidence) print(`    ${line}`);
    }
  }
  print('');
  print('What the sending server and Mailward said:');
  detail.incoming.forEach(printLine);
  for (const attempt of detail.attemptList) {
    print('');
    print(
      `Attempt ${formatTime(attempt.startedAt)} at ${attempt.host} port ${attempt.port}${attempt.tls === null ? '' : ` (${attempt.tls})`}:`,
    );
    attempt.transcript.forEach(printLine);
  }
}

function printLine(line: TranscriptLine): void {
  const mark = line.from === 'client' ? '>' : line.from === 'server' ? '<' : ' ';
  print(`  ${String(line.offset).padStart(6)} ms ${mark} ${line.text}`);
}
