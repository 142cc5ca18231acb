// What a pre-flight looks at, item by item: from what the checks found, the present MX, and what Mailward knows of itself.
import type { Route } from '../../shared/domain.ts';
import { mxWords } from '../../shared/facts/form.ts';
import { type CheckName, readFinding } from '../../shared/facts/index.ts';
import type { Finding } from '../../shared/finding.ts';
import type { MxRead, WayBack } from '../../shared/mx-reading.ts';
import type { PreflightItemName } from '../../shared/preflight.ts';
import { fromFindings, gravestOf, type ItemState, softened } from './preflight-findings.ts';
import { namesServer } from './spf-names-server.ts';

/** Checks that a pre-flight asks. */
export const preflightChecks = [
  'server-reachable',
  'server-greeting',
  'server-refuses',
  'relay-denied',
  'goes-by-mx',
  'mail-loop',
  'server-tls',
  'unknown-recipient',
  'greylisting',
  'rate-limit',
  'blocklists',
  'ptr',
  'helo',
  'spool-space',
  'relay-door',
  'spf',
  'mta-sts',
  'dane',
] as const satisfies readonly CheckName[];

/** An MX that may be kept for longer is lowered before it is changed: so long may a mistake last, s. */
export const LONGEST_TTL = 3_600;
const TTL_BEFORE_A_CHANGE = 300;
const MAIL_PORT = 25;

/** What Mailward knows of itself. */
export interface OwnState {
  /** The name that MX records will have; empty: nobody said. */
  hostname: string;
  listener: {
    host: string;
    port: number;
    /** Whether only programs of this machine reach it. */
    isLocal: boolean;
    isListening: boolean;
    /** What is wrong with it; null: nothing. */
    problem: string | null;
  };
  /** Whether STARTTLS is offered to senders. */
  hasCertificate: boolean;
  /** Where other servers reach it, when the admin said; a router in front may have them. */
  addresses: readonly string[];
}

export interface PreflightInput {
  domain: string;
  at: number;
  route: Route;
  findings: readonly Finding[];
  read: MxRead;
  wayBack: WayBack | null;
  own: OwnState;
}

interface Item {
  name: PreflightItemName;
  title: string;
  isEssential: boolean;
  judge: (input: PreflightInput) => ItemState;
}

export const ITEMS: readonly Item[] = [
  { name: 'way-back', title: 'The way back is known', isEssential: true, judge: wayBackItem },
  { name: 'mx', title: 'The MX records name Mailward', isEssential: false, judge: mxItem },
  { name: 'server-answers', title: 'Your server answers', isEssential: true, judge: answersItem },
  {
    name: 'takes-domain',
    title: 'It takes the domain’s mail from Mailward',
    isEssential: true,
    judge: takesItem,
  },
  {
    name: 'after-change',
    title: 'It will still take it after the change',
    isEssential: false,
    judge: afterChangeItem,
  },
  {
    name: 'encryption',
    title: 'Mail to your server is encrypted',
    isEssential: false,
    judge: encryptionItem,
  },
  { name: 'recipients', title: 'It knows its recipients', isEssential: false, judge: recipientsItem },
  {
    name: 'greylisting',
    title: 'It does not make Mailward wait',
    isEssential: false,
    judge: greylistingItem,
  },
  { name: 'limits', title: 'It sets Mailward no limits', isEssential: false, judge: limitsItem },
  {
    name: 'standing',
    title: 'Mailward’s address is in good standing',
    isEssential: false,
    judge: standingItem,
  },
  { name: 'room', title: 'There is room for waiting mail', isEssential: true, judge: roomItem },
  { name: 'door', title: 'The world reaches Mailward', isEssential: true, judge: doorItem },
  { name: 'certificate', title: 'Mail to Mailward is encrypted', isEssential: false, judge: certificateItem },
  { name: 'spf', title: 'The SPF record fits after the change', isEssential: false, judge: spfItem },
  {
    name: 'mta-sts',
    title: 'The MTA-STS policy fits after the change',
    isEssential: true,
    judge: mtaStsItem,
  },
  { name: 'dane', title: 'TLSA records (DANE) fit after the change', isEssential: false, judge: daneItem },
  { name: 'ttl', title: 'A change takes effect soon', isEssential: false, judge: ttlItem },
];

