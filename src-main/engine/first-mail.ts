// Which domains are live: whose first mail has come through Mailward to their own server, and when.
import type { Clock } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import type { RelayEvents } from '../relay/events.ts';
import type { Database } from '../storage/database.ts';
import type { EngineEvents } from './events.ts';

export interface FirstMailParts {
  clock: Clock;
  db: Database;
  events: Publisher<EngineEvents>;
}

export class FirstMail {
  readonly #parts: FirstMailParts;
  readonly #since = new Map<string, number>();

  constructor(parts: FirstMailParts) {
    this.#parts = parts;
  }

  async load(): Promise<void> {
    for (const { name, at } of await this.#parts.db.read('liveDomains')) this.#since.set(name, at);
  }

  /** UTC ms; null: no mail of the domain has come through yet. */
  of(domain: string): number | null {
    return this.#since.get(domain) ?? null;
  }

  domainRemoved(domain: string): void {
    this.#since.delete(domain);
  }

  settled({ domain, results }: RelayEvents['settled']): void {
    if (domain === null || this.#since.has(domain)) return;
    if (!results.some(({ state }) => state === 'delivered')) return;
    const { clock, db, events } = this.#parts;
    const at = clock.now();
    this.#since.set(domain, at);
    events.emit('wentLive', { domain, at });
    db.write('putLive', { name: domain, at }).catch((error: unknown) =>
      events.emit('fault', {
        part: 'storage',
        domain,
        what: `that the first mail for ${domain} came through cannot be kept`,
        error,
      }),
    );
  }
}
