// A whole Mailward for browser tests: the real service with an office behind it, real mail through it, and a real browser before it.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import type { Result } from 'axe-core';
import { type Browser, type BrowserContext, type Page, chromium } from 'playwright-core';
import type { Client } from '../../shared/contract/index.ts';
import type { MessageState } from '../../shared/message.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { freePort } from '../lab/ports.ts';
import { Sink } from '../lab/sink.ts';
import { patience, until } from '../lab/wait.ts';

const checkout = resolve(import.meta.dirname, '../..');
const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** `npm test` has built everything already; a run by hand must not look at yesterday's screens. */
export function buildScreens(): void {
  if (process.env['MAILWARD_FROM'] === 'out') return;
  execFileSync(process.execPath, [join(checkout, 'scripts/build.mjs')], { stdio: 'inherit' });
}

export interface OfficeOptions {
  /** A data folder that is there already, and stays. */
  dataDir?: string;
  /** More of them, for the service's first start. */
  settings?: Record<string, unknown>;
}

/** Starts the service with its user interface on a port that stays over restarts, as a bookmark needs it. */
async function startService({ dataDir, settings }: OfficeOptions): Promise<Service> {
  const port = await freePort();
  return Service.start({
    ...(dataDir === undefined ? {} : { dataDir }),
    args: ['--listen', `127.0.0.1:${port}`],
    settings: { delivery: { retrySeconds: [3600] }, ...settings },
  });
}

export interface Mail {
  /** The sender's local part: what tests know a message by. */
  from: string;
  to: string[];
}

/** The address that a test's sender has. */
export function senderOf(from: string): string {
  return `${from}@supplier.example`;
}

/** A service, the office's server behind it, and ways to bring about every state a message can have. */
export class Office implements AsyncDisposable {
  readonly service: Service;
  readonly sink: Sink;
  readonly client: Client;
  readonly #close: () => void;

  private constructor(service: Service, sink: Sink, connection: { client: Client; close: () => void }) {
    this.service = service;
    this.sink = sink;
    this.client = connection.client;
    this.#close = connection.close;
  }

  /** The office's server refuses `nobody@…` for good and puts `later@…` off; anybody else's mail it takes. */
  static async open(options: OfficeOptions = {}): Promise<Office> {
    buildScreens();
    const sink = new Sink({
      temper: {
        rcpt: (recipient) =>
          recipient.startsWith('nobody@')
            ? '550 5.1.1 no such user here'
            : recipient.startsWith('later@')
              ? '451 4.3.0 come back later'
              : null,
      },
    });
    await sink.start();
    const service = await startService(options);
    return new Office(service, sink, await service.client());
  }

  /** Protects a domain with the office's server as its route. */
  async domain(name: string): Promise<void> {
    await this.client.domains.add({
      name,
      route: [{ host: this.sink.host, port: this.sink.port, tls: 'none', sourceAddress: null }],
    });
  }

  /** Sends one message as a sending server would; returns Mailward's answer to the last recipient or to the content. */
  async send(mail: Mail): Promise<number> {
    await using smtp = await RawClient.greet(this.service.smtpPort);
    await smtp.command(`MAIL FROM:<${senderOf(mail.from)}>`, 250);
    for (const recipient of mail.to) {
      const reply = await smtp.command(`RCPT TO:<${recipient}>`);
      if (reply.code !== 250) return reply.code;
    }
    await smtp.command('DATA', 354);
    smtp.send(
      `From: <${senderOf(mail.from)}>\r\nTo: <${mail.to[0] ?? ''}>\r\nSubject: An offer by ${mail.from}\r\n\r\nHello.\r\n.\r\n`,
    );
    return (await smtp.reply()).code;
  }

  /** Sends one message and waits until the log shows it in a state; returns its id. */
  async sendUntil(state: MessageState, mail: Mail): Promise<string> {
    const code = await this.send(mail);
    if (code !== 250) throw new Error(`Mailward answered ${code} to the mail from ${mail.from}`);
    return until(`the mail from ${mail.from} does not become ${state}`, async () => {
      const { rows } = await this.client.messages.list({ text: senderOf(mail.from), states: [state] });
      const row = rows[0];
      // A message that waits is only settled after its first attempt.
      return row === undefined || (state === 'queued' && row.attempts === 0) ? null : row.id;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await this.service[Symbol.asyncDispose]();
    await this.sink[Symbol.asyncDispose]();
  }
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface View {
  scheme: 'light' | 'dark';
  width: number;
}

/** A person at a browser: one context with its own storage, and everything that went wrong in it. */
export class Visitor implements AsyncDisposable {
  readonly page: Page;
  /** What the browser complained about: exceptions, refusals of the security policy, errors on the console. */
  readonly complaints: string[] = [];
  readonly #context: BrowserContext;
  readonly #origin: string;

  private constructor(context: BrowserContext, page: Page, origin: string) {
    this.#context = context;
    this.page = page;
    this.#origin = origin;
    page.setDefaultTimeout(patience / 3);
    page.on('pageerror', (error) => this.complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') this.complaints.push(message.text());
    });
  }

  /** Opens the address that the service printed, token and all (or another one), and waits for the first screen. */
  static async arrive(
    browser: Browser,
    ui: string,
    view: View = { scheme: 'light', width: 1280 },
  ): Promise<Visitor> {
    const context = await browser.newContext({
      colorScheme: view.scheme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      viewport: { width: view.width, height: view.width < 600 ? 640 : 860 },
      acceptDownloads: true,
    });
    const visitor = new Visitor(context, await context.newPage(), new URL(ui).origin);
    await visitor.page.goto(ui);
    await visitor.page.locator('h1').waitFor();
    return visitor;
  }

  /** Goes to a place in the app, as a link or a bookmark would. */
  async go(place: string): Promise<void> {
    await this.page.goto(`${this.#origin}/#${place}`);
    await this.page.locator('h1').waitFor();
  }

  /** The element with a role and name. */
  the(role: Parameters<Page['getByRole']>[0], name: string | RegExp) {
    return this.page.getByRole(role, { name });
  }

  /** The row of a message list with the mail from this sender. */
  row(from: string) {
    return this.page.getByRole('row').filter({ hasText: senderOf(from) });
  }

  /** What axe finds serious or critical in the page as it is now, one line each. */
  async barriers(): Promise<string[]> {
    await this.page.evaluate(axeSource);
    const violations = await this.page.evaluate<Result[]>(
      "axe.run(document, { resultTypes: ['violations'] }).then((result) => result.violations)",
    );
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.failureSummary ?? ''}`),
      );
  }

  /** How many pixels the page is wider than its window: nobody should have to scroll sideways. */
  overflow(): Promise<number> {
    return this.page.evaluate<number>(
      `Math.max(0, ...[document.documentElement, document.querySelector('main'), document.querySelector('[role="grid"]')?.parentElement]
        .filter((element) => element !== null && element !== undefined)
        .map((element) => element.scrollWidth - element.clientWidth))`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#context.close();
  }
}
