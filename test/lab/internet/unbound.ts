// A real resolver (Unbound) with a cache of its own, which knows the lab's root and nothing else.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper, Kept } from './keeper.ts';

export interface UnboundOptions {
  root: string;
  /** The root's DNSKEY or DS record; with it, the resolver validates. */
  trustAnchor?: string | null;
}

export class Unbound {
  readonly address: string;
  readonly #keeper: Keeper;
  readonly #folder: string;
  #process: Kept | null = null;

  constructor(keeper: Keeper, name: string, address: string, options: UnboundOptions) {
    this.address = address;
    this.#keeper = keeper;
    this.#folder = join(keeper.folder, `unbound-${name}`);
    mkdirSync(this.#folder);
    const { root, trustAnchor = null } = options;
    writeFileSync(this.#path('root.hints'), `. 3600 IN NS root.\nroot. 3600 IN A ${root}\n`);
    const validation =
      trustAnchor === null
        ? '  module-config: "iterator"\n'
        : `  module-config: "validator iterator"\n  trust-anchor: "${trustAnchor}"\n`;
    writeFileSync(this.#path('unbound.conf'), `${this.#server()}${validation}`);
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }

  start(): void {
    if (this.isRunning) return;
    this.#process = this.#keeper.start(`unbound-${this.address}`, 'unbound', [
      '-d',
      '-c',
      this.#path('unbound.conf'),
    ]);
  }

  /** Its cache goes with it. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
  }

  log(): string {
    return this.#process?.log() ?? '';
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #server(): string {
    return `remote-control:
  control-enable: no
server:
  interface: ${this.address}
  outgoing-interface: ${this.address}
  access-control: 127.0.0.0/8 allow
  do-ip6: no
  do-daemonize: no
  do-not-query-localhost: no
  root-hints: "${this.#path('root.hints')}"
  local-zone: "127.in-addr.arpa." nodefault
  username: ""
  chroot: ""
  directory: "${this.#folder}"
  pidfile: "${this.#path('unbound.pid')}"
  use-syslog: no
  verbosity: 1
  num-threads: 1
  msg-cache-size: 1m
  rrset-cache-size: 1m
  infra-host-ttl: 5
  unwanted-reply-threshold: 0
`;
  }
}
