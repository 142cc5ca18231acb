// Scenarios of the checks of what DNS and the web say of the mail servers: MTA-STS, DANE, PTR, HELO.
import { scenarios } from '../scenario.ts';

const policy = (mode: string, ...mx: string[]) =>
  `version: STSv1\r\nmode: ${mode}\r\n${mx.map((one) => `mx: ${one}\r\n`).join('')}max_age: 604800\r\n`;

/** Policy hosts of NAME.example, whose MX is mail.NAME.example: what they serve; `nobody` listens; a `stranger`'s certificate. */
export const policies: Readonly<
  Record<string, { body: string; status?: number; type?: string; stranger?: true } | 'nobody'>
> = {
  good: { body: policy('enforce', 'mail.good.example', '*.relays.example') },
  trial: { body: policy('testing', 'other.trial.example') },
  wrong: { body: policy('enforce', 'other.wrong.example') },
  off: { body: policy('none') },
  torn: { body: 'version: STSv1\nmode: enforce\n' },
  page: { body: '<html>', type: 'text/html' },
  gone: { body: 'not here', status: 404 },
  moved: { body: '', status: 301 },
  closed: 'nobody',
  stranger: { body: policy('enforce', 'mail.stranger.example'), stranger: true },
  ownmade: { body: policy('enforce', 'mail.ownmade.example') },
  ended: { body: policy('enforce', 'mail.ended.example') },
  misnamed: { body: policy('enforce', '*.misnamed.example') },
  commonname: { body: policy('enforce', 'mail.commonname.example') },
  clear: { body: policy('enforce', 'mail.clear.example') },
  half: { body: policy('enforce', 'mail.half.example') },
  ownmadetrial: { body: policy('testing', 'mail.ownmadetrial.example') },
  unheard: { body: policy('enforce', 'mail.unheard.example') },
  implicit: { body: policy('enforce', 'implicit.example') },
  inward: { body: policy('enforce', 'mail.inward.example') },
};

/**
 * What mail.NAME.example shows at port 25, of each of its addresses: a certificate of a public authority for these names, one
 * of its own making, one that has ended, one with the name only in its subject; nothing encrypted; nobody listens. `valid` when left out.
 */
export type Face =
  | 'valid'
  | 'own-made'
  | 'ended'
  | 'misnamed'
  | 'common-name'
  | 'in-clear'
  | 'breaks-off'
  | 'nobody';
export const faces: Readonly<Record<string, readonly Face[]>> = {
  ownmade: ['own-made'],
  ended: ['ended'],
  misnamed: ['misnamed'],
  commonname: ['common-name'],
  clear: ['in-clear'],
  half: ['valid', 'own-made'],
  ownmadetrial: ['own-made'],
  unheard: ['nobody'],
  tlsaclear: ['in-clear'],
  tlsabroken: ['breaks-off'],
  tlsahalf: ['valid', 'own-made'],
  tlsaunheard: ['nobody'],
  authorityexpired: ['ended'],
};

const digest = 'ab'.repeat(32);
/**
 * TLSA records of mail.NAME.example, and how NAME.example is signed. `KEY` and `CERTIFICATE` stand for the SHA-256 of what the
 * server shows, `AUTHORITY` for that of its certificate's authority.
 */
export const tlsa: Readonly<Record<string, { records: readonly string[]; signed: boolean | number }>> = {
  secure: { records: ['3 1 1 KEY'], signed: true },
  whole: { records: ['3 0 1 CERTIFICATE'], signed: true },
  authority: { records: ['2 0 1 AUTHORITY'], signed: true },
  rollover: { records: [`3 1 1 ${digest}`, '3 1 1 KEY'], signed: true },
  leftover: { records: [`3 1 2 ${digest}`, '3 1 1 KEY'], signed: true },
  stale: { records: [`3 1 1 ${digest}`], signed: true },
  otherauthority: { records: [`2 0 1 ${digest}`], signed: true },
  authorityexpired: { records: ['2 0 1 AUTHORITY'], signed: true },
  tlsahalf: { records: ['3 1 1 KEY'], signed: true },
  tlsaclear: { records: [`3 1 1 ${digest}`], signed: true },
  tlsabroken: { records: [`3 1 1 ${digest}`], signed: true },
  tlsaunheard: { records: [`3 1 1 ${digest}`], signed: true },
  unsigned: { records: [`3 1 1 ${digest}`], signed: false },
  late: { records: [`3 1 1 ${digest}`], signed: -864_000 },
  web: { records: [`1 1 1 ${digest}`], signed: true },
  short: { records: [`3 1 2 ${digest}`], signed: true },
};

