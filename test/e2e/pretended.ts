// A pretended world for the health screens: checks with the facts and the words that real ones give, in a bad week.
import type { Area, Evidence, Finding, Leg } from '../../shared/finding.ts';
import { fine, wrong } from '../../src-main/probes/check.ts';
import { PretendedCheck, type Answer } from '../lab/clinic.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

const findings = {
  fine: fine('It is as it should be.'),
  urgent: wrong('urgent', 'Mail stops.'),
  attention: wrong('attention', 'Someone should look.'),
};

function pretended(
  name: string,
  area: Area,
  leg: Leg,
  question: string,
  ...answers: Answer[]
): PretendedCheck {
  return new PretendedCheck(
    {
      name,
      area,
      leg,
      question,
      needs: ['domain'],
      deadlineMs: area === 'registration' ? 15_000 : 6000,
      findings,
    },
    ...answers,
  );
}

function told(asked: string, of: string, answer: string, at = Date.now()): Evidence {
  return { asked, of, at, answer };
}

const newMx = [{ preference: 10, exchange: 'mx.mailward.example' }];
const oldMx = [
  { preference: 10, exchange: 'mail.example.com' },
  { preference: 20, exchange: 'backup.provider.example' },
];

/** Which server has which MX set, a while after the change. @param left minutes by name for those that still have the old one. */
export function propagation(now: number, left: Record<string, number>): Finding['facts'] {
  const server = (name: string, address: string, kind: string, place = '', state = 'agrees') => {
    const minutes = left[name];
    const isOld = minutes !== undefined;
    return {
      name,
      address,
      kind,
      place,
      state: isOld ? 'differs' : state,
      mx: state === 'silent' ? null : isOld ? oldMx : newMx,
      ttl: state === 'silent' ? null : (minutes ?? 60) * 60,
      until: isOld ? now + minutes * MINUTE : null,
    };
  };
  const last = Object.values(left);
  return {
    mx: newMx,
    ttl: 3600,
    since: now - 17 * MINUTE,
    until: last.length === 0 ? null : now + Math.max(...last) * MINUTE,
    before: { mx: oldMx, ttl: 3600 },
    items: [
      server('ns1.dns-host.example', '192.0.2.53', 'authoritative'),
      server('ns2.dns-host.example', '2001:db8:0:53::2', 'authoritative'),
      server('ns3.a-name-server-with-a-long-name.dns-host.example', '198.51.100.53', 'authoritative'),
      server('Google', '8.8.8.8', 'resolver', 'worldwide'),
      server('Cloudflare', '1.1.1.1', 'resolver', 'worldwide'),
      server('Quad9', '9.9.9.9', 'resolver', 'Switzerland'),
      server('OpenDNS', '208.67.222.222', 'resolver', 'United States'),
      server('AdGuard', '94.140.14.14', 'resolver', 'Cyprus', 'silent'),
    ],
  };
}

/** What one blocklist says of the relay's two addresses and the domain. */
function blocklist(zone: string, name: string, weight: number, answer: 'clean' | 'listed' | 'dead'): Answer {
  const about = {
    zone,
    name,
    weight,
    removal: `https://${name.toLowerCase()}.example/removal`,
    policy: 'Free for small use.',
  };
  const entry = (what: string, whose: string, listed: boolean) => ({
    what,
    kind: what.includes(':') ? 'ipv6' : /^[\d.]+$/.test(what) ? 'ipv4' : 'domain',
    whose,
    listed,
    codes: listed ? ['127.0.0.4'] : [],
    means: listed ? ['a machine there is infected or misused (XBL)'] : [],
    text: listed ? `https://${name.toLowerCase()}.example/query/ip/192.0.2.10` : '',
    problem: null,
  });
  if (answer === 'dead') {
    return {
      code: 'could-not-check',
      subject: zone,
      summary: `${name} could not be asked: it does not serve public resolvers, use one of your own.`,
      facts: { ...about, entries: [] },
    };
  }
  const listed = answer === 'listed';
  return {
    code: listed ? 'urgent' : 'fine',
    subject: zone,
    summary: listed
      ? `The relay’s address 192.0.2.10 is on ${name}’s list because a machine there is infected or misused (XBL).`
      : `${name} lists none of them.`,
    facts: {
      ...about,
      entries: [
        entry('192.0.2.10', 'relay', listed),
        entry('2001:db8::10', 'relay', false),
        entry('example.com', 'domain', false),
      ],
    },
    evidence: [
      told(
        `A 10.2.0.192.${zone}`,
        'ns1.blocklist.example (198.51.100.53)',
        listed ? '127.0.0.4' : 'NXDOMAIN',
      ),
    ],
  };
}

