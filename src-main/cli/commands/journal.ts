// `mailward journal`: what changed about a domain, and when.
import { Command } from 'commander';
import type { Client } from '../../../shared/contract/index.ts';
import { shownName } from '../../../shared/idn.ts';
import { journalWords } from '../../../shared/journal-words.ts';
import { journalKindSchema, type JournalEntry, type JournalKind } from '../../../shared/journal.ts';
import { systemClock } from '../../clock/watched.ts';
import { Ended, EXIT, globalsOf, withEngine } from '../context.ts';
import { formatTime, print, printJson } from '../terminal.ts';
import { readPast } from '../times.ts';
import { readName } from '../read-name.ts';

const PAGE = 500;
/** Kinds whose entries may be of all domains. */
const OF_ALL: readonly JournalKind[] = ['settings', 'contacts'];

interface Options {
  since?: string;
  kind?: string[];
  limit: string;
}

type Filter = Omit<Parameters<Client['journal']['list']>[0], 'limit' | 'before'>;

export function journalCommand(): Command {
  return new Command('journal')
    .description('what changed about a domain, newest first: in DNS, at its server, and here')
    .argument('<domain>')
    .option('--since <time>', 'seen at this time or later, e.g. 90m, 4h, 2d, 2026-03-01 or 2026-03-01T08:00')
    .option('--kind <kind...>', `of these kinds: ${journalKindSchema.options.join(', ')}`)
    .option('--limit <count>', 'at most this many', '100')
    .action(async (name: string, options: Options, command: Command) => {
      const globals = globalsOf(command);
      const domain = readName(name);
      const filter: Filter = {
        domain,
        ...(options.since === undefined ? {} : { from: readPast(options.since, systemClock.now()) }),
        ...(options.kind === undefined ? {} : { kinds: options.kind.map(readKind) }),
      };
      const limit = readLimit(options.limit);
      const { entries, more } = await withEngine(globals, async ({ client }) => {
        const found = await newestEntries(client, filter, limit);
        if (!found.entries.some((entry) => entry.domain === domain)) await refuseUnknown(client, domain);
        return found;
      });
      if (globals.json) entries.forEach(printJson);
      else show(entries, more, domain, filter);
    });
}

function readKind(text: string): JournalKind {
  const kind = journalKindSchema.safeParse(text);
  if (!kind.success)
    throw new Ended(
      EXIT.usage,
      `"${text}" is not a kind; expected one of ${journalKindSchema.options.join(', ')}`,
    );
  return kind.data;
}

function readLimit(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1)
    throw new Ended(EXIT.usage, `"${text}" is not a number of changes`);
  return count;
}

async function newestEntries(
  client: Client,
  filter: Filter,
  limit: number,
): Promise<{ entries: JournalEntry[]; more: boolean }> {
  const entries: JournalEntry[] = [];
  for (;;) {
    const before = entries.at(-1)?.id;
    const page = await client.journal.list({
      ...filter,
      limit: Math.min(PAGE, limit - entries.length),
      ...(before === undefined ? {} : { before }),
    });
    entries.push(...page.entries);
    if (!page.more || page.entries.length === 0 || entries.length >= limit)
      return { entries, more: page.more };
  }
}

/** Ends the command for a domain that is not protected and never was, as far back as the journal goes. */
async function refuseUnknown(client: Client, domain: string): Promise<void> {
  if ((await client.domains.list()).some(({ name }) => name === domain)) return;
  const kinds = journalKindSchema.options.filter((kind) => !OF_ALL.includes(kind));
  const { entries } = await client.journal.list({ domain, kinds, limit: 1 });
  if (entries.length === 0)
    throw new Ended(
      EXIT.problem,
      `${domain} is not a domain that Mailward protects, and nothing is in its journal`,
    );
}

function show(
  entries: readonly JournalEntry[],
  more: boolean,
  domain: string,
  { from, kinds }: Filter,
): void {
  if (entries.length === 0) {
    const isFiltered = from !== undefined || kinds !== undefined;
    print(
      isFiltered
        ? `Nothing in the journal of ${shownName(domain)} fits.`
        : `Nothing is in the journal of ${shownName(domain)} yet.`,
    );
    return;
  }
  for (const entry of entries) {
    const { title, was, is, by } = journalWords(entry, formatTime);
    const at = formatTime(entry.at);
    const indent = ' '.repeat(at.length);
    print(`${at}  ${title}${by === '' ? '' : `, ${by}`}`);
    if (was !== null) print(`${indent}  was  ${was}`);
    if (is !== null) print(`${indent}  is   ${is}`);
  }
  if (more) print('There are older changes: --limit says how many are shown.');
}
