// Scenarios of the checks of records about the domain's mail: SPF, DKIM, DMARC, TLS-RPT.
import { scenarios } from '../scenario.ts';

/** The office's server and the relay, as the world sees them. */
export const server = '93.184.215.14';
export const relay = '93.184.215.15';

const eleven = Array.from({ length: 8 }, (_, n) => `a${n + 1}`);

/** Records of NAME.example. */
export const zones: Readonly<Record<string, readonly string[]>> = {
  fine: [`@ TXT "v=spf1 ip4:${server} include:friend.example -all"`, '@ TXT "other=text"'],
  mx: ['@ TXT "v=spf1 mx a:mail.mx.example ~all"', '@ MX 10 mail', `mail A ${server}`],
  none: ['@ TXT "something else"'],
  almost: ['@ TXT "v=spf 1 a -all"'],
  several: ['@ TXT "v=spf1 a -all"', '@ TXT "v=spf1 mx -all"'],
  typo: ['@ TXT "v=spf1 ipv4:192.0.2.7 -all"'],
  nested: ['@ TXT "v=spf1 include:typo.example -all"'],
  gone: ['@ TXT "v=spf1 include:nobody.friend.example -all"'],
  loop: ['@ TXT "v=spf1 include:loop.example -all"'],
  eleven: [
    `@ TXT "v=spf1 include:friend.example a mx ${eleven.map((name) => `a:${name}.eleven.example`).join(' ')} -all"`,
    '@ A 192.0.2.7',
    '@ MX 10 a1',
    ...eleven.map((name) => `${name} A 192.0.2.7`),
  ],
  void: ['@ TXT "v=spf1 a:no1.void.example a:no2.void.example a:no3.void.example -all"'],
  two: [`@ TXT "v=spf1 a:no1.two.example a:no2.two.example ip4:${server} -all"`],
  open: ['@ TXT "v=spf1 +all"'],
  wide: ['@ TXT "v=spf1 ip4:0.0.0.0/0 -all"'],
  endless: [`@ TXT "v=spf1 ip4:${server}"`],
  friend: ['@ TXT "v=spf1 ip4:192.0.2.99 -all"'],
  waiting: ['@ TXT "v=spf1 include:silent.example -all"'],
  signed: [
    '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:dmarc@signed.example!10m"',
    '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:tls@signed.example,https://reports.example/tls"',
  ],
  watched: ['_dmarc TXT "v=DMARC1; p=none"', '_smtp._tls TXT "v=TLSRPTv1; ruf=mailto:x@y.example"'],
  aside: ['_dmarc TXT "v=DMARC1;p=quarantine;adkim=s;rua=mailto:a@taker.example,mailto:b@refuser.example"'],
  taken: ['_dmarc TXT "v=DMARC1; p=quarantine; rua=mailto:a@taker.example"'],
  taker: ['taken.example._report._dmarc TXT "v=DMARC1"', 'aside.example._report._dmarc TXT "v=DMARC1"'],
  refuser: [],
  double: [
    '_dmarc TXT "v=DMARC1; p=none"',
    '_dmarc TXT "v=DMARC1; p=reject"',
    '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:a@b.example"',
    '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:c@b.example"',
  ],
  torn: ['_dmarc TXT "v=DMARC1; p=sometimes"'],
  bare: ['_dmarc TXT "v=DMARC1; p=reject; rua=dmarc@bare.example"'],
  above: ['_dmarc TXT "v=DMARC1; p=reject; sp=none"', 'below TXT "there"'],
};

/** DKIM keys of `signed.example`, by selector: what the record says, with `RSA2048` and the like for a key of that kind. */
export const keys: Readonly<Record<string, readonly string[]>> = {
  good: ['v=DKIM1; k=rsa; p=RSA2048'],
  plain: ['p=RSA2048'],
  modern: ['v=DKIM1; k=ed25519; p=ED25519'],
  short: ['v=DKIM1; k=rsa; p=RSA1024'],
  weak: ['v=DKIM1; k=rsa; p=RSA512'],
  revoked: ['v=DKIM1; k=rsa; p='],
  trial: ['v=DKIM1; k=rsa; t=y; p=RSA2048'],
  torn: ['v=DKIM1; k=rsa; p=MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A'],
  odd: ['v=DKIM2; p=RSA1024'],
  empty: ['v=DKIM1; k=rsa'],
  twice: ['v=DKIM1; p=', 'v=DKIM1; p=AAAA'],
};

export interface RecordsWorld {
  /** Asked about NAME.example. */
  of?: string;
  /** Addresses of the office's servers. */
  servers?: readonly string[];
  relay?: string;
  selectors?: readonly string[];
  network?: 'cut';
}

const cut = { name: 'the network is down', finds: ['could-not-check'] };

