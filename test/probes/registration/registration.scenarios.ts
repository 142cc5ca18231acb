// Scenarios of the registration check: what registries say, and how they fail to.
import type { RdapManner, RegisteredDomain } from '../../lab/rdap.ts';
import type { WhoisManner } from '../../lab/whois.ts';
import { scenarios } from '../scenario.ts';

/** When it is, in these worlds. */
export const now = Date.parse('2026-11-21T12:00:00Z');
/** So many days from then. */
export const days = (count: number) => new Date(now + count * 86_400_000).toISOString();

export interface RegistrationWorld {
  /** Default: `example.com`, whose registry has RDAP. `office.nl` has a registry with WHOIS alone. */
  domain?: string;
  /** What the registry knows of the domain, by RDAP; nothing: that nobody has it. */
  rdap?: RegisteredDomain;
  manner?: RdapManner;
  /** What the registry says by WHOIS, or how it behaves; default: it hangs up. */
  whois?: { says: string } | { is: WhoisManner };
  /** Days from now to the date that the admin set. */
  byHand?: number;
}

const page = { is: 'failing', status: 404 } as const;
const nl = 'office.nl';

export default scenarios<RegistrationWorld>('registration', [
  { name: 'registered for another 200 days', finds: ['fine'], world: { rdap: { expires: days(200) } } },
  { name: 'a little more than 30 days are left', finds: ['fine'], world: { rdap: { expires: days(30.1) } } },
  { name: 'less than 30 days are left', finds: ['expires-soon'], world: { rdap: { expires: days(29.9) } } },
  { name: 'less than 7 days are left', finds: ['expires-now'], world: { rdap: { expires: days(6.9) } } },
  { name: 'it ended an hour ago', finds: ['expired'], world: { rdap: { expires: days(-1 / 24) } } },
  {
    name: 'the registrar put it on hold',
    finds: ['on-hold'],
    world: { rdap: { expires: days(200), status: ['client hold'] } },
  },
  {
    name: 'the registry put it on hold',
    finds: ['on-hold'],
    world: { rdap: { expires: days(200), status: ['active', 'server hold'] } },
  },
  { name: 'on hold, without a date', finds: ['on-hold'], world: { rdap: { status: ['server hold'] } } },
  {
    name: 'deleted, and can be had back',
    finds: ['redemption'],
    world: { rdap: { expires: days(-40), status: ['redemption period', 'pending delete'] } },
  },
  {
    name: 'about to be gone',
    finds: ['redemption'],
    world: { rdap: { expires: days(-80), status: ['pending delete'] } },
  },
  {
    name: 'being restored',
    finds: ['redemption'],
    world: { rdap: { expires: days(-40), status: ['pending restore'] } },
  },
  {
    name: 'the registry renewed it, and the registrar was not paid',
    finds: ['renewal-unpaid'],
    world: { rdap: { expires: days(345), registrarExpires: days(-20), status: ['auto renew period'] } },
  },
  {
    name: 'the registry renewed it, and the registrar was paid',
    finds: ['fine'],
    world: { rdap: { expires: days(345), registrarExpires: days(345), status: ['auto renew period'] } },
  },
  {
    name: 'the registry’s date is later than the registrar’s',
    finds: ['fine'],
    world: { rdap: { expires: days(345), registrarExpires: days(5) } },
  },
  { name: 'nobody has it', finds: ['not-registered'], world: {} },
  {
    name: 'a name below the registered one, in another script',
    finds: ['fine'],
    world: { domain: 'mail.xn--bcher-kva.com', rdap: { expires: days(90) } },
  },
  {
    name: 'a name of the office’s own network',
    finds: ['not-applicable'],
    world: { domain: 'office.local' },
  },
  { name: 'a name under which others register', finds: ['not-applicable'], world: { domain: 'co.uk' } },
  { name: 'a name under a company’s ending', finds: ['could-not-check'], world: { domain: 'office.uk.com' } },
  {
    name: 'a busy registry asks for a short rest',
    finds: ['fine'],
    world: { rdap: { expires: days(90) }, manner: { is: 'busy', times: 1, retryAfter: '1' } },
  },
  {
    name: 'a busy registry asks for a rest until a time of day',
    finds: ['fine'],
    world: {
      rdap: { expires: days(90) },
      manner: { is: 'busy', times: 1, retryAfter: new Date(now + 2_000).toUTCString() },
    },
  },
  {
    name: 'a busy registry asks for an hour’s rest, and answers by WHOIS',
    finds: ['fine'],
    world: {
      manner: { is: 'busy', times: 1, retryAfter: '3600' },
      whois: { says: `Domain Name: EXAMPLE.COM\nRegistry Expiry Date: ${days(90)}\n` },
    },
  },
  {
    name: 'RDAP does not tell the date, but WHOIS does',
    finds: ['expires-now'],
    world: {
      rdap: { status: ['active'] },
      whois: { says: 'Domain Name: EXAMPLE.COM\nRegistry Expiry Date: 2026-11-24T00:00:00Z\n' },
    },
  },
  {
    name: 'the registry has WHOIS alone',
    finds: ['fine'],
    world: { domain: nl, whois: { says: 'Domain name: office.nl\nExpiry date: 2027-05-06\n' } },
  },
  {
    name: 'in quarantine, as a registry calls it by WHOIS',
    finds: ['redemption'],
    world: {
      domain: nl,
      whois: { says: 'Domain name: office.nl\nStatus: in quarantine\nExpiry date: 2026-11-01\n' },
    },
  },
  {
    name: 'suspended, as a registry calls it by WHOIS',
    finds: ['on-hold'],
    world: {
      domain: nl,
      whois: {
        says: 'Domain name:\n  office.nl\nRegistration status:\n  Suspended.\nExpiry date:  14-Feb-2028\n',
      },
    },
  },
  {
    name: 'nobody has it, by WHOIS',
    finds: ['not-registered'],
    world: { domain: nl, whois: { says: 'office.nl is free\n' } },
  },
  {
    name: 'the registry does not tell the date',
    finds: ['could-not-check'],
    world: { domain: nl, whois: { says: 'Domain: office.nl\nStatus: connect\nNserver: ns1.office.nl\n' } },
  },
  {
    name: 'no registry answers, a date was set by hand',
    finds: ['fine'],
    world: { domain: nl, byHand: 100 },
  },
  {
    name: 'no registry answers, the date set by hand is near',
    finds: ['expires-soon'],
    world: { domain: nl, byHand: 20 },
  },
  {
    name: 'no registry answers, the date set by hand is very near',
    finds: ['expires-now'],
    world: { domain: nl, byHand: 3 },
  },
  {
    name: 'no registry answers, the date set by hand has passed',
    finds: ['note-outdated'],
    world: { domain: nl, byHand: -3 },
  },
  {
    name: 'RDAP is silent, and WHOIS hangs up',
    finds: ['could-not-check'],
    world: { manner: { is: 'silent' } },
  },
  { name: 'RDAP’s answer has no end', finds: ['could-not-check'], world: { manner: { is: 'endless' } } },
  { name: 'RDAP fails', finds: ['could-not-check'], world: { manner: { is: 'failing', status: 500 } } },
  { name: 'a web page stands where RDAP was', finds: ['could-not-check'], world: { manner: page } },
  {
    name: 'a page to log in answers everything',
    finds: ['could-not-check'],
    world: { manner: { is: 'failing', status: 200 } },
  },
  {
    name: 'RDAP answers about another domain',
    finds: ['could-not-check'],
    world: {
      manner: { is: 'failing', status: 200, body: '{"objectClassName":"domain","ldhName":"other.com"}' },
    },
  },
  {
    name: 'redirects go round in a circle',
    finds: ['could-not-check'],
    world: { manner: { is: 'elsewhere', to: (path) => path } },
  },
  {
    name: 'redirects have no end',
    finds: ['could-not-check'],
    world: { manner: { is: 'elsewhere', to: (path) => `${path}x` } },
  },
  {
    name: 'a redirect leads to a file',
    finds: ['could-not-check'],
    world: { manner: { is: 'elsewhere', to: () => 'file:///etc/passwd' } },
  },
  { name: 'WHOIS is silent', finds: ['could-not-check'], world: { domain: nl, whois: { is: 'silent' } } },
  {
    name: 'WHOIS’s answer has no end',
    finds: ['could-not-check'],
    world: { domain: nl, whois: { is: 'endless' } },
  },
  {
    name: 'WHOIS refuses to answer so often',
    finds: ['could-not-check'],
    world: {
      domain: nl,
      whois: { says: 'Your connection limit exceeded. Please slow down and try again later.\n' },
    },
  },
  {
    name: 'WHOIS says something else',
    finds: ['could-not-check'],
    world: { domain: nl, whois: { says: 'Hello.\n' } },
  },
]);
