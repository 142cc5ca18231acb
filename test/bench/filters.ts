// `npm run bench -- filters`: signed mail through Mailward with SPF, DKIM and DMARC checked, beside Postfix with OpenDKIM and OpenDMARC; then both with Rspamd.
// `--messages N` `--sessions N,N…` `--size OCTETS` `--rounds N` `--warm N` change the load, `--without-rspamd` leaves it out; `--json` prints one object, not words.
import { parseArgs } from 'node:util';
import { canBeApart, loopbackWithStranger, runApart } from '../lab/apart.ts';
import { hasInternet, hasPostfix, programPath } from '../lab/packages.ts';
import { FilteredBench, type Checks, type FilteredRun, type FilteredWay } from './filtered.ts';
import { machine } from './measure.ts';

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '4000' },
    // Each is judged by the number that suits it.
    sessions: { type: 'string', default: '16,40' },
    size: { type: 'string', default: '4096' },
    deliveries: { type: 'string', default: '20' },
    domains: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '5' },
    warm: { type: 'string' },
    'without-rspamd': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    // Set by itself: it runs in a network of its own.
    apart: { type: 'boolean', default: false },
  },
});
/** What Mailward should be of Postfix, at least. */
const GOALS: Readonly<Record<Checks, number>> = { authentication: 2, 'with-rspamd': 1.2 };

const missing = missingHere();
if (missing.length > 0) {
  process.stderr.write(`${missing.join('\n')}\n`);
  process.exit(1);
}
// All programs let clients on loopback pass: the mail must come from another address, and the machine's own network is not to be changed.
if (values.apart) await main();
else
  process.exitCode = await runApart(loopbackWithStranger, import.meta.filename, [
    '--apart',
    ...process.argv.slice(2),
  ]);

async function main(): Promise<void> {
  const rounds = positive('rounds');
  const messages = positive('messages');
  const sessionCounts = values.sessions.split(',').map((text) => positive('sessions', text));
  const kinds: Checks[] = values['without-rspamd'] ? ['authentication'] : ['authentication', 'with-rspamd'];
  // Built, not from source: what users run. (scripts/bench.mjs has seen to the build.)
  process.env['MAILWARD_FROM'] ??= 'out';
  const runs: FilteredRun[] = [];
  const deliveries = positive('deliveries');
  await using bench = await FilteredBench.start({
    domains: positive('domains'),
    size: positive('size'),
    deliveries,
    mostSessions: Math.max(...sessionCounts),
    ...(values.warm === undefined ? {} : { warm: positive('warm') }),
  });
  for (let round = 1; round <= rounds; round += 1) {
    // Side by side and turn about, so that whatever else the machine does hits both.
    const ways: FilteredWay[] = round % 2 === 1 ? ['postfix', 'mailward'] : ['mailward', 'postfix'];
    for (const checks of kinds)
      for (const sessions of sessionCounts)
        for (const way of ways) {
          const run = await bench.measure(way, checks, { messages, sessions });
          runs.push(run);
          process.stderr.write(
            `${round}/${rounds} ${way}, ${checks}, ${sessions} sessions: ${run.rate.toFixed(0)} messages/s, ${run.processor.toFixed(2)} ms each; ` +
              `${run.proven} of them proven${run.scanned === null ? '' : `, ${run.scanned} looked at by Rspamd`}\n`,
          );
        }
  }
  const compared = kinds.map((checks) => {
    const mailward = bestOf(runs, checks, 'mailward');
    const postfix = bestOf(runs, checks, 'postfix');
    return { checks, mailward, postfix, ratio: mailward.rate / postfix.rate, goal: GOALS[checks] };
  });
  if (values.json) {
    const report = {
      machine: machine(),
      rounds,
      load: { messages, deliveries, sessions: sessionCounts },
      compared,
      runs,
    };
    process.stdout.write(`${JSON.stringify(report)}\n`);
    return;
  }
  const { processor, cores } = machine();
  const lines = [
    `${values.messages} signed messages of ${values.size} octets from ${values.domains} domains, a connection per message, ${values.deliveries} deliveries at a time, ${rounds} rounds; ${cores} × ${processor}`,
    ...compared.flatMap(({ checks, mailward, postfix, ratio, goal }) => [
      `${checks === 'authentication' ? 'SPF, DKIM and DMARC' : 'SPF, DKIM, DMARC and Rspamd'}: Mailward ${words(mailward)}; Postfix ${words(postfix)}.`,
      `  Mailward is ${ratio.toFixed(2)} × Postfix, each at its best (to be ${goal} ×).`,
    ]),
    'Every message that arrived says spf=pass, dkim=pass and dmarc=pass, by records that only the one resolver of this run knows; a changed one says dkim=fail, a forged one spf=fail and dmarc=fail.',
  ];
  process.stdout.write(`${lines.join('\n')}\n`);
}

interface Best {
  sessions: number;
  /** Messages a second, and processor time of each (ms): medians. */
  rate: number;
  processor: number;
}

function bestOf(runs: readonly FilteredRun[], checks: Checks, way: FilteredWay): Best {
  const its = runs.filter((run) => run.checks === checks && run.way === way);
  const each = [...Map.groupBy(its, ({ sessions }) => sessions)].map(([sessions, some]) => ({
    sessions,
    rate: median(some.map(({ rate }) => rate)),
    processor: median(some.map(({ processor }) => processor)),
  }));
  return each.reduce((one, other) => (other.rate > one.rate ? other : one));
}

function words({ sessions, rate, processor }: Best): string {
  return `${rate.toFixed(0)} messages/s (${sessions} sessions, ${processor.toFixed(2)} ms of processor time a message)`;
}

function missingHere(): string[] {
  const needed: Record<string, string> = {
    opendkim: 'opendkim',
    opendmarc: 'opendmarc',
    ...(values['without-rspamd'] ? {} : { rspamd: 'rspamd' }),
    nsd: 'nsd',
    unbound: 'unbound',
    postfix: 'postfix',
    'ldns-signzone': 'ldnsutils',
    ip: 'iproute2',
  };
  const packages = Object.entries(needed)
    .filter(([program]) => programPath(program) === null)
    .map(([, name]) => name);
  if (packages.length > 0)
    return [
      `The bench needs Debian packages that are not here. Install them: apt-get install ${packages.join(' ')}`,
    ];
  if (!hasPostfix || !hasInternet || !canBeApart)
    return ['The bench needs Linux, root, and a network of its own (unshare --net).'];
  return [];
}

function positive(
  name: 'messages' | 'deliveries' | 'domains' | 'size' | 'rounds' | 'sessions' | 'warm',
  text?: string,
): number {
  const value = Number(text ?? values[name]);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes whole numbers from 1 upwards`);
  return value;
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? 0) + (sorted[Math.ceil(middle)] ?? 0)) / 2;
}