/** Addresses with a name that leads back, with none, with one that leads elsewhere, and with one whose zone is silent. */
export const server = '93.184.215.14';
export const server6 = '2606:2800:21f:cb07:6820:80da:af6b:8b2c';
export const unnamed = '93.184.215.15';
export const astray = '93.184.215.16';
export const lost = '93.184.215.17';

export interface ServersWorld {
  /** Asked about NAME.example; nothing: there is no domain. */
  of?: string;
  /** The office's servers. */
  servers?: readonly string[];
  /** The relay's name and addresses. */
  relay?: readonly [string, ...string[]];
  /** What the office's server says first; in place of `servers`. */
  greeting?: string;
  /** `cut`: no packet comes back; `offline`: DNS works, and nothing else; `unchecked`: no resolver that checks signatures. */
  network?: 'cut' | 'offline' | 'unchecked';
}

const cut = { name: 'the network is down', finds: ['could-not-check'] };
const office = 'mail.office.example';

export default [
  ...scenarios<ServersWorld>('mta-sts', [
    { name: 'the policy names every mail server', finds: ['fine'], world: { of: 'good' } },
    { name: 'it names the relay too', finds: ['fine'], world: { of: 'good', relay: ['in.relays.example'] } },
    { name: 'the policy is that none is in use', finds: ['fine'], world: { of: 'off' } },
    {
      name: 'it does not name the relay',
      finds: ['relay-not-named'],
      world: { of: 'good', relay: ['relay.good.example'] },
    },
    { name: 'it does not name the MX, enforced', finds: ['mx-not-named'], world: { of: 'wrong' } },
    { name: 'it does not name the MX, on trial', finds: ['mx-not-named-yet'], world: { of: 'trial' } },
    { name: 'the record has no id', finds: ['record-broken'], world: { of: 'noid' } },
    { name: 'the policy lacks what it must have', finds: ['policy-broken'], world: { of: 'torn' } },
    { name: 'a web page is in its place', finds: ['policy-broken'], world: { of: 'page' } },
    { name: 'the policy is not there', finds: ['policy-missing'], world: { of: 'gone' } },
    { name: 'the web server sends on', finds: ['policy-missing'], world: { of: 'moved' } },
    { name: 'the policy host has no address', finds: ['policy-missing'], world: { of: 'nohost' } },
    { name: 'nobody listens there', finds: ['policy-missing'], world: { of: 'closed' } },
    { name: 'its certificate is for another name', finds: ['policy-missing'], world: { of: 'stranger' } },
    {
      name: 'the MX shows a certificate of its own making, enforced',
      finds: ['mx-not-secure'],
      world: { of: 'ownmade' },
    },
    { name: 'the MX shows one that has ended', finds: ['mx-not-secure'], world: { of: 'ended' } },
    { name: 'the MX shows one for another name', finds: ['mx-not-secure'], world: { of: 'misnamed' } },
    {
      name: 'the MX shows one with its name in the subject alone',
      finds: ['mx-not-secure'],
      world: { of: 'commonname' },
    },
    { name: 'the MX offers no encryption', finds: ['mx-not-secure'], world: { of: 'clear' } },
    {
      name: 'one of the MX’s two addresses shows one of its own making',
      finds: ['mx-not-secure'],
      world: { of: 'half' },
    },
    {
      name: 'the MX shows one of its own making, on trial',
      finds: ['mx-not-secure-yet'],
      world: { of: 'ownmadetrial' },
    },
    { name: 'nobody listens at the MX', finds: ['could-not-check'], world: { of: 'unheard' } },
    { name: 'there is no MX, and the domain itself is named', finds: ['fine'], world: { of: 'implicit' } },
    {
      name: 'the policy host leads into a private network',
      finds: ['policy-missing'],
      world: { of: 'inward' },
    },
    { name: 'MTA-STS is not used', finds: ['not-applicable'], world: { of: 'plain' } },
    {
      name: 'only DNS works here',
      finds: ['could-not-check'],
      world: { of: 'closed', network: 'offline' },
    },
    { ...cut, world: { of: 'good', network: 'cut' } },
  ]),
  ...scenarios<ServersWorld>('dane', [
    { name: 'they name the server’s key', finds: ['fine'], world: { of: 'secure' } },
    { name: 'they name the server’s certificate', finds: ['fine'], world: { of: 'whole' } },
    { name: 'they name its authority', finds: ['fine'], world: { of: 'authority' } },
    { name: 'one names the next key, one the present one', finds: ['fine'], world: { of: 'rollover' } },
    { name: 'one cannot be used, and one fits', finds: ['fine'], world: { of: 'leftover' } },
    { name: 'they name another key', finds: ['mismatch'], world: { of: 'stale' } },
    { name: 'they name another authority', finds: ['mismatch'], world: { of: 'otherauthority' } },
    {
      name: 'they name its authority, and the certificate has ended',
      finds: ['mismatch'],
      world: { of: 'authorityexpired' },
    },
    {
      name: 'one of two addresses shows another key',
      finds: ['mismatch'],
      world: { of: 'tlsahalf' },
    },
    { name: 'the server offers no encryption', finds: ['in-clear'], world: { of: 'tlsaclear' } },
    {
      name: 'the server offers encryption and cannot do it',
      finds: ['in-clear'],
      world: { of: 'tlsabroken' },
    },
    { name: 'nobody listens at the server', finds: ['could-not-check'], world: { of: 'tlsaunheard' } },
    { name: 'not signed', finds: ['unsigned'], world: { of: 'unsigned' } },
    { name: 'the signatures have ended', finds: ['bogus'], world: { of: 'late' } },
    { name: 'of a kind that web servers use', finds: ['unusable'], world: { of: 'web' } },
    { name: 'the digest is too short', finds: ['malformed'], world: { of: 'short' } },
    { name: 'DANE is not used', finds: ['not-applicable'], world: { of: 'plain' } },
    {
      name: 'no resolver that checks signatures answers',
      finds: ['could-not-check'],
      world: { of: 'secure', network: 'unchecked' },
    },
    { ...cut, world: { of: 'secure', network: 'cut' } },
  ]),
  ...scenarios<ServersWorld>('ptr', [
    {
      name: 'names lead back, by IPv4 and IPv6',
      finds: ['confirmed'],
      world: { servers: [server], relay: [office, server6] },
    },
    { name: 'the address has no name', finds: ['missing'], world: { servers: [unnamed] } },
    { name: 'its name leads elsewhere', finds: ['not-confirmed'], world: { servers: [astray] } },
    {
      name: 'where its name leads cannot be found out',
      finds: ['could-not-check'],
      world: { servers: [lost] },
    },
    { name: 'no public address is known', finds: ['not-applicable'], world: { servers: ['192.168.1.1'] } },
    { ...cut, world: { servers: [server], network: 'cut' } },
  ]),
  ...scenarios<ServersWorld>('helo', [
    { name: 'the relay’s name leads to it', finds: ['fine'], world: { relay: [office, server] } },
    {
      name: 'the relay’s name is an alias that leads to it',
      finds: ['fine'],
      world: { relay: ['alias.office.example', server6] },
    },
    { name: 'the relay’s name leads elsewhere', finds: ['elsewhere'], world: { relay: [office, unnamed] } },
    {
      name: 'DNS does not know the relay’s name',
      finds: ['not-known'],
      world: { relay: ['no.office.example'] },
    },
    { name: 'the relay calls itself localhost', finds: ['no-name'], world: { relay: ['localhost'] } },
    {
      name: 'the relay has a name of its own system',
      finds: ['no-name'],
      world: { relay: ['mail.localdomain'] },
    },
    {
      name: 'the relay’s name cannot be looked up',
      finds: ['could-not-check'],
      world: { relay: ['mail.silent.example'] },
    },
    {
      name: 'the server greets with a name',
      finds: ['fine'],
      world: { greeting: `220 ${office} ESMTP\r\n` },
    },
    {
      name: 'the server greets in two lines',
      finds: ['fine'],
      world: { greeting: `220-${office}\r\n220 hello\r\n` },
    },
    {
      name: 'the server greets with the name of a PC',
      finds: ['no-name'],
      world: { greeting: '220 OFFICE-SERVER ESMTP\r\n' },
    },
    {
      name: 'the server greets with an address',
      finds: ['no-name'],
      world: { greeting: '220 [192.0.2.1] hello\r\n' },
    },
    {
      name: 'the server greets with a name that DNS does not know',
      finds: ['not-known'],
      world: { greeting: '220 no.office.example ESMTP\r\n' },
    },
    { name: 'the server turns us away', finds: ['could-not-check'], world: { greeting: '554 go away\r\n' } },
    { name: 'the server says nothing', finds: ['could-not-check'], world: { greeting: '' } },
    { name: 'nothing is known', finds: ['not-applicable'], world: {} },
    { ...cut, world: { relay: [office, server], network: 'cut' } },
  ]),
];
