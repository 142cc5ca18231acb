// `mailward check` and `mailward diagnose`: ask the world about a domain, and say what it answered as it comes.
import { Command } from 'commander';
import type { CheckEvent, DomainHealth, SinceFound } from '../../../shared/check-run.ts';
import { counted } from '../../../shared/counted.ts';
import type { CheckInfo, Finding } from '../../../shared/finding.ts';
import { shownName } from '../../../shared/idn.ts';
import { domainNameSchema } from '../../../shared/names.ts';
import { plainWords } from '../../../shared/plain.ts';
import { healthOf, wantsAttention } from '../../../shared/state.ts';
import {
  Ended,
  EXIT,
  globalsOf,
  isGiven,
  withEngine,
  type Exit,
  type Globals,
  type Reached,
} from '../context.ts';
import { formatTime, print, printJson, printTable } from '../terminal.ts';
import { readName } from '../read-name.ts';
import { follow, followed, readEvery } from './follow.ts';
import { mark } from '../marks.ts';
import { Reasons } from './reasons.ts';

interface Options {
  list?: boolean;
  verbose?: boolean;
  follow?: boolean;
  every?: string;
}

export function checkCommand(): Command {
  return new Command('check')
    .description('ask one question about a domain, protected or not; --list shows all questions')
    .argument('[name]', 'the name of the check')
    .argument('[target]', 'the domain')
    .option('--list', 'list all checks')
    .option('--verbose', 'show the evidence: what was asked, of whom, and the exact answer')
    .option('--follow', `with ${followed}: ask until all agree, and print each change`)
    .option('--every <seconds>', 'with --follow: ask again after this many seconds at the latest', '30')
    .action(
      async (given: string | undefined, target: string | undefined, options: Options, command: Command) => {
        const globals = globalsOf(command);
        refuseMeaningless(given, options, command);
        if (options.list === true) {
          await list(globals);
          return;
        }
        if (given === undefined || target === undefined) throw new Ended(EXIT.usage, tooFew(given));
        if (isDomain(given) && !isDomain(target) && isWord(target))
          throw new Ended(
            EXIT.usage,
            `"${given}" is no check; did you mean \`mailward check ${target.toLowerCase()} ${given}\`?`,
          );
        const name = given.toLowerCase();
        const domain = readName(target);
        if (options.follow === true) {
          if (name !== followed)
            throw new Ended(EXIT.usage, `only ${followed} can be followed, not "${name.slice(0, 80)}"`);
          process.exitCode = await follow(domain, globals, readEvery(options.every));
          return;
        }
        process.exitCode = await withEngine(
          globals,
          async ({ client }) => {
            const known = await client.checks.list();
            if (!known.some((check) => check.name === name))
              throw new Ended(EXIT.usage, unknownCheck(name, known));
            return tell(
              await client.checks.run({ check: name, domain }),
              domain,
              globals,
              options.verbose === true,
            );
          },
          'go on',
        );
      },
    );
}

export function diagnoseCommand(): Command {
  return new Command('diagnose')
    .description(
      'run every check that bears on a domain, protected or not; findings are printed as they come',
    )
    .argument('<domain>')
    .allowExcessArguments()
    .option('--verbose', 'show the evidence: what was asked, of whom, and the exact answer')
    .action(async (target: string, options: Options, command: Command) => {
      const globals = globalsOf(command);
      const [, more] = command.args;
      if (more !== undefined) throw new Ended(EXIT.usage, tooMany(target, more));
      const domain = readName(target);
      process.exitCode = await withEngine(
        globals,
        async ({ client }: Reached) =>
          tell(await client.checks.runAll({ domain }), domain, globals, options.verbose === true),
        'go on',
      );
    });
}

/** What was said and would be passed over is told, and nothing is done. */
function refuseMeaningless(given: string | undefined, options: Options, command: Command): void {
  if (options.list === true) {
    const more = given ?? ['verbose', 'follow', 'every'].find((option) => isGiven(command, option));
    if (more !== undefined)
      throw new Ended(EXIT.usage, '--list has them all, and nothing else goes with it but --json and --data');
  }
  if (options.follow !== true && isGiven(command, 'every'))
    throw new Ended(EXIT.usage, '--every goes with --follow');
  if (options.follow === true && options.verbose === true)
    throw new Ended(EXIT.usage, '--verbose does not go with --follow; --json has the evidence');
}

async function list(globals: Globals): Promise<void> {
  const all = await withEngine(globals, ({ client }) => client.checks.list(), 'go on');
  if (globals.json) all.forEach(printJson);
  else
    printTable(
      ['CHECK', 'AREA', 'WITHIN', 'QUESTION'],
      all.map(({ name, area, deadlineMs, question, onRequest }) => [
        name,
        area,
        `${deadlineMs / 1000} s`,
        onRequest ? `${question} (only when asked by name)` : question,
      ]),
    );
}

const isDomain = (text: string) => domainNameSchema.safeParse(text).success;
/** What a check may be called. */
const isWord = (text: string) => /^[a-z0-9-]{1,40}$/i.test(text);

function tooFew(given: string | undefined): string {
  if (given === undefined) return 'expected `mailward check NAME DOMAIN`, or `mailward check --list`';
  return isDomain(given)
    ? `"${given}" is no check; to ask all that bears on it: \`mailward diagnose ${given}\``
    : `of which domain? Expected \`mailward check ${given.slice(0, 80)} example.com\``;
}

