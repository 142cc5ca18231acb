// Plays SMTP scenarios: starts the server that one describes, puts the check's question, and takes the server down.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Finding } from '../../../shared/finding.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { TlsPolicy } from '../../../shared/domain.ts';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import type { Target } from '../../../src-main/probes/target.ts';
import type { Traffic } from '../../../src-main/probes/world.ts';
import { Cable } from '../../lab/cable.ts';
import { authority, selfSigned } from '../../lab/certificates.ts';
import { cannot } from '../../lab/office-server.ts';
import type { Certificate, Make, Setup } from '../../lab/office-server.ts';
import { startOffice } from '../../lab/office.ts';
import { scratch } from '../../lab/scratch.ts';
import { ask } from '../asking.ts';

export interface SmtpWorld {
  /** Which makes; all that have the switches when left out. */
  makes?: readonly Make[];
  setup?: Partial<Setup>;
  /** What it encrypts with: a certificate of an authority that is known here, for a name, good for so many days. */
  certificate?: { name: string; days: number } | 'of nobody known';
  policy?: TlsPolicy;
  relay?: Target['relay'];
  attempts?: Awaited<ReturnType<Traffic['attempts']>>;
  /**
   * What happens to the network: `stopped`: nobody listens on the server's port; `no-way`: there is no way to it;
   * a command: the line is cut when Mailward says it; `mute`: what is said into the line is lost.
   */
  network?: 'stopped' | 'no-way' | 'mute' | `cut at ${string}`;
  /** In the server's place: these octets are what it says to whoever connects. */
  instead?: string;
  /** Whether anything else answers: a network is there. Default true. */
  online?: boolean;
}

/** The makes that a scenario can be played with. */
export function makesOf({ makes, setup = {}, instead }: SmtpWorld): Make[] {
  if (instead !== undefined) return ['postfix'];
  const all: readonly Make[] = makes ?? ['postfix', 'exim', 'opensmtpd', 'sendmail'];
  return all.filter((make) => cannot[make].every((key) => !(key in setup)));
}

/** The world with one make in it: many questions may be put in it, one after another or at the same time. */
export class Stage implements AsyncDisposable {
  readonly #world: SmtpWorld;
  readonly #kept: AsyncDisposableStack;
  readonly #port: number;

  private constructor(world: SmtpWorld, port: number, kept: AsyncDisposableStack) {
    this.#world = world;
    this.#port = port;
    this.#kept = kept;
  }

  static async build(world: SmtpWorld, make: Make): Promise<Stage> {
    await using kept = new AsyncDisposableStack();
    const port = await serverPort(world, make, kept);
    return new Stage(world, port, kept.move());
  }

  /** Asks one check by its name. */
  async ask(name: string): Promise<Finding[]> {
    const { policy = 'opportunistic', relay = null, attempts = [], network, online = true } = this.#world;
    const check = checkNamed(name);
    if (check === undefined) throw new Error(`there is no check ${name}`);
    await using somebody = await listener('');
    const places = [`127.1.0.1:${somebody.port}`, `127.2.0.1:${somebody.port}`];
    const nobody = ['127.1.0.1:9', '127.2.0.1:9'];
    // An address that this machine does not have: nothing can be sent from it.
    const sourceAddress = network === 'no-way' ? '192.0.2.55' : null;
    return await ask(check, {
      target: {
        domain: 'example.com',
        destinations: [
          destinationSchema.parse({ host: '127.0.0.1', port: this.#port, tls: policy, sourceAddress }),
        ],
        relay,
      },
      settings: { reachabilityTargets: online ? places : nobody },
      traffic: { attempts: () => Promise.resolve(attempts) },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept[Symbol.asyncDispose]();
  }
}

async function serverPort(world: SmtpWorld, make: Make, kept: AsyncDisposableStack): Promise<number> {
  const { setup = {}, certificate, network, instead } = world;
  if (instead !== undefined) return kept.use(await listener(instead)).port;
  const folder = kept.use(scratch('certificates'));
  const tls = certificate === undefined ? null : { ...issue(folder.path, certificate), required: false };
  const office = kept.use(
    await startOffice(make, {
      mailboxes: ['postmaster@example.com', 'ann@example.com'],
      ...(tls === null ? {} : { tls }),
      ...setup,
    }),
  );
  if (network === 'stopped') await office.stop();
  if (network === undefined || network === 'stopped' || network === 'no-way') return office.port;
  const cable = kept.use(await Cable.to(office.host, office.port));
  if (network === 'mute') cable.mute();
  else cable.cutAt(network.slice('cut at '.length));
  return cable.port;
}

function issue(folder: string, wanted: NonNullable<SmtpWorld['certificate']>): Certificate {
  if (wanted === 'of nobody known') return selfSigned(folder, 'office');
  const known = authority(folder);
  setDefaultCACertificates([...getCACertificates('default'), known.pem]);
  return known.issue(wanted.name, wanted.days);
}

async function listener(words: string): Promise<AsyncDisposable & { port: number }> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.write(words);
  });
  await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve));
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
      }),
  };
}
