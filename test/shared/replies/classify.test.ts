// What replies mean: tables of real and of made-up ones, the order of meanings, codes, and input that means harm.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Classification,
  classificationSchema,
  classify,
  classifyReply,
  isUnknownUser,
} from '../../../shared/replies/classify.ts';
import { type Expected, expectations, sisimai } from './fixtures.ts';

/** Texts where the classifier says something else than the table, one a line, so that a failure can be read. */
function wrong(rows: readonly { text: string; cause: string }[]): string[] {
  return rows.flatMap(({ text, cause }) => {
    const got = classify(text);
    return got.cause === cause ? [] : [`${cause}, not ${got.cause}: ${text}`];
  });
}

/** The only rows that are read as something else than the tables say: what they say, and what is read. */
const READ_OTHERWISE = [
  'auth-required, not relay-denied: 550 5.7.1 Authentication is required for relay',
  'blocklisted, not content-rejected: 554 go away, spammer',
  'blocklisted, not sender-rejected: 554 Invalid IP address: 203.0.113.9 may not send mail to our users',
  'connection-failed, not other: nobody answers at port 25',
  'content-rejected, not other: 554 this looks an awful lot like a chain letter',
  'content-rejected, not sender-rejected: 554 Transaction failed Unsigned DSN for bounce message is not allowed',
  'mailbox-full, not other: 550 Recipient has too much mail stored already',
  'message-too-large, not other: 554 your mail weighs too much',
  'rate-limited, not server-busy: 451 out of allow RCPT numbers',
  "relay-denied, not connection-failed: 550 5.1.1 Invalid recipient: domain other.example isn't one of ours",
  "relay-denied, not connection-failed: 553 5.1.2 We don't know the domain of that address and do not forward",
  'relay-denied, not other: 550 5.7.1 forwarding to the internet is switched off on this host',
  'server-busy, not rate-limited: 550 5.5.3 <bob@example.com>: Recipient address rejected: Try again later',
  'user-unknown, not other: 550 bob has no e-mail here',
];

