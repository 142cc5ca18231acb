// `mailward serve`: the headless host in the foreground.
import { isatty } from 'node:tty';
import { Command } from 'commander';
import pino from 'pino';
import { formatHostPort, parseHostPort } from '../../../shared/names.ts';
import { openEngine } from '../../engine/engine.ts';
import { accessToken } from '../../service/access.ts';
import { startService } from '../../service/service.ts';
import { Ended, EXIT, globalsOf, print, printJson } from '../context.ts';
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
      '--demo',
      'a pretend office with a trickle of mail, on a data folder that is thrown away afterwards',
    )
    .action(async (options: Options, command: Command) => {
      const globals = globalsOf(command);
      // The demonstration takes any free ports: it must run beside the real thing.
      const [usualSmtp, usualListen] = options.demo ? [ANY_PORT, ANY_PORT] : [undefined, DEFAULT_LISTEN];
      const smtpText = options.smtp ?? usualSmtp;
      const smtp = smtpText === undefined ? undefined : readAddress(smtpText);
      const listen = readAddress(options.listen ?? usualListen);
      // From here on a stop is an orderly one, also in the middle of a start.
      const stop = stopSignal();
      const demo = options.demo === true ? startDemo() : null;
      const dataDir = demo?.dataDir ?? globals.dataDir;
      const log = pino(
        { base: null, timestamp: pino.stdTimeFunctions.isoTime },
        pino.destination({ dest: 2, sync: true }),
      );
      const trouble = (words: string) => log.warn(words);

      const { engine, service } = await start(dataDir, smtp, listen, trouble, demo).catch(
        async (error: unknown) => {
          await demo?.cleanUp();
          throw error;
        },
      );

      const ui = `${service.url}/#token=${service.token}`;
      if (globals.json) printJson({ ready: true, ui, smtp: engine.smtp, dataDir });
      else {
        print(`Mailward ${version} is ready.`);
        print(`User interface: ${ui}`);
        if (engine.smtp) print(`SMTP: ${formatHostPort(engine.smtp.host, engine.smtp.port)}`);
        print(`Data folder: ${dataDir}`);
        print('Press Ctrl-C to stop.');
      }

      await stop;
      if (!globals.json) print('Stopping: mail under way is finished first …');
      demo?.stop();
      await service.close();
      await engine.close();
      await demo?.cleanUp();
    });
}

async function start(
  dataDir: string,
  smtp: Address | undefined,
  listen: Address,
  trouble: (words: string) => void,
  demo: Demo | null,
) {
  const engine = await openEngine({
    dataDir,
    host: 'service',
    version,
    trouble,
    demo: demo !== null,
    ...(smtp ? { smtp } : {}),
  });
  try {
    const token = accessToken(dataDir);
    const service = await startService({ engine, token, listen, trouble });
    engine.announce({ pid: process.pid, host: 'service', url: service.url, token });
    await demo?.begin(engine);
    return { engine, service: { ...service, token } };
  } catch (error) {
    await engine.close();
    throw error;
  }
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
    // A terminal that closes ends what runs in it. Started with nohup, setsid or by a supervisor we have none, and a hang-up is not
    // about us. (That the signal was to be ignored cannot be seen: Node.js sets it back to its default before any of this runs.)
    process.on('SIGHUP', () => {
      if (hasTerminal()) onSignal();
    });
  });
}

function hasTerminal(): boolean {
  return [0, 1, 2].some((descriptor) => isatty(descriptor));
}
