// `mailward domain`: the protected domains, their routes and modes.
import { systemClock } from '../../clock/watched.ts';
import { Command } from 'commander';
import { modeNameSchema, profileSchema, type Domain } from '../../../shared/domain.ts';
import type { Client } from '../../../shared/contract/index.ts';
import {
  Ended,
  EXIT,
  globalsOf,
  isGiven,
  notRunning,
  withEngine,
  type Globals,
  type Reached,
  type WithoutFolder,
} from '../context.ts';
import { readName } from '../read-name.ts';
import { readHolds, type Holds } from '../holds.ts';
import { domainChangeCommand } from './domain-change.ts';
import { domainPreflightCommand } from './domain-preflight.ts';
import {
  readProfile,
  readRecord,
  showRecord,
  type DomainRecord,
  type ProfileOptions,
} from './domain-record.ts';
import { amount, newest } from './queue-words.ts';
import { formatTime, print, printJson, printTable } from '../terminal.ts';
import { typed } from '../invocation.ts';
import { notRoutable, printLook, printWayBack, readRecords, readSeconds } from '../mx.ts';
import { DESTINATION_HELP, destinationWords, readRoute, routeWords, TLS_OPTION } from '../destinations.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../../shared/time.ts';

export function domainCommand(): Command {
  const domain = new Command('domain').description('protected domains');

  domain
    .command('add <domain>')
    .description('protect a domain: take its mail and deliver it to the server that its MX names today')
    .option('--route <destination...>', "the office's server instead; several, in order, to fall back on")
    .option(...TLS_OPTION)
    .addHelpText('after', DESTINATION_HELP)
    .action(async (name: string, options: { route?: string[]; tls: string }, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      const route = options.route === undefined ? undefined : readRoute(options.route, options.tls);
      if (route === undefined && isGiven(command, 'tls'))
        throw new Ended(
          EXIT.usage,
          '--tls goes with --route: without it, the route is as the MX records say',
        );
      const { value, running } = await doing(
        globals,
        async ({ client }) => {
          const look = route === undefined ? await client.domains.look({ name: wanted }) : null;
          if (look !== null && look.meaning.route === null) throw notRoutable(wanted, look, globals.json);
          const added = await client.domains.add({ name: wanted, ...(route === undefined ? {} : { route }) });
          return { added, look, wayBack: await client.domains.wayBack({ name: wanted }) };
        },
        'make',
      );
      const { added, look, wayBack } = value;
      if (globals.json) {
        printJson({ ...added, look, wayBack });
        return;
      }
      if (look !== null) printLook(look);
      printWayBack(wayBack, running);
      const [is, when] = running ? ['is', ''] : ['will be', ' when Mailward runs'];
      print(
        `Mail for ${added.name} ${is} taken and delivered to ${routeWords(added.route)}${when}. Nothing changes for senders until the MX records name Mailward.`,
      );
      if (!running) print(notRunning(globals.dataDir));
    });

  domain
    .command('look <domain>')
    .description('read where a domain’s mail goes today, and what that means; nothing is kept or changed')
    .action(async (name: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      const look = await withEngine(globals, ({ client }) => client.domains.look({ name: wanted }), 'go on');
      if (globals.json) printJson(look);
      else printLook(look);
      if (look.meaning.kind === 'unknown') process.exitCode = EXIT.couldNotCheck;
    });

  domain.addCommand(domainPreflightCommand());
  domain.addCommand(domainChangeCommand());

  domain
    .command('way-back <domain> [record...]')
    .description(
      'the MX records to go back to; with records such as "10 mail.example.com" says by hand what they were',
    )
    .option('--ttl <seconds>', 'how long the records could be kept')
    .action(async (name: string, texts: string[], options: { ttl?: string }, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      if (texts.length === 0 && options.ttl !== undefined)
        throw new Ended(EXIT.usage, '--ttl goes with records such as "10 mail.example.com"');
      const records = readRecords(texts);
      const ttl = options.ttl === undefined ? null : readSeconds(options.ttl);
      const { value, running } = await doing(globals, ({ client }) =>
        records.length === 0
          ? client.domains.wayBack({ name: wanted })
          : client.domains.setWayBack({ name: wanted, records, ttl }),
      );
      if (globals.json) printJson(value);
      else printWayBack(value, running);
    });

  domain
    .command('list')
    .description('all protected domains')
    .action(async (_options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const { value: domains, running } = await doing(globals, ({ client }) => client.domains.list());
      if (globals.json) {
        domains.forEach(printJson);
        return;
      }
      if (domains.length === 0)
        print(`No domain is protected yet. Add one: ${typed('domain add example.com')}`);
      else
        printTable(
          ['DOMAIN', 'MODE', 'ROUTE'],
          domains.map((one) => [one.name, one.mode.name, routeWords(one.route)]),
        );
      if (!running) print(notRunning(globals.dataDir));
    });

  domain
    .command('show <domain>')
    .description('one domain')
    .action(async (name: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      const { value, running } = await doing(globals, async (reached) => ({
        found: await domainNamed(reached.client, wanted),
        record: await readRecord(reached.client, wanted),
        holds: await readHolds(reached),
      }));
      const { found, record, holds } = value;
      if (globals.json) printJson({ ...found, known: record.known, contacts: record.contacts });
      else show(found, record, holds, running, globals.dataDir);
    });

  domain
    .command('mode <domain> <mode>')
    .description('deliver, hold (store until told) or reroute')
    .option('--reason <words>', 'why, for whoever asks later', '')
    .option('--to <destination...>', 'with reroute: where to')
    .option(
      '--until <time>',
      'end of hold or reroute, e.g. 2026-05-01T18:00 or 90m, 4h, 2d; then mail is delivered again',
    )
    .option(...TLS_OPTION)
    .addHelpText('after', DESTINATION_HELP)
    .action(
      async (
        name: string,
        mode: string,
        options: { reason: string; to?: string[]; tls: string; until?: string },
        command: Command,
      ) => {
        const globals = globalsOf(command);
        const wanted = modeNameSchema.safeParse(mode);
        if (!wanted.success)
          throw new Ended(
            EXIT.usage,
            modeNameSchema.safeParse(name).success
              ? `the domain comes first: \`mailward domain mode ${mode} ${name}\``
              : `"${mode}" is not a mode; expected deliver, hold or reroute`,
          );
        if (wanted.data === 'reroute' && !options.to)
          throw new Ended(EXIT.usage, 'reroute needs --to HOST[:PORT]');
        if (wanted.data !== 'reroute' && options.to)
          throw new Ended(
            EXIT.usage,
            `--to goes with reroute, not with ${wanted.data}; where a domain’s own server is, says \`mailward domain route\``,
          );
        if (wanted.data !== 'reroute' && isGiven(command, 'tls'))
          throw new Ended(EXIT.usage, `--tls goes with reroute, not with ${wanted.data}`);
        if (wanted.data === 'deliver' && options.until !== undefined)
          throw new Ended(EXIT.usage, '--until goes with hold and reroute; deliver has no end');
        const input = {
          name: readName(name),
          mode: wanted.data,
          reason: options.reason,
          reroute: options.to ? readRoute(options.to, options.tls) : null,
          until: options.until === undefined ? null : readTime(options.until),
        };
        const { value, running } = await doing(globals, async (reached) => {
          const changed = await reached.client.domains.setMode(input);
          return {
            changed,
            holds: await readHolds(reached),
            byHand: globals.json ? null : await heldByHand(reached.client, changed),
          };
        });
        if (globals.json) {
          printJson(value.changed);
          return;
        }
        print(modeSentence(value.changed, value.holds, running));
        if (value.byHand !== null) print(value.byHand);
        if (!running) print(notRunning(globals.dataDir));
      },
    );

  domain
    .command('route <domain> <destination...>')
    .description('change where a domain is delivered to')
    .option(...TLS_OPTION)
    .addHelpText('after', DESTINATION_HELP)
    .action(async (name: string, route: string[], options: { tls: string }, command: Command) => {
      const globals = globalsOf(command);
      const input = { name: readName(name), route: readRoute(route, options.tls) };
      const { value, running } = await doing(globals, async (reached) => ({
        changed: await reached.client.domains.setRoute(input),
        holds: await readHolds(reached),
      }));
      const { changed, holds } = value;
      if (globals.json) {
        printJson(changed);
        return;
      }
      print(`The route of ${changed.name} is now ${routeWords(changed.route)}.`);
      if (changed.mode.name !== 'deliver' || !running) print(modeSentence(changed, holds, running));
      if (!running) print(notRunning(globals.dataDir));
    });

  domain
    .command('profile <domain>')
    .description('record what only you know about a domain; what is not given stays as it is')
    .option(
      '--expires <date>',
      'when the registration ends, e.g. 2027-03-01, where the registry does not say; or none',
    )
    .option('--selectors <selector...>', 'DKIM selectors with which the domain signs its mail; or none')
    .option(
      '--hosting <kind>',
      'owned: the office runs its server itself; hosted: a vendor does, and must be called; or none',
    )
    .option('--software <name>', 'what the server runs, such as postfix or exchange; or none')
    .option('--vendor <key=value...>', 'who rents out or cares for the server; or none')
    .option('--dns-host <key=value...>', 'who hosts its DNS; or none')
    .option('--registrar <key=value...>', 'who registered it; or none')
    .option('--internet-provider <key=value...>', 'who connects the office; or none')
    .addHelpText(
      'after',
      '\nThe keys of a company are company, phone, mail, web, customer (number) and note, each with its value:\n' +
        '--vendor company="Example IT" phone="+49 30 1234" customer=4711. A key that is not given stays; one without a value goes.',
    )
    .action(
      async (
        name: string,
        options: ProfileOptions & { expires?: string; selectors?: string[] },
        command: Command,
      ) => {
        const globals = globalsOf(command);
        const wanted = readName(name);
        const given = {
          ...(options.expires === undefined ? {} : { expiresAt: readDate(options.expires) }),
          ...(options.selectors === undefined ? {} : { selectors: readSelectors(options.selectors) }),
        };
        const changeOf = readProfile(options);
        const { value, running } = await doing(globals, async (reached) => {
          const { client } = reached;
          const before = await domainNamed(client, wanted);
          const profile = { ...changeOf(before.profile), ...given };
          const changed = await client.domains.setProfile({ name: wanted, profile });
          return {
            changed,
            record: await readRecord(client, wanted),
            holds: await readHolds(reached),
          };
        });
        if (globals.json) printJson(value.changed);
        else show(value.changed, value.record, value.holds, running, globals.dataDir);
      },
    );

  domain
    .command('remove <domain>')
    .description('stop protecting a domain; refused while its mail waits')
    .action(async (name: string, _options: unknown, command: Command) => {
      const globals = globalsOf(command);
      const wanted = readName(name);
      await withEngine(globals, ({ client }) => client.domains.remove({ name: wanted }));
      if (globals.json) printJson({ removed: wanted });
      else print(`Mailward no longer takes mail for ${wanted}.`);
    });

  return domain;
}

