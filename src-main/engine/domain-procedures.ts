// The procedures of the contract that are about domains.
import { implement, ORPCError } from '@orpc/server';
import { contract } from '../../shared/contract/index.ts';
import type { MxLook } from '../../shared/mx-reading.ts';
import { toDomainName } from '../../shared/names.ts';
import { profileSchema, supportPartSchema, type Destination, type Profile } from '../../shared/domain.ts';
import type { Clock } from '../clock/clock.ts';
import { preflightOf } from '../diagnosis/preflight.ts';
import { type OwnState, preflightChecks } from '../diagnosis/preflight-items.ts';
import { ordered } from '../probes/dns/speakers.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';
import { actorOf, type Asking } from './asking.ts';
import type { Domains } from './domains.ts';
import type { HealthChecks } from './health.ts';
import { protectedDomain } from './protected-domain.ts';
import type { WayBacks } from './way-backs.ts';
import { knownOf } from './known.ts';
import { delivering, type Modes } from './modes.ts';
import type { MxChanges } from './mx-changes.ts';
import type { OutsideAddresses } from './outside-address.ts';

export interface DomainProceduresParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  scheduler: Scheduler;
  modes: Modes;
  domains: Domains;
  wayBacks: WayBacks;
  mxChanges: MxChanges;
  health: HealthChecks;
  ownState: () => OwnState;
  outside: OutsideAddresses;
  /** Throws when a route leads back to our own listener. */
  refuseOwnListener: (route: readonly Destination[]) => void;
}