export default [
  ...scenarios<RecordsWorld>('spf', [
    { name: 'one record that covers the server', finds: ['fine'], world: { of: 'fine', servers: [server] } },
    { name: 'it covers the server by its MX', finds: ['fine'], world: { of: 'mx', servers: [server] } },
    {
      name: 'the server is in the office’s own network',
      finds: ['fine'],
      world: { of: 'fine', servers: ['192.168.1.5'] },
    },
    { name: 'two names in it lead nowhere', finds: ['fine'], world: { of: 'two', servers: [server] } },
    {
      name: 'it does not cover the relay, which sends nothing in its name',
      finds: ['fine'],
      world: { of: 'fine', servers: [server], relay },
    },
    { name: 'it does not cover the server', finds: ['not-covered'], world: { of: 'fine', servers: [relay] } },
    {
      name: 'it does not cover one of two servers',
      finds: ['not-covered'],
      world: { of: 'fine', servers: [server, relay] },
    },
    { name: 'there is no record', finds: ['none'], world: { of: 'none' } },
    { name: 'there is no such domain', finds: ['not-applicable'], world: { of: 'never-registered' } },
    { name: 'there is no TXT record at all', finds: ['none'], world: { of: 'above' } },
    { name: 'the record begins wrongly', finds: ['none'], world: { of: 'almost' } },
    { name: 'there are two records', finds: ['several'], world: { of: 'several' } },
    { name: 'a word in it is misspelt', finds: ['broken'], world: { of: 'typo' } },
    { name: 'a record that it includes is broken', finds: ['broken'], world: { of: 'nested' } },
    { name: 'it includes one that is not there', finds: ['broken'], world: { of: 'gone' } },
    { name: 'it takes eleven questions', finds: ['too-many-lookups'], world: { of: 'eleven' } },
    { name: 'it includes itself', finds: ['too-many-lookups'], world: { of: 'loop' } },
    { name: 'three names in it lead nowhere', finds: ['too-many-void'], world: { of: 'void' } },
    { name: 'it allows everybody', finds: ['covers-everybody'], world: { of: 'open' } },
    { name: 'it allows every address by its network', finds: ['covers-everybody'], world: { of: 'wide' } },
    { name: 'it has no end', finds: ['says-nothing'], world: { of: 'endless', servers: [server] } },
    {
      name: 'the name servers of one that it includes are silent',
      finds: ['could-not-check'],
      world: { of: 'waiting' },
    },
    { ...cut, world: { of: 'fine', network: 'cut' } },
  ]),
  ...scenarios<RecordsWorld>('dkim', [
    {
      name: 'good keys of each kind',
      finds: ['fine'],
      world: { of: 'signed', selectors: ['good', 'plain', 'modern'] },
    },
    { name: 'the key is not in DNS', finds: ['missing'], world: { of: 'signed', selectors: ['never'] } },
    { name: 'the key was withdrawn', finds: ['revoked'], world: { of: 'signed', selectors: ['revoked'] } },
    { name: 'the key is cut off', finds: ['broken'], world: { of: 'signed', selectors: ['torn'] } },
    {
      name: 'the record has another version, has no key, or is there twice',
      finds: ['broken'],
      world: { of: 'signed', selectors: ['odd', 'empty', 'twice'] },
    },
    { name: 'the key has 512 bits', finds: ['weak'], world: { of: 'signed', selectors: ['weak'] } },
    { name: 'the key has 1024 bits', finds: ['short'], world: { of: 'signed', selectors: ['short'] } },
    { name: 'the key is on trial', finds: ['testing'], world: { of: 'signed', selectors: ['trial'] } },
    { name: 'no signed mail was seen', finds: ['not-applicable'], world: { of: 'signed' } },
    { ...cut, world: { of: 'signed', selectors: ['good'], network: 'cut' } },
  ]),
  ...scenarios<RecordsWorld>('dmarc', [
    { name: 'forged mail is to be refused', finds: ['enforced'], world: { of: 'signed' } },
    {
      name: 'forged mail is to be put aside, reports go to another domain',
      finds: ['enforced'],
      world: { of: 'taken' },
    },
    { name: 'the domain above has the record', finds: ['enforced'], world: { of: 'mail.signed' } },
    {
      name: 'the domain above has a weaker one for those below',
      finds: ['only-watched'],
      world: { of: 'below.above' },
    },
    { name: 'forged mail is only watched', finds: ['only-watched'], world: { of: 'watched' } },
    {
      name: 'reports are to go to a domain that does not take them',
      finds: ['reports-refused'],
      world: { of: 'aside' },
    },
    { name: 'there is no record', finds: ['none'], world: { of: 'fine' } },
    { name: 'there is no such domain', finds: ['not-applicable'], world: { of: 'never-registered' } },
    { name: 'there are two records', finds: ['several'], world: { of: 'double' } },
    { name: 'the policy is none that there is', finds: ['broken'], world: { of: 'torn' } },
    { name: 'the address for reports is not a link', finds: ['broken'], world: { of: 'bare' } },
    { ...cut, world: { of: 'signed', network: 'cut' } },
  ]),
  ...scenarios<RecordsWorld>('tls-rpt', [
    { name: 'reports have two places to go to', finds: ['fine'], world: { of: 'signed' } },
    { name: 'the record does not say where', finds: ['broken'], world: { of: 'watched' } },
    { name: 'there are two records', finds: ['broken'], world: { of: 'double' } },
    { name: 'there is no record', finds: ['not-applicable'], world: { of: 'fine' } },
    { ...cut, world: { of: 'signed', network: 'cut' } },
  ]),
];