/** What an engine answered, and whether it runs: without that, nothing is taken or delivered. */
async function doing<T>(
  globals: Globals,
  run: (reached: Reached) => Promise<T>,
  withoutFolder?: WithoutFolder,
): Promise<{ value: T; running: boolean }> {
  return withEngine(
    globals,
    async (reached) => ({ value: await run(reached), running: reached.running }),
    withoutFolder,
  );
}

async function domainNamed(client: Client, name: string): Promise<Domain> {
  const found = (await client.domains.list()).find((one) => one.name === name);
  if (!found) throw new Ended(EXIT.problem, `${name} is not a domain that Mailward protects`);
  return found;
}

/** What becomes of a domain's mail in its mode. */
function modeSentence({ name, mode, route }: Domain, holds: Holds, running: boolean): string {
  const [is, when] = running ? ['is', ''] : ['will be', ' when Mailward runs'];
  const until = mode.until === null ? '' : `, until ${formatTime(mode.until)}; then to its own server again`;
  switch (mode.name) {
    case 'hold':
      return `Mail for ${name} ${is} taken and held${when}, ${holds.ofDomain(name)?.ends ?? ''}.`;
    case 'reroute':
      return `Mail for ${name} ${is} taken and delivered to ${routeWords(mode.reroute ?? [])} instead of its own server${when}${until}.`;
    case 'deliver':
      return `Mail for ${name} ${is} taken and delivered to ${routeWords(route)}${when}.`;
  }
}

