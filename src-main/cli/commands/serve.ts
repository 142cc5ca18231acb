// `mailward serve`: the headless host in the foreground.
import { fstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import { Command } from 'commander';
import { formatHostPort, parseHostPort } from '../../../shared/names.ts';
import { openEngine } from '../../engine/engine.ts';
import { catchFaults } from '../../engine/faults.ts';
import { DataDirLocked } from '../../engine/lock.ts';
import { Keys, LINK_LASTS_MS } from '../../service/keys.ts';
import { linkTo, startService } from '../../service/service.ts';
import { Ended, EXIT, globalsOf, isGiven, refuseLostFolder } from '../context.ts';
import { typed } from '../invocation.ts';
import type { Log } from '../../events/fault.ts';
import { logTo } from '../log.ts';
import { formatTime, print, printJson } from '../terminal.ts';
import { defaultDataDir, shellWord } from '../../settings/data-dir.ts';
import { startDemo, type Demo } from '../demo/demo.ts';
import { version } from '../version.ts';

const DEFAULT_LISTEN = '127.0.0.1:8025';
const ANY_PORT = '127.0.0.1:0';

interface Address {
  host: string;
  port: number;
}

interface Options {
  smtp?: string;
  listen?: string;
  public?: string;
  demo?: boolean;
}

export function serveCommand(): Command {
  return new Command('serve')
    .description('run Mailward without a desktop: the relay, and its user interface in a browser')
    .option(
      '--smtp <host:port>',
      'where to take mail (default: what the settings say, 127.0.0.1:2525 at first)',
    )
    .option('--listen <host:port>', `where to serve the user interface (default: ${DEFAULT_LISTEN})`)
    .option(
      '--public <url>',
      'where browsers reach the user interface, when a proxy stands in front of it: https://HOST',
    )
    .option(
      '--demo',
      'run a pretend office with a trickle of mail, on a data folder that is thrown away afterwards',
    )
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command);
      if (options.demo === true && (isGiven(command, 'data') || isGiven(command.parent ?? command, 'data')))
        throw new Ended(
          EXIT.usage,
          '--data does not go with --demo, which has a data folder of its own and throws it away',
        );
      // The demonstration takes any free ports: it must run beside the real thing.
      const [usualSmtp, usualListen] = options.demo ? [ANY_PORT, ANY_PORT] : [undefined, DEFAULT_LISTEN];
      const smtpText = options.smtp ?? usualSmtp;
      const smtp = smtpText === undefined ? undefined : readAddress(smtpText);
      const listen = readAddress(options.listen ?? usualListen);
      const publicUrl = options.public === undefined ? undefined : readPublicUrl(options.public);
      // From here on a stop is an orderly one, also in the middle of a start.
      const stop = stopSignal();
      const demo = options.demo === true ? startDemo() : null;
      const dataDir = demo?.dataDir ?? globals.dataDir;
      refuseLostFolder(dataDir);
      const log = logTo(2);

      const { engine, service, keys } = await start(
        { dataDir, smtp, listen, ...(publicUrl ? { publicUrl } : {}) },
        log,
        demo,
      ).catch(async (error: unknown) => {
        await demo?.cleanUp();
        throw error instanceof DataDirLocked
          ? new Ended(EXIT.problem, alreadyRunning(error, dataDir))
          : error;
      });
      const endCatching = catchFaults((error) => engine.fault(error));

      try {
        // A link opens the door to whoever reads it: it is given only where it is read at once, by a person or a program, and
        // not where it is kept.
        const read = process.stdout.isTTY || (globals.json && !isJournal());
        const ui = read ? linkTo(service.pageUrl, (await keys.link()).code) : `${service.pageUrl}/`;
        if (globals.json) printJson({ ready: true, ui, smtp: engine.smtp, dataDir });
        else {
          print(`Mailward ${version} is ready.`);
          print(`User interface: ${ui}`);
          if (read) print(`That link works once, within ${LINK_LASTS_MS / 60_000} minutes.`);
          print(`${read ? 'For another' : 'For a link that lets a browser in'}: ${linkCommand(dataDir)}`);
          if (!publicUrl && !isOwn(new URL(service.url).hostname))
            print(
              'Pages of that address let nobody in: use a tunnel, or a proxy and --public (docs/security.md).',
            );
          if (engine.smtp) print(`SMTP: ${formatHostPort(engine.smtp.host, engine.smtp.port)}`);
          print(`Data folder: ${dataDir}`);
          print('Press Ctrl-C to stop.');
        }

        await stop;
        if (!globals.json) print('Stopping: mail under way is finished first …');
      } finally {
        // Whatever failed: a process that goes on by itself would heed no signal to stop.
        await using leaving = new AsyncDisposableStack();
        leaving.defer(() => demo?.cleanUp());
        leaving.defer(endCatching);
        leaving.defer(() => engine.close());
        leaving.defer(() => service.close());
        leaving.defer(() => demo?.stop());
      }
    });
}

