// A real authoritative name server (NSD) at one loopback address.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Keeper, Kept } from './keeper.ts';

export interface ServedZone {
  name: string;
  /** A zone file's content; null: the zone is configured but its file cannot be read, so the server fails (SERVFAIL). */
  content: string | null;
}

export class Nsd {
  readonly address: string;
  readonly port: number;
  readonly #keeper: Keeper;
  readonly #folder: string;
  #process: Kept | null = null;
  /** Processes that answer with the zones of before, until they have ended. */
  #former = new Set<number>();

  constructor(keeper: Keeper, name: string, address: string, port = 53) {
    this.address = address;
    this.port = port;
    this.#keeper = keeper;
    this.#folder = join(keeper.folder, `nsd-${name}`);
    mkdirSync(this.#folder);
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true;
  }

  /** Whether no process is left that answers with the zones of before: for a moment both answer, in turns. */
  get hasChanged(): boolean {
    const now = new Set(this.#process?.workers());
    return [...this.#former].every((worker) => !now.has(worker));
  }

  /** Writes its zones; a running server is told to read them. */
  serve(zones: readonly ServedZone[]): void {
    const file = (zone: string) => join(this.#folder, `${zone === '.' ? 'root' : zone}.zone`);
    for (const { name, content } of zones) if (content !== null) writeFileSync(file(name), content);
    const sections = zones.map(({ name }) => `zone:\n  name: "${name}"\n  zonefile: "${file(name)}"\n`);
    writeFileSync(this.#path('nsd.conf'), `${this.#server()}${sections.join('')}`);
    for (const worker of this.#process?.workers() ?? []) this.#former.add(worker);
    this.#process?.signal('SIGHUP');
  }

  start(): void {
    if (this.isRunning) return;
    this.#process = this.#keeper.start(`nsd-${this.address}`, 'nsd', ['-d', '-c', this.#path('nsd.conf')]);
  }

  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = null;
    this.#former.clear();
  }

  log(): string {
    return this.#process?.log() ?? '';
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #server(): string {
    return `server:
  ip-address: ${this.address}@${this.port}
  server-count: 1
  username: ""
  chroot: ""
  database: ""
  zonesdir: "${this.#folder}"
  pidfile: "${this.#path('nsd.pid')}"
  xfrdfile: "${this.#path('xfrd.state')}"
  zonelistfile: "${this.#path('zone.list')}"
  xfrdir: "${this.#folder}"
  hide-version: no
  identity: "${this.address}"
  rrl-ratelimit: 0
  rrl-whitelist-ratelimit: 0
  verbosity: 1
remote-control:
  control-enable: no
`;
  }
}