function wayBackItem({ wayBack, read, domain }: PreflightInput): ItemState {
  const command = `mailward domain way-back ${domain}`;
  if (wayBack !== null) {
    return {
      state: 'ok',
      summary: `The MX records of before are kept: ${mxWords(wayBack.reading.records)}.`,
    };
  }
  if (read.status === 'read' && read.own.length > 0) {
    return {
      state: 'attention',
      summary: 'The MX records name Mailward already, and what they were before is not known.',
      advice: [`Write down what they were, if you know it: \`${command}\` keeps it.`],
    };
  }
  return {
    state: 'could-not-check',
    summary: 'The present MX records could not be read yet, so there is nothing to go back to.',
    advice: [`Check again in a few minutes, or write them down with \`${command}\`.`],
  };
}

/** Not before all else is well: until then it is as it should be. */
function mxItem({ read, own }: PreflightInput): ItemState {
  if (read.status !== 'read')
    return { state: 'could-not-check', summary: 'The MX records could not be read.', checks: ['mx'] };
  const { records } = read.reading;
  const first = records[0]?.preference ?? 0;
  const ours = new Set(read.own);
  const isFirst = records.some(({ preference, exchange }) => preference === first && ours.has(exchange));
  const names = mxWords(records);
  if (records.every(({ exchange }) => ours.has(exchange)) && records.length > 0)
    return { state: 'ok', summary: `They name Mailward: ${names}.`, checks: ['mx'] };
  if (isFirst)
    return {
      state: 'attention',
      summary: `They name Mailward, and others beside it: ${names}.`,
      advice: ['Spammers write to the others to get past Mailward: take them out once all is well.'],
      checks: ['mx'],
    };
  return {
    state: 'not-applicable',
    summary: `They still name your own server: ${names}.`,
    advice: own.hostname === '' ? [] : [`When all else is well, let them name ${own.hostname} instead.`],
    checks: ['mx'],
  };
}

function answersItem({ findings }: PreflightInput): ItemState {
  return fromFindings(findings, ['server-reachable', 'server-greeting'], {
    ok: 'Every server of the route answers and speaks SMTP.',
    // One of several addresses that is dead holds no mail up; a server that answers nowhere does.
    mild: ['partly', 'little-offered', 'old-protocol'],
    advice: [
      'Is the server on, and its mail service running? Does a firewall in between let Mailward’s address through?',
    ],
  });
}

function takesItem({ findings }: PreflightInput): ItemState {
  const judged = fromFindings(findings, ['relay-denied', 'server-refuses', 'mail-loop'], {
    ok: 'Your server takes mail for the domain from Mailward.',
    mild: [],
    advice: [],
  });
  if (judged.state !== 'problem') return judged;
  const isDenied = findings.some(({ code }) => code === 'relay-denied');
  const advice = isDenied
    ? 'Tell your server that the domain is its own, whatever the MX records say: some servers take a domain only while they are its lowest MX. How, see the page of the check `relay-denied`.'
    : 'Tell your server that Mailward’s address is trusted: no login, no filter, no limit.';
  return { ...judged, advice: [advice] };
}

