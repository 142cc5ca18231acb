// An office that comes into care: a small internet, the office's own server at its MX, and Mailward where the MX will point.
import { openEngine, type Engine } from '../../src-main/engine/engine.ts';
import type { Client } from '../../shared/contract/index.ts';
import { settingsSchema } from '../../shared/settings.ts';
import type { ProbesSettings } from '../../shared/settings-probes.ts';
import { Keys } from '../../src-main/service/keys.ts';
import { connectClient } from '../../src-main/service/client.ts';
import { startService } from '../../src-main/service/service.ts';
import { replaceFile } from '../../src-main/settings/replace-file.ts';
import { join } from 'node:path';
import { RawClient } from './client.ts';
import { Internet } from './internet/internet.ts';
import type { InternetOptions } from './internet/internet.ts';
import { logInto } from './log.ts';
import { mailward, type Finished } from './mailward.ts';
import { startOffice } from './office.ts';
import type { Make, OfficeServer, Setup } from './office-server.ts';
import { scratch } from './scratch.ts';

export const careDomain = 'office.example';
export const officeHost = `mail.${careDomain}`;
export const relayName = 'relay.mailward.example';
const servers = [`ns1.${careDomain}`, `ns2.${careDomain}`];

export interface CareOptions {
  setup?: Partial<Setup>;
  /** The server is told of no domain: it takes those whose MX names it. */
  goesByMx?: boolean;
  /** Records of the domain beside its MX and the servers' addresses. */
  more?: readonly string[];
  /** Default: 300. */
  ttl?: number;
  internet?: Partial<InternetOptions>;
  /** Settings of Mailward's, over those that it needs to live here. */
  settings?: Record<string, unknown>;
  probes?: Partial<ProbesSettings>;
  /** Where Mailward listens; default: port 25 of the address that its name has. */
  smtp?: { host: string; port: number };
}

export class CareOffice implements AsyncDisposable {
  readonly internet: Internet;
  readonly server: OfficeServer;
  readonly engine: Engine;
  readonly client: Client;
  /** Address of the user interface, with its token. */
  readonly ui: string;
  /** What Mailward told an admin. */
  readonly troubles: string[];
  readonly #dataDir: string;
  readonly #options: CareOptions;
  readonly #kept: AsyncDisposableStack;

  private constructor(
    parts: Pick<CareOffice, 'internet' | 'server' | 'engine' | 'client' | 'ui' | 'troubles'>,
    dataDir: string,
    options: CareOptions,
    kept: AsyncDisposableStack,
  ) {
    this.internet = parts.internet;
    this.server = parts.server;
    this.engine = parts.engine;
    this.client = parts.client;
    this.ui = parts.ui;
    this.troubles = parts.troubles;
    this.#dataDir = dataDir;
    this.#options = options;
    this.#kept = kept;
  }

  static async open(make: Make, options: CareOptions = {}): Promise<CareOffice> {
    await using kept = new AsyncDisposableStack();
    const internet = kept.use(
      await Internet.start({
        resolvers: { one: 'plain' },
        ...options.internet,
        zones: {
          [careDomain]: {
            servers,
            ttl: options.ttl ?? 300,
            records: (at) => recordsOf(at, `@ MX 10 ${officeHost}.`, ...(options.more ?? [])),
          },
          'mailward.example': { records: (at) => [`relay A ${at(relayName)}`] },
          ...options.internet?.zones,
        },
      }),
    );
    const server = kept.use(
      await startOffice(
        make,
        {
          name: officeHost,
          domains: [careDomain],
          mailboxes: [`office@${careDomain}`, `postmaster@${careDomain}`],
          ...(options.goesByMx === true
            ? { domains: [], mailboxes: 'any', goesByMx: internet.address('one') }
            : {}),
          ...options.setup,
        },
        internet.address(officeHost),
        25,
      ),
    );
    const folder = kept.use(scratch('care'));
    const settings = settingsSchema.parse({
      smtp: { hostname: relayName },
      delivery: { retrySeconds: [1] },
      // The lab's addresses are those of this machine, whom filters leave alone, and nothing is asked of the world's DNS.
      filters: { blocklists: 'off', reverseName: 'off', spf: 'off', dkim: 'off', dmarc: 'off', arc: 'off' },
      ...options.settings,
      probes: internet.settings(options.probes),
    });
    replaceFile(join(folder.path, 'settings.json'), JSON.stringify(settings));
    const troubles: string[] = [];
    const engine = await openEngine({
      dataDir: folder.path,
      host: 'service',
      smtp: options.smtp ?? { host: internet.address(relayName), port: 25 },
      world: { lookUp: (host) => Promise.resolve({ addresses: [internet.address(host)], ttl: 5 }) },
      log: logInto(troubles),
    });
    kept.defer(() => engine.close());
    const keys = await Keys.open(folder.path);
    const service = await startService({
      ...{ engine, keys, listen: { host: '127.0.0.1', port: 0 }, log: logInto(troubles) },
    });
    kept.defer(() => service.close());
    engine.announce({ pid: process.pid, host: 'service', url: service.url, token: keys.token });
    const { client, close } = await connectClient({ url: service.url, token: keys.token });
    kept.defer(() => close());
    const ui = `${service.url}/#token=${keys.token}`;
    const parts = { internet, server, engine, client, ui, troubles };
    return new CareOffice(parts, folder.path, options, kept.move());
  }

  /** Runs a command, which finds this Mailward on its data folder. */
  command(...args: string[]): Promise<Finished> {
    return mailward([...args, '--data', this.#dataDir]);
  }

  /** What an admin does at the DNS host: the domain's MX records are these from now on. */
  changeMx(...records: string[]): Promise<void> {
    const { more = [] } = this.#options;
    return this.internet.change(careDomain, { records: (at) => recordsOf(at, ...records, ...more) });
  }

  /** Sends one message to a machine on port 25, as any server in the world would; returns its last answer. */
  async mailTo(host: string, recipient = `office@${careDomain}`, subject = 'Good morning'): Promise<string> {
    await using smtp = await RawClient.greet(25, this.internet.address(host));
    await smtp.command('MAIL FROM:<ann@elsewhere.example>');
    const { code, text } = await smtp.command(`RCPT TO:<${recipient}>`);
    if (code !== 250) return text;
    await smtp.command('DATA', 354);
    smtp.send(
      `From: <ann@elsewhere.example>\r\nTo: <${recipient}>\r\nSubject: ${subject}\r\n\r\nHello.\r\n.\r\n`,
    );
    return (await smtp.reply()).text;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#kept.disposeAsync();
  }
}

function recordsOf(at: (host: string) => string, ...records: string[]): string[] {
  return [`mail A ${at(officeHost)}`, ...records];
}
