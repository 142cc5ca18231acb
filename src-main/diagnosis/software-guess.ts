// What an office's server runs, told from outside: its name, its greeting and what it offers, its replies, its certificate.
import { providerOfMx } from '../../shared/providers.ts';
import { softwareOf } from '../../shared/replies/software.ts';
import {
  serverSoftwareNames,
  type ServerSoftware,
  type SoftwareGuess,
} from '../../shared/server-software.ts';
import { plain } from '../../shared/unseen.ts';

/** What was seen of the servers that a domain's mail goes to. All of it is a stranger's text. */
export interface SoftwareSigns {
  /** Host names of the servers, as MX records or the route name them. */
  mx: readonly string[];
  banners: readonly {
    host: string;
    /** The greeting as it came, all its lines. */
    banner: string;
    /** What it calls itself. */
    name: string;
    /** Keywords of EHLO, in the server's order. */
    features: readonly string[];
    /** As `softwareOf` read greeting and EHLO; null: it did not tell. */
    software: string | null;
  }[];
  /** Recent replies about recipients and mail. */
  replies: readonly string[];
  certificates: readonly { names: readonly string[]; subject: string; issuer: string }[];
}

type SignKind = 'name' | 'greeting' | 'features' | 'replies' | 'certificate';

interface Sign {
  software: ServerSoftware;
  kind: SignKind;
  /** `proof`: nothing else has it. `good`: its maker put it there. `hint`: others may have it too. */
  weight: 'proof' | 'good' | 'hint';
  words: string;
}

/** Products that are built on another mail server: whatever shows that one agrees with them. */
const builtOn: Partial<Record<ServerSoftware, readonly ServerSoftware[]>> = {
  cpanel: ['exim'],
  plesk: ['postfix', 'qmail'],
  zimbra: ['postfix'],
  mailcow: ['postfix'],
  'mail-in-a-box': ['postfix'],
};

/** Words of greetings, the more telling first. Each is what its maker, or the product's own set-up, writes there. */
const greetings: readonly (readonly [ServerSoftware, RegExp])[] = [
  ['microsoft365', /^220[ -][\w.-]{1,200}\.(?:mail\.protection\.outlook\.com|mx\.microsoft)\s/im],
  ['google-workspace', /^220[ -]mx\.google\.com ESMTP .{0,200}\bgsmtp\b/m],
  ['exchange', /\bMicrosoft ESMTP MAIL Service ready at\b/i],
  ['mail-in-a-box', /\bMail-in-a-Box\b/i],
  ['mailcow', /\bESMTP Postcow\b/i],
  ['cpanel', /We do not authorize the use of this system to transport unsolicited/i],
  ['zimbra', /\bZimbra\b/i],
  ['mdaemon', /\bE?SMTP MDaemon\b/i],
  ['mailenable', /\bE?SMTP MailEnable Service\b/i],
  ['kerio', /\bKerio (?:Connect|MailServer)\b/i],
  ['hmailserver', /\bhMailServer\b/i],
  ['opensmtpd', /\bE?SMTP OpenSMTPD\b/i],
  ['sendmail', /\bE?SMTP Sendmail\b/i],
  ['exim', /\bE?SMTP Exim\b/i],
  ['postfix', /\bE?SMTP Postfix\b/i],
  ['qmail', /\bqmail\b/i],
];

/** Keywords of EHLO that one product alone has. */
const ownKeywords: readonly (readonly [ServerSoftware, readonly string[]])[] = [
  ['exchange', ['X-EXPS', 'X-ANONYMOUSTLS', 'XEXCH50', 'X-LINK2STATE', 'XSHADOW', 'XRDST']],
  ['exim', ['PIPECONNECT', 'PIPE_CONNECT', 'X_PIPE_CONNECT', 'PRDR']],
];

/**
 * The order in which products list what they offer; after `?` what may be left out by the set-up. Keywords that stand nowhere here may
 * come between, but none of the others.
 */
const orders: readonly (readonly [ServerSoftware, readonly string[]])[] = [
  [
    'postfix',
    'PIPELINING SIZE ?VRFY ?ETRN ?STARTTLS ?AUTH ENHANCEDSTATUSCODES 8BITMIME ?DSN ?SMTPUTF8 ?CHUNKING'.split(
      ' ',
    ),
  ],
  [
    'exim',
    'SIZE ?LIMITS 8BITMIME ?DSN ?ETRN ?EXPN ?VRFY PIPELINING ?PIPECONNECT ?AUTH ?CHUNKING ?STARTTLS ?PRDR ?SMTPUTF8 HELP'.split(
      ' ',
    ),
  ],
  [
    'exchange',
    'SIZE PIPELINING DSN ENHANCEDSTATUSCODES ?STARTTLS ?AUTH 8BITMIME BINARYMIME CHUNKING ?SMTPUTF8'.split(
      ' ',
    ),
  ],
  [
    'sendmail',
    'ENHANCEDSTATUSCODES PIPELINING ?EXPN ?VERB 8BITMIME SIZE ?DSN ?ETRN ?AUTH ?STARTTLS DELIVERBY HELP'.split(
      ' ',
    ),
  ],
  ['opensmtpd', '8BITMIME ENHANCEDSTATUSCODES SIZE DSN ?STARTTLS ?AUTH HELP'.split(' ')],
  ['hmailserver', 'SIZE ?STARTTLS ?AUTH HELP'.split(' ')],
];
const ordered = new Set(orders.flatMap(([, order]) => order.map((one) => one.replace('?', ''))));

