// What a registry says of a domain, whichever way it was asked.
import type { Evidence } from '../../../shared/finding.ts';

export interface Registration {
  registered: boolean;
  /** End of the registration as the registry has it, UTC ms; null when it does not say. */
  expiresAt: number | null;
  /** As the registrar has it, where the registry tells: what was paid for. */
  registrarExpiresAt: number | null;
  /** As `statesIn` has them: EPP's values without spaces in lower case, `clienthold` (RFC 5731, RFC 8056), or the registry's word. */
  statuses: readonly string[];
  /** Null when not said. */
  registrar: string | null;
  /** The end as the registry wrote it, where it wrote one that could be two days, or none; left out otherwise. */
  unreadDate?: string;
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

/** A registry could not be asked, or its answer says nothing. */
export class RegistryFailure extends Error {
  readonly evidence: Evidence;
  constructor(message: string, evidence: Evidence) {
    super(message);
    this.evidence = evidence;
  }
}