/** The checks of a domain whose MX moved a moment ago, whose relay is listed, and whose registration ends soon. */
export function badWeek(): Record<string, PretendedCheck> {
  const now = Date.now();
  const all = [
    pretended(
      'interception',
      'dns',
      'inbound',
      'Does something in between answer in the place of name servers?',
      {
        code: 'fine',
        summary: 'Name servers are reached as they are.',
      },
    ),
    pretended(
      'delegation',
      'dns',
      'inbound',
      'Do the registry and the name servers agree on who serves the domain?',
      {
        code: 'attention',
        summary: 'ns3.a-name-server-with-a-long-name.dns-host.example does not answer; the other two do.',
        evidence: [
          told(
            'NS example.com',
            'a.tld.example (203.0.113.1)',
            'ns1.dns-host.example\nns2.dns-host.example\nns3.a-name-server-with-a-long-name.dns-host.example',
          ),
          told(
            'SOA example.com',
            'ns3.a-name-server-with-a-long-name.dns-host.example (198.51.100.53)',
            'no answer within 2 s, asked three times',
          ),
        ],
      },
    ),
    pretended('mx', 'dns', 'inbound', 'Does the domain’s MX lead to Mailward?', {
      code: 'fine',
      summary: 'MX leads to mx.mailward.example, which is this Mailward.',
      evidence: [
        told(
          'MX example.com',
          'ns1.dns-host.example (192.0.2.53)',
          '10 mx.mailward.example. (TTL 3600, authoritative)',
        ),
      ],
    }),
    pretended(
      'mx-propagation',
      'dns',
      'inbound',
      'Does the whole world have the same MX by now, and if not, when will it?',
      {
        code: 'attention',
        summary: '2 of 4 public resolvers still have the old MX records, at the latest until 21:14 UTC.',
        facts: propagation(now, { Cloudflare: 43, Quad9: 12 }),
        evidence: [
          told(
            'MX example.com',
            'Cloudflare (1.1.1.1)',
            '10 mail.example.com.\n20 backup.provider.example. (TTL 2580)',
          ),
        ],
      },
    ),
    pretended('dnssec', 'dns', 'inbound', 'Is the domain signed, and does the signature hold?', {
      code: 'fine',
      summary: 'The domain is not signed, and nothing says that it should be.',
    }),
    pretended(
      'registration',
      'registration',
      'inbound',
      'Until when is the domain registered, and does the registry let it work?',
      {
        code: 'attention',
        summary: 'The registration of example.com ends in 23 days.',
        facts: {
          registered: 'example.com',
          expiresAt: now + 23 * DAY,
          registrarExpiresAt: null,
          statuses: ['client transfer prohibited', 'client delete prohibited'],
          registrar: 'Example Registrar, Inc.',
          source: 'registry',
        },
        evidence: [told('RDAP domain example.com', 'https://rdap.registry.example/', '"expiration": soon')],
      },
    ),
    pretended('connectivity', 'network', 'here', 'Does this machine reach the Internet?', {
      code: 'fine',
      summary: 'This machine reaches the Internet.',
    }),
    pretended('clock', 'network', 'here', 'Is the clock right?', {
      code: 'fine',
      summary: 'The clock is right.',
    }),
    pretended('spool-space', 'network', 'here', 'Is there room for held mail?', {
      code: 'fine',
      summary: '84 GB are free: room for weeks of this domain’s mail.',
    }),
    pretended(
      'blocklists',
      'reputation',
      'here',
      'Is an address of Mailward, or the domain, on a blocklist?',
      blocklist('zen.blocklist.example', 'Zen', 3, 'listed'),
      blocklist('b.barrier.example', 'Barrier', 2, 'clean'),
      blocklist('bl.spamstop.example', 'SpamStop', 2, 'clean'),
      blocklist('dnsbl.sorted.example', 'Sorted', 1, 'dead'),
    ),
    pretended('ptr', 'authentication', 'here', 'Does Mailward’s address have a name that leads back to it?', {
      code: 'fine',
      summary: '192.0.2.10 is mx.mailward.example, which is 192.0.2.10.',
    }),
    pretended('spf', 'authentication', 'inbound', 'Does SPF hold, and cover those who send for the domain?', {
      code: 'could-not-check',
      summary: 'The name servers of _spf.provider.example do not answer.',
    }),
    pretended('reachable', 'server', 'outbound', 'Does the office’s server answer?', {
      code: 'fine',
      subject: '198.51.100.25',
      summary: 'mail.example.com answers in 41 ms: “220 mail.example.com ESMTP Postfix”.',
    }),
    pretended('home', 'server', 'outbound', 'Would the server take mail for the domain from Mailward?', {
      code: 'urgent',
      subject: '198.51.100.25',
      summary:
        'mail.example.com says that it is not home for example.com (relay denied), since the MX no longer names it.',
      evidence: [
        told(
          'RCPT TO:<postmaster@example.com>',
          'mail.example.com (198.51.100.25:25)',
          '554 5.7.1 <postmaster@example.com>: Relay access denied',
        ),
      ],
    }),
    pretended(
      'path',
      'network',
      'outbound',
      'Which way does traffic take to the server, and where does it end?',
      {
        code: 'fine',
        subject: '198.51.100.25',
        summary:
          'Traffic gets to mail.example.com (198.51.100.25); 5 hops of the way can be seen; a connection takes 41 ms.',
        facts: {
          host: 'mail.example.com',
          hops: [
            { number: 1, address: '192.168.1.1', ms: 0.9 },
            { number: 2, address: '10.20.0.1', ms: 8.2 },
            { number: 3, address: null, ms: null },
            { number: 4, address: '203.0.113.77', ms: 22.4 },
            { number: 5, address: '2001:db8:ffff:0:1234:5678:9abc:def0', ms: 38.1 },
          ],
          arrives: true,
          traceArrives: false,
          tool: 'traceroute',
          tcpMs: 41,
        },
      },
    ),
    pretended(
      'dkim',
      'authentication',
      'outbound',
      'Are the keys there with which the domain signs its mail?',
      {
        code: 'not-applicable',
        summary: 'No signed mail of example.com was seen yet, so it is not known which keys to look for.',
      },
    ),
  ];
  return Object.fromEntries(all.map((one) => [one.check.name, one]));
}

/** The same world on a good day. */
export function goodDay(world: Record<string, PretendedCheck>): void {
  for (const one of Object.values(world))
    one.answers = [{ code: 'fine', summary: `All is well with ${one.check.name}.` }];
}