/** Names in certificates that only a product's own set-up, or its own authority, writes there. */
const certificateNames: readonly (readonly [ServerSoftware, RegExp])[] = [
  ['plesk', /^(?:Plesk|Parallels Panel)$/i],
  ['mail-in-a-box', /^Temporary-Mail-In-A-Box-CA\b/i],
  ['zimbra', /\bZimbra Collaboration (?:Server|Suite)\b/i],
  ['cpanel', /^cPanel, (?:Inc\.|LLC) Certification Authority$/i],
];

/** The names that `softwareOf` has for what we know by another. Those of services and filters that we cannot advise on are not here. */
const byReplyName: Readonly<Record<string, ServerSoftware>> = {
  gmail: 'google-workspace',
  microsoft365: 'microsoft365',
  exchange: 'exchange',
  postfix: 'postfix',
  exim: 'exim',
  sendmail: 'sendmail',
  opensmtpd: 'opensmtpd',
  qmail: 'qmail',
  cpanel: 'cpanel',
  zimbra: 'zimbra',
  hmailserver: 'hmailserver',
  mdaemon: 'mdaemon',
  mailenable: 'mailenable',
  kerio: 'kerio',
};

/** Read of each greeting, characters, and of all replies, how many. */
const LONGEST_GREETING = 2_000;
const MOST_REPLIES = 200;
const MOST_SERVERS = 16;
const LONGEST_QUOTE = 120;

/**
 * What the servers seem to run, the best guess first; empty: nothing tells.
 *
 * `certain`: the server's name lies within a service that nothing else has (Microsoft 365, Google), or two independent kinds of sign agree
 * (its name, greeting, keywords, replies, certificate) of which one is good, and no good sign speaks for something else. `likely`: one good
 * sign. `possible`: hints alone. Postfix beneath Zimbra is no second opinion: signs of what a product is built on speak for the product,
 * once something shows that.
 *
 * A mail filter's greeting, certificate and replies say nothing of the server behind it: hosts of filters are left out, and where mail goes
 * to a filter alone nothing is guessed.
 */
export function guessSoftware(seen: SoftwareSigns): SoftwareGuess[] {
  const signs = signsIn(seen);
  const found = [...new Set(signs.map(({ software }) => software))];
  const guesses = found.map((software) => {
    const own = signs.filter((sign) => sign.software === software);
    const beneath = builtOn[software] ?? [];
    const agreeing = [...own, ...signs.filter((sign) => beneath.includes(sign.software))];
    return { software, agreeing, confidence: confidenceOf(software, own, agreeing, signs) };
  });
  return guesses
    .filter(
      ({ software }) =>
        // Told by its product, which is the better name for it.
        !guesses.some(
          (other) => other.confidence !== 'possible' && builtOn[other.software]?.includes(software) === true,
        ),
    )
    .toSorted(
      (a, b) =>
        rank(a.confidence) - rank(b.confidence) ||
        kindsOf(b.agreeing) - kindsOf(a.agreeing) ||
        a.software.localeCompare(b.software),
    )
    .map(({ software, confidence, agreeing }) => ({
      software,
      confidence,
      because: [...new Set(agreeing.map(({ words }) => words))],
    }));
}

type Confidence = SoftwareGuess['confidence'];

function rank(confidence: Confidence): number {
  return ['certain', 'likely', 'possible'].indexOf(confidence);
}

function kindsOf(signs: readonly Sign[]): number {
  return new Set(signs.map(({ kind }) => kind)).size;
}

function confidenceOf(
  software: ServerSoftware,
  own: readonly Sign[],
  agreeing: readonly Sign[],
  all: readonly Sign[],
): Confidence {
  if (own.some(({ weight }) => weight === 'proof')) return 'certain';
  if (!own.some(({ weight }) => weight === 'good')) return 'possible';
  const related = new Set([software, ...(builtOn[software] ?? [])]);
  for (const [product, beneath] of Object.entries(builtOn) as [ServerSoftware, readonly ServerSoftware[]][])
    if (beneath.includes(software)) related.add(product);
  const contradicted = all.some((sign) => sign.weight !== 'hint' && !related.has(sign.software));
  return kindsOf(agreeing) > 1 && !contradicted ? 'certain' : 'likely';
}

function signsIn({ mx, banners, replies, certificates }: SoftwareSigns): Sign[] {
  if (mx.length > 0 && mx.every(isFilter)) return [];
  const servers = banners
    .slice(0, MOST_SERVERS)
    .filter(({ host, name }) => !isFilter(host) && !isFilter(name));
  return [
    ...mx.slice(0, MOST_SERVERS).flatMap(signsOfName),
    ...servers.flatMap((server) =>
      signsOfGreeting(server.banner.slice(0, LONGEST_GREETING), server.software),
    ),
    ...servers.flatMap(({ features }) => signsOfFeatures(features.slice(0, 100))),
    ...signsOfReplies(replies.slice(0, MOST_REPLIES)),
    ...certificates.slice(0, MOST_SERVERS).flatMap(signsOfCertificate),
  ];
}