/** Servers that take a domain only while they are its lowest MX show it by a test record alone. */
function afterChangeItem({ findings }: PreflightInput): ItemState {
  const found = findings.filter(({ check }) => check === 'goes-by-mx');
  const bad = found.find(({ code }) => code === 'by-mx');
  if (bad !== undefined) {
    return {
      state: 'problem',
      summary: bad.summary,
      advice: [
        'Tell your server that the domain is its own, whatever the MX records say. How, see the page of the check `goes-by-mx`.',
      ],
      checks: ['goes-by-mx'],
    };
  }
  if (found.length > 0 && found.every(({ state }) => state === 'not-applicable')) {
    return {
      state: 'could-not-check',
      summary:
        'Some servers take a domain’s mail only as long as the MX records name them (some set-ups of Exim, Sendmail and Postfix; cPanel where Email Routing is not set to Local Mail Exchanger). Except on cPanel, a test record shows whether yours does.',
      advice: found.map(({ summary }) => summary),
      checks: ['goes-by-mx'],
    };
  }
  return fromFindings(found, ['goes-by-mx'], {
    ok: 'Your server goes by its own configuration and not by the MX records.',
    mild: [],
    advice: [],
  });
}

function encryptionItem({ findings }: PreflightInput): ItemState {
  return softened(
    fromFindings(findings, ['server-tls'], {
      ok: 'Your server offers encryption, and it works.',
      mild: [],
      advice: ['Mail is delivered all the same unless the route demands encryption.'],
    }),
    // Where the route demands what is not to be had, no mail goes out.
    findings.some(
      ({ check, code }) => check === 'server-tls' && (code === 'not-to-be-had' || code === 'not-accepted'),
    ),
  );
}

function recipientsItem({ findings }: PreflightInput): ItemState {
  return softened(
    fromFindings(findings, ['unknown-recipient'], {
      ok: 'Your server refuses addresses that do not exist, so Mailward can refuse them too.',
      mild: [],
      advice: [
        'Mail to addresses that do not exist will be taken in. That loses nothing, and brings more spam.',
      ],
    }),
  );
}

function greylistingItem({ findings }: PreflightInput): ItemState {
  return softened(
    fromFindings(findings, ['greylisting'], {
      ok: 'Your server takes mail from Mailward at once.',
      mild: [],
      advice: ['Take Mailward’s address out of the server’s greylisting; otherwise mail is late.'],
    }),
  );
}

function limitsItem({ findings }: PreflightInput): ItemState {
  const judged = softened(
    fromFindings(findings, ['rate-limit'], {
      ok: 'Your server has not limited Mailward so far.',
      mild: [],
      advice: ['Take Mailward’s address out of the server’s limits on connections and messages.'],
    }),
  );
  // Before there was any mail nobody knows.
  return judged.state === 'could-not-check' || judged.state === 'not-applicable'
    ? {
        ...judged,
        state: 'not-applicable',
        summary: 'Whether your server limits how much it takes from one address shows with the first mail.',
        advice: [
          'All the domain’s mail will come from Mailward’s address alone: take it out of the server’s limits beforehand.',
        ],
      }
    : judged;
}

/** Of these checks only what is about Mailward's own address counts here. */
function standingItem({ findings }: PreflightInput): ItemState {
  const checks = ['blocklists', 'ptr', 'helo'] as const;
  const own = findings.filter((finding) =>
    checks.some((check) => {
      const facts: unknown = readFinding(check, finding)?.facts;
      return finding.check === check && (facts as { whose?: string } | undefined)?.whose === 'relay';
    }),
  );
  if (own.length === 0) {
    return {
      state: 'not-applicable',
      summary:
        'Under which address the world sees Mailward is not known, so its standing cannot be looked up.',
      checks: [...checks],
    };
  }
  return softened(
    fromFindings(own, checks, {
      ok: 'Mailward’s address is on no blocklist that matters, and has a name that leads back to it.',
      mild: [],
      advice: [
        'It matters for the messages that Mailward sends itself, and where your server asks such lists.',
      ],
    }),
  );
}

function roomItem({ findings }: PreflightInput): ItemState {
  return fromFindings(findings, ['spool-space'], {
    ok: 'The disk has room for mail that waits.',
    mild: ['low'],
    advice: ['Make room on the disk of Mailward’s data folder.'],
  });
}