export function domainProcedures(parts: DomainProceduresParts) {
  const { clock, db, directory, health, modes, scheduler, wayBacks, refuseOwnListener } = parts;
  const { change } = parts.domains;
  const os = implement(contract).$context<Asking>().domains;

  const domainNamed = (name: string) => protectedDomain(directory, name);

  /** Whoever still has the old records sends mail here: taken out now, it would be refused. */
  function refuseWhileGoingBack(name: string): void {
    const change = parts.mxChanges.of(name);
    if (change?.direction !== 'back' || change.stage === 'done') return;
    const until =
      change.until === null
        ? ''
        : ` until ${new Date(change.until).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
    throw new ORPCError('REFUSED', {
      message: `the MX records of ${name} are on their way back, and senders may have the old ones${until}: their mail would be refused. Wait, or end the watch first (\`mailward domain change ${name} --end\`)`,
    });
  }

  function refuseTwice(name: string): never {
    throw new ORPCError('CONFLICT', { message: `${name} is protected already; change its route instead` });
  }

  /** A server as an MX record names it. */
  function host(exchange: string): string {
    const name = toDomainName(exchange);
    if (name === null)
      throw new ORPCError('REFUSED', {
        message: `"${exchange}" is not the name of a server; expected something like mail.example.com`,
      });
    return name;
  }

  /** The support entries as they are to be kept. Throws when an address that is new in them depends on the office's mail. */
  async function reachable(
    before: Profile['support'],
    after: Profile['support'],
  ): Promise<Profile['support']> {
    const support = { ...after };
    for (const part of supportPartSchema.options) {
      const { mail } = after[part];
      if (mail === '' || mail === before[part].mail) continue;
      const verdict = await parts.outside.look(mail);
      if (verdict.refused !== null) throw new ORPCError('REFUSED', { message: verdict.refused });
      support[part] = { ...after[part], mail: verdict.address };
    }
    return support;
  }

  return {
    list: os.list.handler(() => directory.all()),
    add: os.add.handler(async ({ input, context }) => {
      if (directory.get(input.name)) refuseTwice(input.name);
      const { name } = input;
      const seen = wayBacks.looked(name);
      const looked = seen ?? (input.route === undefined ? await wayBacks.look(name) : null);
      const route = input.route ?? looked?.look.meaning.route ?? null;
      if (route === null) throw new ORPCError('REFUSED', { message: wordsOf(looked?.look) });
      refuseOwnListener(route);
      // Somebody else may have been quicker while the records were read.
      if (directory.get(name)) refuseTwice(name);
      if (looked !== null) await wayBacks.keepRead(name, looked.read, true);
      return change(
        {
          name,
          createdAt: clock.now(),
          route,
          mode: delivering(clock),
          profile: profileSchema.parse({}),
        },
        actorOf(context),
      );
    }),
    setProfile: os.setProfile.handler(async ({ input, context }) => {
      const support = await reachable(domainNamed(input.name).profile.support, input.profile.support);
      // Asked for again: the domain may have changed while DNS was asked.
      const domain = domainNamed(input.name);
      return change({ ...domain, profile: { ...input.profile, support } }, actorOf(context));
    }),
    setRoute: os.setRoute.handler(async ({ input, context }) => {
      refuseOwnListener(input.route);
      const changed = await change({ ...domainNamed(input.name), route: input.route }, actorOf(context));
      scheduler.wake(input.name, true);
      return changed;
    }),
    setMode: os.setMode.handler(async ({ input, context }) => {
      const domain = domainNamed(input.name);
      if (input.reroute) refuseOwnListener(input.reroute);
      if (input.mode === 'reroute' && input.reroute === null) {
        throw new ORPCError('REFUSED', { message: 'to reroute mail, say which server it should go to' });
      }
      if (input.until !== null && (input.mode === 'deliver' || input.until <= clock.now())) {
        throw new ORPCError('REFUSED', {
          message:
            input.mode === 'deliver'
              ? 'an end time is for hold and reroute; mode deliver has none'
              : 'the end time is in the past; give one to come, or none',
        });
      }
      const mode = {
        ...delivering(clock),
        name: input.mode,
        reason: input.reason,
        reroute: input.mode === 'reroute' ? input.reroute : null,
        until: input.until,
      };
      return modes.set(domain, mode, actorOf(context));
    }),
    look: os.look.handler(async ({ input }) => (await wayBacks.look(input.name)).look),
    wayBack: os.wayBack.handler(({ input }) => wayBacks.of(domainNamed(input.name).name)),
    setWayBack: os.setWayBack.handler(({ input, context }) => {
      const { name, records, ttl } = input;
      const set = ordered(
        records.map(({ preference, exchange }) => ({ preference, exchange: host(exchange) })),
      );
      const reading = {
        at: clock.now(),
        records: set,
        ttl,
        alias: null,
        from: [],
        dnssec: 'unknown' as const,
      };
      return wayBacks.set(
        domainNamed(name).name,
        { keptAt: clock.now(), origin: 'admin', reading: { ...reading, exchanges: [] } },
        actorOf(context),
      );
    }),
    known: os.known.handler(({ input }) => knownOf(db, domainNamed(input.name))),
    preflight: os.preflight.handler(async ({ input, signal }) => {
      const { name, route } = domainNamed(input.name);
      const at = clock.now();
      const [findings, { read }] = await Promise.all([
        health.ask(name, preflightChecks, signal),
        wayBacks.look(name),
      ]);
      const wayBack = await wayBacks.of(name);
      const own = parts.ownState();
      const report = preflightOf({ domain: name, at, route, findings, read, wayBack, own });
      await db.write('keepPreflight', report);
      return report;
    }),
    lastPreflight: os.lastPreflight.handler(({ input }) =>
      db.read('lastPreflight', domainNamed(input.name).name),
    ),
    moves: os.moves.handler(async ({ input }) => {
      const moves = await db.read('serverMoves');
      if (input.name === null) return moves;
      const { route, mode } = domainNamed(input.name);
      const hosts = new Set([...route, ...(mode.reroute ?? [])].map(({ host }) => host));
      return moves.filter(({ host }) => hosts.has(host));
    }),
    remove: os.remove.handler(async ({ input, context }) => {
      domainNamed(input.name);
      const waiting = (await db.write('waiting')).filter(
        (row) =>
          row.domain === input.name &&
          (row.state === 'queued' || row.state === 'held' || row.state === 'quarantined'),
      );
      if (waiting.length > 0) {
        const words = { queued: 'waiting for delivery', held: 'held', quarantined: 'in quarantine' };
        const parts = waiting.map(({ state, count }) => `${count} ${words[state as keyof typeof words]}`);
        const count = waiting.reduce((sum, row) => sum + row.count, 0);
        const stays = waiting.some(({ state }) => state !== 'queued');
        throw new ORPCError('REFUSED', {
          message: `${count === 1 ? '1 message' : `${count} messages`} for ${input.name} ${count === 1 ? 'is' : 'are'} still here (${parts.join(', ')}); ${stays ? 'what is held or in quarantine does not go out by itself: release or delete it first' : 'wait until it is delivered, or delete it first'}`,
        });
      }
      refuseWhileGoingBack(input.name);
      await parts.domains.remove(input.name, actorOf(context));
      return { removed: true as const };
    }),
  };
}

/** Why the records do not say where mail is to be delivered. */
function wordsOf(look: MxLook | undefined): string {
  if (look === undefined) return 'say which server takes the mail of the domain';
  return [look.meaning.summary, ...look.meaning.advice].join(' ');
}
