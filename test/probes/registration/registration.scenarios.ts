// Scenarios of the registration check: what registries say, and how they fail to.
import type { RdapManner, RegisteredDomain } from '../../lab/rdap.ts';
import type { WhoisManner } from '../../lab/whois.ts';
import { scenarios } from '../scenario.ts';

/** When it is, in these worlds. */
export const now = Date.parse('2026-11-21T12:00:00Z');
/** So many days from then. */
export const days = (count: number) => new Date(now + count * 86_400_000).toISOString();

export interface RegistrationWorld {
  /** Default: `example.com`, whose registry has RDAP. Those of most country endings have WHOIS alone: see `withWhoisAlone`. */
  domain?: string;
  /** What the registry knows of the domain, by RDAP; nothing: that nobody has it. */
  rdap?: RegisteredDomain;
  manner?: RdapManner;
  /** What the registry says by WHOIS, or how it behaves; default: it hangs up. */
  whois?: { says: string } | { is: WhoisManner };
  /** Days from now to the date that the admin set. */
  byHand?: number;
}

/** Country endings whose registries have WHOIS alone in these worlds. */
export const withWhoisAlone = ['nl', 'it', 'de', 'be', 'jp', 'uk', 'ua', 'fr', 'edu', 'hk'];

const page = { is: 'failing', status: 404 } as const;
const nl = 'office.nl';

/** What .it says of a domain, with its date so many days from now. */
const it = (status: string, count: number) => ({
  domain: 'office.it',
  whois: {
    says: `Domain:             office.it\nStatus:             ${status}\nExpire Date:        ${days(count).slice(0, 10)}\n`,
  },
});

/** An answer of RDAP as it is, not as the standard has it. */
const rdapSays = (members: Record<string, unknown>) =>
  ({
    is: 'failing',
    status: 200,
    type: 'application/rdap+json',
    body: JSON.stringify({ objectClassName: 'domain', ldhName: 'example.com', ...members }),
  }) as const;

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
    name: 'deleted, as .it says it',
    finds: ['redemption'],
    world: it('pendingDelete / redemptionPeriod', 70),
  },
  {
    name: 'about to be gone, as .it says it',
    finds: ['redemption'],
    world: it('pendingDelete / pendingDelete', 70),
  },
  { name: 'taken out of DNS, as .it says it', finds: ['on-hold'], world: it('inactive / serverHold', 70) },
  { name: 'not renewed, as .it says it', finds: ['on-hold'], world: it('inactive / notRenewed', -20) },
  {
    name: 'renewed by the registry, which gives the old date meanwhile',
    finds: ['fine'],
    world: it('ok / autoRenewPeriod', -1),
  },
  {
    name: 'the registry says for two months that it is renewing',
    finds: ['could-not-check'],
    world: it('ok / autoRenewPeriod', -60),
  },
  {
    name: 'deleted, and the registry says nothing else',
    finds: ['redemption'],
    world: { domain: 'office.de', whois: { says: 'Domain: office.de\nStatus: redemptionPeriod\n' } },
  },
  {
    name: 'registered but without name servers, and the registry says nothing else',
    finds: ['on-hold'],
    world: { domain: 'office.de', whois: { says: 'Domain: office.de\nStatus: failed\n' } },
  },
  {
    name: 'out of service, as a registry calls it by WHOIS',
    finds: ['on-hold'],
    world: { domain: 'office.be', whois: { says: 'Domain:\toffice.be\nStatus:\tOUT OF SERVICE\n' } },
  },
  {
    name: 'deleted, and the day is all that the registry adds',
    finds: ['redemption'],
    world: {
      domain: 'office.co.jp',
      whois: {
        says: 'a. [Domain Name]                OFFICE.CO.JP\n[State]                         Deleted (2026/11/30)\n',
      },
    },
  },
  {
    name: 'the owner has said that he does not want it any more',
    finds: ['ending'],
    world: {
      domain: 'office.uk',
      whois: {
        says: 'Domain name:\n  office.uk\nRegistration status:\n  No longer required\nExpiry date:  14-Feb-2028\n',
      },
    },
  },
  {
    name: 'the term is over, and the registry waits for the money',
    finds: ['renewal-unpaid'],
    world: {
      domain: 'office.com.ua',
      whois: {
        says: 'domain:           office.com.ua\nstatus:           autoRenewGracePeriod\nexpires:          2026-11-12 12:15:38+02\n',
      },
    },
  },
  {
    name: 'the registry uses a word that nobody explains',
    finds: ['could-not-check'],
    world: {
      domain: nl,
      whois: { says: 'Domain name: office.nl\nStatus: gespenst\nExpiry date: 2028-02-14\n' },
    },
  },
  {
    name: 'the registry uses a word that nobody explains, and no date but the one set by hand',
    finds: ['could-not-check'],
    world: {
      domain: nl,
      byHand: 100,
      whois: { says: 'Domain name: office.nl\nStatus: gespenst\nNserver: ns1.office.nl\n' },
    },
  },
  {
    name: 'the registry’s date may be of two days',
    finds: ['could-not-check'],
    world: {
      domain: nl,
      whois: { says: 'Domain name: office.nl\nStatus: active\nExpiry date: 03/04/2028\n' },
    },
  },
  {
    name: 'the registry’s date is read as it writes them',
    finds: ['expires-soon'],
    world: {
      domain: 'office.hk',
      whois: { says: 'Domain Name:  OFFICE.HK \nDomain Status: Active \nExpiry Date: 09-12-2026 \n' },
    },
  },
  {
    name: 'the registry has had enough of us, and says that it found nothing',
    finds: ['could-not-check'],
    world: {
      domain: 'office.fr',
      whois: { says: '%%\n%% Too many requests...\n%%\n\n%% No entries found in the AFNIC Database.\n' },
    },
  },
  {
    name: 'RDAP has an event without a date',
    finds: ['on-hold'],
    world: {
      manner: rdapSays({
        status: ['client hold'],
        events: [{ eventAction: 'expiration', eventDate: days(200) }, { eventAction: 'last changed' }, null],
      }),
    },
  },
  {
    name: 'RDAP has no list of states',
    finds: ['fine'],
    world: {
      manner: rdapSays({ status: null, events: [{ eventAction: 'expiration', eventDate: days(200) }] }),
    },
  },
  {
    name: 'RDAP has one state that is no list',
    finds: ['on-hold'],
    world: {
      manner: rdapSays({
        status: 'server hold',
        events: { eventAction: 'expiration', eventDate: days(200) },
      }),
    },
  },
  {
    name: 'RDAP writes the day first',
    finds: ['fine'],
    world: {
      manner: rdapSays({
        status: ['active'],
        events: [{ eventAction: 'expiration', eventDate: '01.12.2027' }],
      }),
    },
  },
  {
    name: 'RDAP writes the day first, and it is near',
    finds: ['expires-soon'],
    world: {
      manner: rdapSays({
        status: ['active'],
        events: [{ eventAction: 'expiration', eventDate: '10.12.2026' }],
      }),
    },
  },
  {
    name: 'RDAP’s date may be of two days',
    finds: ['could-not-check'],
    world: {
      manner: rdapSays({
        status: ['active'],
        events: [{ eventAction: 'expiration', eventDate: '03/04/2028' }],
      }),
    },
  },
  {
    name: 'RDAP knows it, and WHOIS says that it knows nothing',
    finds: ['could-not-check'],
    world: { rdap: { status: ['active'] }, whois: { says: 'No match for "EXAMPLE.COM".\n' } },
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
