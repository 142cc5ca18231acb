// Plays SMTP scenarios: builds the world that one describes, puts the checks' questions, and takes the world down.
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { Finding } from '../../../shared/finding.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { TlsPolicy } from '../../../shared/domain.ts';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import type { Target } from '../../../src-main/probes/target.ts';
import type { RecentAttempts } from '../../../src-main/probes/world.ts';
import { askApart, oneRouter } from '../../lab/apart.ts';
import { Cable } from '../../lab/cable.ts';
import { authority, selfSigned } from '../../lab/certificates.ts';
import { Internet } from '../../lab/internet/internet.ts';
import { Service } from '../../lab/mailward.ts';
import { cannot } from '../../lab/office-server.ts';
import type { Certificate, Make, Setup } from '../../lab/office-server.ts';
import { startOffice } from '../../lab/office.ts';
import { scratch } from '../../lab/scratch.ts';
import { Sink } from '../../lab/sink.ts';
import { ask } from '../asking.ts';
import type { Question } from '../asking.ts';
import { speaker } from './speaker.ts';
import type { Words } from './speaker.ts';

/** Addresses of this machine where port 25 is free, also while another run is under way. */
const near = `127.77.${process.pid % 256}`;

export interface SmtpWorld {
  /** Which makes; all that have the switches when left out. */
  makes?: readonly Make[];
  setup?: Partial<Setup>;
  /** What it encrypts with: a certificate of an authority that is known here, for a name, good for so many days. */
  certificate?: { name: string; days: number } | 'of nobody known';
  policy?: TlsPolicy;
  relay?: Target['relay'];
  /** What the message log knows; `broken`: it cannot be read. */
  attempts?: Awaited<ReturnType<RecentAttempts['attempts']>> | 'broken';
  /**
   * What happens to the network: `stopped`: nobody listens on the server's port; `no-way`: there is no way to it;
   * a command: the line is cut when Mailward says it; `mute`: what is said into the line is lost.
   */
  network?: 'stopped' | 'no-way' | 'mute' | `cut at ${string}`;
  /** In the server's place: something that says these words to whoever connects, and answers commands with these. */
  instead?: Words;
  /** A server whose machine is away, or of whose two addresses one is no good, or that is none: Mailward's own door. */
  server?: 'away' | 'half there' | 'ourselves';
  /** What answers where the world reaches Mailward: itself, itself without the domain, an open relay, nobody. */
  door?: 'mailward' | 'mailward of others' | 'open' | 'shut';
  /** Whether anything else answers: a network is there. Default true. */
  online?: boolean;
}

/** The makes that a scenario can be played with; one where no server of the lab is needed. */
export function makesOf({ makes, setup = {}, instead, server, door }: SmtpWorld): Make[] {
  if (instead !== undefined || server !== undefined || door !== undefined) return ['postfix'];
  const all: readonly Make[] = makes ?? ['postfix', 'exim', 'opensmtpd', 'sendmail'];
  return all.filter((make) => cannot[make].every((key) => !(key in setup)));
}

/** The world with one make in it: many questions may be put in it, one after another or at the same time. */
export class Stage implements AsyncDisposable {
  readonly #world: SmtpWorld;
  readonly #kept: AsyncDisposableStack;
  readonly #question: Question;

  private constructor(world: SmtpWorld, question: Question, kept: AsyncDisposableStack) {
    this.#world = world;
    this.#question = question;
    this.#kept = kept;
  }

  static async build(world: SmtpWorld, make: Make): Promise<Stage> {
    await using kept = new AsyncDisposableStack();
    const question = await furnish(world, make, kept);
    return new Stage(world, question, kept.move());
  }

