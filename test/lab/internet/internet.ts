// A small internet on loopback addresses: a root, top-level domains, domains and blocklists on NSD, resolvers on Unbound.
import { exchange } from '../../../src-main/probes/dns/transport.ts';
import { isWithin, pick } from '../../../src-main/probes/dns/message.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import type { ProbesSettings } from '../../../shared/settings-probes.ts';
import { until } from '../wait.ts';
import { Block } from './block.ts';
import { Keeper } from './keeper.ts';
import { Nsd } from './nsd.ts';
import { Signer } from './signing.ts';
import { front, hearings, silence } from './stand-ins.ts';
import { Unbound } from './unbound.ts';
import { closest, zoneFile } from './zones.ts';
import type { Holding, Zone, ZoneOptions } from './zones.ts';

/**
 * What is wrong with a whole server. `stopped`: nobody listens; `silent`: packets go there and nothing comes back;
 * `udp-only`: TCP is closed; `deaf-to-us`: the same, and Mailward's own questions are lost while resolvers are answered; `lame`: a resolver sits there, which speaks for no zone;
 * others mishear questions, as `hearings` says.
 */
export type Fault = 'stopped' | 'silent' | 'lame' | Mishearing;
type Mishearing = 'udp-only' | 'deaf-to-us' | keyof typeof hearings;

export interface InternetOptions {
  zones: Readonly<Record<string, ZoneOptions>>;
  /** Faults of name servers, by name. */
  faults?: Readonly<Record<string, Fault>>;
  /** Networks (0–15) of hosts, by name; else every host has the next one. */
  networks?: Readonly<Record<string, number>>;
  /** Public resolvers; `validating` ones check signatures. */
  resolvers?: Readonly<Record<string, 'plain' | 'validating'>>;
  /** PTR records: the names of hosts' addresses, by host or address. */
  reverse?: Readonly<Record<string, string>>;
}

/** What is the public Internet here: the addresses the lab lives at, and those of documentation for hosts that nobody asks. */
const standIns = [
  '127.0.0.0/8',
  '192.0.2.0/24',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '2001:db8::/32',
  '198.18.0.0/15',
];

const hosting = 'hosting.example';
const root = 'a.root';

export class Internet implements AsyncDisposable {
  readonly #options: InternetOptions;
  readonly #block: Block;
  readonly #keeper: Keeper;
  readonly #signer: Signer;
  readonly #addresses = new Map<string, string>();
  readonly #zones = new Map<string, Zone>();
  readonly #servers = new Map<string, Nsd>();
  readonly #resolvers = new Map<string, Unbound>();
  readonly #standIns = new Map<string, AsyncDisposable>();
  readonly #isSigned: boolean;