function doorItem({ own, findings }: PreflightInput): ItemState {
  const { listener, hostname } = own;
  const checks: CheckName[] = ['relay-door'];
  if (!listener.isListening) {
    return {
      state: 'problem',
      summary: `Mailward takes no mail: ${listener.problem ?? 'it is not running'}.`,
      advice: ['Start it, or mend what keeps it from listening.'],
    };
  }
  const missing: string[] = [];
  const isHidden = listener.isLocal;
  const hasRouter = own.addresses.length > 0;
  if (isHidden)
    missing.push(
      `Mailward listens on ${listener.host} only, where no other machine reaches it: let it listen on 0.0.0.0 (setting \`smtp.host\`).`,
    );
  if (listener.port !== MAIL_PORT && !(hasRouter && !isHidden))
    missing.push(
      `It listens on port ${listener.port}; other servers use port ${MAIL_PORT} alone: let it listen there (setting \`smtp.port\`), or have the router lead port ${MAIL_PORT} to it.`,
    );
  if (hostname === '')
    missing.push(
      'It has no name: say under which name the world reaches it (setting `smtp.hostname`), and give that name an address in DNS.',
    );
  if (missing.length > 0) {
    return {
      state: 'problem',
      summary: `The world cannot reach Mailward yet: ${missing.length === 1 ? 'one thing is' : `${missing.length} things are`} missing.`,
      advice: missing,
    };
  }
  const judged = fromFindings(findings, checks, {
    ok: `${hostname} answers on port ${MAIL_PORT}, takes mail for the domain, and refuses it for others.`,
    mild: [],
    advice: [
      `Does ${hostname} have this machine’s public address in DNS? Is port ${MAIL_PORT} open in its firewall and led here by the router, and does the provider not close it?`,
    ],
  });
  return judged.state === 'could-not-check'
    ? {
        ...judged,
        advice: [
          ...(judged.advice ?? []),
          `From inside, a router may hide its own public address. Try from another network: \`telnet ${hostname} ${MAIL_PORT}\` must show a greeting.`,
        ],
      }
    : judged;
}

function certificateItem({ own }: PreflightInput): ItemState {
  if (!own.hasCertificate) {
    return {
      state: 'attention',
      summary: 'Mailward has no certificate, so senders cannot encrypt their mail to it (STARTTLS).',
      advice: [
        'Give it one for its name (settings `smtp.tlsCertificate` and `smtp.tlsKey`). Some senders refuse to send mail in clear.',
      ],
    };
  }
  return own.listener.problem === null
    ? { state: 'ok', summary: 'Mailward offers encryption to senders (STARTTLS).' }
    : { state: 'attention', summary: `${own.listener.problem}.` };
}

function spfItem({ findings, read, route }: PreflightInput): ItemState {
  const checks: CheckName[] = ['spf'];
  const found = findings.filter(({ check }) => check === 'spf');
  const record = found.flatMap((finding) => {
    const facts: unknown = readFinding('spf', finding)?.facts;
    const text = (facts as { record?: unknown } | undefined)?.record;
    return typeof text === 'string' ? [text] : [];
  })[0];
  if (record === undefined) {
    if (found.some(({ code }) => code === 'none'))
      return { state: 'not-applicable', summary: 'The domain has no SPF record.', checks };
    const [first] = found;
    return {
      state: gravestOf(found) ?? 'could-not-check',
      summary: first?.summary ?? 'The SPF record could not be read.',
      checks,
    };
  }
  const terms = record.toLowerCase().split(/\s+/);
  if (!terms.some((term) => /^\+?mx(?:$|\/)/.test(term)))
    return { state: 'ok', summary: 'The SPF record does not depend on the MX records.', checks };
  const exchanges = read.status === 'read' ? read.reading.exchanges : [];
  const left = exchanges.filter(({ host, v4, v6 }) => !namesServer(terms, host, [...v4, ...v6]));
  if (exchanges.length > 0 && left.length === 0)
    return { state: 'ok', summary: 'The SPF record names your server apart from the MX records.', checks };
  const server = left[0]?.host ?? route[0]?.host ?? 'mail.example.com';
  return {
    state: 'attention',
    summary:
      'The SPF record allows the servers of the MX records to send (“mx”): today your own server, after the change Mailward in its place.',
    advice: [
      `If your server sends the domain’s mail itself, put \`a:${server}\` into the SPF record before you change the MX; otherwise receivers suspect your mail.`,
    ],
    checks,
  };
}

