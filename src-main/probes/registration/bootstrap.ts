// Which RDAP server knows which ending: IANA's list (RFC 9224), as it came with Mailward, as refreshed, and as the admin overrides it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import shipped from '../../../assets/rdap-bootstrap.json' with { type: 'json' };
import type { ProbesSettings } from '../../../shared/settings-probes.ts';
import { replaceFile } from '../../settings/replace-file.ts';
import { isPublic } from '../addresses.ts';
import { get, HttpFailure } from '../http.ts';
import { anyAddressesOf } from '../servers.ts';
import type { World } from '../world.ts';
import { DAY_MS } from '../../../shared/time.ts';

/** The kept list is refreshed when it is older than this, ms. IANA asks to fetch it at most daily; it changes a few times a week. */
const FRESH_FOR_MS = 7 * DAY_MS;
const FILE = 'rdap-bootstrap.json';

/** RFC 9224 §3: services are pairs of endings and base URLs. */
const bootstrapSchema = z.object({
  publication: z.string(),
  services: z
    .array(z.tuple([z.array(z.string()).min(1), z.array(z.string()).min(1)]).rest(z.unknown()))
    .min(1),
});
type Bootstrap = z.infer<typeof bootstrapSchema>;

export interface RdapServer {
  /** Ends in a slash. */
  base: string;
  /** Named by the admin, or by a list that the admin's own network serves. */
  trusted: boolean;
  /** Where it is named, for evidence. */
  namedBy: string;
}

/**
 * The RDAP server for a name: the one of its longest ending that has one (RFC 9224 §4).
 * @returns null when no list names one.
 */
export async function rdapServerFor(name: string, world: World): Promise<RdapServer | null> {
  const { settings } = world;
  const override = byLongestEnding(name, (ending) => overrides(settings.rdapServers).get(ending));
  if (override !== null)
    return { base: slash(override), trusted: true, namedBy: 'the setting probes.rdapServers' };
  const kept = await keptList(world);
  const list = kept?.list ?? bootstrapSchema.parse(shipped);
  const known = inList(name, list);
  const stale = kept === null || world.now() - kept.at > FRESH_FOR_MS;
  const refreshed = stale ? refresh(world) : Promise.resolve(null);
  refreshed.catch(() => undefined);
  // A refresh is waited for only by those who cannot do without it.
  const newer = known === null ? await refreshed : null;
  const base = known ?? (newer === null ? null : inList(name, newer));
  if (base === null) return null;
  return {
    base: slash(base),
    trusted: servedAtHome(settings.rdapBootstrap),
    namedBy: `IANA's list of RDAP servers of ${(newer ?? list).publication.slice(0, 10)}`,
  };
}

export function overrides(entries: readonly string[]): Map<string, string> {
  return new Map(
    entries.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at).toLowerCase(), entry.slice(at + 1)];
    }),
  );
}

/** Tries `a.b.c`, then `b.c`, then `c`. */
export function byLongestEnding(name: string, find: (ending: string) => string | undefined): string | null {
  for (let rest = name; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') {
    const found = find(rest);
    if (found !== undefined) return found;
  }
  return null;
}

function inList(name: string, { services }: Bootstrap): string | null {
  return byLongestEnding(name, (ending) => {
    const [, bases] = services.find(([endings]) => endings.includes(ending)) ?? [];
    // RFC 9224 §3: HTTPS where there is a choice.
    return (
      bases?.find((base) => base.startsWith('https:')) ?? bases?.find((base) => base.startsWith('http:'))
    );
  });
}

async function keptList({ dataDir }: World): Promise<{ list: Bootstrap; at: number } | null> {
  if (dataDir === null) return null;
  try {
    const { fetchedAt, list } = z
      .object({ fetchedAt: z.number(), list: bootstrapSchema })
      .parse(JSON.parse(await readFile(join(dataDir, FILE), 'utf8')));
    return { list, at: fetchedAt };
  } catch {
    // Not there yet, or spoilt: the shipped one does, and the next refresh writes it anew.
    return null;
  }
}

/** @returns null when there is nothing to refresh from, or it could not be had. */
function refresh(world: World): Promise<Bootstrap | null> {
  const from = world.settings.rdapBootstrap;
  if (from === '') return Promise.resolve(null);
  return world.once(`rdap bootstrap ${from}`, async () => {
    try {
      const { status, body } = await get(from, {
        signal: world.signal,
        timeoutMs: 4_000,
        maxBytes: 2_097_152,
        redirects: 3,
        accept: 'application/json',
        // The admin named it.
        allowPrivate: true,
        find: (host) => anyAddressesOf(host, world),
      });
      if (status !== 200) return null;
      const list = bootstrapSchema.parse(JSON.parse(body.toString('utf8')));
      keep(world, list);
      return list;
    } catch (error) {
      if (error instanceof HttpFailure || error instanceof SyntaxError || error instanceof z.ZodError)
        return null;
      throw error;
    }
  });
}

function keep({ dataDir, now }: World, list: Bootstrap): void {
  if (dataDir === null) return;
  try {
    replaceFile(join(dataDir, FILE), JSON.stringify({ fetchedAt: now(), list }));
  } catch {
    // A full disk is another check's finding; this list is good without being kept.
  }
}

function servedAtHome(bootstrap: string): boolean {
  const host = URL.parse(bootstrap)?.hostname.replace(/^\[(.*)\]$/, '$1') ?? '';
  return /^[\d.]+$|:/.test(host) && !isPublic(host);
}

export function slash(base: ProbesSettings['rdapServers'][number]): string {
  return base.endsWith('/') ? base : `${base}/`;
}