  private constructor(options: InternetOptions, block: Block) {
    this.#options = options;
    this.#block = block;
    this.#keeper = new Keeper('internet');
    this.#signer = new Signer(this.#keeper.folder);
    this.#isSigned = Object.values(options.zones).some(
      ({ signed }) => signed !== undefined && signed !== false,
    );
    this.#layOut();
  }

  /** Starts it and waits until every server that is to answer does. */
  static async start(options: InternetOptions): Promise<Internet> {
    const internet = new Internet(options, await Block.take());
    try {
      await internet.#start();
    } catch (error) {
      const logs = internet.logs();
      await internet[Symbol.asyncDispose]();
      throw new Error(`the internet did not start: ${String(error)}\n${logs}`, { cause: error });
    }
    return internet;
  }

  /** Where its servers' files are. */
  get folder(): string {
    return this.#keeper.folder;
  }

  /** The address of a name server, a resolver or any other host; a new one when nobody asked for it before. */
  address(host: string): string {
    const known = this.#addresses.get(host);
    if (known !== undefined) return known;
    const address = this.#block.address(this.#options.networks?.[host]);
    this.#addresses.set(host, address);
    return address;
  }

  /** Mailward's settings for living here, with others of the probes' when given. */
  settings(more: Partial<ProbesSettings> = {}): ProbesSettings {
    const resolvers = [...this.#resolvers.values()].map(({ address }) => address);
    const probes = {
      alsoPublic: [...standIns],
      rootServers: [this.address(root)],
      // Never those of the Internet.
      publicResolvers: resolvers.length > 0 ? resolvers : [this.address('nobody')],
      ...more,
    };
    return settingsSchema.parse({ probes }).probes;
  }

  /** Settings of somebody whose network swallows everything: no question from there is ever answered. */
  async cutOff(more: Partial<ProbesSettings> = {}): Promise<ProbesSettings> {
    const nowhere = this.address('nowhere');
    if (!this.#standIns.has('nowhere')) this.#standIns.set('nowhere', await silence(nowhere));
    const [host] = nowhere.split('.').slice(-1);
    return this.settings({
      rootServers: [nowhere],
      publicResolvers: [nowhere],
      rdapBootstrap: '',
      reachabilityTargets: [`${nowhere}:${host === '25' ? 26 : 25}`],
      ...more,
    });
  }

  /** Starts a name server that was stopped. */
  async startServer(name: string): Promise<void> {
    this.#server(name).start();
    await this.#untilServing(name);
  }

  async stopServer(name: string): Promise<void> {
    await this.#server(name).stop();
  }

  /** Empties a resolver's cache. */
  async restartResolver(name: string): Promise<void> {
    const resolver = this.#resolvers.get(name);
    if (resolver === undefined) throw new Error(`the lab has no resolver ${name}`);
    await resolver.stop();
    resolver.start();
    await this.#untilAnswering(resolver.address);
  }

  /** Asks a resolver something, so that it has the answer in its cache; or with `NXDOMAIN`, that there is none. */
  async prime(
    resolver: string,
    name: string,
    type: 'MX' | 'A' | 'TXT' | 'NS',
    rcode: 'NOERROR' | 'NXDOMAIN' = 'NOERROR',
  ): Promise<void> {
    const address = this.#resolvers.get(resolver)?.address ?? '';
    await until(`${resolver} does not answer`, async () => {
      const { reply } = await exchange(
        { name: resolver, address, port: 53 },
        { name, type, recursive: true },
        { giveUpMs: 5_000 },
      );
      return reply?.rcode === rcode;
    });
  }

  /** Changes a zone on all of its servers, with the next serial number; ends when they have it. */
  async change(zone: string, options: Partial<ZoneOptions>): Promise<void> {
    const changed = this.#zones.get(zone);
    if (changed === undefined) throw new Error(`the lab has no zone ${zone}`);
    changed.options = { ...changed.options, ...options };
    changed.serial = options.serial ?? changed.serial + 1;
    await this.#write();
    for (const [name, holding] of changed.servers) {
      if (holding.zone === undefined && this.#server(name).isRunning) await this.#untilServing(name);
    }
  }

  logs(): string {
    return [...this.#servers, ...this.#resolvers]
      .map(([name, server]) => `--- ${name}\n${server.log()}`)
      .join('\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#standIns.values()].map((each) => each[Symbol.asyncDispose]()));
    await this.#keeper[Symbol.asyncDispose]();
    await this.#block[Symbol.asyncDispose]();
  }

  #layOut(): void {
    const { zones, reverse } = this.#options;
    const declared: Record<string, ZoneOptions> = { ...zones };
    if (reverse !== undefined) declared['127.in-addr.arpa'] = { records: (at) => pointers(reverse, at) };
    const isHosted = ({ servers }: ZoneOptions) =>
      servers === undefined || serverNames(servers).some((name) => isWithin(name, hosting));
    if (Object.values(declared).some(isHosted)) declared[hosting] ??= { servers: [`ns1.${hosting}`] };
    for (const name of Object.keys(declared)) {
      const top = name.split('.').at(-1) ?? '';
      declared[top] ??= { servers: [`ns.nic.${top}`], signed: this.#isSigned };
    }
    declared['.'] = { ttl: 3600, servers: [root], signed: this.#isSigned, ...declared['.'] };
    for (const [name, options] of Object.entries(declared)) {
      const { servers = [`ns1.${hosting}`], serial = 2_026_010_101 } = options;
      const held = isList(servers)
        ? servers.map((each): [string, Holding] => [each, {}])
        : Object.entries(servers);
      this.#zones.set(name, {
        ...{ name, options, serial, servers: new Map(held) },
        ...{ hosts: new Map<string, string>(), children: [] },
      });
    }
    for (const zone of this.#zones.values()) {
      if (zone.name !== '.') closest(this.#zones, zone.name, true)?.children.push(zone);
      for (const server of zone.servers.keys()) {
        closest(this.#zones, server)?.hosts.set(server, this.address(server));
      }
    }
  }

  async #start(): Promise<void> {
    const names = new Set([...this.#zones.values()].flatMap(({ servers }) => [...servers.keys()]));
    const faults = this.#options.faults ?? {};
    for (const name of names) {
      const port = isBehind(faults[name]) ? 5_300 : 53;
      this.#servers.set(name, new Nsd(this.#keeper, name, this.address(name), port));
    }
    await this.#write();
    const anchor = this.#isSigned ? await this.#signer.ds('.') : null;
    for (const [name, server] of this.#servers) {
      const fault = faults[name];
      if (fault === undefined || isBehind(fault)) server.start();
      if (isBehind(fault)) this.#standIns.set(name, await standBefore(server, fault));
      if (fault === 'silent') this.#standIns.set(name, await silence(server.address));
      if (fault === 'lame') this.#resolver(`lame-${name}`, server.address, null).start();
    }
    for (const [name, kind] of Object.entries(this.#options.resolvers ?? {})) {
      const resolver = this.#resolver(name, this.address(name), kind === 'validating' ? anchor : null);
      this.#resolvers.set(name, resolver);
      resolver.start();
    }
    await Promise.all([
      ...[...this.#servers].flatMap(([name, server]) => (server.isRunning ? [this.#untilServing(name)] : [])),
      ...[...this.#resolvers.values()].map(({ address }) => this.#untilAnswering(address)),
    ]);
  }

  #resolver(name: string, address: string, trustAnchor: string | null): Unbound {
    return new Unbound(this.#keeper, name, address, { root: this.address(root), trustAnchor });
  }

  async #write(): Promise<void> {
    const at = (host: string) => this.address(host);
    const ds = new Map<string, string[]>();
    for (const zone of this.#zones.values()) {
      const { signed = false, parent } = zone.options;
      if (signed === false || zone.name === '.' || parent?.ds === 'none') continue;
      const record = await this.#signer.ds(zone.name);
      ds.set(zone.name, [parent?.ds === 'wrong' ? record.replace(/[0-9a-f]{64}/, 'ab'.repeat(32)) : record]);
    }
    for (const [name, server] of this.#servers) {
      const held = [...this.#zones.values()].filter(({ servers }) => servers.has(name));
      const files = await Promise.all(
        held.map(async (zone) => {
          const holding = zone.servers.get(name) ?? {};
          if (holding.zone === 'missing') return [];
          if (holding.zone === 'failing') return [{ name: zone.name, content: null }];
          const plain = zoneFile(zone, holding, at, (child) => ds.get(child.name) ?? []);
          const signed = holding.signed ?? zone.options.signed ?? false;
          const seconds = signed === true ? 30 * 86_400 : signed;
          const content = seconds === false ? plain : await this.#signer.sign(zone.name, plain, seconds);
          return [{ name: zone.name, content }];
        }),
      );
      server.serve(files.flat());
    }
  }

  #server(name: string): Nsd {
    const server = this.#servers.get(name);
    if (server === undefined) throw new Error(`the lab has no name server ${name}`);
    return server;
  }

  /** Until it has the newest of each of its zones. */
  async #untilServing(name: string): Promise<void> {
    const server = this.#server(name);
    const { address, port } = server;
    for (const zone of this.#zones.values()) {
      const holding = zone.servers.get(name);
      if (holding === undefined || holding.zone !== undefined) continue;
      const serial = holding.serial ?? zone.serial;
      await until(`${name} does not serve ${zone.name} ${serial}`, async () => {
        const { reply } = await exchange(
          { name, address, port },
          { name: zone.name, type: 'SOA' },
          { giveUpMs: 500 },
        );
        return pick(reply?.answers ?? [], 'SOA')[0]?.data.serial === serial;
      });
    }
    await until(`${name} still serves old zones`, () => server.hasChanged);
  }

  async #untilAnswering(address: string): Promise<void> {
    await until(`the resolver at ${address} does not answer`, async () => {
      const { reply } = await exchange(
        { name: null, address, port: 53 },
        { name: '.', type: 'SOA', recursive: true },
        { giveUpMs: 2_000 },
      );
      return reply?.rcode === 'NOERROR';
    });
  }
}

function serverNames(servers: NonNullable<ZoneOptions['servers']>): readonly string[] {
  return isList(servers) ? servers : Object.keys(servers);
}

function isList(servers: NonNullable<ZoneOptions['servers']>): servers is readonly string[] {
  return Array.isArray(servers);
}

/** Whether something of ours stands in front of the real server. */
function isBehind(fault: Fault | undefined): fault is Mishearing {
  return fault !== undefined && !['stopped', 'silent', 'lame'].includes(fault);
}

function standBefore({ address, port }: Nsd, fault: Mishearing): Promise<AsyncDisposable> {
  switch (fault) {
    case 'udp-only':
      return front(address, port, (question) => ({ pass: question }), false);
    case 'deaf-to-us':
      // Resolvers ask from addresses of their own; Mailward, like any program, from the machine's.
      return front(
        address,
        port,
        (question, from) => (from === '127.0.0.1' ? null : { pass: question }),
        false,
      );
    case 'truncates':
      return front(address, port, hearings.truncates, false);
    default:
      return front(address, port, hearings[fault]);
  }
}

function pointers(reverse: Readonly<Record<string, string>>, at: (host: string) => string): string[] {
  return Object.entries(reverse).map(([host, name]) => {
    const address = /^[\d.]+$/.test(host) ? host : at(host);
    return `${address.split('.').slice(1).reverse().join('.')} PTR ${name}.`;
  });
}
