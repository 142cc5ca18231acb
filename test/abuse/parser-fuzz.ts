// Texts of strangers that are nearly right: real examples, cut, joined, swollen and spoilt, for the parsers that read them.
//
// What a parser says of such a text may be anything that its type allows, and must be that. That time grows as the text's length
// does is shown in linear.test.ts.
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { toDomainName } from '../../shared/names.ts';
import { classificationSchema, classify, classifyReply } from '../../shared/replies/classify.ts';
import { encodeQuery, readReply } from '../../src-main/probes/dns/message.ts';
import { readDomain } from '../../src-main/probes/registration/rdap.ts';
import { RegistryFailure, type Registration } from '../../src-main/probes/registration/record.ts';
import { readReferral, readWhois } from '../../src-main/probes/registration/whois-text.ts';
import { recognise } from '../../src-main/relay/mail/bounces.ts';
import { readMessage, walk } from '../../src-main/relay/mail/mime.ts';
import { seededRandom, type Random } from '../lab/random.ts';
import { parserExamples } from './parser-examples.ts';

/** Looks at what a parser says of some octets; throws, or gives what must not be, in words. */
type Target = (octets: Buffer) => string[];

/** What must hold of it, and what it is called when it does not. */
type Claim = readonly [holds: boolean, words: string];
const broken = (claims: readonly Claim[]): string[] =>
  claims.flatMap(([holds, words]) => (holds ? [] : [words]));

/** As mail/bounces.ts documents a status: RFC 3463 §2. */
const statusCode = /^[245]\.\d{1,3}\.\d{1,3}$/;
const isTime = (time: number | null) =>
  time === null || (Number.isSafeInteger(time) && Math.abs(time) <= 8.64e15);

/** A host, perhaps with a port. */
function isReferral(referral: string | null): boolean {
  const host = referral?.replace(/:\d{1,5}$/, '') ?? null;
  return host === null || isIP(host) !== 0 || toDomainName(host) !== null;
}

function registrationClaims(said: Omit<Registration, 'evidence'>): Claim[] {
  return [
    [isTime(said.expiresAt), `expires at ${said.expiresAt}`],
    [isTime(said.registrarExpiresAt), `expires for the registrar at ${said.registrarExpiresAt}`],
    [said.registrar?.trim() !== '', 'a registrar without a name'],
    [new Set(said.statuses).size === said.statuses.length, `the same state twice: ${said.statuses.join()}`],
    [
      said.registered || (said.expiresAt === null && said.registrar === null),
      'absent, and yet it has a record',
    ],
  ];
}

export const targets = {
  MIME: (octets) => {
    const parts = [...walk(readMessage(octets))];
    return parts.flatMap(({ header, type, parameters }) =>
      broken([
        [type === type.toLowerCase() && type !== '', `type ${JSON.stringify(type)}`],
        [
          header.every(([name]) => /^[!-9;-~]+$/.test(name) && name === name.toLowerCase()),
          'a name of a field',
        ],
        [header.every(([, value]) => !value.includes('\n')), 'a line end in a value'],
        [[...parameters.keys()].every((name) => name === name.toLowerCase()), 'a name of a parameter'],
      ]),
    );
  },
  'bounce recogniser': (octets) => {
    const said = recognise('', octets);
    const statuses = [said.status, ...said.statuses.map(({ status }) => status)];
    const recipients = [said.recipient, ...said.statuses.map(({ recipient }) => recipient)];
    return broken([
      [statuses.every((status) => status === null || statusCode.test(status)), `status ${statuses.join()}`],
      [
        recipients.every((one) => one === null || !/[\0-\x20\x7f]/.test(one)),
        `recipient ${JSON.stringify(recipients)}`,
      ],
      [
        said.kind === 'bounce' || (said.recipient === null && said.statuses.length === 0),
        'no bounce, and yet of somebody',
      ],
      [said.kind === 'none' || said.by !== '', 'nothing showed it'],
    ]);
  },
  WHOIS: (octets) => {
    const text = octets.toString('utf8');
    const said = readWhois('example.com', text);
    const referral = readReferral(text);
    return [
      ...(typeof said === 'string' ? broken([[said !== '', 'no words']]) : broken(registrationClaims(said))),
      ...broken([[isReferral(referral), `refers to ${referral}`]]),
    ];
  },
  RDAP: (octets) => {
    const evidence = (answer: string) => ({ asked: '', of: '', at: 0, answer });
    try {
      const said = readDomain('example.com', { body: octets }, evidence);
      return broken([...registrationClaims(said), [said.evidence.answer.length <= 2_000, 'long evidence']]);
    } catch (error) {
      // What the registry said is no record of this name: the one answer that is an error.
      if (error instanceof RegistryFailure) return [];
      throw error;
    }
  },
  'DNS message': (octets) => {
    const said = readReply(octets, 1, 'example.org', { name: 'example.org', type: 'TXT' });
    if (typeof said === 'string') return [];
    const records = [...said.answers, ...said.authorities, ...said.additionals];
    return records.flatMap(({ name, ttl }) =>
      broken([
        [name === name.toLowerCase() && name !== '', `name ${JSON.stringify(name)}`],
        [Number.isInteger(ttl) && ttl >= 0, `ttl ${ttl}`],
      ]),
    );
  },
  'reply classifier': (octets) => {
    const text = octets.toString('utf8');
    const said = classify(text);
    const given = classifyReply({ code: 450, enhanced: null, text }, { stage: 'rcpt' });
    return [said, given].flatMap((one) =>
      broken([
        [classificationSchema.safeParse(one).success, `not of its type: ${JSON.stringify(one)}`],
        [
          one.code === null || one.code < 400 || one.temporary === one.code < 500,
          `${one.code} is ${one.temporary ? '' : 'not '}temporary`,
        ],
        [one.rule !== '', 'no rule decided'],
        [one.code === null || (one.code >= 200 && one.code <= 599), `code ${one.code}`],
      ]),
    );
  },
} satisfies Record<string, Target>;

