// Whom the checks are about: a domain, the servers that take its mail, and the relay in front of them.
import type { Destination } from '../../shared/domain.ts';

export interface Target {
  /** In lower case, as A-labels (RFC 5890): what goes over the wire. */
  domain: string;
  /** The servers of the domain's route. Empty for a domain that is not protected: its MX names the servers then. */
  destinations: readonly Destination[];
  /** Where the world reaches Mailward; null when nobody said (the domain is not protected, or the relay only listens at home). */
  relay: Relay | null;
  /** DKIM selectors seen in the domain's own traffic, or given by the admin. */
  selectors: readonly string[];
  /** MX records as they were before Mailward stood in front ("the way back"); empty when not known. */
  formerMx: readonly { preference: number; exchange: string }[];
  /** Date the admin set by hand for the registration's end (UTC ms); null: nobody did. */
  expiresAt: number | null;
}

export interface Relay {
  /** The name it gives itself and that MX records should name. */
  hostname: string;
  /** Addresses at which the world reaches it, when the admin gave them; else those of its name are meant. */
  addresses: readonly string[];
}
