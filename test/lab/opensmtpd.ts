// A real OpenSMTPD as the office's own server.
import { chmodSync, chownSync, copyFileSync, mkdirSync } from 'node:fs';
import { jailUsers } from './jail.ts';
import { JailedServer } from './office-server.ts';
import type { Setup } from './office-server.ts';
import { freePort } from './ports.ts';

export class OpenSmtpd extends JailedServer {
  readonly make = 'opensmtpd';

  private constructor(host: string, port: number, setup: Partial<Setup>) {
    super('opensmtpd', host, port, setup);
    mkdirSync(this.jail.path('var', 'lib', 'opensmtpd', 'empty'), { recursive: true });
    mkdirSync(this.jail.path('var', 'run'));
    mkdirSync(this.jail.path('var', 'spool', 'smtpd'), { recursive: true });
    chmodSync(this.jail.path('var', 'spool', 'smtpd'), 0o711);
    chownSync(this.jail.path('mail'), jailUsers.nobody, jailUsers.nobody);
  }

  static async start(setup: Partial<Setup> = {}, host = '127.0.0.1', port?: number): Promise<OpenSmtpd> {
    const server = new OpenSmtpd(host, port ?? (await freePort(host)), setup);
    await server.start();
    return server;
  }

  protected configure(): void {
    const { name, domains, mailboxes, replies, sizeLimit, tls, turnsAway, openRelay } = this.setup;
    if (tls !== null) {
      copyFileSync(tls.certificate, this.jail.path('etc', 'tls.crt'));
      copyFileSync(tls.key, this.jail.path('etc', 'tls.key'));
      chmodSync(this.jail.path('etc', 'tls.key'), 0o600);
    }
    this.jail.write('etc/mailname', [name]);
    const all = domains.map((domain) => `@${domain}`);
    this.jail.write(
      'etc/mailboxes',
      (mailboxes === 'any' ? all : mailboxes).map((address) => `${address}: nobody`),
    );
    const filters = Object.entries(replies).map(([address, reply], n) => {
      this.jail.write(`etc/reply${n}`, [address]);
      return {
        name: `reply${n}`,
        lines: [
          `table reply${n} file:/etc/reply${n}`,
          `filter reply${n} phase rcpt-to match rcpt-to <reply${n}> reject "${reply}"`,
        ],
      };
    });
    this.jail.write('etc/domains', domains);
    const encryption = tls === null ? '' : ` ${tls.required ? 'tls-require' : 'tls'} pki office`;
    this.jail.write('etc/smtpd.conf', [
      'table mailboxes file:/etc/mailboxes',
      'table domains file:/etc/domains',
      ...(tls === null ? [] : ['pki office cert "/etc/tls.crt"', 'pki office key "/etc/tls.key"']),
      `smtp max-message-size "${sizeLimit}"`,
      // A chain needs a link; this one matches nobody unless all are turned away.
      `filter first phase connect match ${turnsAway === null ? '!' : ''}src { 0.0.0.0/0, ::/0 } disconnect "${turnsAway ?? '550 never'}"`,
      ...filters.flatMap(({ lines }) => lines),
      `filter all chain { ${['first', ...filters.map(({ name }) => name)].join(', ')} }`,
      `listen on ${this.host} port ${this.port}${encryption} hostname ${name} filter all`,
      'action mailboxes maildir "/mail/%{rcpt}" virtual <mailboxes>',
      'match from any for domain <domains> action mailboxes',
      ...(openRelay ? ['action away relay', 'match from any for any action away'] : []),
    ]);
  }

  protected launch(): void {
    this.jail.start('/usr/sbin/smtpd', '-d');
  }
}