export type TargetName = keyof typeof targets;

/** A question's octets are those of an answer but for some bits. */
const dnsAnswer = Buffer.concat([encodeQuery(1, 'example.org', { name: 'example.org', type: 'TXT' }, false)]);
const examples: Record<TargetName, readonly Buffer[]> = {
  ...parserExamples,
  'DNS message': [dnsAnswer, ...parserExamples['DNS message']],
};

/** What spoils a text: ends of what was begun, numbers that are too large, signs with a meaning, octets of no charset. */
const spice = [
  ...[
    '\r\n',
    '\n',
    '\r',
    '\0',
    '--',
    '--b',
    '--b--',
    '"',
    '\\',
    '(',
    ')',
    '<',
    '>',
    ':',
    ';',
    '=',
    '=?',
    '?=',
    '@',
    '%',
    '\t',
  ],
  ...[
    '=3D',
    '=\r\n',
    '\xff\xfe',
    '\xc0\x0c',
    '\xc3',
    '{',
    '}',
    '[',
    ']',
    ',',
    'null',
    '1e999',
    '-1',
    '99999999999',
    '0',
  ],
  ...[
    '\u202e',
    'Content-Type: multipart/mixed; boundary=b\r\n\r\n',
    'Final-Recipient: rfc822;',
    'Status: 5.1.1\r\n',
  ],
  ...[
    '2026-13-45',
    '0000-00-00T00:00:00Z',
    '+275760-09-13',
    '550 5.1.1 ',
    '250-',
    '__proto__',
    'constructor',
  ],
].map((text) => Buffer.from(text, 'latin1'));

const pick = <T>(random: Random, of: readonly T[]): T => of[random.between(0, of.length - 1)]!;

/** One example, changed in some places. */
function spoil(random: Random, of: readonly Buffer[]): Buffer {
  let text = pick(random, of);
  for (let changes = random.between(1, 6); changes > 0; changes--) {
    const [a, b] = [random.between(0, text.length), random.between(0, text.length)];
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const [before, some, after] = [text.subarray(0, from), text.subarray(from, to), text.subarray(to)];
    switch (random.between(0, 6)) {
      case 0:
        text = Buffer.concat([before, pick(random, spice), text.subarray(from)]);
        break;
      case 1:
        text = Buffer.concat([before, after]);
        break;
      case 2:
        text = Buffer.concat([before, some, some, after]);
        break;
      case 3:
        text = before;
        break;
      case 4: {
        const other = pick(random, of);
        text = Buffer.concat([before, other.subarray(random.between(0, other.length))]);
        break;
      }
      default: {
        const changed = Buffer.from(text);
        if (changed.length > 0) changed[random.between(0, changed.length - 1)] = random.between(0, 255);
        text = changed;
      }
    }
    // What is doubled again and again says nothing new.
    if (text.length > 16_384) text = text.subarray(0, 16_384);
  }
  return text;
}

/** Reads so many spoilt texts; gives what must not be, the first few, each with the text that shows it. */
export function fuzzParser(name: TargetName, count: number): { seed: number; wrong: string[] } {
  const random = seededRandom();
  const wrong: string[] = [];
  for (let number = 0; number < count && wrong.length < 5; number++) {
    const octets = number < examples[name].length ? examples[name][number]! : spoil(random, examples[name]);
    let found: string[];
    try {
      found = targets[name](octets);
    } catch (error) {
      found = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    }
    if (found.length > 0) wrong.push(`${found[0]} ← ${JSON.stringify(octets.toString('latin1'))}`);
  }
  return { seed: random.seed, wrong };
}
