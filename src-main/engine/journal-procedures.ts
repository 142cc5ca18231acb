// The procedures of the contract that are about the journal.
import { implement } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import { DAY_MS } from '../../shared/time.ts';
import type { Clock } from '../clock/clock.ts';
import type { SettingsStore } from '../settings/settings.ts';
import type { Database } from '../storage/database.ts';
import { countArrivals } from './arrivals.ts';
import type { Journal } from './journal.ts';

export interface JournalProceduresParts {
  clock: Clock;
  db: Database;
  settings: SettingsStore;
  journal: Journal;
}

export function journalProcedures({ clock, db, settings, journal }: JournalProceduresParts) {
  const os = implement(contract).journal;
  return {
    list: os.list.handler(({ input: { domain, kinds, from, to, before, limit } }) =>
      journal.page({
        ...{ domain, limit, kinds: kinds ?? null },
        ...{ from: from ?? null, to: to ?? null, before: before ?? null },
      }),
    ),
    rates: os.rates.handler(({ input, signal }) =>
      countArrivals(db, { ...input, keptSince: clock.now() - settings.get().log.keepDays * DAY_MS }, signal),
    ),
  };
}
