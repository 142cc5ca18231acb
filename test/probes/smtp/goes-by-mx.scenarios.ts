// Scenarios of the check that finds out what a server goes by: what is in DNS, what stands there, and all that must be found.
import type { Make, Setup } from '../../lab/office-server.ts';
import { scenarios } from '../scenario.ts';
import type { Words } from './speaker.ts';

export const domain = 'office.example';

export interface GoesByMxWorld {
  /** Which makes; all that have the switches when left out. */
  makes?: readonly Make[];
  /** How the server is set up, beside its name and mailboxes. Default domains: ours. */
  setup?: Partial<Omit<Setup, 'goesByMx'>>;
  /** It takes mail for what MX records lead to it, beside its domains. */
  goesByMx?: true;
  /** In the server's place: something that says these words. */
  instead?: Words;
  /** Records of the zone beside the domain's MX and addresses: `mail` is the server, `other` is not; `{mail}` stands for its address. */
  records?: readonly string[];
  /** The domain's MX records; default `10 mail`. */
  mx?: readonly string[];
  /** One of two name servers has none of `records` yet. */
  isSpreading?: true;
  /** The route leads to the server's address, or to another server too; else to its name. */
  route?: 'address' | 'both';
  /** `down`: nobody answers at all; `stopped`: nobody listens on the server's port; `mute`: what is said into the line is lost. */
  network?: 'down' | 'stopped' | 'cut at RCPT' | 'mute';
  /** Mailward's own name. */
  relay?: string;
}

export const testRecord = 'mailward-test 300 MX 10 mail';
/** So many a minute, and the one by which the lab sees that the server listens. */
export const connections = (aMinute: number) => ({ connectionRate: aMinute + 1 });
const unknown = ['could-not-check'];
const notApplicable = ['not-applicable'];
const byMx: Pick<GoesByMxWorld, 'goesByMx' | 'setup' | 'makes'> = {
  ...{ goesByMx: true, setup: { domains: [] } },
  makes: ['exim', 'sendmail'],
};
/** A server that takes the domain's mail, and says these words of recipients at the test name, at the name beside it, and elsewhere. */
const denied = '550 5.7.1 relay access denied';
const speaks = (
  test: string,
  beneath = denied,
  greeting = '220 old.example ready',
): Pick<GoesByMxWorld, 'instead' | 'records'> => ({
  records: [testRecord],
  instead: {
    first: `${greeting}\r\n`,
    answers: {
      EHLO: '250-old.example\r\n250 8BITMIME\r\n',
      MAIL: '250 ok\r\n',
      [`RCPT TO:<postmaster@mailward-test.${domain}>`]: `${test}\r\n`,
      [`RCPT TO:<postmaster@${domain}>`]: '250 ok\r\n',
      'RCPT TO:<postmaster@mailward-': `${beneath}\r\n`,
      'RCPT TO:<mailward-question@': `${beneath.startsWith('5') ? beneath : denied}\r\n`,
      'RCPT TO:': '550 5.1.1 User unknown\r\n',
      RSET: '250 ok\r\n',
      QUIT: '221 bye\r\n',
    },
  },
});

