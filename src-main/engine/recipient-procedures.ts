// The procedures of the contract that are about recipients.
import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import { csvLine, unguarded } from '../../shared/csv.ts';
import type { RecipientEntry } from '../../shared/recipients.ts';
import { recipientKey, readMailbox } from '../relay/mail/mailbox.ts';
import type { StoredEntry } from '../storage/operations/recipients.ts';
import { recipientsOverview, type RecipientsOverviewParts } from './recipients-overview.ts';

/** Rows written in one transaction: short enough that no arriving mail waits long for it. */
const SLICE = 500;
const COLUMNS = ['address', 'state', 'since', 'until', 'failures', 'last_failure', 'origin', 'last_reply'];

export function recipientProcedures(parts: RecipientsOverviewParts) {
  const { clock, db, directory, learned, callout } = parts;
  const os = implement(contract).recipients;

  function entryFor(address: string, state: 'listed' | 'allowed', since: number): StoredEntry {
    const mailbox = readMailbox(address.trim());
    if (!mailbox) throw new ORPCError('REFUSED', { message: `"${address}" is not a mail address` });
    if (!directory.get(mailbox.domain)) {
      throw new ORPCError('REFUSED', {
        message: `${mailbox.domain} is not a domain that Mailward protects, so "${address}" cannot be ${state}`,
      });
    }
    return { address: recipientKey(mailbox), domain: mailbox.domain, state, since, origin: 'admin' };
  }

  async function put(entries: StoredEntry[]): Promise<void> {
    for (let at = 0; at < entries.length; at += SLICE) {
      const slice = entries.slice(at, at + SLICE);
      await db.write('putEntries', slice);
      for (const entry of slice) {
        learned.put(entry);
        callout.forget(entry.address);
      }
    }
  }

  async function* all(domain: string | null): AsyncGenerator<RecipientEntry> {
    const query = {
      domain,
      state: null,
      text: null,
      limit: SLICE,
      now: clock.now(),
      rule: learned.rule,
    };
    for (let after: string | null = null; ; ) {
      const page: { rows: RecipientEntry[]; more: boolean } = await db.write('recipientList', {
        ...query,
        after,
      });
      yield* page.rows;
      after = page.rows.at(-1)?.address ?? null;
      if (!page.more || after === null) return;
    }
  }

  return {
    overview: os.overview.handler(() => recipientsOverview(parts)),
    list: os.list.handler(({ input }) =>
      db.read('recipientList', {
        domain: input.domain ?? null,
        state: input.state ?? null,
        text: input.text ?? null,
        after: input.after ?? null,
        limit: input.limit,
        now: clock.now(),
        rule: learned.rule,
      }),
    ),
    allow: os.allow.handler(async ({ input }) => {
      const now = clock.now();
      await put(input.addresses.map((address) => entryFor(address, 'allowed', now)));
      return { count: input.addresses.length };
    }),
    forget: os.forget.handler(async ({ input }) => {
      const keys = input.addresses.map((address) => {
        const mailbox = readMailbox(address.trim());
        if (!mailbox) throw new ORPCError('REFUSED', { message: `"${address}" is not a mail address` });
        return recipientKey(mailbox);
      });
      let count = 0;
      for (let at = 0; at < keys.length; at += SLICE)
        count += await db.write('forgetRecipients', keys.slice(at, at + SLICE));
      for (const key of keys) {
        learned.drop(key);
        callout.forget(key);
      }
      return { count };
    }),
    import: os.import.handler(async ({ input }) => {
      const now = clock.now();
      const entries: StoredEntry[] = [];
      let skipped = 0;
      for (const { line, row } of rowsOf(input.csv)) {
        const address = row.get('address') ?? '';
        const state = (row.get('state') ?? 'listed').trim().toLowerCase();
        const since = row.get('since')?.trim() ? Date.parse(row.get('since') ?? '') : now;
        // What only fails is in an export for people to see; it is no entry.
        if (state === 'failing') {
          skipped++;
          continue;
        }
        if (state !== 'listed' && state !== 'allowed')
          throw refused(line, `"${state}" is not a state; expected listed or allowed`);
        if (Number.isNaN(since)) throw refused(line, `"${row.get('since') ?? ''}" is not a time`);
        try {
          entries.push(entryFor(address, state, Math.min(since, now)));
        } catch (error) {
          throw refused(line, (error as Error).message);
        }
      }
      await put(entries);
      const listed = entries.filter((entry) => entry.state === 'listed').length;
      return { listed, allowed: entries.length - listed, skipped };
    }),
    export: os.export.handler(async ({ input }) => {
      const lines = [csvLine(COLUMNS)];
      for await (const entry of all(input.domain ?? null)) lines.push(lineOf(entry));
      return { csv: lines.join(''), count: lines.length - 1 };
    }),
  };
}

function refused(line: number, words: string) {
  return new ORPCError('REFUSED', { message: `line ${line}: ${words}; nothing was imported` });
}

function lineOf(entry: RecipientEntry): string {
  const time = (at: number | null) => (at === null ? '' : new Date(at).toISOString());
  const reply = entry.lastReply;
  return csvLine([
    entry.address,
    entry.state,
    time(entry.since),
    time(entry.until),
    String(entry.failures),
    time(entry.lastFailureAt),
    entry.origin ?? '',
    // On one line, whatever the server said: that is how it is read back.
    reply ? [reply.code, reply.enhanced, reply.text.replace(/\s+/g, ' ')].filter(Boolean).join(' ') : '',
  ]);
}

/** Rows by their headings. A file without headings is taken for a list of addresses. */
export function* rowsOf(csv: string): Generator<{ line: number; row: Map<string, string> }> {
  let headings: string[] | null = null;
  let line = 0;
  for (const text of csv.replace(/^\uFEFF/, '').split(/\r?\n/)) {
    line++;
    if (text.trim() === '') continue;
    const cells: string[] = [];
    for (const [, inQuotes, bare, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g)) {
      cells.push(unguarded(inQuotes?.replaceAll('""', '"') ?? bare ?? ''));
      if (end === '') break;
    }
    if (!headings) {
      headings = cells.map((cell) => cell.trim().toLowerCase());
      if (headings.includes('address')) continue;
      headings = ['address', 'state', 'since'];
    }
    const names = headings;
    yield { line, row: new Map(cells.map((cell, index) => [names[index] ?? '', cell])) };
  }
}
