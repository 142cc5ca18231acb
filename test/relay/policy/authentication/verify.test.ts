// What is found of signed mail: the same as the library finds, and of a heap of signatures no more than there is reason to look at.
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { authenticate as byLibrary, dkimSign, sealMessage } from 'mailauth';
import { describe, expect, it } from 'vitest';
import type { FilterName } from '../../../../shared/filters.ts';
import { answersOf } from '../../../../src-main/relay/policy/authentication/answers.ts';
import {
  MOST_ARC_SETS,
  MOST_SIGNATURES,
} from '../../../../src-main/relay/policy/authentication/signatures.ts';
import { authenticate, authenticateSender } from '../../../../src-main/relay/policy/authentication/verify.ts';
import type { FilterReport } from '../../../../src-main/relay/policy/filters/filter.ts';
import { seededRandom } from '../../../lab/random.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
const record = `v=DKIM1; k=rsa; p=${publicKey.export({ type: 'spki', format: 'der' }).toString('base64')}`;
const client = {
  ip: '192.0.2.7',
  helo: 'mail.example.org',
  sender: 'ann@example.org',
  mta: 'mx.example.com',
};

/** A world in which every selector of example.org and list.example has the key, and nothing else is there but SPF and DMARC. */
class Names {
  readonly asked: string[] = [];
  readonly records: Record<string, string> = {
    'example.org': 'v=spf1 ip4:192.0.2.7 -all',
    '_dmarc.example.org': 'v=DMARC1; p=reject',
  };

  readonly resolve = async (name: string, type: string): Promise<string[][]> => {
    await Promise.resolve();
    this.asked.push(`${type} ${name}`);
    const key = /\._domainkey\.(example\.org|list\.example)$/.test(name) ? record : undefined;
    const found = this.records[name] ?? key;
    if (type === 'TXT' && found !== undefined) return [[found]];
    throw Object.assign(new Error(`no ${type} of ${name}`), { code: 'ENOTFOUND' });
  };
}

const BASE =
  'From: Ann <ann@example.org>\r\nTo: bob@example.com\r\nSubject:  hello \t there\r\n\r\nHello.  \r\n\r\n\r\n';

async function sign(message: string, change: object = {}): Promise<string> {
  const signer = { signingDomain: 'example.org', selector: 's1', privateKey: pem, ...change };
  const { signatures } = await dkimSign(Buffer.from(message, 'latin1'), {
    ...signer,
    signatureData: [signer],
  });
  return `${signatures.trimEnd()}\r\n${message}`;
}

async function seal(message: string, cv: 'none' | 'pass'): Promise<string> {
  const header = await sealMessage(Buffer.from(message, 'latin1'), {
    signingDomain: 'list.example',
    selector: 'arc',
    privateKey: pem,
    authResults: 'mx.list.example; spf=pass smtp.mailfrom=example.org',
    cv,
  });
  return header.toString('latin1') + message;
}

const found = async (message: string, names = new Names()) =>
  authenticate(Buffer.from(message, 'latin1'), client, names.resolve);
const answers = async (
  message: string,
  names = new Names(),
): Promise<Partial<Record<FilterName, FilterReport>>> =>
  Object.fromEntries(answersOf(await found(message, names)).map((answer) => [answer.filter, answer]));

/** A signature that nobody could have made: it asks for a key, and is wrong. */
const junk = (number: number, domain = `d${number}.test`) =>
  `DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=${domain}; s=x${number}; h=from; bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=; b=AAAA\r\n`;

