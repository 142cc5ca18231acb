// A real Exim as the office's own server.
import { chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { jailUsers } from './jail.ts';
import { JailedServer } from './office-server.ts';
import type { Setup } from './office-server.ts';
import { freePort } from './ports.ts';

export class Exim extends JailedServer {
  readonly make = 'exim';

  private constructor(host: string, port: number, setup: Partial<Setup>) {
    super('exim', host, port, setup);
    const user = jailUsers['Debian-exim'];
    mkdirSync(this.jail.path('etc', 'exim4'));
    mkdirSync(this.jail.path('var', 'spool', 'exim4'), { recursive: true });
    for (const folder of ['var/spool/exim4', 'mail', 'log']) chownSync(this.jail.path(folder), user, user);
  }

  static async start(setup: Partial<Setup> = {}, host = '127.0.0.1', port?: number): Promise<Exim> {
    const server = new Exim(host, port ?? (await freePort(host)), setup);
    await server.start();
    return server;
  }

  /** All mailboxes are one folder: an address of the outside is no name that Exim makes a path of. */
  override mailbox(address: string): Buffer[] {
    return super
      .mailbox('all')
      .filter((content) => content.subarray(0, 1000).includes(`\nEnvelope-to: ${address}\n`));
  }

  protected configure(): void {
    const { name, domains, mailboxes, replies, sizeLimit, tls } = this.setup;
    const { turnsAway, greylist, connectionRate, openRelay, greetingDelay, goesByMx } = this.setup;
    this.jail.resolveWith(goesByMx);
    if (tls !== null) {
      copyFileSync(tls.certificate, this.jail.path('etc', 'exim4', 'tls.crt'));
      copyFileSync(tls.key, this.jail.path('etc', 'exim4', 'tls.key'));
      chownSync(this.jail.path('etc', 'exim4', 'tls.key'), jailUsers['Debian-exim'], -1);
    }
    this.jail.write('etc/exim4/mailboxes', mailboxes === 'any' ? [] : mailboxes);
    this.jail.write(
      'etc/exim4/replies',
      Object.entries(replies).map(([address, reply]) => `${address}: ${reply}`),
    );
    this.jail.write('etc/exim4/exim4.conf', [
      `primary_hostname = ${name}`,
      `local_interfaces = ${this.host}`,
      `daemon_smtp_ports = ${this.port}`,
      'keep_environment =',
      'spool_directory = /var/spool/exim4',
      'log_file_path = /log/%slog',
      `message_size_limit = ${sizeLimit}`,
      `domainlist local_domains = ${[...domains, ...(goesByMx === null ? [] : ['@mx_primary'])].join(' : ')}`,
      // A bench or a burst is one client with many connections and messages.
      'smtp_accept_max = 0',
      'smtp_accept_queue_per_connection = 0',
      'smtputf8_advertise_hosts = *',
      ...(tls === null
        ? ['tls_advertise_hosts =']
        : [
            'tls_advertise_hosts = *',
            'tls_certificate = /etc/exim4/tls.crt',
            'tls_privatekey = /etc/exim4/tls.key',
          ]),
      'acl_smtp_connect = connect',
      'acl_smtp_mail = mail',
      'acl_smtp_rcpt = rcpt',
      'acl_smtp_data = accept',
      'begin acl',
      'connect:',
      ...(turnsAway === null
        ? []
        : [turnsAway.startsWith('4') ? '  defer' : '  deny', `    message = ${turnsAway}`]),
      ...(connectionRate === null
        ? []
        : [
            '  defer',
            `    ratelimit = ${connectionRate} / 1m / per_conn / strict`,
            '    message = 421 4.7.0 Too many connections from your host, slow down',
          ]),
      ...(greetingDelay === 0 ? [] : ['  accept', `    delay = ${greetingDelay}s`]),
      '  accept',
      'mail:',
      ...(tls?.required === true
        ? ['  deny', '    !encrypted = *', '    message = Encryption required']
        : []),
      '  accept',
      'rcpt:',
      ...(openRelay ? ['  accept', '    domains = !+local_domains'] : []),
      '  deny',
      '    !domains = +local_domains',
      '    message = relay not permitted',
      ...['defer', 'deny'].flatMap((verb) => [
        `  ${verb}`,
        `    condition = \${if match{\${lookup{$local_part@$domain}lsearch{/etc/exim4/replies}}}{^${verb === 'defer' ? 4 : 5}}}`,
        '    message = ${lookup{$local_part@$domain}lsearch{/etc/exim4/replies}}',
      ]),
      ...(greylist === null
        ? []
        : [
            '  defer',
            `    !seen = -${greylist}s / key=\${sender_host_address} \${sender_address} $local_part@$domain`,
            '    message = 451 4.7.1 Greylisted, please try again later',
          ]),
      '  require',
      '    verify = recipient',
      '  accept',
      'begin routers',
      'mailboxes:',
      '  driver = accept',
      '  domains = +local_domains',
      ...(mailboxes === 'any'
        ? []
        : ['  condition = ${lookup{$local_part@$domain}lsearch{/etc/exim4/mailboxes}{yes}{no}}']),
      '  transport = maildir',
      'begin transports',
      'maildir:',
      '  driver = appendfile',
      '  directory = /mail/all',
      '  maildir_format',
      '  user = Debian-exim',
      '  delivery_date_add',
      '  envelope_to_add',
      '  return_path_add',
      'begin retry',
      '* * F,1h,1m',
    ]);
  }

  protected launch(): void {
    this.jail.start('/usr/sbin/exim4', '-bdf', '-q1s');
  }
}
