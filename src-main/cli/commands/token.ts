// `mailward token link|renew|browsers|forget`: who may use the user interface.
import { Command } from 'commander';
import { z } from 'zod';
import type { Wish } from '../../../shared/greeting.ts';
import { DataDirLocked, takeDataDir } from '../../engine/lock.ts';
import { askService } from '../../service/client.ts';
import { Keys } from '../../service/keys.ts';
import { Ended, EXIT, globalsOf } from '../context.ts';
import { typed } from '../invocation.ts';
import { formatTime, print, printJson, printTable } from '../terminal.ts';

const linkSchema = z.object({ link: z.string(), until: z.number() });
const browsersSchema = z.object({
  browsers: z.array(
    z.object({ id: z.string(), where: z.string(), name: z.string(), since: z.number(), lastAt: z.number() }),
  ),
});
const forgottenSchema = z.object({ known: z.boolean() });

export function tokenCommand(): Command {
  const token = new Command('token').description('who may use the user interface in a browser');
  token
    .command('link')
    .description('make a link that lets one browser in, once, within ten minutes')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { link, until } = linkSchema.parse(
        await ask(globals.dataDir, 'link', () => {
          throw new Ended(
            EXIT.problem,
            `Mailward is not running on ${globals.dataDir}; start it with \`mailward serve\`, then ask for a link`,
          );
        }),
      );
      if (globals.json) printJson({ link, until });
      else {
        print(link);
        print(`It works once, until ${formatTime(until)}.`);
      }
    });
  token
    .command('renew')
    .description('make a new access token: every browser and every link is shut out, open ones at once')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      await ask(globals.dataDir, 'renew', async (keys) => {
        await keys.renew();
        return {};
      });
      if (globals.json) printJson({ renewed: true });
      else {
        print('The access token is a new one. All browsers are shut out.');
        print(`To let one in: ${typed('token link')}`);
      }
    });
  token
    .command('browsers')
    .description('list the browsers that were let in')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { browsers } = browsersSchema.parse(
        await ask(globals.dataDir, 'browsers', (keys) => ({ browsers: keys.browsers })),
      );
      if (globals.json) {
        for (const browser of browsers) printJson(browser);
      } else if (browsers.length === 0) print('No browser has been let in.');
      else {
        printTable(
          ['KEY', 'LET IN', 'LAST CAME IN', 'AT', 'BROWSER'],
          browsers.map(({ id, since, lastAt, where, name }) => [
            id,
            formatTime(since),
            formatTime(lastAt),
            where,
            name,
          ]),
        );
        print('');
        print(
          'A browser comes in when it opens the page or connects anew. From before the last start this is known to the hour.',
        );
      }
    });
  token
    .command('forget')
    .description('shut one browser out')
    .argument('<key>', `its key, as \`${typed('token browsers')}\` lists it`)
    .action(async (id: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { known } = forgottenSchema.parse(
        await ask(globals.dataDir, 'forget', (keys) => ({ known: keys.forget(id) }), id),
      );
      if (!known) throw new Ended(EXIT.problem, `no browser has the key ${id}`);
      if (globals.json) printJson({ forgotten: id });
      else print(`The browser with the key ${id} is shut out.`);
    });
  return token;
}

type Answer = Record<string, unknown>;

/** Asks the running Mailward; when there is none, does it in the data folder itself. */
async function ask(
  dataDir: string,
  want: Wish,
  stopped: (keys: Keys) => Answer | Promise<Answer>,
  about = '',
): Promise<Answer> {
  let lock;
  try {
    lock = await takeDataDir(dataDir, { existing: true, yields: true });
  } catch (error) {
    if (!(error instanceof DataDirLocked)) throw error;
    const { holder } = error;
    if (!holder?.url || !holder.token) throw new Ended(EXIT.couldNotCheck, error.message);
    return askService({ url: holder.url, token: holder.token }, want, about).catch((reason: unknown) => {
      throw new Ended(EXIT.couldNotCheck, (reason as Error).message);
    });
  }
  try {
    return await stopped(await Keys.open(dataDir));
  } finally {
    lock.release();
  }
}