function mtaStsItem({ findings, own }: PreflightInput): ItemState {
  const checks: CheckName[] = ['mta-sts'];
  const found = findings.filter(({ check }) => check === 'mta-sts');
  const notNamed = found.find(({ code }) => code === 'relay-not-named');
  if (notNamed !== undefined) {
    const facts = readFinding('mta-sts', notNamed)?.facts as
      | { mode?: string; maxAge?: number | null }
      | undefined;
    const isEnforced = facts?.mode === 'enforce';
    const wait = facts?.maxAge ?? null;
    return {
      // One that is on trial keeps nobody from delivering.
      state: isEnforced ? 'problem' : 'attention',
      summary: notNamed.summary,
      advice: [
        `Add \`mx: ${own.hostname}\` to the policy file first, and give the record at _mta-sts a new id.`,
        wait === null
          ? 'Then wait until senders have fetched it.'
          : `Senders may keep the old policy for ${waitWords(wait)}: wait that long before you change the MX.`,
      ],
      checks,
    };
  }
  if (found.length > 0 && found.every(({ state }) => state === 'not-applicable'))
    return { state: 'not-applicable', summary: 'The domain does not use MTA-STS.', checks };
  if (own.hostname === '')
    return {
      state: 'could-not-check',
      summary: 'Whether the policy names Mailward cannot be said while Mailward has no name.',
      checks,
    };
  return softened(
    fromFindings(found, checks, {
      ok: 'The MTA-STS policy names Mailward.',
      mild: [],
      advice: ['Put the policy right first; senders go by it.'],
    }),
  );
}

function daneItem({ findings }: PreflightInput): ItemState {
  const found = findings.filter(({ check }) => check === 'dane');
  if (found.length > 0 && found.every(({ state }) => state === 'not-applicable'))
    return {
      state: 'not-applicable',
      summary: 'No mail server of the domain has TLSA records.',
      checks: ['dane'],
    };
  return softened(
    fromFindings(found, ['dane'], {
      ok: 'The TLSA records of the domain’s mail servers match their certificates.',
      mild: [],
      advice: [
        'TLSA records belong to a host’s name: those of your present server do not hold for Mailward’s. Publish one for Mailward’s certificate only if its zone is signed.',
      ],
    }),
  );
}

function ttlItem({ read, at }: PreflightInput): ItemState {
  if (read.status !== 'read') {
    return {
      state: 'could-not-check',
      summary: 'How long others may keep the present MX records could not be read.',
    };
  }
  const { ttl, at: readAt } = read.reading;
  if (ttl === null)
    return { state: 'not-applicable', summary: 'There are no MX records that anybody could keep.' };
  if (ttl <= LONGEST_TTL) {
    return {
      state: 'ok',
      summary: `Others may keep the present MX records for ${waitWords(ttl)}; after that the change has reached everybody.`,
    };
  }
  const when = new Date(Math.max(at, readAt) + ttl * 1000).toISOString().slice(0, 16).replace('T', ' ');
  return {
    state: 'attention',
    summary: `Others may keep the present MX records for ${waitWords(ttl)}: so long a change, and a mistake, would last.`,
    advice: [
      `Lower the TTL of the MX records to ${TTL_BEFORE_A_CHANGE} seconds first, without changing anything else. If you do it now, everybody has it by ${when} UTC; change the MX after that.`,
    ],
  };
}

function waitWords(seconds: number): string {
  const units = [
    [86_400, 'day'],
    [3_600, 'hour'],
    [60, 'minute'],
    [1, 'second'],
  ] as const;
  const [unit, name] = units.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, 'second'];
  const n = seconds / unit;
  return `${n} ${name}${n === 1 ? '' : 's'}`;
}
