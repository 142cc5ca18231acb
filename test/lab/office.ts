// Any of the four real servers by its make, set up in the same words.
import { Exim } from './exim.ts';
import { canRun } from './jail.ts';
import { healthy } from './office-server.ts';
import type { Make, OfficeServer, Setup } from './office-server.ts';
import { GreylistingPolicy } from './greylisting.ts';
import { OpenSmtpd } from './opensmtpd.ts';
import { hasPostfix } from './packages.ts';
import { Postfix } from './postfix.ts';
import type { PostfixOptions } from './postfix.ts';
import { Sendmail } from './sendmail.ts';

/** Whether a make can be had here. Where not, scripts/lab-servers.mjs and scripts/system-packages.mjs say why. */
export function hasOffice(make: Make): boolean {
  switch (make) {
    case 'postfix':
      return hasPostfix;
    case 'exim':
      return canRun('exim', 'usr/sbin/exim4');
    case 'opensmtpd':
      return canRun('opensmtpd', 'usr/sbin/smtpd');
    case 'sendmail':
      return canRun('sendmail', 'usr/libexec/sendmail/sendmail');
  }
}

/** Starts a server of a make; on a free port, unless told otherwise. */
export function startOffice(
  make: Make,
  setup: Partial<Setup> = {},
  host?: string,
  port?: number,
): Promise<OfficeServer> {
  switch (make) {
    case 'postfix':
      return PostfixOffice.start(setup, host, port);
    case 'exim':
      return Exim.start(setup, host, port);
    case 'opensmtpd':
      return OpenSmtpd.start(setup, host, port);
    case 'sendmail':
      return Sendmail.start(setup, host, port);
  }
}

/** The lab's Postfix, set up in the words of all. */
class PostfixOffice implements OfficeServer {
  readonly make = 'postfix';
  readonly #postfix: Postfix;
  readonly #policy: GreylistingPolicy;
  #setup: Setup;

  private constructor(postfix: Postfix, policy: GreylistingPolicy, setup: Setup) {
    this.#postfix = postfix;
    this.#policy = policy;
    this.#setup = setup;
  }

  static async start(changes: Partial<Setup>, host?: string, port?: number): Promise<PostfixOffice> {
    const setup = { ...healthy, ...changes };
    const policy = await GreylistingPolicy.start(setup.greylist ?? 0);
    const postfix = await Postfix.start({
      ...(host === undefined ? {} : { host }),
      ...(port === undefined ? {} : { port }),
      ...optionsOf(setup, policy, host),
    });
    return new PostfixOffice(postfix, policy, setup);
  }

  get host(): string {
    return this.#postfix.host;
  }
  get port(): number {
    return this.#postfix.port;
  }
  get route(): string {
    return this.#postfix.route;
  }
  start(): Promise<void> {
    return this.#postfix.start();
  }
  stop(): Promise<void> {
    return this.#postfix.stop();
  }
  async change(changes: Partial<Setup>): Promise<void> {
    this.#setup = { ...this.#setup, ...changes };
    await this.stop();
    this.#policy.seconds = this.#setup.greylist ?? 0;
    this.#postfix.setUp(optionsOf(this.#setup, this.#policy, this.host));
    await this.start();
  }
  mailbox(address: string): Buffer[] {
    return this.#postfix.mailbox(address);
  }
  delivered(address: string, atLeast?: number): Promise<Buffer[]> {
    return this.#postfix.delivered(address, atLeast);
  }
  log(): string {
    return this.#postfix.log();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#postfix[Symbol.asyncDispose]();
    await this.#policy[Symbol.asyncDispose]();
  }
}

function optionsOf(setup: Setup, policy: GreylistingPolicy, host = ''): PostfixOptions {
  const { name, domains, mailboxes, replies, sizeLimit, tls } = setup;
  const { turnsAway, greylist, connectionRate, openRelay, greetingDelay, goesByMx } = setup;
  const answers = Object.entries(replies).map(([address, reply]) => `{ ${address} = ${reply} }`);
  return {
    domains,
    mailboxes,
    ...(goesByMx === null ? {} : { resolver: goesByMx }),
    settings: {
      myhostname: name,
      message_size_limit: String(sizeLimit),
      smtpd_recipient_restrictions: [
        ...(answers.length === 0 ? [] : [`check_recipient_access inline:{ ${answers.join(', ')} }`]),
        ...(greylist === null ? [] : [`check_policy_service inet:${policy.route}`]),
        'permit',
      ].join(', '),
      ...(turnsAway === null
        ? {}
        : { smtpd_client_restrictions: `check_client_access static:{${turnsAway}}` }),
      ...(greetingDelay === 0
        ? {}
        : { smtpd_client_restrictions: `sleep ${greetingDelay}`, smtpd_delay_reject: 'no' }),
      ...(connectionRate === null
        ? {}
        : {
            smtpd_client_connection_rate_limit: String(connectionRate),
            smtpd_client_event_limit_exceptions: '',
          }),
      // As it happens most: a network written too wide.
      ...(openRelay
        ? {
            mynetworks: '0.0.0.0/0',
            smtpd_relay_restrictions: 'permit_mynetworks, reject_unauth_destination',
          }
        : {}),
      // By its own addresses it knows itself among the servers of a domain.
      ...(goesByMx === null
        ? {}
        : {
            smtpd_relay_restrictions: 'permit_mx_backup, reject_unauth_destination',
            proxy_interfaces: host,
          }),
      ...(tls === null
        ? {}
        : {
            smtpd_tls_security_level: tls.required ? 'encrypt' : 'may',
            smtpd_tls_chain_files: `${tls.key} ${tls.certificate}`,
          }),
    },
  };
}