  /** Asks one check by its name. */
  async ask(name: string): Promise<Finding[]> {
    const check = checkNamed(name);
    if (check === undefined) throw new Error(`there is no check ${name}`);
    if (this.#world.server === 'away') return away(name, this.#world.online !== false);
    return ask(check, this.#question);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#kept[Symbol.asyncDispose]();
  }
}

/** Starts what there is in the world; returns the question that is to be put in it. */
async function furnish(world: SmtpWorld, make: Make, kept: AsyncDisposableStack): Promise<Question> {
  const { policy = 'opportunistic', relay = null, attempts = [], network, online = true } = world;
  const somebody = kept.use(await speaker({ first: '' }));
  const reachabilityTargets = online
    ? [`127.1.0.1:${somebody.port}`, `127.2.0.1:${somebody.port}`]
    : ['127.1.0.1:9', '127.2.0.1:9'];
  const settings = { reachabilityTargets };
  if (world.server === 'away') return {};
  if (world.door !== undefined) {
    const address = await standAtTheDoor(world.door, kept);
    return { target: { relay: { hostname: 'relay.example.net', addresses: [address] } }, settings };
  }
  if (world.server === 'half there') return halfThere(kept);
  if (world.server === 'ourselves') {
    const sink = kept.use(await new Sink({ host: `${near}.5`, port: 25 }).start());
    return {
      target: {
        destinations: [destinationSchema.parse({ host: sink.host, port: 25 })],
        relay: { hostname: 'relay.example.net', addresses: [sink.host] },
      },
      settings,
    };
  }
  const port = await serverPort(world, make, kept);
  // An address that this machine does not have: nothing can be sent from it.
  const sourceAddress = network === 'no-way' ? '192.0.2.55' : null;
  const destination = { host: '127.0.0.1', port, tls: policy, sourceAddress };
  return {
    target: { destinations: [destinationSchema.parse(destination)], relay },
    settings,
    traffic: {
      attempts: () =>
        attempts === 'broken'
          ? Promise.reject(new Error('the message log cannot be read'))
          : Promise.resolve(attempts),
    },
  };
}

async function serverPort(world: SmtpWorld, make: Make, kept: AsyncDisposableStack): Promise<number> {
  const { setup = {}, certificate, network, instead } = world;
  if (instead !== undefined) return kept.use(await speaker(instead)).port;
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

/** Everybody's mail comes to port 25, which only root may listen on. */
async function standAtTheDoor(
  who: NonNullable<SmtpWorld['door']>,
  kept: AsyncDisposableStack,
): Promise<string> {
  const addresses = {
    mailward: `${near}.1`,
    'mailward of others': `${near}.2`,
    open: `${near}.3`,
    shut: `${near}.4`,
  };
  const address = addresses[who];
  if (who === 'open') kept.use(await new Sink({ host: address, port: 25 }).start());
  if (who.startsWith('mailward')) {
    const service = kept.use(await Service.start({ smtp: `${address}:25` }));
    await service.addDomain(who === 'mailward' ? 'example.com' : 'example.net', '127.0.0.1:9');
  }
  return address;
}

/** A name with two addresses; only at the first does somebody listen. */
async function halfThere(kept: AsyncDisposableStack): Promise<Question> {
  const records = ['mail A 127.0.0.1', 'mail A 127.77.0.9'];
  const internet = kept.use(await Internet.start({ zones: { 'office.example': { records } } }));
  const office = kept.use(await new Sink().start());
  return {
    target: { destinations: [destinationSchema.parse({ host: 'mail.office.example', port: office.port })] },
    settings: internet.settings(),
  };
}

/** A machine behind a router that is switched off, seen from a network of its own. */
async function away(check: string, online: boolean): Promise<Finding[]> {
  const [found = []] = await askApart(oneRouter, [
    {
      checks: [check],
      target: { destinations: [destinationSchema.parse({ host: '10.0.2.77' })] },
      servers: online ? { '127.1.0.1:443': '', '127.2.0.1:443': '' } : {},
      settings: { reachabilityTargets: ['127.1.0.1:443', '127.2.0.1:443'] },
    },
  ]);
  return found;
}
