// What a registry says of a domain, whichever way it was asked.
import type { Evidence } from '../../../shared/finding.ts';

export interface Registration {
  registered: boolean;
  /** End of the registration as the registry has it, UTC ms; null when it does not say. */
  expiresAt: number | null;
  /** As the registrar has it, where the registry tells: what was paid for. */
  registrarExpiresAt: number | null;
  /** EPP's status values in one form: lower case without spaces, `clienthold` (RFC 5731, RFC 8056). */
  statuses: readonly string[];
  /** Null when not said. */
  registrar: string | null;
  evidence: Evidence;
}

export const unregistered = (evidence: Evidence): Registration => ({
  registered: false,
  expiresAt: null,
  registrarExpiresAt: null,
  statuses: [],
  registrar: null,
  evidence,
});

/** What registries that have words of their own mean by them, in EPP's. */
const synonyms: Readonly<Record<string, string>> = {
  quarantine: 'redemptionperiod',
  inquarantine: 'redemptionperiod',
  redemption: 'redemptionperiod',
  suspended: 'serverhold',
  onhold: 'serverhold',
  registryhold: 'serverhold',
  registrarhold: 'clienthold',
};

/** `client hold`, `clientHold`, `clientHold https://icann.org/epp#clientHold` → `clienthold`. */
export function plainStatus(status: string): string {
  const plain = status
    .replace(/\s*\(?https?:\S*$/i, '')
    .replace(/[\s_.-]+/g, '')
    .toLowerCase();
  return synonyms[plain] ?? plain;
}

/** A registry could not be asked, or its answer says nothing. */
export class RegistryFailure extends Error {
  readonly evidence: Evidence;
  constructor(message: string, evidence: Evidence) {
    super(message);
    this.evidence = evidence;
  }
}