describe('the same as the library alone', () => {
  const messages: [string, () => Promise<string>][] = [
    ['an unsigned message', async () => Promise.resolve(BASE)],
    ['a signed one', async () => sign(BASE)],
    ['simple canonicalization', async () => sign(BASE, { canonicalization: 'simple/simple' })],
    [
      'an Ed25519 signature by a key that DNS has as RSA',
      async () =>
        sign(BASE, {
          algorithm: 'ed25519-sha256',
          privateKey: generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }),
        }),
    ],
    [
      'two signatures, over one another',
      async () => sign(await sign(BASE, { selector: 's2', signingDomain: 'list.example' })),
    ],
    ['a changed body', async () => (await sign(BASE)).replace('Hello.', 'Hullo.')],
    ['a changed subject', async () => (await sign(BASE)).replace('hello', 'hullo')],
    ['a signature over part of the body', async () => sign(BASE, { maxBodyLength: 4 })],
    ['a field folded before its colon', async () => sign(BASE.replace('Subject:', 'Subject\r\n :'))],
    ['a first line that is no field', async () => `nonsense\r\n${await sign(BASE)}`],
    ['a line that is no field in the middle', async () => sign(BASE.replace('To:', 'nonsense here\r\nTo:'))],
    ['two From fields', async () => `From: eve@bank.test\r\n${await sign(BASE)}`],
    [
      'several authors',
      async () => sign(BASE.replace('<ann@example.org>', '<ann@example.org>, bob@example.org')),
    ],
    [
      'a multipart body',
      async () =>
        sign(BASE.replace('\r\n\r\n', '\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n')),
    ],
    ['no body', async () => sign('From: ann@example.org\r\n')],
    ['a body of one long line', async () => sign(`${BASE}${'long '.repeat(60_000)}`)],
    ['letters beyond ASCII', async () => sign(BASE.replace('hello', 'Gr\u00fc\u00dfe'))],
    ['an ARC chain', async () => seal(await seal(await sign(BASE), 'none'), 'pass')],
    [
      'a broken ARC chain',
      async () => (await seal(await seal(await sign(BASE), 'none'), 'pass')).replace('i=1', 'i=3'),
    ],
    ['a junk signature', async () => junk(1) + (await sign(BASE))],
  ];
  it.each(messages)('%s', async (_, make) => {
    const message = await make();
    const [ours, theirs] = [new Names(), new Names()];
    const here = await found(message, ours);
    const there = await byLibrary(Buffer.from(message, 'latin1'), {
      ...client,
      resolver: theirs.resolve,
      disableBimi: true,
      strict: true,
    });
    const random = { id: undefined, mimeStructureStart: undefined };
    expect(here.dkim.map((one) => ({ ...one, ...random }))).toEqual(
      there.dkim.results.map((one) => ({ ...one, ...random })),
    );
    expect(here.spf).toEqual(there.spf);
    const sealing = { authResults: undefined };
    expect({ ...here.arc, ...sealing }).toEqual({ ...there.arc, ...sealing });
    expect(here.dmarc).toEqual(there.dmarc);
    expect(here.dmarcSkipReason).toBe(there.dmarcSkipReason);
    expect(new Set(ours.asked)).toEqual(new Set(theirs.asked));
  });
});

it('finds the same as the library of whatever a body is made of', async () => {
  const { seed } = seededRandom();
  const piece = fc.constantFrom(
    '\r\n',
    '\r\n\r\n',
    '\r',
    '\n',
    ' ',
    '\t',
    '  ',
    'a',
    'From: x',
    '.',
    '\u00fc',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 30 }),
      fc.constantFrom('relaxed/relaxed', 'simple/simple', 'relaxed/simple'),
      async (pieces, canonicalization) => {
        // With and without line feeds alone, with and without a body.
        const message = await sign(`From: ann@example.org\r\n${pieces.join('')}`, { canonicalization });
        const names = new Names();
        const { dkim } = await found(message);
        const there = await byLibrary(Buffer.from(message, 'latin1'), {
          ...client,
          resolver: names.resolve,
          disableBimi: true,
          strict: true,
        });
        const shown = (one: { status: object; bodyHash?: string; sourceBodyLength?: number }) => [
          one.status,
          one.bodyHash,
          one.sourceBodyLength,
        ];
        expect(dkim.map(shown)).toEqual(there.dkim.results.map(shown));
      },
    ),
    { seed, numRuns: 300 },
  );
});

