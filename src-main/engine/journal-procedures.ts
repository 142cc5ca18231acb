// The procedures of the contract that are about the journal.
import { implement } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { Journal } from './journal.ts';

export function journalProcedures({ journal }: { journal: Journal }) {
  const os = implement(contract).journal;
  return {
    list: os.list.handler(({ input: { domain, kinds, from, to, before, limit } }) =>
      journal.page({
        ...{ domain, limit, kinds: kinds ?? null },
        ...{ from: from ?? null, to: to ?? null, before: before ?? null },
      }),
    ),
  };
}
