// The network checks in every world of their table: on networks, clocks and disks made for the question.
import { describe, expect, it } from 'vitest';
import { checkNamed } from '../../../src-main/probes/catalogue.ts';
import { weigh } from '../../../src-main/probes/network/ping.check.ts';
import { destinationSchema } from '../../../shared/domain.ts';
import type { Finding } from '../../../shared/finding.ts';
import type { ApartJob } from '../../lab/apart.ts';
import { askApart, canBeApart, loopback, noNetwork, oneRouter } from '../../lab/apart.ts';
import { freePort } from '../../lab/ports.ts';
import { scratch } from '../../lab/scratch.ts';
import { mountSmallDisk } from '../../lab/small-disk.ts';
import { TimeTeller } from '../../lab/web.ts';
import { ask } from '../asking.ts';
import { codesOf } from '../scenario.ts';
import table, { wellKnown } from './network.scenarios.ts';
import type { NetworkWorld } from './network.scenarios.ts';

const furnished = { none: noNetwork, loopback, router: oneRouter };
const silentPing = 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1';

/** A ping that prints what such a line would make of it, on a disk that ends with the process. */
function pingOf(trips: readonly (number | null)[]): string {
  const answers = trips.flatMap((ms, index) =>
    ms === null ? [] : [`64 bytes from 127.9.0.1: icmp_seq=${index + 1} ttl=57 time=${ms} ms`],
  );
  const end = `${trips.length} packets transmitted, ${answers.length} received`;
  return `mount -t tmpfs tmpfs /mnt
cat > /mnt/ping <<'END'
#!/bin/sh
cat <<'SAID'
${[...answers, end].join('\n')}
SAID
END
chmod +x /mnt/ping
export PATH="/mnt:$PATH"`;
}

const furnishOf = ({ network, noPing, trips }: NetworkWorld) =>
  [
    furnished[network ?? 'loopback'],
    ...(noPing === true ? [silentPing] : []),
    ...(trips === undefined ? [] : [pingOf(trips)]),
  ].join('\n');

function jobOf(check: string, { host, targets, servers = {} }: NetworkWorld): ApartJob {
  return {
    checks: [check],
    target: { destinations: host === undefined ? [] : [destinationSchema.parse({ host })] },
    settings: { reachabilityTargets: targets ?? wellKnown, rdapBootstrap: '' },
    servers,
  };
}

/** Worlds on the same network are played together: one process each would take longer than all of their checks. */
const apart = new Map<string, Promise<Map<NetworkWorld, Finding[]>>>();
function playApart(world: NetworkWorld): Promise<Map<NetworkWorld, Finding[]>> {
  const furnish = furnishOf(world);
  const known = apart.get(furnish);
  if (known !== undefined) return known;
  const rows = table.filter((row) => isApart(row.check) && furnishOf(row.world) === furnish);
  const found = askApart(
    furnish,
    rows.map((row) => jobOf(row.check, row.world)),
  ).then((all) => new Map(rows.map((row, index) => [row.world, all[index] ?? []])));
  apart.set(furnish, found);
  return found;
}

const isApart = (check: string) => check !== 'clock' && check !== 'spool-space';

async function play(check: string, world: NetworkWorld): Promise<Finding[]> {
  if (check === 'clock') return playClock(world);
  if (check === 'spool-space') return playDisk(world);
  return (await playApart(world)).get(world) ?? [];
}

async function playClock({ clocks = [], cached = 0 }: NetworkWorld): Promise<Finding[]> {
  const tellers = await Promise.all(clocks.map((ahead) => TimeTeller.start(ahead, cached)));
  try {
    const places = tellers.map(({ place }) => place);
    const nobody = [`127.0.0.1:${await freePort()}`];
    return await askNamed('clock', {
      settings: { reachabilityTargets: places.length > 0 ? places : nobody },
    });
  } finally {
    await Promise.all(tellers.map((teller) => teller[Symbol.asyncDispose]()));
  }
}

async function playDisk({ disk }: NetworkWorld): Promise<Finding[]> {
  if (disk === undefined) return askNamed('spool-space', {});
  if (disk === null) {
    using folder = scratch('space');
    return await askNamed('spool-space', { dataDir: `${folder.path}/gone` });
  }
  using mounted = mountSmallDisk(disk * 1_048_576);
  if (mounted === null) throw new Error('this user may not mount a small disk');
  return await askNamed('spool-space', { dataDir: mounted.path });
}

function askNamed(name: string, question: Parameters<typeof ask>[1]): Promise<Finding[]> {
  const check = checkNamed(name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  return ask(check, question);
}

/** What this machine must allow before such a world can be built. */
const isPossible = (check: string) =>
  check === 'clock' || (check === 'spool-space' ? process.getuid?.() === 0 : canBeApart);

for (const check of new Set(table.map((row) => row.check))) {
  describe.skipIf(!isPossible(check))(check, () => {
    for (const { name, finds, world } of table.filter((row) => row.check === check)) {
      it.concurrent(name, async () => {
        const found = await play(check, world);
        expect(codesOf(found), found.map(({ summary }) => summary).join('\n')).toEqual(finds);
      });
    }
  });
}

describe.skipIf(!canBeApart)('the way to the server', () => {
  it('is seen hop by hop, and by whom it ends', async () => {
    const behind = async (finds: string) => {
      const row = table.find(
        ({ check, finds: codes, world }) =>
          check === 'path' && codes.includes(finds) && world.network === 'router',
      );
      return row === undefined ? undefined : (await play('path', row.world))[0];
    };
    const hops = (found: Finding | undefined) =>
      (found?.facts['hops'] as { address: string }[]).map(({ address }) => address);
    const [reached, ended] = [await behind('reaches'), await behind('ends')];
    expect(hops(reached)).toEqual(['10.0.1.254', '10.0.2.1']);
    expect(hops(ended)).toEqual(['10.0.1.254']);
    expect(ended?.summary).toBe('On the way to 10.0.2.77, the last that answers is 10.0.1.254 (hop 1).');
    expect(ended?.evidence[0]?.asked).toMatch(/^trace(route|path) .* 10\.0\.2\.77$/);
  });
});

it('says of a slow clock by how much', async () => {
  const [found] = await playClock({ clocks: [7_200_000, 7_200_000] });
  expect(found?.summary).toBe('This machine’s clock is 2 hours slow.');
});

describe('what ping and a connection say together', () => {
  const answered = (...times: number[]) => ({ sent: 4, times });
  it.each([
    ['answers', answered(10, 11, 12, 10), 'open'],
    ['answers', answered(10, 11, 900), 'open'],
    ['slow', answered(700, 900, 800, 10), 'open'],
    ['lossy', answered(10, 11), 'open'],
    ['answers', answered(), 'refused'],
    ['answers', null, 'open'],
    ['unreachable', answered(), 'silent'],
    ['unreachable', null, 'silent'],
  ] as const)('%s', (state, pings, result) => {
    expect(weigh(pings, { result, ms: 20 }).state).toBe(state);
  });
});