it('goes by the key that DNS has now, though it knows the former one', async () => {
  const message = await sign(BASE);
  const names = new Names();
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey;
  const p = other.export({ type: 'spki', format: 'der' }).toString('base64');
  const rollover = async (name: string, type: string) => {
    if (name === 's1._domainkey.example.org') return [[now]];
    return names.resolve(name, type);
  };
  const results: string[] = [];
  let now = '';
  for (now of [record, record, `v=DKIM1; k=rsa; p=${p}`, 'v=DKIM1; p=', `${record}; t=s`, record]) {
    const { dkim } = await authenticate(Buffer.from(message, 'latin1'), client, rollover);
    results.push(`${dkim[0]?.status.result} ${dkim[0]?.status.comment ?? ''}`.trim());
  }
  expect(results).toEqual([
    'pass',
    'pass',
    'fail bad signature',
    'neutral invalid public key',
    'pass',
    'pass',
  ]);
});

it('a key that may sign one way is not thereby a key for another', async () => {
  const names = new Names();
  const sha256 = await sign(BASE);
  const sha1 = await sign(BASE, { algorithm: 'rsa-sha1' });
  names.records['s1._domainkey.example.org'] = record.replace('k=rsa', 'h=sha1; k=rsa');
  const resolve = async (name: string, type: string) =>
    name in names.records ? [[names.records[name] ?? '']] : names.resolve(name, type);
  const results = [];
  for (const message of [sha1, sha256, sha1]) {
    const { dkim } = await authenticateSender(Buffer.from(message, 'latin1'), client, resolve, 10_000);
    results.push(dkim[0]?.status.result);
  }
  expect(results).toEqual(['pass', 'neutral', 'pass']);
});

describe('of a heap of signatures', () => {
  it('asks about some, and says of the others that they were not checked', async () => {
    const names = new Names();
    const heap = Array.from({ length: 4_000 }, (_, number) => junk(number)).join('');
    const { dkim, dmarc } = await answers(heap + BASE.replaceAll('example.org', 'elsewhere.test'), names);
    expect(names.asked.filter((one) => one.includes('_domainkey')).length).toBeLessThanOrEqual(
      MOST_SIGNATURES,
    );
    expect(names.asked.length).toBeLessThan(60);
    expect(dkim).toMatchObject({ result: 'could-not-check', ofMessage: true });
    expect(dkim?.evidence[0]).toBe(
      `3980 of 4000 signatures were not checked: more than ${MOST_SIGNATURES}, or too large`,
    );
    expect(dmarc?.result).toBe('not-applicable');
  });

  it('finds the one of the author’s own domain, wherever it is', async () => {
    const heap = Array.from({ length: 500 }, (_, number) => junk(number)).join('');
    const signed = await sign(BASE, { selector: 'deep' });
    const { dkim, dmarc } = await answers(heap + signed);
    expect(dkim).toMatchObject({ result: 'pass', signers: ['example.org'] });
    expect(dmarc?.result).toBe('pass');
  });

  it('lets nobody hide behind one: DMARC still says what the author’s domain asks', async () => {
    const heap = Array.from({ length: 500 }, (_, number) =>
      junk(number, number % 2 ? 'example.org' : 'x.test'),
    ).join('');
    const names = new Names();
    names.records['example.org'] = 'v=spf1 -all';
    const { dmarc } = await answers(heap + BASE, names);
    expect(dmarc).toMatchObject({ result: 'fail', most: 'reject' });
  });

  it('evaluates all that honest mail has', async () => {
    let message = BASE;
    for (let number = 1; number < MOST_SIGNATURES; number++) message = junk(number) + message;
    const { dkim } = await answers(await sign(message));
    expect(dkim).toMatchObject({ result: 'pass' });
    expect(dkim?.evidence.join()).not.toContain('not checked');
    // Its field is large because it copies others, as signers may (RFC 6376 §3.5, z=).
    const large = (await sign(BASE)).replace('b=', `z=${'Subject:=20a|'.repeat(600)};\r\n b=`);
    expect((await answers(large)).dkim?.evidence.join()).not.toContain('not checked');
  });

  it.each<[string, string]>([
    ['a field of 100 KB', `z=${'x'.repeat(100_000)};`],
    ['a gap of 10,000 spaces', `z=a${' '.repeat(10_000)}b;`],
    ['a domain of 5,000 letters beyond ASCII', `i=@${'\u00fc\u0103\u0219'.repeat(1_700)}.test;`],
    ['7,000 names of signed fields, and 5,000 fields', `h=${'x:'.repeat(7_000)}from;`],
  ])('leaves out one that costs too much to read: %s', async (what, tag) => {
    const many = what.includes('names') ? 'X: y\r\n'.repeat(5_000) : '';
    const { dkim } = await answers(
      Buffer.from(junk(1).replace('h=from;', `${tag} h=from;`) + many + BASE).toString('latin1'),
    );
    expect(dkim).toMatchObject({ result: 'could-not-check', ofMessage: true });
  });

  it('leaves out those that each want the body hashed in another way', async () => {
    const ways = Array.from({ length: 15 }, (_, number) =>
      junk(number).replace('h=from', `l=${number}; h=from`),
    ).join('');
    const { dkim } = await answers(ways + BASE);
    expect(dkim?.evidence[0]).toMatch(/^12 of 15 signatures were not checked/);
  });
});

