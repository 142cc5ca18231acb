// `mailward queue reroute`: sends mail that waits to another server than the domain's.
import type { Command } from 'commander';
import type { Selection } from '../../../shared/contract/index.ts';
import type { MessageState } from '../../../shared/message.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { print, printJson } from '../terminal.ts';
import { DESTINATION_HELP, readRoute, routeWords, TLS_OPTION } from '../destinations.ts';
import { readName } from '../read-name.ts';
import { counted, named, readId, readState, whatIsLeft } from './queue-words.ts';

/** What a domain's reroute takes in unless told otherwise: what was refused for good is for somebody to look at. */
const USUAL: MessageState[] = ['queued', 'held'];

interface Options {
  to: string[];
  tls: string;
  reason: string;
  domain?: string;
  state?: string[];
}

export function addReroute(queue: Command): void {
  queue
    .command('reroute [ids...]')
    .description('send to another server; `queue release` brings it back to the domain’s route')
    .requiredOption(
      '--to <destination>',
      'the other server; may be given again, to fall back on',
      (text: string, before?: string[]) => [...(before ?? []), text],
    )
    .option(...TLS_OPTION)
    .option('--reason <words>', 'why, for whoever asks later', '')
    .option('--domain <domain>', 'all messages for this domain that wait or are held')
    .option('--state <state...>', 'with --domain: those in these states instead of queued and held')
    .addHelpText('after', DESTINATION_HELP)
    .action(async (ids: string[], options: Options, command: Command) => {
      const globals = globalsOf(command);
      if (ids.length > 0 === (options.domain !== undefined))
        throw new Ended(
          EXIT.usage,
          'say which: `mailward queue reroute ID … --to HOST`, or `mailward queue reroute --domain example.com --to HOST`',
        );
      if (options.state !== undefined && options.domain === undefined)
        throw new Ended(EXIT.usage, '--state goes with --domain');
      const route = readRoute(options.to, options.tls);
      const selection: Selection =
        options.domain === undefined
          ? { ids: ids.map(readId) }
          : { domain: readName(options.domain), states: options.state?.map(readState) ?? USUAL };
      const { count, left, running } = await withEngine(globals, async (reached) => {
        const { client } = reached;
        const before = await named(client, selection);
        const changed = (await client.queue.reroute({ selection, route, reason: options.reason })).count;
        return {
          count: changed,
          left: await whatIsLeft(reached, 'reroute', selection, before, changed),
          running: reached.running,
        };
      });
      if (globals.json) printJson({ count, ...(left.words.length > 0 ? { left: left.words } : {}) });
      else {
        const later = running ? 'on the way to' : 'to go, as soon as Mailward runs, to';
        print(`${counted(count)} ${later} ${routeWords(route)}.`);
        for (const words of left.words) print(`${words}.`);
      }
      if (count === 0 && ids.length > 0) process.exitCode = EXIT.problem;
    });
}
