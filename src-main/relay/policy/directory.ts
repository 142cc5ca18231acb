// Which domains are ours, and what their mail does now: kept in memory, asked for every recipient.
import type { Domain } from '../../../shared/domain.ts';
import { toDomainName } from '../../../shared/names.ts';

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

/** A mailbox as we keep it: the local part as given, the domain as lower-case A-labels. */
export interface Mailbox {
  address: string;
  domain: string;
}

/**
 * Reads an address that the SMTP parser let through. Returns null when its domain is not a domain name
 * (an address literal, say): such mail is never for a domain of ours.
 */
export function readMailbox(address: string): Mailbox | null {
  const at = address.lastIndexOf('@');
  if (at < 1) return null;
  const domain = toDomainName(address.slice(at + 1));
  return domain === null ? null : { address: `${address.slice(0, at)}@${domain}`, domain };
}