it.each([
  ['the author’s organisation', 'news.example.org', 'could-not-check'],
  ['somebody else', 'forger.test', 'fail'],
])('DNS that is silent about a signature of %s', async (_, domain, expected) => {
  const names = new Names();
  names.records['example.org'] = 'v=spf1 -all';
  const silent = async (name: string, type: string) => {
    if (name.endsWith(`_domainkey.${domain}`))
      throw Object.assign(new Error('timeout'), { code: 'ETIMEOUT' });
    return names.resolve(name, type);
  };
  const message = await sign(BASE, { signingDomain: domain });
  const all = answersOf(await authenticate(Buffer.from(message, 'latin1'), client, silent));
  expect(all.find(({ filter }) => filter === 'dkim')?.result).toBe('could-not-check');
  expect(all.find(({ filter }) => filter === 'dmarc')?.result).toBe(expected);
});

describe('an ARC chain', () => {
  const set = (number: number) =>
    `ARC-Seal: i=${number}; a=rsa-sha256; cv=${number === 1 ? 'none' : 'pass'}; d=list.example; s=a${number}; b=AAAA\r\n` +
    `ARC-Message-Signature: i=${number}; a=rsa-sha256; c=relaxed/relaxed; d=list.example; s=a${number}; h=from; bh=x; b=AAAA\r\n` +
    `ARC-Authentication-Results: i=${number}; mx.list.example; none\r\n`;

  it.each([MOST_ARC_SETS + 1, 300])('of %i sets is not checked, and asks nothing', async (count) => {
    const names = new Names();
    const chain = Array.from({ length: count }, (_, number) => set(count - number)).join('');
    const { arc } = await answers(chain + BASE, names);
    expect(arc).toMatchObject({ result: 'could-not-check', ofMessage: true });
    expect(arc?.evidence[0]).toContain(`not checked, ${count} sets`);
    expect(names.asked.filter((one) => one.includes('_domainkey'))).toEqual([]);
  });

  it('of as many as there may be is', async () => {
    const chain = Array.from({ length: MOST_ARC_SETS }, (_, number) => set(MOST_ARC_SETS - number)).join('');
    expect((await answers(chain + BASE)).arc?.result).toBe('fail');
  });
});

it('a From field as long as a book names nobody, and is what it looks like', async () => {
  const { dmarc } = await answers(BASE.replace('Ann', `Ann ${'x '.repeat(20_000)}`));
  expect(dmarc).toMatchObject({ result: 'fail', most: 'quarantine' });
  expect((await answers(BASE.replace('Ann', `Ann ${'x '.repeat(10_000)}`))).dmarc?.result).toBe('pass');
});
