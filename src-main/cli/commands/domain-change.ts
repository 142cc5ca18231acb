// `mailward domain change`: which MX records to enter at the DNS host, and how far the change is, until nobody can have the old ones.
import { Command } from 'commander';
import { pause } from '../../clock/clock.ts';
import { systemClock } from '../../clock/watched.ts';
import type { ChangeProgress } from '../../../shared/contract/changes.ts';
import { mxWords } from '../../../shared/facts/form.ts';
import type { ServerView } from '../../../shared/facts/mx-propagation.ts';
import { shownName } from '../../../shared/idn.ts';
import type { ChangeDirection, ChangePlan, MxChange } from '../../../shared/mx-change.ts';
import { pauseBefore } from '../../../shared/propagation.ts';
import { Ended, EXIT, globalsOf, withEngine, type Globals } from '../context.ts';
import { typed, withTyped } from '../invocation.ts';
import { readName } from '../read-name.ts';
import { formatTime, print, printJson } from '../terminal.ts';
import { viewWords } from './follow.ts';

/** How often a Mailward that runs is asked how far the change is, ms. */
const POLL_MS = 1_000;

interface Options {
  back?: boolean;
  plan?: boolean;
  end?: boolean;
}

export function domainChangeCommand(): Command {
  return new Command('change')
    .argument('<domain>')
    .description(
      'which MX records to enter at the DNS host so that mail comes by way of Mailward; then watches until nobody can have the old ones',
    )
    .option('--back', 'put the MX records back as they were before Mailward')
    .option('--plan', 'only say what to enter; watch nothing')
    .option('--end', 'watch it no longer; the records stay as they are')
    .action(async (name: string, options: Options, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      if (options.end === true) {
        if (options.back === true || options.plan === true)
          throw new Ended(EXIT.usage, '--end goes with neither --back nor --plan');
        await end(wanted, globals);
        return;
      }
      const direction: ChangeDirection = options.back === true ? 'back' : 'in';
      const plan = await withEngine(globals, ({ client }) =>
        client.changes.plan({ name: wanted, direction }),
      );
      if (globals.json) printJson(plan);
      else tellPlan(wanted, plan);
      if (options.plan === true) return;
      await watch(wanted, direction, globals);
    });
}

async function end(name: string, globals: Globals): Promise<void> {
  const { ended } = await withEngine(globals, ({ client }) => client.changes.end({ name }));
  if (globals.json) printJson({ ended });
  else
    print(
      ended
        ? `The change of the MX records of ${shownName(name)} is no longer watched.`
        : `No change of the MX records of ${shownName(name)} was watched.`,
    );
}

function tellPlan(name: string, plan: ChangePlan): void {
  const { add, remove, ttl, host, warnings } = plan;
  print(
    plan.direction === 'in'
      ? `So that mail for ${shownName(name)} comes by way of Mailward, the domain’s MX records must be these and no others:`
      : `So that mail for ${shownName(name)} goes past Mailward again, the domain’s MX records must be as they were:`,
  );
  for (const { preference, exchange } of add)
    print(`  ${name}.  ${ttl}  IN  MX  ${preference}  ${exchange}.`);
  if (remove !== null && remove.length > 0) {
    print('Take out:');
    for (const { preference, exchange } of remove) print(`  ${preference} ${exchange}`);
  }
  if (host !== null) {
    print(`The domain’s DNS is hosted by ${host.name}${host.support === null ? '' : ` (${host.support})`}.`);
    if (host.form !== null) {
      const { place, host: field, value, priority, ttl: ttlField, dot } = host.form;
      print(`  ${place}`);
      print(`  ${field}; ${priority}; ${value}${dot ? ', with a dot at the end' : ''}; ${ttlField}`);
    }
  }
  for (const warning of warnings) print(`- ${withTyped(warning)}`);
}

/** Begins it where it is not under way yet, and tells what is new until it is over. Ctrl-C ends the telling alone. */
async function watch(name: string, direction: ChangeDirection, globals: Globals): Promise<void> {
  let isFirst = true;
  let last: MxChange | null = null;
  for (;;) {
    const begins = isFirst;
    const { progress, running } = await withEngine(globals, async (reached) => {
      const { changes } = reached.client;
      const { running } = reached;
      const known = begins ? (await changes.progress({ name })).change : null;
      if (begins && !(known?.direction === direction && known.stage !== 'done'))
        return { progress: await changes.begin({ name, direction }), running };
      // A Mailward that runs looks by itself, whoever asks it how far it is.
      return { progress: await (running ? changes.progress({ name }) : changes.look({ name })), running };
    });
    const { change } = progress;
    if (change === null) throw new Ended(EXIT.problem, `the change of the MX records of ${name} was ended`);
    if (globals.json) {
      if (last?.lookedAt !== change.lookedAt) printJson(progress);
    } else {
      if (begins) tellWatching(name, running);
      tellProgress(last, progress);
    }
    if (change.stage === 'done') return;
    last = change;
    isFirst = false;
    const untils = [...change.items.map(({ until }) => until), change.until];
    await pause(systemClock, running ? POLL_MS : pauseBefore(untils, systemClock.now()));
  }
}

function tellWatching(name: string, running: boolean): void {
  print('');
  print(
    running
      ? `Watching. Ctrl-C ends this command; Mailward goes on watching (${typed(`domain change ${name}`)} looks again).`
      : 'Watching as long as this command runs: Mailward itself is not running.',
  );
}

function tellProgress(before: MxChange | null, { change, stillComes }: ChangeProgress): void {
  if (change === null) return;
  const at = formatTime(change.lookedAt ?? systemClock.now());
  if (change.trouble !== '') {
    if (before?.trouble !== change.trouble) print(`${at}  Could not look: ${change.trouble}.`);
    return;
  }
  const wanted = mxWords(change.wanted);
  const has = ({ mx }: ServerView) => mx !== null && mxWords(mx) === wanted;
  if (before?.stage !== change.stage) print(`${at}  ${stageWords(change)}`);
  for (const item of change.items) {
    const earlier = before?.items.find((one) => one.kind === item.kind && one.address === item.address);
    const isNews =
      earlier === undefined
        ? item.mx !== null && !has(item) && change.stage !== 'to-do'
        : has(earlier) !== has(item);
    if (!isNews) continue;
    const whose = item.name === null ? item.address : `${item.name} (${item.address})`;
    print(
      `${at}    ${has(item) ? `${whose} has the new records.` : viewWords({ ...item, state: 'differs' } as ServerView)}`,
    );
  }
  if (change.until !== null && before?.until !== change.until && change.stage !== 'done')
    print(`${at}  Everybody must have them by ${formatTime(change.until)}.`);
  if (change.direction === 'back' && stillComes.messages > 0 && before?.lookedAt !== change.lookedAt)
    print(
      `${at}  ${stillComes.messages} messages from ${stillComes.senders} hosts still came to Mailward, the last ${formatTime(stillComes.lastAt)}.`,
    );
}

function stageWords({ stage, wanted, direction }: MxChange): string {
  switch (stage) {
    case 'to-do':
      return 'No name server has the new records yet.';
    case 'partly':
      return 'Some name servers have the new records.';
    case 'spreading':
      return `All name servers have the new records: ${mxWords(wanted)}.`;
    case 'done':
      return direction === 'in'
        ? 'Done: nobody can have the old records any more. Mail comes by way of Mailward.'
        : 'Done: nobody can have the old records any more. Mail goes past Mailward.';
  }
}
