// What servers run, guessed from greetings, keywords, replies and certificates as the products have them: the forms are those of the products'
// own defaults (main.cf and mail_name of Postfix, mailcow and Mail-in-a-Box; cPanel's and Exim's smtp_banner; Exchange's receive connectors).
import { describe, expect, it } from 'vitest';
import type { SoftwareGuess } from '../../shared/server-software.ts';
import { softwareOf } from '../../shared/replies/software.ts';
import { guessSoftware, type SoftwareSigns } from '../../src-main/diagnosis/software-guess.ts';

const nothing: SoftwareSigns = { mx: [], banners: [], replies: [], certificates: [] };

/** A server as the greeting check found it. */
function server(
  banner: string,
  keywords = '',
  host = 'mail.office.example',
): SoftwareSigns['banners'][number] {
  const features = keywords.split(' ').filter(Boolean);
  return {
    host,
    banner,
    name: /^220[ -](\S+)/.exec(banner)?.[1] ?? '',
    features,
    software: softwareOf(`${banner}\n${features.map((one) => `250-${one}`).join('\n')}`),
  };
}
function certificate(subject: string, issuer = subject, names = [subject]) {
  return { names, subject, issuer };
}
function best(signs: Partial<SoftwareSigns>): Pick<SoftwareGuess, 'software' | 'confidence'> | null {
  const [first] = guessSoftware({ ...nothing, ...signs });
  return first ? { software: first.software, confidence: first.confidence } : null;
}
const sure = (software: string) => ({ software, confidence: 'certain' });
const likely = (software: string) => ({ software, confidence: 'likely' });
const possible = (software: string) => ({ software, confidence: 'possible' });

const postfixOffers = 'PIPELINING SIZE VRFY ETRN STARTTLS ENHANCEDSTATUSCODES 8BITMIME DSN SMTPUTF8 CHUNKING';
const eximOffers = 'SIZE LIMITS 8BITMIME PIPELINING PIPECONNECT CHUNKING STARTTLS PRDR HELP';
const cpanel = [
  '220-server.office.example ESMTP Exim 4.96.2 #2 Tue, 28 May 2024 08:00:00 +0200 ',
  '220-We do not authorize the use of this system to transport unsolicited, ',
  '220 and/or bulk e-mail.',
].join('\n');

describe('a greeting by itself', () => {
  it.each([
    ['220 mail.office.example ESMTP Postfix (Debian/GNU)', 'postfix'],
    ['220 mail.office.example ESMTP Exim 4.96 Mon, 03 Jun 2024 10:00:00 +0200', 'exim'],
    [
      '220 mail.office.example ESMTP Sendmail 8.17.1.9/8.17.1.9/Debian-2; Mon, 3 Jun 2024 10:00:00',
      'sendmail',
    ],
    ['220 mail.office.example ESMTP OpenSMTPD', 'opensmtpd'],
    [
      '220 EX01.office.local Microsoft ESMTP MAIL Service ready at Mon, 3 Jun 2024 10:00:00 +0200',
      'exchange',
    ],
    ['220 mail.office.example ESMTP MDaemon 21.0.3; Mon, 03 Jun 2024 10:00:00 +0200', 'mdaemon'],
    [
      '220 office.example ESMTP MailEnable Service, Version: 10.45--10.45 ready at 06/03/24 10:00:00',
      'mailenable',
    ],
    ['220 mail.office.example Kerio Connect 9.4.2 patch 1 ESMTP ready', 'kerio'],
    ['220 mail.office.example ESMTP Postcow', 'mailcow'],
    [
      "220 box.office.example ESMTP Hi, I'm a Mail-in-a-Box (Ubuntu/Postfix; see https://mailinabox.email/)",
      'mail-in-a-box',
    ],
    [cpanel, 'cpanel'],
  ])('%s is likely', (banner, software) => {
    expect(best({ banners: [server(banner)] })).toEqual(likely(software));
  });

  it('that says only the name is a hint of qmail, and no more', () => {
    expect(best({ banners: [server('220 mail.office.example ESMTP')] })).toEqual(possible('qmail'));
  });

  it.each(['220 mail.office.example ready', '220 mail.office.example', '', 'SSH-2.0-OpenSSH_9.2'])(
    '“%s” tells nothing',
    (banner) => {
      expect(best({ banners: [server(banner)] })).toBeNull();
    },
  );
});

