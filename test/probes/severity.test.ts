// How urgent the findings are that decide whether an admin is told at once: what stops mail is red, what may is amber, what is well is neither.
import { expect, it } from 'vitest';
import { checks } from '../../src-main/probes/catalogue.ts';

type Said = 'urgent' | 'attention' | 'ok';

const told: [what: string, check: string, codes: Record<string, Said>][] = [
  [
    'a certificate that is not the one that TLSA records promise',
    'dane',
    { mismatch: 'urgent', 'in-clear': 'urgent', malformed: 'urgent', bogus: 'urgent' },
  ],
  [
    'signatures that resolvers refuse, of the domain or of the names that its mail depends on',
    'dnssec',
    {
      'names-not-validated': 'urgent',
      'not-validated': 'urgent',
      expired: 'urgent',
      'key-unknown': 'urgent',
      // The others do its work.
      'name-not-validated': 'attention',
    },
  ],
  [
    'a certificate that an enforced MTA-STS policy does not allow, and one on trial',
    'mta-sts',
    {
      'mx-not-secure': 'urgent',
      'mx-not-named': 'urgent',
      'mx-not-secure-yet': 'attention',
      'mx-not-named-yet': 'attention',
    },
  ],
  [
    'a domain that the registry has deleted or taken out of DNS',
    'registration',
    {
      redemption: 'urgent',
      'on-hold': 'urgent',
      'not-registered': 'urgent',
      expired: 'urgent',
      // They work still, or again.
      ending: 'attention',
      'renewal-unpaid': 'attention',
    },
  ],
  [
    'mail servers whom nobody outside reaches, all of them or one',
    'mx',
    { 'no-target-found': 'urgent', nowhere: 'urgent', 'target-private': 'attention' },
  ],
  [
    'mail servers whom many senders do not find',
    'mx',
    { 'ipv6-only': 'attention', 'target-not-host-name': 'attention', 'target-is-alias': 'attention' },
  ],
  [
    'name servers that are deaf to resolvers, all of them or one',
    'delegation',
    { 'no-server-edns': 'urgent', 'edns-dropped': 'attention', 'options-dropped': 'attention' },
  ],
  [
    // With aliases alone many resolvers find no name server at all, and mail stops there.
    'name servers whose names are aliases, all of them or one',
    'delegation',
    { 'only-aliases': 'urgent', 'name-is-alias': 'attention', 'one-server': 'attention' },
  ],
  [
    // Today its mail flows.
    'a server that may refuse the domain when its MX is moved',
    'goes-by-mx',
    { 'by-mx': 'attention', 'by-configuration': 'ok' },
  ],
  ['a domain renewed by its registry', 'registration', { fine: 'ok' }],
  ['an alias whose resolvers all agree', 'mx-propagation', { agrees: 'ok', spreading: 'attention' }],
  [
    'an SPF record within its limits, and one beyond',
    'spf',
    { fine: 'ok', 'too-many-void': 'urgent', 'too-many-lookups': 'urgent', 'too-many-mx': 'urgent' },
  ],
  [
    'a healthy server, and a slow one, which stops no mail',
    'server-speed',
    { prompt: 'ok', slow: 'attention', 'slow-greeting': 'attention' },
  ],
];

it.each(told)('of %s (%s)', (_, name, codes) => {
  const findings = checks.find((check) => check.name === name)?.findings ?? {};
  const said = Object.keys(codes).map((code) => {
    const outcome = findings[code];
    if (outcome?.state === 'problem') return [code, outcome.severity];
    // Nothing that is well is ever shown in a colour.
    return [code, outcome?.severity === null ? outcome.state : 'missing'];
  });
  expect(Object.fromEntries(said)).toEqual(codes);
});
