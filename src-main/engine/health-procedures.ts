// The procedures of the contract that are about checks.
import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { Database } from '../storage/database.ts';
import type { HealthChecks } from './health.ts';

export function healthProcedures({ db, health }: { db: Database; health: HealthChecks }) {
  const os = implement(contract).checks;

  function named(check: string): string {
    if (health.knows(check)) return check;
    throw new ORPCError('NOT_FOUND', {
      message: `there is no check "${check}"; \`mailward check --list\` has them all`,
    });
  }

  return {
    list: os.list.handler(() => health.list()),
    run: os.run.handler(({ input, signal }) => health.follow(input.domain, named(input.check), signal)),
    runAll: os.runAll.handler(({ input, signal }) => health.follow(input.domain, null, signal)),
    latest: os.latest.handler(({ input }) => health.latest(input.domain)),
    history: os.history.handler(({ input: { domain, check, subject, from, to } }) => {
      if (from > to) throw new ORPCError('REFUSED', { message: 'the time to begin at is after the end' });
      return db.read('findingHistory', { domain, check, subject: subject ?? null, from, to });
    }),
    since: os.since.handler(({ input: { domain, check, subject } }) =>
      db.read('findingsSince', { domain, check, subject: subject ?? null }),
    ),
  };
}
