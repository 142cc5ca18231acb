// OpenDKIM and OpenDMARC as real milters on sockets in the file system, asking one name server of the lab's and no other.
// Both take clients on loopback for the office itself and do not check them, and libspf2 lets them all pass: mail must come from another address.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needProgram } from './packages.ts';
import { Scanner } from './scanners.ts';
import { scratch, type Scratch } from './scratch.ts';
import { until } from './wait.ts';

export interface MilterOptions {
  /** Address of the resolver that it asks, on port 53. */
  resolver: string;
  /** What it calls itself in `Authentication-Results:`, and whose fields it believes. */
  authservId: string;
}

class Milter extends Scanner {
  /** As Postfix writes it in `smtpd_milters`. */
  readonly milter: string;
  readonly #socket: string;

  protected constructor(folder: Scratch) {
    super(folder);
    this.#socket = join(folder.path, 'socket');
    this.milter = `unix:${this.#socket}`;
  }

  protected async untilReady(): Promise<void> {
    await until('the milter has no socket', () => {
      this.filter();
      return existsSync(this.#socket);
    });
  }
}

/** Verifies signatures, and says what it found on top of the message. */
export class OpenDkim extends Milter {
  static async start({ resolver, authservId }: MilterOptions): Promise<OpenDkim> {
    const folder = scratch('opendkim');
    const server = new OpenDkim(folder);
    const configuration = configure(folder, {
      Mode: 'v',
      Socket: `local:${join(folder.path, 'socket')}`,
      UMask: '000',
      AuthservID: authservId,
      AlwaysAddARHeader: 'yes',
      Nameservers: resolver,
      Syslog: 'no',
    });
    server.run('opendkim', ['-f', '-x', configuration]);
    await server.untilReady();
    return server;
  }
}

/** Checks SPF, and DMARC by that and by what OpenDKIM found; says both on top of the message. */
export class OpenDmarc extends Milter {
  /** Only root can start it: libspf2 asks whoever `/etc/resolv.conf` names, so it gets one of its own, in its own view of the file system. */
  static async start({ resolver, authservId }: MilterOptions): Promise<OpenDmarc> {
    const folder = scratch('opendmarc');
    const server = new OpenDmarc(folder);
    const file = (name: string, text: string) => {
      const path = join(folder.path, name);
      writeFileSync(path, text);
      return path;
    };
    const configuration = configure(folder, {
      Socket: `local:${join(folder.path, 'socket')}`,
      UMask: '000',
      AuthservID: authservId,
      TrustedAuthservIDs: authservId,
      SPFSelfValidate: 'true',
      RejectFailures: 'false',
      Syslog: 'false',
    });
    const view = 'mount --bind "$0" /etc/resolv.conf && exec "$@"';
    const resolvers = file('resolv.conf', `nameserver ${resolver}\n`);
    const command = [needProgram('opendmarc'), '-f', '-c', configuration];
    server.run('unshare', ['--mount', 'sh', '-c', view, resolvers, ...command]);
    await server.untilReady();
    return server;
  }
}

function configure(folder: Scratch, settings: Record<string, string>): string {
  const path = join(folder.path, 'milter.conf');
  const lines = Object.entries(settings).map(([key, value]) => `${key} ${value}\n`);
  writeFileSync(path, lines.join(''));
  return path;
}