function tooMany(one: string, other: string): string {
  const [domain, name] = isDomain(one) ? [one, other] : [other, one];
  return isDomain(domain) && isWord(name) && !isDomain(name)
    ? `diagnose asks everything; did you mean \`mailward check ${name.toLowerCase()} ${domain}\`?`
    : 'diagnose takes one domain at a time';
}

/** Names that are near are what was meant more often than not. */
function unknownCheck(name: string, known: readonly CheckInfo[]): string {
  const start = name.slice(0, 4).toLowerCase();
  const near = known
    .filter((check) => check.name.includes(name) || name.includes(check.name) || check.name.startsWith(start))
    .slice(0, 5);
  const meant = near.length > 0 ? ` Did you mean ${near.map((check) => check.name).join(', ')}?` : '';
  return `there is no check "${name.slice(0, 80)}"; \`mailward check --list\` has them all.${meant}`;
}

async function tell(
  events: AsyncIterable<CheckEvent>,
  domain: string,
  globals: Globals,
  verbose: boolean,
): Promise<Exit> {
  const found: Finding[] = [];
  const since: (SinceFound & { check: string })[] = [];
  const reasons = new Reasons();
  let ended = false;
  let single = false;
  for await (const event of events) {
    switch (event.kind) {
      case 'waiting':
        if (!globals.json) print('Another test of this domain is under way; waiting for its end.');
        break;
      case 'started':
        single = event.checks.length === 1;
        if (!globals.json)
          print(`${shownName(domain)}: ${counted(event.checks.length, 'check')}, ${longest(event)} at most.`);
        break;
      case 'finding':
        found.push(event.finding);
        if (globals.json) printJson(event.finding);
        else if (!verbose && !single && reasons.isTold(event.finding)) break;
        else if (verbose || single || event.finding.state !== 'not-applicable') show(event.finding, verbose);
        break;
      case 'done':
        since.push(...event.since.map((one) => ({ ...one, check: event.check })));
        break;
      case 'ended':
        ended = true;
        for (const line of reasons.lines) print(`${mark('could-not-check')}  ${line}`);
        if (globals.json) break;
        print('');
        tellMore(found, since);
        if (event.health === null) print(`Done in ${seconds(event.tookMs)}.`);
        else {
          const { sentence, checks } = event.health;
          // Where one check found something the sentence is what its finding says, and that stands above.
          const isTold = found.some(
            (one) => wantsAttention(healthOf(one)) && sentence.endsWith(plainWords(one.summary).words),
          );
          if (checks.problem + checks.attention !== 1 || !isTold) print(sentence);
          print(`${figures(checks)} (${seconds(event.tookMs)})`);
        }
        break;
    }
  }
  const exit = exitFor(found);
  // The engine that ran it closed, or went away, in the middle.
  if (!ended && exit === EXIT.fine)
    throw new Ended(EXIT.couldNotCheck, 'the run was broken off before all checks had answered');
  return exit;
}

function longest({ at, checks }: Extract<CheckEvent, { kind: 'started' }>): string {
  return `${Math.max(0, ...checks.map(({ deadlineAt }) => deadlineAt - at)) / 1000} s`;
}

function show(finding: Finding, verbose: boolean): void {
  const about = finding.subject === '' ? finding.check : `${finding.check} ${finding.subject}`;
  print(`${mark(healthOf(finding))}  ${about}: ${finding.summary}`);
  if (!verbose) return;
  for (const { asked, of, at, answer } of finding.evidence) {
    print(`    ${formatTime(at)}  ${asked}  of ${of}`);
    for (const line of answer.split(/\r?\n/)) print(`      ${line}`);
  }
}

/** What to do, and since when it has been so. */
function tellMore(found: readonly Finding[], since: readonly (SinceFound & { check: string })[]): void {
  const wrong = new Set(found.filter(({ state }) => state === 'problem').map(({ check }) => check));
  if (wrong.size > 0) {
    const pages = [...wrong].map((name) => `docs/checks/${name}.md`);
    print(`What to do is in the manual: ${pages.join(', ')}`);
  }
  for (const one of since.filter(({ state, since: at, lastAt }) => state === 'problem' && at < lastAt)) {
    const about = one.subject === '' ? one.check : `${one.check} ${one.subject}`;
    print(`${about}: ${one.code} since ${formatTime(one.since)}`);
  }
}

/** How many checks said what. */
function figures({ problem, attention, unknown, ok, idle }: DomainHealth['checks']): string {
  return [
    ...(problem > 0 ? [counted(problem, 'problem')] : []),
    ...(attention > 0 ? [`${attention} to look at`] : []),
    ...(unknown > 0 ? [`${unknown} could not be checked`] : []),
    `${ok} passed`,
    ...(idle > 0 ? [`${idle} not applicable`] : []),
  ].join(', ');
}

/** A problem wins over what could not be checked. */
function exitFor(found: readonly Finding[]): Exit {
  if (found.some(({ state }) => state === 'problem')) return EXIT.problem;
  return found.some(({ state }) => state === 'could-not-check') ? EXIT.couldNotCheck : EXIT.fine;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
