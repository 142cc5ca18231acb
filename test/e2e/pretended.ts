// A pretended world for the health screens: the real checks with answers that are given to them, in a bad week.
import type { ListAnswer } from '../../shared/facts/blocklists.ts';
import type { FactsOf } from '../../shared/facts/index.ts';
import type { ServerView } from '../../shared/facts/mx-propagation.ts';
import type { Evidence } from '../../shared/finding.ts';
import { checkNamed } from '../../src-main/probes/catalogue.ts';
import { type Answer, PretendedCheck } from '../lab/clinic.ts';

const MINUTE = 60_000;
const DAY = 86_400_000;

/** The real check of this name, which says what it is told to; it can only find what the real one finds. */
function pretended(name: string, ...answers: Answer[]): PretendedCheck {
  const check = checkNamed(name);
  if (check === undefined) throw new Error(`there is no check ${name}`);
  const known = [...Object.keys(check.findings), 'could-not-check', 'not-applicable'];
  for (const { code } of answers)
    if (!known.includes(code)) throw new Error(`${name} does not find ${code}, but ${known.join(', ')}`);
  return new PretendedCheck({ ...check, needs: ['domain'], spoiledBy: [] }, ...answers);
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
export function propagation(now: number, left: Record<string, number>): FactsOf<'mx-propagation', 'agrees'> {
  const server = (
    name: string,
    address: string,
    kind: ServerView['kind'],
    place = '',
    state: 'agrees' | 'silent' = 'agrees',
  ): ServerView => {
    const minutes = left[name];
    const asked = { name, address, kind, place };
    if (minutes !== undefined)
      return { ...asked, state: 'differs', mx: oldMx, ttl: minutes * 60, until: now + minutes * MINUTE };
    return state === 'silent'
      ? { ...asked, state, mx: null, ttl: null, until: null }
      : { ...asked, state, mx: newMx, ttl: 3600, until: null };
  };
  const last = Object.values(left);
  return {
    ...{ mx: newMx, ttl: 3600, since: now - 10 * MINUTE },
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

/** What one blocklist answers about one entry. */
function listAnswer(
  zone: string,
  name: string,
  weight: number,
  says: Pick<ListAnswer, 'listed' | 'means'> & Partial<ListAnswer> = { listed: false, means: null },
): ListAnswer {
  return {
    ...{ zone, name, weight, minor: false, codes: [], text: '' },
    removal: `https://${name.toLowerCase()}.example/removal`,
    policy: 'Free for small use.',
    ...says,
  };
}

/** What four lists say of one entry; @param zen what the first says. */
function listed(
  kind: FactsOf<'blocklists'>['kind'],
  whose: FactsOf<'blocklists'>['whose'],
  zen?: Parameters<typeof listAnswer>[3],
): FactsOf<'blocklists'> {
  const lists = [
    listAnswer('zen.blocklist.example', 'Zen', 3, zen),
    listAnswer('b.barrier.example', 'Barrier', 2),
    listAnswer('bl.spamstop.example', 'SpamStop', 2),
    listAnswer('dnsbl.sorted.example', 'Sorted', 1, {
      listed: null,
      means: 'it does not serve public resolvers',
    }),
  ];
  return { kind, whose, lists };
}

/** The checks of a domain whose MX moved a moment ago, whose relay is listed, and whose registration ends soon. */
export function badWeek(): Record<string, PretendedCheck> {
  const now = Date.now();
  const all = [
    pretended('dns-interception', {
      code: 'genuine',
      summary: 'Name servers are reached as they are.',
    }),
    pretended('delegation', {
      code: 'server-silent',
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
    }),
    pretended('mx', {
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
    pretended('mx-propagation', {
      code: 'spreading',
      summary: '2 of 4 public resolvers still have the old MX records, at the latest until 21:14 UTC.',
      facts: propagation(now, { Cloudflare: 43, Quad9: 12 }),
      evidence: [
        told(
          'MX example.com',
          'Cloudflare (1.1.1.1)',
          '10 mail.example.com.\n20 backup.provider.example. (TTL 2580)',
        ),
      ],
    }),
    pretended('dnssec', {
      code: 'unsigned',
      summary: 'The domain is not signed, and nothing says that it should be.',
    }),
    pretended('registration', {
      code: 'expires-soon',
      summary: 'The registration of example.com ends in 23 days.',
      facts: {
        registered: 'example.com',
        expiresAt: now + 23 * DAY,
        registrarExpiresAt: null,
        statuses: ['client transfer prohibited', 'client delete prohibited'],
        registrar: 'Example Registrar, Inc.',
        source: 'registry',
      } satisfies FactsOf<'registration'>,
      evidence: [told('RDAP domain example.com', 'https://rdap.registry.example/', '"expiration": soon')],
    }),
    pretended('connectivity', {
      code: 'online',
      summary: 'This machine reaches the Internet.',
    }),
    pretended('clock', {
      code: 'right',
      summary: 'The clock is right.',
    }),
    pretended('spool-space', {
      code: 'enough',
      summary: '84 GB are free: room for weeks of this domain’s mail.',
    }),
    pretended(
      'blocklists',
      {
        code: 'listed',
        subject: '192.0.2.10',
        summary:
          'Mailward’s address 192.0.2.10 is on the list of Zen, because a machine there is infected or misused (XBL). It is taken off at https://zen.example/removal',
        facts: listed('ipv4', 'relay', {
          listed: true,
          means: 'a machine there is infected or misused (XBL)',
          codes: ['127.0.0.4'],
          text: 'https://zen.example/query/ip/192.0.2.10',
        }),
        evidence: [
          told('A 10.2.0.192.zen.blocklist.example', 'ns1.blocklist.example (198.51.100.53)', '127.0.0.4'),
        ],
      },
      {
        code: 'clean',
        subject: 'example.com',
        summary: 'The domain example.com is on none of 3 blocklists. 1 could not be asked.',
        facts: listed('domain', 'domain'),
        evidence: [
          told('A example.com.zen.blocklist.example', 'ns1.blocklist.example (198.51.100.53)', 'NXDOMAIN'),
        ],
      },
    ),
    pretended('ptr', {
      code: 'confirmed',
      summary: '192.0.2.10 is mx.mailward.example, which is 192.0.2.10.',
    }),
    pretended('spf', {
      code: 'could-not-check',
      summary: 'The name servers of _spf.provider.example do not answer.',
    }),
    pretended('server-reachable', {
      code: 'answers',
      subject: '198.51.100.25',
      summary: 'mail.example.com answers in 41 ms: “220 mail.example.com ESMTP Postfix”.',
    }),
    pretended('relay-denied', {
      code: 'relay-denied',
      subject: '198.51.100.25',
      summary: 'mail.example.com says that it does not host example.com, and refuses its mail.',
      evidence: [
        told(
          'RCPT TO:<postmaster@example.com>',
          'mail.example.com (198.51.100.25:25)',
          '554 5.7.1 <postmaster@example.com>: Relay access denied',
        ),
      ],
    }),
    pretended('path', {
      code: 'reaches',
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
      } satisfies FactsOf<'path'>,
    }),
    pretended('dkim', {
      code: 'not-applicable',
      summary: 'No signed mail of example.com was seen yet, so it is not known which keys to look for.',
    }),
  ];
  return Object.fromEntries(all.map((one) => [one.check.name, one]));
}

/** The same world on a good day. */
export function goodDay(world: Record<string, PretendedCheck>): void {
  for (const one of Object.values(world)) {
    const [code = ''] = Object.entries(one.check.findings).find(([, { state }]) => state === 'ok') ?? [];
    one.answers = [{ code, summary: `All is well with ${one.check.name}.` }];
  }
}
