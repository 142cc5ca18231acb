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
  exists: [
    '@ TXT "v=spf1 exists:%{i}._a.exists.example exists:%{i}._b.exists.example exists:%{i}.%{l}._c.exists.example a:six.exists.example -all"',
    'six AAAA 2001:db8:5::7',
  ],
  six: [
    '@ TXT "v=spf1 a:no1.six.example a:a.six.example mx:b.six.example a:c.six.example -all"',
    'a AAAA 2001:db8:5::7',
    'b MX 10 a',
    'c AAAA 2001:db8:5::8',
  ],
  idle: ['@ TXT "v=spf1 a mx a:no1.idle.example -all"'],
  crowd: [
    '@ TXT "v=spf1 mx -all"',
    ...Array.from({ length: 11 }, (_, n) => `@ MX 10 m${n}`),
    ...Array.from({ length: 11 }, (_, n) => `m${n} A 192.0.2.7`),
  ],
  ten: [
    `@ TXT "v=spf1 ip4:${server} mx -all"`,
    ...Array.from({ length: 10 }, (_, n) => `@ MX 10 m${n}`),
    ...Array.from({ length: 10 }, (_, n) => `m${n} A 192.0.2.7`),
  ],
  wide6: ['@ TXT "v=spf1 ip6:::/0 -all"'],
  wide6a: ['@ TXT "v=spf1 a:x.wide6a.example//0 -all"', 'x AAAA 2001:db8:5::7'],
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
  tornwatched: ['_dmarc TXT "v=DMARC1; p=sometimes; rua=mailto:a@tornwatched.example"'],
  badsub: ['_dmarc TXT "v=DMARC1; p=reject; sp=invalid; rua=mailto:a@badsub.example"'],
  badnever: ['_dmarc TXT "v=DMARC1; p=reject; np=wrong"'],
  trial: ['_dmarc TXT "v=DMARC1; p=quarantine; t=y"'],
  trialreject: ['_dmarc TXT "v=DMARC1; p=reject; t=y"'],
  never: ['_dmarc TXT "v=DMARC1; p=quarantine; pct=0"'],
  neverreject: ['_dmarc TXT "v=DMARC1; p=reject; pct=0"'],
  half: ['_dmarc TXT "v=DMARC1; p=quarantine; pct=50"'],
  indented: ['_dmarc TXT " v=DMARC1; p=reject"'],
  reportsonly: ['_dmarc TXT "v=DMARC1; rua=mailto:a@reportsonly.example"'],
  mixed: ['_dmarc TXT "v=DMARC1; p=reject; rua=dmarc@mixed.example,mailto:a@mixed.example"'],
  suffix: ['_dmarc TXT "v=DMARC1; p=none; sp=reject; psd=y"', 'office TXT "there"', 'a.office TXT "there"'],
  suffixed: [
    '_dmarc TXT "v=DMARC1; p=none; sp=none; psd=y"',
    '_dmarc.office TXT "v=DMARC1; p=reject"',
    'a.b.office TXT "there"',
  ],
  nopsd: ['_dmarc TXT "v=DMARC1; p=none"', '_dmarc.own TXT "v=DMARC1; p=reject; psd=n"', 'a.own TXT "there"'],
  twicebelow: ['_dmarc TXT "v=DMARC1; p=reject"', '_dmarc.mid TXT "v=DMARC1; p=none"', 'a.mid TXT "there"'],
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
  reports: ['v=DKIM1; k=rsa; s=tlsrpt; p=RSA2048'],
  email: ['v=DKIM1; k=rsa; s=tlsrpt:email; p=RSA2048'],
  any: ['v=DKIM1; s=*; h=sha1:sha256; p=RSA2048'],
  sha1: ['v=DKIM1; h=sha1; p=RSA2048'],
  unknownhash: ['v=DKIM1; h=sha512; p=RSA2048'],
  gaps: ['v=DKIM1;; k=rsa;; p=RSA2048'],
  gapsrevoked: [' ; v=DKIM1;; k=rsa;; p='],
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
    {
      name: 'names in it are made from the sender’s address',
      finds: ['fine'],
      world: { of: 'exists' },
    },
    { name: 'names in it have IPv6 alone', finds: ['fine'], world: { of: 'six' } },
    {
      name: 'the domain’s own address and MX lead nowhere, and a third name',
      finds: ['too-many-void'],
      world: { of: 'idle' },
    },
    { name: 'an “mx” stands for eleven servers', finds: ['too-many-mx'], world: { of: 'crowd' } },
    { name: 'an “mx” stands for ten servers', finds: ['fine'], world: { of: 'ten', servers: [server] } },
    { name: 'it allows every IPv6 address', finds: ['covers-everybody'], world: { of: 'wide6' } },
    {
      name: 'it allows every IPv6 address by a name’s network',
      finds: ['covers-everybody'],
      world: { of: 'wide6a' },
    },
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
    {
      name: 'keys that are for mail among other things, and for SHA-256 among others',
      finds: ['fine'],
      world: { of: 'signed', selectors: ['email', 'any'] },
    },
    {
      name: 'the key is for something else than mail',
      finds: ['not-for-mail'],
      world: { of: 'signed', selectors: ['reports'] },
    },
    {
      name: 'the key is not for SHA-256',
      finds: ['not-for-sha256'],
      world: { of: 'signed', selectors: ['sha1', 'unknownhash'] },
    },
    { name: 'the key is not in DNS', finds: ['missing'], world: { of: 'signed', selectors: ['never'] } },
    {
      name: 'the key was withdrawn',
      finds: ['revoked'],
      world: { of: 'signed', selectors: ['revoked', 'gapsrevoked'] },
    },
    { name: 'the record has empty tags', finds: ['empty-tag'], world: { of: 'signed', selectors: ['gaps'] } },
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
    {
      name: 'the address for reports is not a link',
      finds: ['reports-nowhere'],
      world: { of: 'bare' },
    },
    { name: 'one of two addresses for reports is a link', finds: ['enforced'], world: { of: 'mixed' } },
    {
      name: 'the policy is none that there is, and reports are wanted',
      finds: ['only-watched'],
      world: { of: 'tornwatched' },
    },
    {
      name: 'the policy for those below is none that there is, and reports are wanted',
      finds: ['only-watched'],
      world: { of: 'badsub' },
    },
    {
      name: 'the policy for those that are not there is none that there is',
      finds: ['broken'],
      world: { of: 'badnever' },
    },
    { name: 'putting aside is on trial (t=y)', finds: ['only-watched'], world: { of: 'trial' } },
    { name: 'refusing is on trial (t=y)', finds: ['enforced'], world: { of: 'trialreject' } },
    { name: 'none is to be put aside (pct=0)', finds: ['only-watched'], world: { of: 'never' } },
    { name: 'none is to be refused (pct=0)', finds: ['enforced'], world: { of: 'neverreject' } },
    { name: 'half is to be put aside (pct=50)', finds: ['enforced'], world: { of: 'half' } },
    { name: 'a space stands before the record', finds: ['none'], world: { of: 'indented' } },
    { name: 'reports are all it asks for', finds: ['only-watched'], world: { of: 'reportsonly' } },
    {
      name: 'the public suffix above has a record (psd=y)',
      finds: ['enforced'],
      world: { of: 'office.suffix' },
    },
    { name: 'the same, two levels below', finds: ['enforced'], world: { of: 'a.office.suffix' } },
    {
      name: 'the domain below a public suffix has its own',
      finds: ['enforced'],
      world: { of: 'a.b.office.suffixed' },
    },
    {
      name: 'a domain above says that it is its own organization (psd=n)',
      finds: ['enforced'],
      world: { of: 'a.own.nopsd' },
    },
    { name: 'of two above the topmost counts', finds: ['enforced'], world: { of: 'a.mid.twicebelow' } },
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
