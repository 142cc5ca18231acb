// Which part of a domain name somebody registered, and under whose ending, by the public suffix list.
import { parse } from 'tldts';

export interface Registrable {
  /** The name that is registered and expires: `example.co.uk` for `mail.example.co.uk`. A-labels. */
  name: string;
  /** What it is registered under: `co.uk`. */
  suffix: string;
  /** The suffix belongs to a company (`uk.com`), not to a registry of IANA's list. */
  private: boolean;
  /** No registry of the Internet gives out such names: `example.local` (RFC 6761 and the like). */
  special: boolean;
}

/** Endings that never are on the Internet, beyond those that the suffix list's library knows (RFC 6761, 6762, 7686, 8375, ICANN). */
const special = new Set([
  'alt',
  'corp',
  'home',
  'internal',
  'intranet',
  'invalid',
  'lan',
  'local',
  'localdomain',
  'localhost',
  'mail',
  'onion',
  'private',
  'test',
]);

/** @returns null for a name under which others register: `co.uk` itself. */
export function registrableOf(domain: string): Registrable | null {
  const { domain: name, publicSuffix, isPrivate } = parse(domain, { allowPrivateDomains: true });
  if (name === null || publicSuffix === null) return null;
  const ending = name.slice(name.lastIndexOf('.') + 1);
  return {
    name,
    suffix: publicSuffix,
    private: isPrivate === true,
    special: special.has(ending) || name === 'home.arpa' || name.endsWith('.home.arpa'),
  };
}
