// The protected domains, changed: written down first, then told to everybody.
import type { Domain } from '../../shared/domain.ts';
import type { Actor } from '../../shared/journal.ts';
import type { Publisher } from '../events/emitter.ts';
import type { Scheduler } from '../relay/outbound/scheduler.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { LearnedRecipients } from '../relay/policy/learned.ts';
import type { Database } from '../storage/database.ts';
import type { EngineEvents } from './events.ts';

export interface DomainsParts {
  db: Database;
  directory: Directory;
  scheduler: Scheduler;
  learned: LearnedRecipients;
  events: Publisher<EngineEvents>;
}

export class Domains {
  readonly #parts: DomainsParts;

  constructor(parts: DomainsParts) {
    this.#parts = parts;
  }

  /** Adds a domain, or takes it as it is now. @param by who wants it so. */
  readonly change = async (domain: Domain, by: Actor): Promise<Domain> => {
    const { db, directory, events } = this.#parts;
    const before = directory.get(domain.name) ?? null;
    await db.write('putDomain', domain);
    directory.put(domain);
    events.emit('domainChanged', { domain, before, by });
    return domain;
  };

  /** Takes a domain out that has no mail any more. */
  async remove(name: string, by: Actor): Promise<void> {
    const { db, directory, scheduler, learned, events } = this.#parts;
    // First out of the directory, so that nothing more is accepted; then the way out, then the row.
    directory.drop(name);
    await scheduler.domainRemoved(name);
    await learned.domainRemoved(name);
    events.emit('domainRemoved', { name, by });
    await db.write('dropDomain', name);
  }
}
