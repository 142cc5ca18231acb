// Zones of the lab as a scenario writes them, and the zone files that come of it.
import { isWithin } from '../../../src-main/probes/dns/message.ts';

/** How one server holds one zone, where that is not as it should be. */
export interface Holding {
  /** `missing`: it was never told of the zone and refuses. `failing`: it was, but cannot read it (SERVFAIL). */
  zone?: 'missing' | 'failing';
  /** Its copy's serial number; others have the zone's. */
  serial?: number;
  /** Its copy's records, in place of the zone's. */
  records?: readonly string[];
  /** Its copy's list of name servers, in place of the zone's. */
  names?: readonly string[];
  /** Its copy of a signed zone has no signatures, or others: they end so many seconds from now. */
  signed?: false | number;
}

export interface ZoneOptions {
  /** Names of its servers, with what is wrong with each one's copy; default: the lab's hosting company. */
  servers?: readonly string[] | Readonly<Record<string, Holding>>;
  /** Lines of the zone file, names relative to the zone. Addresses of lab hosts are had from `at(NAME)`. */
  records?: readonly string[] | ((at: (host: string) => string) => readonly string[]);
  /** Default lifetime of a record, s. */
  ttl?: number;
  /** How long may be kept that something is not there, s. */
  negativeTtl?: number;
  serial?: number;
  /** What the zone above says, where that is not what the zone says. */
  parent?: {
    names?: readonly string[];
    /** Addresses given along with names; null gives none. */
    glue?: Readonly<Record<string, string | null>>;
    /** `none`: no DS record for a signed zone; `wrong`: one that matches no key of the zone. */
    ds?: 'none' | 'wrong';
  };
  /** Signed, by a key that the zone above knows. A number: the signatures end so many seconds from now (negative: ago). */
  signed?: boolean | number;
}

/** A zone with everything that is needed to write its files. */
export interface Zone {
  name: string;
  options: ZoneOptions;
  servers: Map<string, Holding>;
  serial: number;
  /** Addresses of the hosts whose names are in this zone and no deeper one. */
  hosts: Map<string, string>;
  children: Zone[];
}

/** The closest of the zones that a name is in, the zone itself left out on request. */
export function closest(zones: ReadonlyMap<string, Zone>, name: string, below = false): Zone | null {
  let best: Zone | null = null;
  for (const zone of zones.values()) {
    if (!isWithin(name, zone.name) || (below && zone.name === name)) continue;
    if (best === null || zone.name === name || zone.name.length > best.name.length) {
      if (best === null || best.name === '.' || zone.name !== '.') best = zone;
    }
  }
  return best;
}

/** The zone file as one server has it. */
export function zoneFile(
  zone: Zone,
  holding: Holding,
  at: (host: string) => string,
  ds: (child: Zone) => readonly string[],
): string {
  const { options } = zone;
  const names = [...zone.servers.keys()];
  const records =
    holding.records ??
    (typeof options.records === 'function' ? options.records(at) : (options.records ?? []));
  const lines = [
    `$ORIGIN ${dotted(zone.name)}`,
    `$TTL ${options.ttl ?? 300}`,
    `@ SOA ${dotted(names[0] ?? '')} hostmaster.${zone.name === '.' ? '' : dotted(zone.name)} ${holding.serial ?? zone.serial} 3600 600 86400 ${options.negativeTtl ?? 60}`,
    ...(holding.names ?? names).map((name) => `@ NS ${dotted(name)}`),
    ...[...zone.hosts].map(([host, address]) => `${dotted(host)} A ${address}`),
    ...records,
    ...zone.children.flatMap((child) => [...delegation(child, at), ...ds(child)]),
  ];
  return `${[...new Set(lines)].join('\n')}\n`;
}

function delegation(child: Zone, at: (host: string) => string): string[] {
  const { names = [...child.servers.keys()], glue = {} } = child.options.parent ?? {};
  return names.flatMap((name) => {
    // An address goes along where the name could not be looked up otherwise.
    const given = name in glue ? glue[name] : isWithin(name, child.name) ? at(name) : null;
    return [
      `${dotted(child.name)} NS ${dotted(name)}`,
      ...(given === null || given === undefined ? [] : [`${dotted(name)} A ${given}`]),
    ];
  });
}

export function dotted(name: string): string {
  return name.endsWith('.') ? name : `${name}.`;
}