describe('what a server offers', () => {
  const plainServer = (keywords: string) =>
    best({ banners: [server('220 mail.office.example ready', keywords)] });

  it.each([
    [postfixOffers, possible('postfix')],
    ['PIPELINING SIZE ENHANCEDSTATUSCODES 8BITMIME DSN', possible('postfix')],
    [eximOffers, likely('exim')],
    ['SIZE 8BITMIME PIPELINING AUTH STARTTLS HELP', possible('exim')],
    [
      'SIZE PIPELINING DSN ENHANCEDSTATUSCODES STARTTLS X-ANONYMOUSTLS AUTH X-EXPS 8BITMIME BINARYMIME CHUNKING XRDST',
      likely('exchange'),
    ],
    ['SIZE PIPELINING DSN ENHANCEDSTATUSCODES STARTTLS 8BITMIME BINARYMIME CHUNKING', possible('exchange')],
    ['ENHANCEDSTATUSCODES PIPELINING 8BITMIME SIZE DSN ETRN STARTTLS DELIVERBY HELP', possible('sendmail')],
    ['8BITMIME ENHANCEDSTATUSCODES SIZE DSN STARTTLS HELP', possible('opensmtpd')],
    ['SIZE STARTTLS AUTH HELP', possible('hmailserver')],
  ])('%s', (keywords, expected) => {
    expect(plainServer(keywords)).toEqual(expected);
  });

  it.each([
    '8BITMIME SIZE PIPELINING',
    'SIZE',
    '',
    'STARTTLS PIPELINING SIZE ENHANCEDSTATUSCODES 8BITMIME DSN',
  ])('“%s” tells nothing', (keywords) => {
    expect(plainServer(keywords)).toBeNull();
  });
});

describe('several signs', () => {
  it('of two kinds that agree are certain', () => {
    const banner = '220 mail.office.example ESMTP Postfix';
    expect(best({ banners: [server(banner, postfixOffers)] })).toEqual(sure('postfix'));
    const reply = '554 5.7.1 <bob@office.example>: Relay access denied';
    expect(best({ banners: [server(banner)], replies: [reply] })).toEqual(sure('postfix'));
    expect(best({ banners: [server(cpanel, eximOffers)] })).toEqual(sure('cpanel'));
  });

  it('of one kind stay one sign, however many servers have it', () => {
    const two = ['a', 'b'].map((name) => server(`220 ${name}.office.example ESMTP Postfix`));
    expect(best({ banners: two })).toEqual(likely('postfix'));
  });

  it('of a product and of what it is built on agree, and the product is named', () => {
    const banners = [server('220 mail.office.example ESMTP Postfix', postfixOffers)];
    const guesses = guessSoftware({ ...nothing, banners, certificates: [certificate('Plesk')] });
    expect(guesses).toEqual([
      {
        ...sure('plesk'),
        because: [
          'Its certificate was issued by “Plesk”.',
          'It greets as Postfix does: “220 mail.office.example ESMTP Postfix”.',
          expect.stringMatching(/order of Postfix/),
        ],
      },
    ]);
    const box = certificate('box.office.example', 'Temporary-Mail-In-A-Box-CA');
    expect(best({ banners, certificates: [box] })).toEqual(sure('mail-in-a-box'));
  });

  it('that contradict each other leave nothing certain', () => {
    const banners = [server('220 mail.office.example ESMTP Postfix', postfixOffers)];
    const replies = ['550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup'];
    const guesses = guessSoftware({ ...nothing, banners, replies });
    expect(guesses.map(({ software, confidence }) => ({ software, confidence }))).toEqual([
      likely('postfix'),
      likely('exchange'),
    ]);
  });

  it('of which most replies speak for one are not upset by a reply from behind', () => {
    const replies = [
      '554 5.7.1 <bob@office.example>: Relay access denied',
      '550 5.1.1 <eve@office.example>: Recipient address rejected: User unknown in virtual mailbox table',
      '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup',
    ];
    const banners = [server('220 mail.office.example ESMTP Postfix')];
    expect(best({ banners, replies })).toEqual(sure('postfix'));
  });
});

describe('a server’s name', () => {
  it.each([
    ['office-example.mail.protection.outlook.com', 'microsoft365'],
    ['aspmx.l.google.com', 'google-workspace'],
  ])('%s is certain by itself', (host, software) => {
    expect(best({ mx: [host] })).toEqual(sure(software));
  });

  it.each(['mail.protection.outlook.com.evil.example', 'evil-google.com', 'mail.office.example'])(
    '%s tells nothing',
    (host) => {
      expect(best({ mx: [host] })).toBeNull();
    },
  );

  it('in a filter hides what stands behind: its greeting and certificate are the filter’s', () => {
    const host = 'eu-smtp-inbound-1.mimecast.com';
    const banners = [server('220 eu-smtp-1.mimecast.com ESMTP Postfix', postfixOffers, host)];
    const certificates = [certificate('Plesk', 'Plesk', ['*.mimecast.com'])];
    expect(guessSoftware({ ...nothing, banners, certificates })).toEqual([]);
    const replies = ['554 5.7.1 <bob@office.example>: Relay access denied'];
    expect(guessSoftware({ ...nothing, mx: [host], banners, certificates, replies })).toEqual([]);
  });

  it('in a filter hides nothing of another server that mail goes to as well', () => {
    const banners = [server('220 mail.office.example ESMTP Postfix')];
    expect(best({ mx: ['eu-smtp-inbound-1.mimecast.com', 'mail.office.example'], banners })).toEqual(
      likely('postfix'),
    );
  });
});

it('quotes a stranger’s words in one short line that obeys nobody', () => {
  const banner = `220 mail.office.example ESMTP Postfix \u001b[31m${'x'.repeat(5_000)}\u202e`;
  const [guess] = guessSoftware({ ...nothing, banners: [server(banner)] });
  expect(guess?.because).toHaveLength(1);
  expect(guess?.because[0]?.length).toBeLessThan(200);
  expect(guess?.because[0]).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});