interface Places {
  dataDir: string;
  smtp: Address | undefined;
  listen: Address;
  publicUrl?: URL;
}

async function start(places: Places, log: Log, demo: Demo | null) {
  const { dataDir, smtp, listen, publicUrl } = places;
  const engine = await openEngine({
    dataDir,
    host: 'service',
    version,
    log,
    demo: demo !== null,
    ...(demo === null ? {} : { world: demo.world }),
    ...(smtp ? { smtp } : {}),
  });
  try {
    const keys = await Keys.open(dataDir);
    const service = await startService({
      engine,
      keys,
      listen,
      ...(publicUrl ? { publicUrl } : {}),
      log,
      renewed: (token) => announce(token),
    });
    const announce = (token: string) =>
      engine.announce({ pid: process.pid, host: 'service', url: service.url, token });
    announce(keys.token);
    await demo?.begin(engine);
    return { engine, service, keys };
  } catch (error) {
    await engine.abandon();
    throw error;
  }
}

/** What a second start is told. One that cannot be reached is named all the same. */
function alreadyRunning({ holder, message }: DataDirLocked, dataDir: string): string {
  if (!holder?.url) return message;
  const since = holder.since === undefined ? '' : `since ${formatTime(holder.since)}, `;
  const what =
    holder.host === 'desktop'
      ? 'Mailward is running already, as the desktop app'
      : 'Mailward is running already';
  return `${what} (${since}process ${holder.pid}, data folder ${dataDir}); open it in a browser with \`${linkCommand(dataDir)}\`, or choose another folder with --data`;
}

/** Whether a URL's host is this machine, to which browsers give what they keep from addresses that others could be at. */
function isOwn(hostname: string): boolean {
  return hostname.startsWith('127.') || hostname === '[::1]';
}

/** Whether standard output goes into systemd's journal (systemd.exec(5), JOURNAL_STREAM: the stream's device and inode). */
function isJournal(): boolean {
  const stream = process.env['JOURNAL_STREAM'];
  if (stream === undefined) return false;
  try {
    const { dev, ino } = fstatSync(1);
    return stream === `${dev}:${ino}`;
  } catch {
    return true;
  }
}

function linkCommand(dataDir: string): string {
  return typed(`token link${isUsual(dataDir) ? '' : ` --data ${shellWord(dataDir)}`}`);
}

function isUsual(dataDir: string): boolean {
  try {
    return dataDir === defaultDataDir();
  } catch {
    // This user has no usual place.
    return false;
  }
}

function readPublicUrl(text: string): URL {
  const url = URL.parse(text);
  if (url?.protocol !== 'https:' || url.href !== `${url.origin}/`) {
    throw new Ended(EXIT.usage, `--public ${text}: write https://HOST or https://HOST:PORT`);
  }
  return url;
}

function readAddress(text: string): Address {
  try {
    return parseHostPort(text, undefined, true);
  } catch (error) {
    throw new Ended(EXIT.usage, (error as Error).message);
  }
}

/** Resolves at the first request to stop. A second one ends the process at once: what is on disk is safe. */
async function stopSignal(): Promise<void> {
  await new Promise<void>((resolve) => {
    let asked = false;
    const onSignal = () => {
      if (asked) process.exit(130);
      asked = true;
      resolve();
    };
    process.on('SIGINT', onSignal);
    process.on('SIGTERM', onSignal);
    // A terminal that closes ends what runs in it; asked for now, because it is none any more when the hang-up comes. Started with nohup,
    // setsid or by a supervisor we have none, and a hang-up is not about us. (That the signal was to be ignored cannot be seen: Node.js sets
    // it back to its default before any of this runs.)
    const isInTerminal = hasTerminal();
    process.on('SIGHUP', () => {
      if (isInTerminal) onSignal();
    });
  });
}

function hasTerminal(): boolean {
  return [0, 1, 2].some((descriptor) => isatty(descriptor));
}