export default scenarios<GoesByMxWorld>('goes-by-mx', [
  {
    name: 'the server has the domain in its configuration',
    finds: ['by-configuration'],
    world: { records: [testRecord] },
  },
  {
    name: 'the server takes what MX records lead to it',
    finds: ['by-mx'],
    world: { ...byMx, records: [testRecord] },
  },
  {
    name: 'the same, and the test record has another name for the server',
    finds: ['by-mx'],
    world: { ...byMx, makes: ['exim'], records: ['mailward-test MX 10 mx1', 'mx1 A {mail}'] },
  },
  {
    name: 'the same, and the server knows no postmaster at the test name',
    finds: ['by-mx'],
    world: {
      ...byMx,
      makes: ['exim'],
      setup: { domains: [], mailboxes: [`postmaster@${domain}`] },
      records: [testRecord],
    },
  },
  {
    name: 'the server takes what MX records name it for as a backup, and the test records are the domain’s own',
    finds: ['by-mx'],
    world: {
      ...{ ...byMx, makes: ['postfix', 'sendmail'], mx: ['10 other', '20 mail'] },
      records: ['mailward-test MX 10 other', 'mailward-test MX 20 mail'],
    },
  },
  {
    name: 'the same, and the test record names the server first',
    finds: unknown,
    world: { ...byMx, makes: ['postfix'], mx: ['10 other', '20 mail'], records: [testRecord] },
  },
  { name: 'there is no test record', finds: notApplicable, world: { makes: ['exim'] } },
  {
    name: 'there is no test record, and the MX names Mailward already',
    finds: notApplicable,
    world: { makes: ['exim'], relay: `other.${domain}`, mx: ['10 other'] },
  },
  {
    name: 'the test record names another host',
    finds: notApplicable,
    world: { ...byMx, makes: ['exim'], records: ['mailward-test MX 10 other'] },
  },
  {
    name: 'the route has two servers, and the test record names one',
    finds: ['by-configuration', 'could-not-check'],
    world: { ...speaks(denied), route: 'both' },
  },
  {
    name: 'the route leads to an address',
    finds: ['by-mx'],
    world: { ...byMx, makes: ['exim'], records: [testRecord], route: 'address' },
  },
  {
    name: 'a name server does not have the test record yet',
    finds: unknown,
    world: { makes: ['exim'], records: [testRecord], isSpreading: true },
  },
  {
    name: 'the server takes mail for every domain from us',
    finds: unknown,
    world: { makes: ['exim', 'postfix'], setup: { openRelay: true }, records: [testRecord] },
  },
  {
    name: 'the server takes mail for every name beneath the domain',
    finds: unknown,
    world: {
      makes: ['exim'],
      setup: { domains: [domain, `*.${domain}`], mailboxes: 'any' },
      records: [testRecord],
    },
  },
  {
    name: 'every name beneath the domain leads to the server that goes by MX (a wildcard)',
    finds: unknown,
    world: { ...byMx, makes: ['exim'], records: ['* MX 10 mail'] },
  },
  {
    name: 'the server does not take the domain’s mail now',
    finds: unknown,
    world: { makes: ['exim', 'postfix'], setup: { domains: ['another.example'] }, records: [testRecord] },
  },
  {
    name: 'the server goes by MX, and the MX was moved while the test record stayed',
    finds: ['by-mx'],
    world: { ...byMx, makes: ['exim'], mx: ['10 other'], records: [testRecord] },
  },
  {
    name: 'the same, and the server has the domain in its configuration too',
    finds: unknown,
    world: { goesByMx: true, makes: ['exim'], mx: ['10 other'], records: [testRecord] },
  },
  {
    name: 'the server greylists',
    finds: unknown,
    world: { ...byMx, makes: ['exim'], setup: { domains: [], greylist: 60 }, records: [testRecord] },
  },
  {
    name: 'the server takes one connection a minute from us',
    finds: unknown,
    world: { makes: ['exim'], setup: connections(1), records: [testRecord] },
  },
  {
    name: 'the server takes two connections a minute from us',
    finds: ['by-configuration'],
    world: { makes: ['postfix'], setup: connections(2), records: [testRecord] },
  },
  { name: 'it puts off the test name', finds: unknown, world: speaks('451 4.3.0 try again later') },
  {
    name: 'it puts off the name beside it',
    finds: unknown,
    world: speaks('250 ok', '451 4.3.0 try again later'),
  },
  {
    name: 'it takes the test name and leaves when it is asked for another',
    finds: unknown,
    world: speaks('250 ok', '421 4.7.0 too many recipients, goodbye'),
  },
  {
    name: 'it knows no user at the test name, and refuses the name beside it as not its own',
    finds: ['by-mx'],
    world: speaks('550 5.1.1 User unknown'),
  },
  {
    name: 'it has one word for all that it does not take',
    finds: ['by-configuration'],
    world: speaks('550 sorry, no', '550 sorry, no'),
  },
  {
    name: 'it refuses the test name for a reason of its own',
    finds: unknown,
    world: speaks('554 5.7.1 message blocked by policy'),
  },
  {
    name: 'it is a cPanel server, which looks at MX records when they are edited',
    finds: unknown,
    world: speaks(
      denied,
      denied,
      '220-old.example ESMTP Exim 4.98\r\n220-We do not authorize the use of this system to transport unsolicited,\r\n220 and/or bulk e-mail.',
    ),
  },
  {
    name: 'the server is stopped',
    finds: unknown,
    world: { makes: ['sendmail'], records: [testRecord], network: 'stopped' },
  },
  {
    name: 'the line is cut at RCPT',
    finds: unknown,
    world: { makes: ['exim'], records: [testRecord], network: 'cut at RCPT' },
  },
  {
    name: 'nothing comes back from the server',
    finds: unknown,
    world: { makes: ['exim'], records: [testRecord], network: 'mute' },
  },
  { name: 'the network is down', finds: unknown, world: { makes: ['exim'], network: 'down' } },
]);
