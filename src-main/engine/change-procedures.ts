// The procedures of the contract that are about changes of MX records.
import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { ChangeProgress } from '../../shared/contract/changes.ts';
import type { ChangePlan, MxChange } from '../../shared/mx-change.ts';
import type { MxReading, WayBack } from '../../shared/mx-reading.ts';
import { changePlan } from '../diagnosis/change-plan.ts';
import type { OwnState } from '../diagnosis/preflight-items.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';
import { actorOf, type Asking } from './asking.ts';
import type { MxChanges } from './mx-changes.ts';
import { protectedDomain } from './protected-domain.ts';
import type { WayBacks } from './way-backs.ts';

export interface ChangeProceduresParts {
  db: Database;
  directory: Directory;
  wayBacks: WayBacks;
  mxChanges: MxChanges;
  ownState: () => OwnState;
}

export function changeProcedures(parts: ChangeProceduresParts) {
  const { db, directory, wayBacks, mxChanges } = parts;
  const os = implement(contract).$context<Asking>().changes;

  async function planned(
    name: string,
    direction: ChangePlan['direction'],
  ): Promise<{ plan: ChangePlan; reading: MxReading | null; wayBack: WayBack | null }> {
    const { mode } = protectedDomain(directory, name);
    const [wayBack, preflight, { look }] = await Promise.all([
      wayBacks.of(name),
      db.read('lastPreflight', name),
      wayBacks.look(name),
    ]);
    const { hostname } = parts.ownState();
    const { reading } = look;
    const plan = changePlan({ name, direction, reading, wayBack, preflight, hostname, mode: mode.name });
    if ('refused' in plan) throw new ORPCError('REFUSED', { message: plan.refused });
    return { plan, reading, wayBack };
  }

  async function progress(change: MxChange | null): Promise<ChangeProgress> {
    const nothing = { messages: 0, senders: 0, lastAt: null };
    return { change, stillComes: change === null ? nothing : await mxChanges.stillComes(change) };
  }

  return {
    plan: os.plan.handler(async ({ input }) => (await planned(input.name, input.direction)).plan),
    begin: os.begin.handler(async ({ input, context }) => {
      const { name, direction } = input;
      const { plan, reading, wayBack } = await planned(name, direction);
      // What was there before Mailward is not known to have been replaced yet; on the way back what is there now is.
      const before = reading?.records ?? (direction === 'in' ? (wayBack?.reading.records ?? null) : null);
      const beforeTtl = reading?.ttl ?? (direction === 'in' ? (wayBack?.reading.ttl ?? null) : null);
      const wanted = { domain: name, direction, wanted: plan.add, before, beforeTtl };
      return progress(await mxChanges.begin(wanted, actorOf(context)));
    }),
    progress: os.progress.handler(({ input }) => {
      protectedDomain(directory, input.name);
      return progress(mxChanges.of(input.name));
    }),
    look: os.look.handler(async ({ input }) => {
      protectedDomain(directory, input.name);
      return progress(await mxChanges.look(input.name));
    }),
    end: os.end.handler(async ({ input, context }) => {
      protectedDomain(directory, input.name);
      return { ended: await mxChanges.end(input.name, actorOf(context)) };
    }),
  };
}
