// `npm run bench -- checks`: how long all checks of a domain take, healthy and with every name server dead, and beside Zonemaster.
// `--rounds N` changes how often each is measured (the median counts); `--json` prints one object, not words.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Check } from '../../src-main/probes/check.ts';
import { checks as catalogue } from '../../src-main/probes/catalogue.ts';
import { HealthyDomain, canBeHealthy, healthyDomain } from '../lab/healthy-domain.ts';
import { mailward } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { machine } from './measure.ts';
import { compareAll, hasZonemaster, zonemaster as askZonemaster, zonemasterLoads } from './zonemaster.ts';
import type { Compared } from './zonemaster.ts';

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '5' }, json: { type: 'boolean', default: false } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes whole numbers from 1 upwards');
if (!canBeHealthy) throw new Error('The bench needs the lab’s name servers and Postfix, and to run as root.');

/** All that run unasked, as `mailward diagnose` does. */
const all = catalogue.filter(({ onRequest }) => onRequest !== true);
/** What a run with every name server dead may take, ms. */
const DEADLINE = 15_000;

// Built, not from source: what users run.
process.env['MAILWARD_FROM'] ??= 'out';
using folder = scratch('bench-checks');
const say = (line: string) => process.stderr.write(`${line}\n`);
const healthy = await measureHealthy();
say(`healthy: ${healthy.suiteMs.toFixed(0)} ms, slowest check alone ${healthy.slowest.ms.toFixed(0)} ms`);
const dead = await measureDead();
say(`every name server dead: ${(dead.tookMs / 1000).toFixed(1)} s`);
const zonemaster = hasZonemaster() ? await measureZonemaster() : null;

if (values.json) {
  process.stdout.write(`${JSON.stringify({ machine: machine(), rounds, healthy, dead, zonemaster })}\n`);
} else {
  const { processor, cores } = machine();
  const lines = [
    `${all.length} checks of a healthy domain with a real Postfix, ${rounds} rounds; ${cores} × ${processor}`,
    `All of them: ${healthy.suiteMs.toFixed(0)} ms. The slowest alone, ${healthy.slowest.name}: ${healthy.slowest.ms.toFixed(0)} ms. ` +
      `That is ${healthy.ratio.toFixed(2)} × (to be below 1.2, and below 3 s).`,
    `One after another they would take ${healthy.sumMs.toFixed(0)} ms.`,
    `Not well: ${healthy.problems.length === 0 ? 'nothing' : healthy.problems.join(', ')}.`,
    `Every name server dead: ${(dead.tookMs / 1000).toFixed(1)} s (to be below ${DEADLINE / 1000} s); ${dead.cutShort.length === 0 ? 'no check was cut short' : `cut short: ${dead.cutShort.join(', ')}`}.`,
    ...(zonemaster === null
      ? ['Zonemaster is not installed (apt-get install zonemaster-cli), so nothing was compared with it.']
      : zonemasterLines(zonemaster)),
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

async function measureHealthy() {
  await using domain = await HealthyDomain.start();
  await domain.ask(all, folder.path); // What is compiled and opened the first time is not what is measured.
  const suites: number[] = [];
  const alone = new Map<Check, number[]>(all.map((check) => [check, []]));
  let problems: string[] = [];
  for (let round = 0; round < rounds; round++) {
    const run = await domain.ask(all, folder.path);
    suites.push(run.tookMs);
    problems = run.found
      .filter(({ state }) => state === 'problem' || state === 'could-not-check')
      .map(({ check, code }) => `${check} ${code}`);
    for (const [check, times] of alone) times.push((await domain.ask([check], folder.path)).tookMs);
  }
  const each = [...alone].map(([{ name }, times]) => ({ name, ms: median(times) }));
  const slowest = each.reduce((one, other) => (other.ms > one.ms ? other : one));
  const suiteMs = median(suites);
  const sumMs = each.reduce((sum, { ms }) => sum + ms, 0);
  return { suiteMs, slowest, ratio: suiteMs / slowest.ms, sumMs, each, problems };
}

async function measureDead() {
  await using domain = await HealthyDomain.start('dead');
  const { tookMs, found } = await domain.ask(all, folder.path);
  const cutShort = found.filter(({ summary }) => /^No answer within \d+ seconds\.$/.test(summary));
  return { tookMs, cutShort: cutShort.map(({ check }) => check) };
}

async function measureZonemaster() {
  const commands = await measureCommands();
  const compared = await compareAll(folder.path, ({ name, oursMs, theirsMs }) =>
    say(`${name}: ${oursMs.toFixed(0)} ms, Zonemaster ${theirsMs.toFixed(0)} ms`),
  );
  return { loadMs: zonemasterLoads(), commands, compared };
}

/** Both as people run them, turn about, on the same healthy domain: each starts, asks and ends. */
async function measureCommands() {
  await using domain = await HealthyDomain.start();
  const dataDir = join(folder.path, 'data');
  mkdirSync(dataDir);
  writeFileSync(join(dataDir, 'settings.json'), JSON.stringify({ probes: domain.settings }));
  const authority = join(folder.path, 'authority.pem');
  writeFileSync(authority, domain.authority);
  const env = { NODE_EXTRA_CA_CERTS: authority };
  const times = { mailward: [] as number[], zonemaster: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const started = performance.now();
    const { status, stderr } = await mailward(['diagnose', healthyDomain, '--data', dataDir], { env });
    if (status !== 0) throw new Error(`mailward diagnose ended with ${status}: ${stderr}`);
    times.mailward.push(performance.now() - started);
    times.zonemaster.push((await askZonemaster(domain.internet.address('a.root'), folder.path)).tookMs);
  }
  return { mailwardMs: median(times.mailward), zonemasterMs: median(times.zonemaster) };
}

function zonemasterLines({ loadMs, commands, compared }: NonNullable<typeof zonemaster>): string[] {
  const row = ({ name, oursMs, theirsMs, ours, theirs, agree, why }: Compared) =>
    [
      `  ${agree ? 'agree ' : 'differ'}  ${name}: ${oursMs.toFixed(0)} ms and ${theirsMs.toFixed(0)} ms`,
      `          Mailward: ${ours.join(', ') || 'nothing'}; Zonemaster: ${theirs.join(', ') || 'nothing'}`,
      ...(why === null ? [] : [`          because: ${why}`]),
    ].join('\n');
  const { mailwardMs, zonemasterMs } = commands;
  const sum = (all: readonly number[]) => all.reduce((one, other) => one + other, 0) / 1000;
  const [own, its] = [
    sum(compared.map(({ oursMs }) => oursMs)),
    sum(compared.map(({ theirsMs }) => theirsMs - loadMs)),
  ];
  return [
    `As commands on the healthy domain: mailward diagnose, all ${all.length} checks, ${mailwardMs.toFixed(0)} ms; zonemaster-cli, delegation, consistency, DNSSEC and MX alone, ${zonemasterMs.toFixed(0)} ms: ${(zonemasterMs / mailwardMs).toFixed(2)} ×.`,
    `Beside Zonemaster in ${compared.length} worlds: ${compared.filter(({ agree }) => agree).length} agree. For the same questions Mailward takes ${own.toFixed(1)} s in all of them together, Zonemaster ${its.toFixed(1)} s: ${(its / own).toFixed(1)} ×. (Neither counts its loading; Zonemaster's, ${(loadMs / 1000).toFixed(1)} s a run, is in its figures below.)`,
    ...compared.map(row),
  ];
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