describe('tables of replies', () => {
  const servers = expectations('servers.csv');
  const wordings = expectations('wordings.csv');

  it('knows what the servers in Debian and the vendors say, and other words for the same things, in six languages', () => {
    expect(wrong([...servers, ...wordings]).sort()).toEqual(READ_OTHERWISE);
  });

  it('agrees with sisimai, but for the documented exceptions', () => {
    const rows = sisimai();
    const misses = wrong(rows);
    expect(1 - misses.length / rows.length, misses.join('\n')).toBeGreaterThanOrEqual(0.98);
  });

  it('takes nothing else for an unknown user', () => {
    const others = [...servers, ...wordings].filter(({ cause }) => cause !== 'user-unknown');
    expect(
      others.filter(({ text }) => classify(text).cause === 'user-unknown').map(({ text }) => text),
    ).toEqual([]);
  });

  it('takes no reason for an unknown user, whoever it names in front', () => {
    // How Postfix, Sendmail and others put the recipient before a reason that has nothing to do with it.
    const frames = [
      '550 <bob@example.com>: Recipient address rejected: ',
      '554 5.7.1 <bob@example.com>: Recipient address rejected: ',
      '550 5.1.1 <bob@example.com>... ',
      '550 Mail to user bob rejected, reason: ',
      '550 bob@example.com: ',
    ];
    const costly = ['relay-denied', 'blocklisted', 'mailbox-full', 'rate-limited', 'sender-rejected'];
    const reasons = [...servers, ...wordings].filter(
      ({ text, cause }) =>
        costly.includes(cause) && classify(text).cause === cause && classify(text).decidedBy === 'text',
    );
    const texts = reasons.flatMap(({ text }) => {
      const reason = text.replaceAll(/^[245]\d\d[ -]?(?:#?[245]\.\d+\.\d+ ?)?/gm, '').replaceAll('\n', ' ');
      return frames.map((frame) => frame + reason);
    });
    expect(reasons.length).toBeGreaterThan(500);
    expect(texts.filter((text) => isUnknownUser(classify(text)))).toEqual([]);
  });

  it('tells temporary from permanent', () => {
    const told = [...servers, ...wordings].filter(({ temporary }) => temporary !== null);
    expect(told.filter(({ text, temporary }) => classify(text).temporary !== temporary)).toEqual([]);
  });

  it('names the software where the text shows it', () => {
    const named = [...servers, ...wordings].filter(({ software }) => software !== null);
    const got = ({ text, software }: Expected) => ({ text, software, got: classify(text).software });
    expect(named.map(got).filter((row) => row.software !== row.got)).toEqual([]);
  });
});

describe('the order of meanings', () => {
  const pairs: [string, string, string][] = [
    [
      'a blocklist beats "rejected"',
      '554 5.7.1 <bob@example.com>: Recipient address rejected: blocked using zen.spamhaus.org',
      'blocklisted',
    ],
    [
      'relaying beats the enhanced code for unknown users',
      '550 5.1.1 <bob@example.com>: relaying denied',
      'relay-denied',
    ],
    [
      'relaying beats the login that would lift it',
      '550 5.7.1 Relaying denied. Proper authentication required.',
      'relay-denied',
    ],
    [
      'a table of relay recipients is no relaying',
      '550 5.1.1 <b@example.com>: User unknown in relay recipient table',
      'user-unknown',
    ],
    ['greylisting beats "try again later"', '450 4.7.1 Greylisted, please try again later', 'greylisted'],
    ['a full mailbox is not a full server', '452 4.2.2 mailbox full', 'mailbox-full'],
    ['a full server is not a full mailbox', '452 4.3.1 Insufficient system storage', 'server-busy'],
    [
      "a sender's domain that does not exist",
      '450 4.1.8 <a@b.invalid>: Sender address rejected: Domain not found',
      'sender-rejected',
    ],
    [
      "a sender's verification quotes an unknown user",
      '550-Verification failed for <a@b.example>\n550-No Such User Here\n550 Sender verify failed',
      'sender-rejected',
    ],
    [
      'a missing reverse name beats "client host rejected"',
      '450 4.7.25 Client host rejected: cannot find your hostname, [192.0.2.1]',
      'ptr-missing',
    ],
    [
      'limits on sending beat reputation',
      '451 4.7.650 The mail server [192.0.2.25] has been temporarily rate limited due to IP reputation.',
      'rate-limited',
    ],
    [
      'a reason beats what Postfix puts in front of it',
      '421 4.3.2 <unknown[192.0.2.1]>: Client host rejected: Server too busy',
      'server-busy',
    ],
    [
      'a host that is not known is no user',
      '550 <bob@example.com>: Recipient address rejected: Host unknown',
      'connection-failed',
    ],
    [
      "a recipient's domain that does not exist is no user",
      '550 5.1.1 <bob@example.com>: Recipient address rejected: Domain not found',
      'connection-failed',
    ],
    ['an address that is an IP address is no recipient', '554 5.7.1 Bad IP address', 'blocklisted'],
    ['too many hops is no rate', '554 5.4.6 Too many hops', 'loop'],
    [
      'words in an address mean nothing',
      '550 5.1.1 <spam-virus-relay@greylist.example>: User unknown',
      'user-unknown',
    ],
    [
      'words in a host name mean nothing',
      '550 5.1.1 mail.relay-denied.example: User unknown',
      'user-unknown',
    ],
  ];
  it.each(pairs)('%s', (_, text, cause) => {
    expect(classify(text)).toMatchObject({ cause, decidedBy: 'text' });
  });
});

describe('the reason and what is said around it', () => {
  const cause = (text: string): string => classify(text).cause;

  it('takes no advice for the reason', () => {
    const spam = '554 5.7.1 Message identified as spam.';
    for (const advice of [
      'Please make sure that your SPF record, HELO and PTR are right',
      'Please check whether you are rate limited or greylisted.',
      'If you feel this is in error, log in at the portal first.',
      'To protect our users from overload, this message is not relayed.',
      'Bitte prüfen Sie Ihren PTR-Eintrag.',
      'Veuillez vérifier votre authentification SMTP.',
      'Por favor, verifique su registro PTR.',
    ]) {
      expect(cause(`${spam} ${advice}`), advice).toBe('content-rejected');
    }
  });

  it('finds the reason in advice where there is none besides', () => {
    expect(cause('550 Message refused. Please check your SPF record.')).toBe('sender-rejected');
    expect(cause('550 Connection refused. Please make sure that your address has a PTR record')).toBe(
      'ptr-missing',
    );
    expect(cause('421 To protect our users, mail from your IP has been rate limited.')).toBe('rate-limited');
  });

  it('ends a final refusal of content, and slows nothing down, whatever else is in it', () => {
    const final = [
      'Score (59) over MessageScoringUpperLimit (50), appears to be unsolicited',
      'failed several antispam checks (spf, HELO, PTR, connection limit)',
      'identified SPAM, permanently rejected',
      'contains too many links',
      'encrypted archive not accepted',
      'phishing for a password, refused',
      'spam probability above the limit per hour',
      'als Spam eingestuft (Authentifizierung, Verbindungslimit)',
    ];
    for (const words of final) {
      for (const text of [`554 5.7.1 Message ${words}`, `550 Mail ${words}`]) {
        expect(classify(text), text).toMatchObject({
          cause: 'content-rejected',
          about: 'message',
          temporary: false,
        });
      }
    }
  });

  it('takes what a filter goes on to explain for an explanation', () => {
    const verdicts = [
      'Message rejected as spam',
      'Virus found in attachment',
      'Suspicious content, message refused',
      'URL in message body is blacklisted',
      'Message header malformed',
      'Nachricht als Spam abgelehnt',
    ];
    const explanations = [
      'score 59 over limit 50',
      'HELO name does not match',
      'RDNS_NONE, HELO_DYNAMIC',
      'rate of spam too high',
      'sender not authenticated',
      'connection from 192.0.2.1',
      'log in to the portal to release it',
      'too many similar messages',
      'quota of spam exceeded',
      'use encryption to send this',
      'greylisting skipped',
    ];
    for (const verdict of verdicts) {
      for (const explanation of explanations) {
        for (const text of [`554 5.7.1 ${verdict} (${explanation})`, `550 ${verdict}; ${explanation}`]) {
          expect(cause(text), text).toBe('content-rejected');
        }
      }
    }
    expect(cause('554 Spam rejected; 192.0.2.1 is listed in zen.spamhaus.org')).toBe('blocklisted');
    expect(cause('550 5.7.1 SPF check failed (HELO and PTR do not match)')).toBe('sender-rejected');
  });

  it('takes neither shut sending, nor quotas, licences or policies for an unknown user', () => {
    for (const reason of [
      'Message sending for this account is disabled',
      'outgoing mail disabled for this user',
      'Account inbounds disabled',
      'Domains Daily Quota Exceeded',
      'mailbox does not exist: daily quota exceeded',
      'license expired for this user',
      'mailbox policy violation',
      'user policy does not allow this mail',
      'Address verification in progress',
      'mailbox unavailable. invalid DNS MX or A/AAAA resource record',
      'mailbox unavailable. Reject due to policy restrictions',
      'no such address here (MX do not point to us)',
    ]) {
      for (const frame of ['550 ', '550 5.1.1 <bob@example.com>: ', '550 5.2.1 ']) {
        expect(isUnknownUser(classify(frame + reason)), frame + reason).toBe(false);
      }
    }
  });
});

describe('what a reply is about', () => {
  const about = (text: string): string => classify(text).about;

  it('is the message where its content, its sender or its lack of signatures is minded, with 421 too', () => {
    expect(about('421 4.7.26 This mail has been rate limited because it is unauthenticated')).toBe('message');
    expect(about('421 4.7.0 blocked due to the nature of the content')).toBe('message');
    expect(about('450 4.7.1 Greylisted, try again later')).toBe('message');
    expect(about('554 5.4.6 Too many hops')).toBe('message');
  });

  it('is the recipient where a mailbox or what it receives is', () => {
    for (const text of [
      '550 5.1.1 User unknown',
      '452 4.2.2 mailbox full',
      '450 4.2.1 The user is receiving mail too quickly',
      '450 The recipient has exceeded message rate limit',
      '450 4.2.0 mailbox temporarily unavailable',
    ]) {
      expect(about(text), text).toBe('recipient');
    }
  });

  it('is the server where it has trouble, or something against us', () => {
    for (const text of [
      '421 4.7.0 too many connections from your IP',
      '451 4.3.0 database error',
      '421 Service not available, closing transmission channel',
      '554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org',
      '530 Must issue a STARTTLS command first',
      '421 4.7.28 unusual rate of mail from your SPF domain: rate limited',
    ]) {
      expect(about(text), text).toBe('server');
    }
  });

  it('is unclear where words do not say, so that one message stops no other', () => {
    for (const text of [
      '450 4.7.1 try this one later',
      '451 4.7.1 Try again later',
      '450',
      '451 no',
      '554 no',
    ]) {
      expect(about(text), text).toBe('unclear');
    }
  });
});

describe('codes', () => {
  it('finds them on one line, on many, in a DSN, and alone', () => {
    for (const text of [
      '550 5.1.1 User unknown',
      '550-5.1.1 User\r\n550 5.1.1 unknown',
      'smtp; 550 5.1.1 User unknown',
      '5.1.0 - Unknown address error 550-5.1.1 User unknown (delivery attempts: 0)',
      'host mx.example.com[192.0.2.1] said: 550 5.1.1 User unknown (in reply to RCPT TO command)',
    ]) {
      expect(classify(text), text).toMatchObject({ code: 550, enhanced: '5.1.1', cause: 'user-unknown' });
    }
    expect(classify('4.2.2')).toMatchObject({
      code: null,
      enhanced: '4.2.2',
      cause: 'mailbox-full',
      temporary: true,
    });
    expect(classify('no such user')).toMatchObject({ code: null, enhanced: null, temporary: false });
  });

  it('uses the enhanced code, then the code, only where words do not say', () => {
    expect(classify('550 5.7.1')).toMatchObject({ cause: 'other', decidedBy: 'none' });
    expect(classify('550 5.2.2 sorry')).toMatchObject({
      cause: 'mailbox-full',
      decidedBy: 'enhanced-code',
      evidence: '',
    });
    expect(classify('535 no')).toMatchObject({ cause: 'auth-failed', decidedBy: 'code' });
    expect(classify('')).toMatchObject({ cause: 'other', decidedBy: 'none', temporary: true });
  });

  it('never calls a bare 550 an unknown user, whatever command it answers', () => {
    expect(classifyReply({ code: 550, enhanced: null, text: 'no' }, { stage: 'rcpt' }).cause).toBe('other');
  });

  it("knows services' own codes, where words do not say", () => {
    expect(classify('554 HL:IHU 163 mx1')).toMatchObject({ cause: 'blocklisted', rule: 'service-code' });
    expect(classify('421 [TSS04] 192.0.2.1')).toMatchObject({ cause: 'rate-limited', rule: 'service-code' });
    expect(classify('554 User unknown. IB103')).toMatchObject({ cause: 'user-unknown', decidedBy: 'text' });
  });

  it('asks for a word of the user where 5.1.1 goes with a policy', () => {
    expect(classify('552 5.1.1 Mailbox delivery failure policy error').cause).toBe('other');
    expect(classify('550 5.1.1 denied by policy').cause).not.toBe('user-unknown');
  });

  it('lets the stage decide where nothing else does', () => {
    const reply = { code: 554, enhanced: null, text: '' };
    expect(classifyReply(reply, { stage: 'message' }).cause).toBe('content-rejected');
    expect(classifyReply({ code: 0, enhanced: null, text: '' })).toMatchObject({
      cause: 'connection-failed',
      temporary: true,
    });
  });

  it('claims nothing that a code leaves open', () => {
    // No service, for whatever reason; and a mailbox that takes no message, perhaps only not this one.
    const greeting = { code: 554, enhanced: '5.7.0', text: '' };
    expect(classifyReply(greeting, { stage: 'connect' }).cause).toBe('other');
    for (const text of [
      '550 5.2.1',
      '551 no',
      '550 5.2.1 Subject is mandatory',
      '550 5.1.1 Try again later',
    ]) {
      expect(isUnknownUser(classify(text)), text).toBe(false);
    }
    expect(classify('550 5.1.1').cause).toBe('user-unknown');
  });

  it('takes the codes of a reply from the reply', () => {
    const reply = { code: 450, enhanced: '4.2.2', text: 'come back tomorrow' };
    expect(classifyReply(reply)).toMatchObject({
      code: 450,
      enhanced: '4.2.2',
      cause: 'mailbox-full',
      temporary: true,
    });
  });
});

describe('evidence', () => {
  it("quotes the server's own words", () => {
    expect(classify('550 5.1.1 <bob@example.com>: Der Empfänger ist UNBEKANNT').evidence).toBe(
      'Empfänger ist UNBEKANNT',
    );
  });

  it('reads words that lost their accents on the way', () => {
    for (const word of [
      'Empfänger',
      'Empfaenger',
      'Empfanger',
      'Empf?nger',
      'Empf\uFFFDnger',
      'EmpfÃ¤nger',
    ]) {
      expect(classify(`550 ${word} unbekannt`).cause, word).toBe('user-unknown');
    }
  });
});

describe('isUnknownUser', () => {
  const of = (text: string): boolean => isUnknownUser(classify(text));
  it('holds only for a permanent "this user does not exist"', () => {
    expect(of('550 5.1.1 User unknown')).toBe(true);
    expect(of('450 4.1.1 User unknown')).toBe(false);
    expect(of('550 5.7.1 Relaying denied')).toBe(false);
    expect(of('550 5.2.1 Account disabled due to abuse')).toBe(false);
    expect(of('550 5.7.1 <bob@example.com>: Recipient address rejected: Access denied')).toBe(false);
    expect(of('550 5.7.1 <bob@example.com>... too many failures for this recipient')).toBe(false);
  });
});

describe('hostile input', () => {
  const holds = (result: Classification): void => {
    expect(classificationSchema.safeParse(result).success).toBe(true);
    expect(result.evidence.length).toBeLessThanOrEqual(240);
  };

  it('never throws on any text', () => {
    const word = fc.constantFrom(
      '550',
      '5.1.1',
      '-',
      ' ',
      '\r\n',
      'user',
      'not',
      'no',
      'unknown',
      '@',
      '.',
      'a',
      '[',
      '1.2.3.4',
      'http://',
      'メール',
      '\uD800',
      '\u0000',
      "n't",
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(word, { maxLength: 80 }).map((words) => words.join('')),
    );
    fc.assert(
      fc.property(text, (raw) => holds(classify(raw))),
      { numRuns: 1500 },
    );
  });

  it('reads a megabyte of anything as quickly as its first part', () => {
    for (const piece of [
      'a',
      ' ',
      '@',
      '.',
      'a.',
      'not ',
      'no such ',
      'user ',
      '1.1.1.',
      '550-5.1.1 ',
      'aB',
      'http://a?p=',
      '\uFDFA',
      'メール',
      'does ',
      '?',
      'rejected: a ',
      'user not command ',
      'no a b in directory ',
      'unknown[',
    ]) {
      const long = piece.repeat(Math.ceil(1_000_000 / piece.length));
      const start = long.trim().slice(0, 8192);
      const { cause, rule } = classify(start);
      expect(classify(long), piece).toMatchObject({ cause, rule });
    }
  });
});
