// `mailward queue`: mail that waits, is held, or could not be delivered.
import { Command } from 'commander';
import type { Selection } from '../../../shared/contract/index.ts';
import type { MessageState, MessageSummary } from '../../../shared/message.ts';
import { Ended, EXIT, globalsOf, notRunning, withEngine, type Reached } from '../context.ts';
import { writeNewFile } from '../files.ts';
import { readHolds, type Holds } from '../holds.ts';
import { typed } from '../invocation.ts';
import { formatSize, formatTime, print, printJson, printTable, writeContent } from '../terminal.ts';
import { readName } from '../read-name.ts';
import { addReroute } from './queue-reroute.ts';
import { replyWords, showMessage } from './queue-show.ts';
import {
  amount,
  counted,
  LISTED,
  named,
  newest,
  readId,
  readState,
  WAITING,
  upperFirst,
  whatIsLeft,
  type QueueAction,
} from './queue-words.ts';

const PAGE = 500;

type Plain = Exclude<QueueAction, 'reroute'>;

/** `later`: what is said instead of `done` while Mailward does not run. */
const actions: Record<Plain, { description: string; states: MessageState[]; done: string; later?: string }> =
  {
    retry: {
      description: 'try again now, also what was refused or expired',
      states: ['queued', 'refused', 'expired'],
      done: 'will be tried now',
      later: 'will be tried as soon as Mailward runs',
    },
    hold: {
      description: 'store until you release it',
      states: ['queued', 'refused', 'expired'],
      done: `held by hand, until you release it: ${typed('queue release')}`,
    },
    release: {
      description: 'let held or quarantined mail go, and rerouted mail take the domain’s route again',
      states: ['held'],
      done: 'released',
      later: 'released, to go out as soon as Mailward runs',
    },
    delete: { description: 'remove for good: this cannot be undone', states: WAITING, done: 'deleted' },
  };

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
      await withEngine(globals, async (reached) => {
        const { client } = reached;
        if (domain !== undefined && !(await client.domains.list()).some((one) => one.name === domain))
          throw new Ended(EXIT.problem, `${domain} is not a domain that Mailward protects`);
        const found: MessageSummary[] = [];
        let before: string | undefined;
        let more = true;
        for (let left = limit; left > 0 && more; ) {
          const page = await client.messages.list({
            states,
            limit: Math.min(PAGE, left),
            ...(domain === undefined ? {} : { domain }),
            ...(before === undefined ? {} : { before }),
          });
          if (globals.json) page.rows.forEach(printJson);
          else found.push(...page.rows);
          left -= page.rows.length;
          before = page.rows.at(-1)?.id;
          more = page.more && before !== undefined;
        }
        if (globals.json) return;
        await showList(reached, found, states, domain);
        if (more)
          print(`There are more: these are the newest ${found.length}; --limit says how many are shown.`);
        if (!reached.running) print(notRunning(globals.dataDir));
      });
    });

  queue
    .command('show <id>')
    .description('one message, with what both servers said')
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readId(id);
      const { detail, holds, running } = await withEngine(globals, async (reached) => ({
        detail: await reached.client.messages.get({ id: wanted }),
        holds: await readHolds(reached),
        running: reached.running,
      }));
      if (globals.json) printJson(detail);
      else {
        showMessage(detail, holds);
        if (!running) {
          print('');
          print(notRunning(globals.dataDir));
        }
      }
    });

  for (const [action, about] of Object.entries(actions) as [Plain, (typeof actions)[Plain]][]) {
    queue
      .command(`${action} [ids...]`)
      .description(about.description)
      .option('--domain <domain>', 'all messages for this domain')
      .option('--quarantined', 'with --domain: its messages in quarantine instead')
      .action(async (ids: string[], options: { domain?: string; quarantined?: true }, command: Command) => {
        const globals = globalsOf(command);
        if (ids.length > 0 === (options.domain !== undefined)) {
          throw new Ended(
            EXIT.usage,
            `say which: \`mailward queue ${action} ID …\`, or \`mailward queue ${action} --domain example.com\``,
          );
        }
        if (options.quarantined && (options.domain === undefined || !['release', 'delete'].includes(action)))
          throw new Ended(EXIT.usage, '--quarantined goes with release --domain and delete --domain');
        const states: MessageState[] = options.quarantined ? ['quarantined'] : about.states;
        const selection: Selection =
          options.domain === undefined
            ? { ids: ids.map(readId) }
            : { domain: readName(options.domain), states };
        const { count, left, running } = await withEngine(globals, async (reached) => {
          const { client } = reached;
          const before = await named(client, selection);
          const changed = (await client.queue[action](selection)).count;
          return {
            count: changed,
            left: await whatIsLeft(reached, action, selection, before, changed),
            running: reached.running,
          };
        });
        if (globals.json) printJson({ count, ...(left.words.length > 0 ? { left: left.words } : {}) });
        else {
          const done = left.isOnHold
            ? 'to go out when the hold of the domain ends'
            : running
              ? about.done
              : (about.later ?? about.done);
          print(`${counted(count)} ${done}.`);
          for (const words of left.words) print(`${words}.`);
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
    .option('--domain <domain>', 'all messages for this domain that wait, are held, or failed')
    .option('--output <file>', 'write there; an existing file is not overwritten')
    .action(async (ids: string[], options: { domain?: string; output?: string }, command: Command) => {
      const globals = globalsOf(command);
      if (ids.length > 0 === (options.domain !== undefined)) {
        throw new Ended(
          EXIT.usage,
          'say which: `mailward queue export ID …`, or `mailward queue export --domain example.com`',
        );
      }
      if (globals.json && options.output === undefined)
        throw new Ended(EXIT.usage, '--json goes with --output: what is exported is mail, and no JSON');
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
      writeNewFile(options.output, content);
      if (globals.json) printJson({ file: options.output, size: content.length });
      else print(`Wrote ${options.output} (${formatSize(content.length)}).`);
    });

  return queue;
}

/** The list itself; where nothing is asked for by state, also what is left out of it. */
async function showList(
  reached: Reached,
  found: readonly MessageSummary[],
  states: readonly MessageState[],
  domain: string | undefined,
): Promise<void> {
  const holds = await readHolds(reached);
  const isAll = states === WAITING;
  if (found.length === 0)
    print(
      isAll
        ? 'Nothing waits.'
        : `No message is ${new Intl.ListFormat('en-GB', { type: 'disjunction' }).format(states)}.`,
    );
  else
    printTable(
      ['ID', 'STATE', 'RECEIVED', 'SIZE', 'FROM', 'TO', 'LAST REPLY'],
      found.map((row) => {
        const to = row.recipients[0] ?? '';
        return [
          row.id,
          holds.state(row),
          formatTime(row.receivedAt),
          formatSize(row.size),
          row.sender || '<>',
          row.recipientCount > 1 ? `${to} +${row.recipientCount - 1}` : to,
          replyWords(row.lastReply),
        ];
      }),
    );
  for (const words of explained(found, holds)) print(words);
  if (!isAll) return;
  const { rows, more } = await newest(reached.client, 'quarantined', domain);
  if (rows.length === 0) return;
  const whose = domain === undefined ? '' : ` --domain ${domain}`;
  print(`${amount(rows.length, more)} in quarantine: ${typed(`queue list${whose} --state quarantined`)}`);
}

/** What ends the holds in a list: each kind once. */
function explained(found: readonly MessageSummary[], holds: Holds): string[] {
  const held = found.filter(({ state, heldBy }) => state === 'held' && heldBy !== undefined);
  const words = new Set<string>();
  for (const { heldBy = 'hand', domains } of held) {
    for (const name of heldBy === 'domain' ? domains : ['']) {
      if (heldBy === 'domain' && holds.ofDomain(name) === null) continue;
      const { why, ends } = holds.ofMessage(heldBy, name, 'ID');
      words.add(`${upperFirst(why)}, ${ends}`);
    }
  }
  return [...words];
}
