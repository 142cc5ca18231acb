// A real Sendmail as the office's own server, its configuration built with m4 as its manual says.
import { chmodSync, chownSync, copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { jailUsers } from './jail.ts';
import { JailedServer } from './office-server.ts';
import type { Setup } from './office-server.ts';
import { freePort } from './ports.ts';

/** What delivers into mailboxes: one file a message, complete before it has its name. */
const deliver = `#!/bin/sh
mkdir -p "/mail/$1/tmp" "/mail/$1/new"
file=$(mktemp "/mail/$1/tmp/XXXXXXXXXX") && cat >"$file" && mv "$file" "/mail/$1/new/$(date +%s%N)" || exit 75
`;

export class Sendmail extends JailedServer {
  readonly make = 'sendmail';

  private constructor(host: string, port: number, setup: Partial<Setup>) {
    super('sendmail', host, port, setup);
    for (const folder of ['etc/mail', 'var/run/sendmail/mta', 'var/spool/mqueue', 'var/lib/sendmail']) {
      mkdirSync(this.jail.path(folder), { recursive: true });
    }
    chownSync(this.jail.path('mail'), jailUsers.nobody, jailUsers.nobody);
    chmodSync(this.jail.path('var', 'spool', 'mqueue'), 0o700);
    writeFileSync(this.jail.path('etc', 'deliver'), deliver, { mode: 0o755 });
  }

  static async start(setup: Partial<Setup> = {}, host = '127.0.0.1', port?: number): Promise<Sendmail> {
    const server = new Sendmail(host, port ?? (await freePort(host)), setup);
    await server.start();
    return server;
  }

  /** Sendmail knows its users by the part before the @, whatever the domain. */
  override mailbox(address: string): Buffer[] {
    return super.mailbox(address.split('@')[0] ?? '');
  }

  protected configure(): void {
    const { name, domains, mailboxes, replies, sizeLimit, tls } = this.setup;
    const { turnsAway, connectionRate, openRelay, greetingDelay, goesByMx } = this.setup;
    this.jail.resolveWith(goesByMx);
    const hosts = goesByMx === null ? 'hosts files' : 'hosts files dns';
    this.jail.write('etc/mail/service.switch', [hosts, 'aliases files', 'passwd files']);
    if (tls !== null) {
      copyFileSync(tls.certificate, this.jail.path('etc', 'mail', 'tls.crt'));
      copyFileSync(tls.key, this.jail.path('etc', 'mail', 'tls.key'));
      chmodSync(this.jail.path('etc', 'mail', 'tls.key'), 0o600);
    }
    if (mailboxes !== 'any') this.jail.addUsers(mailboxes.map((address) => address.split('@')[0] ?? ''));
    const cf = this.jail.run(
      'm4',
      ['-D_CF_DIR_=/usr/share/sendmail/cf/', '/usr/share/sendmail/cf/m4/cf.m4', '-'],
      [
        "OSTYPE(`linux')dnl",
        `define(\`confDOMAIN_NAME', \`${name}')dnl`,
        `define(\`confMAX_MESSAGE_SIZE', \`${sizeLimit}')dnl`,
        "define(`confDEF_USER_ID', `nobody:nobody')dnl",
        "define(`confSERVICE_SWITCH_FILE', `/etc/mail/service.switch')dnl",
        "define(`confTO_IDENT', `0')dnl",
        "define(`confDONT_PROBE_INTERFACES', `True')dnl",
        "define(`confDELIVERY_MODE', `background')dnl",
        "define(`confQUEUE_LA', `1000')dnl",
        "define(`confREFUSE_LA', `1000')dnl",
        "define(`confBAD_RCPT_THROTTLE', `0')dnl",
        "define(`confPID_FILE', `/var/run/sendmail/mta/sendmail.pid')dnl",
        "define(`QUEUE_DIR', `/var/spool/mqueue')dnl",
        "define(`STATUS_FILE', `/var/lib/sendmail/sendmail.st')dnl",
        "define(`ALIAS_FILE', `')dnl",
        "define(`LOCAL_MAILER_PATH', `/etc/deliver')dnl",
        "define(`LOCAL_MAILER_ARGS', `deliver $u')dnl",
        // Whom the system does not know is unknown (w); a message comes as it is, once for each recipient (no m).
        `define(\`_DEF_LOCAL_MAILER_FLAGS', \`ls${mailboxes === 'any' ? '' : 'w'}5:|q')dnl`,
        "define(`LOCAL_MAILER_FLAGS', `P9S')dnl",
        ...(tls === null
          ? []
          : [
              "define(`confSERVER_CERT', `/etc/mail/tls.crt')dnl",
              "define(`confSERVER_KEY', `/etc/mail/tls.key')dnl",
              // Without authorities to check clients by it offers no STARTTLS at all.
              "define(`confCACERT', `/etc/mail/tls.crt')dnl",
              "define(`confCACERT_PATH', `/etc/mail')dnl",
            ]),
        "FEATURE(`nocanonify')dnl",
        "FEATURE(`accept_unresolvable_domains')dnl",
        "FEATURE(`accept_unqualified_senders')dnl",
        "FEATURE(`no_default_msa')dnl",
        "FEATURE(`access_db', `hash -T<TMPF> /etc/mail/access')dnl",
        "FEATURE(`blocklist_recipients')dnl",
        ...(openRelay ? ["FEATURE(`promiscuous_relay')dnl"] : []),
        ...(goesByMx === null ? [] : ["FEATURE(`relay_based_on_MX')dnl"]),
        ...(connectionRate === null ? [] : ["FEATURE(`ratecontrol', , `terminate')dnl"]),
        ...(greetingDelay === 0 ? [] : [`FEATURE(\`greet_pause', \`${greetingDelay * 1000}')dnl`]),
        `DAEMON_OPTIONS(\`Name=MTA, Addr=${this.host}, Port=${this.port}')dnl`,
        "MAILER(`local')dnl",
        "MAILER(`smtp')dnl",
        'LOCAL_CONFIG',
        // By MX it knows itself among the servers of a domain by its names.
        `Cw${[...domains, ...(goesByMx === null ? [] : [name])].join(' ')}`,
        ...(tls === null ? ['O TLSSrvOptions=V'] : []),
      ].join('\n') + '\n',
    );
    writeFileSync(
      this.jail.path('etc', 'mail', 'sendmail.cf'),
      cf.replace(/^R127\.0\.0\.1\t.*RELAY.*$/m, ''),
    );
    this.#map('access', [
      ...Object.entries(replies).map(([address, reply]) => `To:${address}\t${refusal(reply)}`),
      ...(turnsAway === null ? [] : [`Connect:127\t${refusal(turnsAway)}`]),
      ...(connectionRate === null ? [] : [`ClientRate:127\t${connectionRate}`]),
      ...(tls?.required === true ? ['TLS_Clt:\tENCR:112'] : []),
    ]);
  }

  protected launch(): void {
    this.jail.start('/usr/libexec/sendmail/sendmail', '-bD', '-q1s', '-X', '/log/dialogue');
  }

  #map(name: string, lines: string[]): void {
    this.jail.write(`etc/mail/${name}`, lines);
    this.jail.run(
      '/usr/libexec/sendmail/makemap',
      ['hash', `/etc/mail/${name}.db`],
      lines.map((line) => `${line}\n`).join(''),
    );
  }
}

/** A reply as the access table has it. */
function refusal(reply: string): string {
  const [code = '', enhanced = '', ...words] = reply.split(' ');
  return `ERROR:${enhanced}:${code} ${words.join(' ')}`;
}