/** What a domain's mode does not release; null when there is nothing of that kind. */
async function heldByHand(client: Client, { name, mode }: Domain): Promise<string | null> {
  if (mode.name === 'hold') return null;
  const { rows, more } = await newest(client, 'held', name);
  const kept = rows.filter(({ heldBy }) => heldBy === 'hand' || heldBy === 'repair').length;
  return kept === 0
    ? null
    : `${amount(kept, more)} held by hand, until you release ${kept === 1 ? 'it' : 'them'}: ${typed(`queue release --domain ${name}`)}`;
}

const UNITS: Readonly<Record<string, number>> = { m: MINUTE_MS, h: HOUR_MS, d: DAY_MS };

/** A time from now (`90m`, `4h`, `2d`), or a date and time as ISO 8601 writes them (local unless a zone is given). */
function readTime(text: string): number {
  const span = /^(\d{1,5})([mhd])$/.exec(text);
  const at = span ? systemClock.now() + Number(span[1]) * (UNITS[span[2] ?? ''] ?? 0) : Date.parse(text);
  if (Number.isNaN(at))
    throw new Ended(EXIT.usage, `"${text}" is not a time; expected 90m, 4h, 2d or 2026-05-01T18:00`);
  return at;
}

/** The end of a day in UTC, as registries count; null for `none`. */
function readDate(text: string): number | null {
  if (text === 'none') return null;
  const at = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T23:59:59Z`) : Number.NaN;
  if (Number.isNaN(at)) throw new Ended(EXIT.usage, `"${text}" is not a date; expected 2027-03-01, or none`);
  return at;
}

function readSelectors(texts: string[]): string[] {
  if (texts.length > 1 && texts.includes('none'))
    throw new Ended(EXIT.usage, '--selectors takes selectors, or none alone');
  const result = profileSchema.safeParse({ selectors: texts.filter((text) => text !== 'none') });
  if (!result.success)
    throw new Ended(EXIT.usage, result.error.issues[0]?.message ?? 'expected DKIM selectors');
  return result.data.selectors;
}

function untilWords({ mode }: Domain): string {
  return mode.until === null ? '' : ` until ${formatTime(mode.until)}`;
}

function show(domain: Domain, record: DomainRecord, holds: Holds, running: boolean, dataDir: string): void {
  print(`Domain:  ${domain.name}`);
  print(`Since:   ${formatTime(domain.createdAt)}`);
  domain.route.forEach((one, index) => {
    print(`${index === 0 ? 'Route:  ' : '  then: '} ${destinationWords(one)}`);
  });
  const reason = domain.mode.reason === '' ? '' : `: ${domain.mode.reason}`;
  const hold = holds.ofDomain(domain.name);
  const by = domain.mode.setBy === 'mailward' ? ' (by Mailward itself)' : '';
  print(
    `Mode:    ${domain.mode.name}${hold ? '' : untilWords(domain)} since ${formatTime(domain.mode.since)}${by}${reason}`,
  );
  if (hold) print(`         ${hold.ends}`);
  if (domain.mode.homeSince !== null)
    print(`         the server takes this mail again since ${formatTime(domain.mode.homeSince)}`);
  if (domain.profile.expiresAt !== null)
    print(`Expires: ${new Date(domain.profile.expiresAt).toISOString().slice(0, 10)} (set by hand)`);
  if (domain.profile.selectors.length > 0) print(`DKIM:    ${domain.profile.selectors.join(', ')}`);
  domain.mode.reroute?.forEach((one, index) => {
    print(`${index === 0 ? 'To:     ' : '  then: '} ${destinationWords(one)}`);
  });
  printWayBack(record.wayBack, running);
  showRecord(domain, record);
  if (!running) print(notRunning(dataDir));
}
