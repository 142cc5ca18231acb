// Which domains are ours, and what their mail does now: kept in memory, asked for every recipient.
import type { Domain } from '../../../shared/domain.ts';

export class Directory {
  #domains = new Map<string, Domain>();

  replace(domains: readonly Domain[]): void {
    this.#domains = new Map(domains.map((domain) => [domain.name, domain]));
  }

  put(domain: Domain): void {
    this.#domains.set(domain.name, domain);
  }

  drop(name: string): void {
    this.#domains.delete(name);
  }

  get(name: string): Domain | undefined {
    return this.#domains.get(name);
  }

  all(): Domain[] {
    return [...this.#domains.values()].sort((a, b) => a.name.localeCompare(b.name));
  }
}
