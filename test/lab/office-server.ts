// The office's own mail server, whatever its make: one way to set it up, and to get it wrong as people do.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Jail } from './jail.ts';
import { untilListening } from './ports.ts';
import { until } from './wait.ts';

export const makes = ['postfix', 'exim', 'opensmtpd', 'sendmail'] as const;
export type Make = (typeof makes)[number];

export interface Certificate {
  certificate: string;
  key: string;
}

/** How a server is set up. `healthy` is a good one; every difference from it is a scenario. */
export interface Setup {
  /** What it says that it is, in banner and EHLO. */
  name: string;
  /** Domains it is home for. It refuses to relay for all others. */
  domains: string[];
  /** Addresses that have a mailbox; `any` takes every address of the domains (a catch-all). */
  mailboxes: 'any' | string[];
  /** Addresses answered at RCPT with a reply of the admin's own: `452 4.2.2 Mailbox full`. */
  replies: Record<string, string>;
  /** Largest message in octets, announced with SIZE. */
  sizeLimit: number;
  /** Null: no STARTTLS. */
  tls: (Certificate & { required: boolean }) | null;
  /** What every client is turned away with, as soon as the make can: `554 5.7.1 … blocked using zen.example`. */
  turnsAway: string | null;
  /** Makes strangers wait this long (s) before it takes the same again. Not with OpenSMTPD and Sendmail. */
  greylist: number | null;
  /** Connections that one client may make in a minute. Not with OpenSMTPD. */
  connectionRate: number | null;
  /** Takes mail for every domain. */
  openRelay: boolean;
  /** Seconds until it greets. Not with OpenSMTPD. */
  greetingDelay: number;
  /** Also takes mail for every domain whose MX in DNS leads to it, as this resolver (an address) has it. Not with OpenSMTPD. */
  goesByMx: string | null;
}

export const healthy: Setup = {
  name: 'mail.office.example',
  domains: ['example.com'],
  mailboxes: 'any',
  replies: {},
  sizeLimit: 10_000_000,
  tls: null,
  turnsAway: null,
  greylist: null,
  connectionRate: null,
  openRelay: false,
  greetingDelay: 0,
  goesByMx: null,
};

/** What a make has no switch for, of all that a setup can ask. */
export const cannot: Readonly<Record<Make, readonly (keyof Setup)[]>> = {
  postfix: [],
  exim: [],
  opensmtpd: ['greylist', 'connectionRate', 'greetingDelay', 'goesByMx'],
  sendmail: ['greylist'],
};

/** A server of any make. `start` and `stop` may be repeated; mailboxes and queue live until it is disposed of. */
export interface OfficeServer extends AsyncDisposable {
  readonly make: Make;
  readonly host: string;
  /** The same over stop and start. */
  readonly port: number;
  /** `HOST:PORT`, as a route is written. */
  readonly route: string;
  start: () => Promise<void>;
  stop: () => Promise<void>;
  /** Changes some of its setup, as an admin would: edit, start again. Starts it if it was stopped. */
  change: (setup: Partial<Setup>) => Promise<void>;
  /** An address's messages as stored: LF line ends, the server's own header fields on top. */
  mailbox: (address: string) => Buffer[];
  /** Waits until a mailbox has at least so many messages. */
  delivered: (address: string, atLeast?: number) => Promise<Buffer[]>;
  log: () => string;
}

/** What is the same for the servers that Debian does not let live beside Postfix. */
export abstract class JailedServer implements OfficeServer {
  abstract readonly make: Make;
  readonly host: string;
  readonly port: number;
  protected readonly jail: Jail;
  protected setup: Setup;

  protected constructor(folder: string, host: string, port: number, setup: Partial<Setup>) {
    this.host = host;
    this.port = port;
    this.jail = new Jail(folder);
    this.setup = { ...healthy, ...setup };
  }

  get route(): string {
    return `${this.host}:${this.port}`;
  }

  async start(): Promise<void> {
    this.#check();
    this.configure();
    this.launch();
    try {
      await until('', () => !this.jail.isRunning || untilListening(this.host, this.port).then(() => true));
      if (!this.jail.isRunning) throw new Error('it has ended');
    } catch (error) {
      throw new Error(`${this.make} did not start: ${String(error)}\n${this.log()}`, { cause: error });
    }
  }

  stop(): Promise<void> {
    return this.jail.stop();
  }

  async change(setup: Partial<Setup>): Promise<void> {
    this.setup = { ...this.setup, ...setup };
    await this.stop();
    await this.start();
  }

  mailbox(address: string): Buffer[] {
    const folder = this.jail.path('mail', address, 'new');
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .sort()
      .map((name) => readFileSync(join(folder, name)));
  }

  async delivered(address: string, atLeast = 1): Promise<Buffer[]> {
    return until(
      () =>
        `${address} has ${this.mailbox(address).length} of ${atLeast} messages\n${this.log().slice(-3000)}`,
      () => {
        const messages = this.mailbox(address);
        return messages.length >= atLeast && messages;
      },
    );
  }

  log(): string {
    const folder = this.jail.path('log');
    return readdirSync(folder)
      .map((name) => `${name}:\n${readFileSync(join(folder, name), 'utf8')}`)
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jail[Symbol.asyncDispose]();
  }

  /** Throws when the setup asks for something that the make has no switch for: a test must not pass by not happening. */
  #check(): void {
    const asked = cannot[this.make].filter((key) => this.setup[key] !== healthy[key]);
    if (asked.length > 0) throw new Error(`${this.make} has no switch in the lab for ${asked.join(', ')}`);
  }

  /** Writes what the server reads when it starts. */
  protected abstract configure(): void;
  protected abstract launch(): void;
}