function isFilter(host: string): boolean {
  return providerOfMx(host)?.does.includes('mail-filter') === true;
}

function signsOfName(host: string): Sign[] {
  const provider = providerOfMx(host);
  if (!provider?.software) return [];
  const words = `Mail goes to ${shown(host)}, a server of ${provider.name}.`;
  return [{ software: provider.software, kind: 'name', weight: 'proof', words }];
}

function signsOfGreeting(banner: string, recognised: string | null): Sign[] {
  const first = banner.split('\n')[0] ?? '';
  const telling = greetings.find(([, words]) => words.test(banner));
  const software = telling?.[0] ?? byReplyName[recognised ?? ''];
  if (software !== undefined) {
    const words = `It greets as ${serverSoftwareNames[software]} does: ${quote(telling?.[1].exec(banner)?.[0] ?? first, first)}.`;
    const sign: Sign = { software, kind: 'greeting', weight: 'good', words };
    // cPanel's greeting names Exim too.
    const beneath = greetings.find(([other, one]) => builtOn[software]?.includes(other) && one.test(banner));
    return beneath === undefined ? [sign] : [sign, { ...sign, software: beneath[0] }];
  }
  // qmail says its name and this alone, and so do servers whose admins took the rest away.
  return /^220 \S{1,255} ESMTP\s*$/.test(banner)
    ? [
        {
          software: 'qmail',
          kind: 'greeting',
          weight: 'hint',
          words: `It greets with its name and nothing else, as qmail does: ${quote(first)}.`,
        },
      ]
    : [];
}

function signsOfFeatures(features: readonly string[]): Sign[] {
  const offered = features.map((one) => one.toUpperCase());
  const own = ownKeywords.flatMap(([software, keywords]): Sign[] => {
    const keyword = keywords.find((one) => offered.includes(one));
    const words = `It offers ${keyword ?? ''}, which ${serverSoftwareNames[software]} alone has.`;
    return keyword === undefined ? [] : [{ software, kind: 'features', weight: 'good', words }];
  });
  if (own.length > 0) return own;
  const order = orders.find(([, one]) => isInOrder(offered, one));
  if (order === undefined) return [];
  const [software] = order;
  const words = `It lists what it offers in the order of ${serverSoftwareNames[software]}: ${shown(offered.join(', '))}.`;
  return [{ software, kind: 'features', weight: 'hint', words }];
}

function isInOrder(offered: readonly string[], order: readonly string[]): boolean {
  const there = offered.filter((one) => ordered.has(one));
  let at = 0;
  for (const step of order) {
    const optional = step.startsWith('?');
    if (there[at] === step.replace('?', '')) at++;
    else if (!optional) return false;
  }
  return at === there.length;
}

/** The wording that most replies have is the server's own; a few may have come from another behind it. */
function signsOfReplies(replies: readonly string[]): Sign[] {
  const told = new Map<ServerSoftware, string[]>();
  for (const reply of replies) {
    const software = byReplyName[softwareOf(reply) ?? ''];
    if (software !== undefined) told.set(software, [...(told.get(software) ?? []), reply]);
  }
  const total = [...told.values()].reduce((sum, each) => sum + each.length, 0);
  return [...told].map(
    ([software, each]): Sign => ({
      software,
      kind: 'replies',
      weight: each.length * 2 > total ? 'good' : 'hint',
      words: `Its replies are worded as those of ${serverSoftwareNames[software]}: ${quote(each[0] ?? '')}.`,
    }),
  );
}

function signsOfCertificate({ names, subject, issuer }: SoftwareSigns['certificates'][number]): Sign[] {
  if (names.some(isFilter)) return [];
  const service = names.map((name) => providerOfMx(name.replace(/^\*\./, ''))).find((one) => one?.software);
  if (service?.software)
    return [
      {
        software: service.software,
        kind: 'certificate',
        weight: 'good',
        words: `Its certificate is for a server of ${service.name}.`,
      },
    ];
  return certificateNames.flatMap(([software, words]): Sign[] => {
    const [from, name] = words.test(issuer) ? ['was issued by', issuer] : ['is for', subject];
    if (!words.test(name)) return [];
    return [
      { software, kind: 'certificate', weight: 'good', words: `Its certificate ${from} ${quote(name)}.` },
    ];
  });
}

/** What was said, in quotation marks. @param around where what decides is short: the line that it stands in. */
function quote(words: string, around = words): string {
  return `“${shown(around.includes(words) ? around : words)}”`;
}

function shown(text: string): string {
  const line = plain(text.replaceAll(/\s+/g, ' ').trim());
  return line.length > LONGEST_QUOTE ? `${line.slice(0, LONGEST_QUOTE - 1)}…` : line;
}
