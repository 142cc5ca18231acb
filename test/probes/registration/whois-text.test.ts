// WHOIS answers as registries write them, each with a habit of its own.
import { describe, expect, it } from 'vitest';
import { readReferral, readWhois } from '../../../src-main/probes/registration/whois-text.ts';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

describe('a record', () => {
  it.each([
    [
      'of a registry of generic endings',
      'Domain Name: EXAMPLE.COM\r\nRegistrar: Names Inc.\r\nRegistrar Registration Expiration Date: 2026-12-01T00:00:00Z\r\nRegistry Expiry Date: 2027-01-14T00:00:00Z\r\nDomain Status: clientHold https://icann.org/epp#clientHold\r\nDomain Status: clientTransferProhibited https://icann.org/epp#clientTransferProhibited\r\n>>> Last update of whois database: 2026-11-21T00:00:00Z <<<\r\nNOTICE: The expiration date displayed in this record … query limit exceeded …\r\n',
      ['clienthold', 'clienttransferprohibited'],
    ],
    [
      'indented, with fields on lines of their own',
      '    Domain name:\n        example.com\n\n    Registrar:\n        Names Inc.\n\n    Relevant dates:\n        Registered on: 14-Jan-1999\n        Expiry date:  14-Jan-2027\n\n    Registration status:\n        Registered until expiry date.\n',
      ['registereduntilexpirydate'],
    ],
    [
      'with dots',
      'domain.............: example.com\nstatus.............: Registered\nexpires............: 14.1.2027 00:00:00\n',
      ['registered'],
    ],
    [
      'in brackets',
      '[Domain Name]                   EXAMPLE.COM\n[Expires on]                    2027/01/14\n[Status]                        Active\n',
      ['active'],
    ],
    [
      'in lower case',
      '% comment: expires: 2000-01-01\ndomain:        EXAMPLE.COM\nstate:         REGISTERED, DELEGATED, VERIFIED\npaid-till:     2027-01-14T00:00:00Z\n',
      ['registered', 'delegated', 'verified'],
    ],
  ])('%s', (_, text, statuses) => {
    expect(readWhois('example.com', text)).toMatchObject({
      registered: true,
      expiresAt: day('2027-01-14'),
      statuses,
    });
  });

  it.each([
    [
      'under a heading that names nothing',
      'example.ee',
      'Domain:\nname:       example.ee\nstatus:     ok (paid and in zone)\nregistered: 2010-07-04 04:34:46 +03:00\nexpire:     2027-01-14\n\nRegistrant:\nname:       Names Inc.\n',
      ['ok'],
    ],
    [
      'held, under a heading that names nothing',
      'example.ee',
      'Domain:\nname:       example.ee\nstatus:     serverHold\nexpire:     2027-01-14\n',
      ['serverhold'],
    ],
    [
      'with a field that only its registry has',
      'example.edu',
      'Domain Name: EXAMPLE.EDU\n\nDomain record activated:    27-Jun-1989\nDomain expires:             14-Jan-2027\n',
      [],
    ],
    [
      'with the date beside the state',
      'example.co.jp',
      'Domain Information:\na. [Domain Name]                EXAMPLE.CO.JP\np. [Name Server]                ns1.example.net\n[State]                         Connected (2027/01/14)\n[Registered Date]               2001/03/22\n',
      ['connected'],
    ],
    [
      'in Japanese',
      'example.co.jp',
      'ドメイン情報:\na. [ドメイン名]                 EXAMPLE.CO.JP\np. [ネームサーバ]               ns1.example.net\n[状態]                          Connected (2027/01/14)\n',
      ['connected'],
    ],
    [
      'without a space after the colon',
      'example.org',
      'Domain Name:EXAMPLE.ORG\nExpiration Date:14-Jan-2027 00:00:00 UTC\nStatus:CLIENT HOLD\nName Server:NS1.EXAMPLE.NET\n\nWho exceeds the limit of queries is blocked; try again later.\n',
      ['clienthold'],
    ],
    [
      'in two languages at once',
      'example.pt',
      'Nome de domínio / Domain Name: example.pt\nData de expiração / Expiration Date (dd/mm/yyyy): 14/01/2027\nEstado / Status: ACTIVE\n',
      ['active'],
    ],
    [
      'in Korean',
      'example.kr',
      '도메인이름                  : example.kr\n등록일                      : 2003. 03. 03.\n사용 종료일                 : 2027. 01. 14.\n',
      [],
    ],
    [
      'in Chinese, with colons of its own',
      'example.cn',
      '域名：example.cn\n域名状态：clientHold\n过期时间：2027-01-14 00:00:00\n',
      ['clienthold'],
    ],
    [
      'in Russian',
      'example.by',
      'Доменное имя: example.by\nСостояние: зарегистрирован\nДействителен до: 14.01.2027\n',
      ['зарегистрирован'],
    ],
    [
      'in Turkish',
      'example.com.tr',
      '** Alan Adı: example.com.tr\nDurum: Aktif\nBitiş Tarihi: 14 Ocak 2027\n',
      ['aktif'],
    ],
    [
      'in Spanish',
      'example.com.ve',
      '   Nombre de Dominio: example.com.ve\n   Fecha de Vencimiento: 2027-01-14 00:00:00\n   Estatus del dominio: SUSPENDIDO\n',
      ['serverhold'],
    ],
    [
      'in columns',
      'example.sk',
      'Domain-name         example.sk\nLast-update         2026-08-02\nValid-date          2027-01-14\nDomain-status       DOM_OK\n',
      ['domok'],
    ],
    [
      'in sentences',
      'example.com.tw',
      'Domain Name: example.com.tw\n   Record expires on 2027-01-14 (YYYY-MM-DD)\n   Record created on 2000-08-29 (YYYY-MM-DD)\n',
      [],
    ],
    [
      'whose name has no colon',
      'example.kg',
      '% This is the .kg ccTLD Whois server\nDomain EXAMPLE.KG (ACTIVE)\n\nRecord created: Tue Feb 10 09:42:42 2004\nRecord expires on: Thu Jan 14 00:00:00 2027\n',
      [],
    ],
    [
      'with states below one another',
      'example.com',
      'Domain Name: example.com\nExpires: 2027-01-14\nStatus: ok\n        clientHold (not paid)\n        clientTransferProhibited\nRegistrar: Names Inc.\n',
      ['ok', 'clienthold', 'clienttransferprohibited'],
    ],
    [
      'before the one of its owner',
      'example.cz',
      'domain:       example.cz\nstatus:       paid and in zone\nexpire:       14.01.2027\n\ncontact:      OWNER\nstatus:       suspended\nexpire:       01.01.2020\n',
      ['paidandinzone'],
    ],
    [
      'among others whose names begin alike',
      'example.com',
      'Domain Name: EXAMPLE.COM.EXAMPLE.NET\nStatus: clientHold\nExpiration Date: 01-jan-2020\n\nDomain Name: EXAMPLE.COM\nStatus: ok\nExpiration Date: 14-jan-2027\n',
      ['ok'],
    ],
    [
      'that will be deleted before its end',
      'example.dk',
      'Domain:               example.dk\nExpires:              2027-01-14\nDelete date:          2026-12-14\nStatus:               Active\n',
      ['ending', 'active'],
    ],
    [
      'that has two states in one',
      'example.it',
      'Domain:             example.it\nStatus:             inactive / clientHold\nExpire Date:        2027-01-14\n',
      ['clienthold'],
    ],
    [
      'of a registry that is said to write the day first',
      'example.hk',
      'Domain Name:  EXAMPLE.HK \nDomain Status: Active \nExpiry Date: 14-01-2027 \n',
      ['active'],
    ],
  ])('%s', (_, name, text, statuses) => {
    expect(readWhois(name, text)).toMatchObject({ registered: true, expiresAt: day('2027-01-14'), statuses });
  });

  it.each([
    ['example.de', 'Domain: example.de\nStatus: redemptionPeriod\n', ['redemptionperiod']],
    ['example.de', 'Domain: example.de\nStatus: failed\n', ['inactive']],
    ['example.nl', 'Domain name: example.nl\nStatus:      in quarantine\n', ['redemptionperiod']],
    ['example.be', 'Domain:\texample.be\nStatus:\tOUT OF SERVICE\n', ['serverhold']],
    [
      'example.lv',
      '[Domain]\nDomain: example.lv\nStatus: active\n\n[Holder]\nType: Legal person\n',
      ['active'],
    ],
    [
      'example.co.jp',
      'a. [Domain Name]                EXAMPLE.CO.JP\n[State]                         Deleted (2026/11/30)\n',
      ['redemptionperiod'],
    ],
    ['example.pl', 'example.pl’s billing period had finished\n', ['expired']],
    [
      'example.fr',
      'domain:      example.fr\nstatus:      ACTIVE\nhold:        YES\n',
      ['active', 'serverhold'],
    ],
  ])('of %s that says nothing but the state: %j', (name, text, statuses) => {
    expect(readWhois(name, text)).toMatchObject({ registered: true, expiresAt: null, statuses });
  });

  it('whose date could be two says which it was', () => {
    const text = 'Domain: example.xx\nStatus: active\nExpires: 03/04/2027\n';
    expect(readWhois('example.xx', text)).toMatchObject({ expiresAt: null, unreadDate: '03/04/2027' });
    expect(readWhois('example.pt', text.replace('.xx', '.pt'))).toMatchObject({
      expiresAt: day('2027-04-03'),
    });
    const other = `${text}Created: 28/02/2020\n`;
    expect(readWhois('example.xx', other)).toMatchObject({ expiresAt: day('2027-04-03') });
  });

  it('is not spoilt by a province that is called a state', () => {
    const text = 'Domain: example.xx\nExpires: 2027-01-14\nState: California\n';
    expect(readWhois('example.xx', text)).toMatchObject({ statuses: [] });
    expect(readWhois('example.xx', text.replace('California', 'Reserved'))).toMatchObject({
      statuses: ['reserved'],
    });
    // Where the domain's state is called so, no word of it is passed over.
    const russian = text.replace('.xx', '.ru').replace('California', 'REGISTERED, GESPENST');
    expect(readWhois('example.ru', russian)).toMatchObject({ statuses: ['registered', 'gespenst'] });
  });

  it('without a date', () => {
    expect(
      readWhois('example.de', 'Domain: example.de\nNserver: ns1.example.de\nStatus: connect\n'),
    ).toMatchObject({
      registered: true,
      expiresAt: null,
    });
  });

  it('of another domain is none', () => {
    expect(readWhois('example.com', 'Domain Name: EXAMPLE.ORG\nRegistry Expiry Date: 2027-01-14\n')).toBe(
      'the registry answered about something else',
    );
  });
});

describe('no record', () => {
  it.each([
    'No match for "EXAMPLE.COM".\r\n>>> Last update of whois database: 2026-11-21T00:00:00Z <<<\r\n',
    'Domain: example.de\nStatus: free\n',
    'NOT FOUND\n',
    '%ERROR:101: no entries found\n%\n% No entries found.\n',
    'Domain not found.\n',
    'No Data Found\n',
    'This domain name has not been registered.\n',
    'example.nl is free\n',
    'The queried object does not exist: \n',
    '    No match for "example.uk".\n\n    This domain name has not been registered.\n',
    'No Object Found\n',
    'example.be: Status: AVAILABLE\nDomain:\texample.be\nStatus:\tAVAILABLE\n',
    'Domain Name: example.com\nDomain Status: No Object Found\n>>> Last update of WHOIS database: 2026-11-21T00:00:00Z <<<\n',
    'example.com: no entries found.\n',
    'example.com: no existe\n',
    'example.com - No Match\n',
    'DOMAIN NAME: example.com (example.com)\nregistration status: available\n',
    'domain_name: example.com\nquery_status: 220 Available\n',
    'Status: AVAILABLE (No match for domain "example.com")\n',
    'Available\nDomain: example.com\n',
    'Sorry, but domain: "example.com", not found in database\n',
    'query : example.com\n\nThe requested domain was not found in the Registry or Registrar’s WHOIS Server.\n',
    '상기 도메인이름은 등록되어 있지 않습니다.\n',
    'Domain Information\nQuery: example.com\nStatus: Not Registered\n',
    'Domain EXAMPLE.COM\n\nData not found. This domain is available for registration.\n',
    'No records matching example.com found.\n',
    'This Domain is not available in our whois database\n',
    'No domain records were found to match "example.com"\n',
    'We do not have an entry in our database matching your query.\n',
    '% No entries found for the selected source(s).\n',
    '%% NOT FOUND\n',
    '%ERROR:103: Domain is not registered\n',
    '% You queried for example.com but this server does not have\n% any data for example.com.\n',
    'No information available about domain name example.com in the Registry NASK database.\n',
    'The domain example.com was not found!\n',
    'Domain Name [example.com] does not exist in database\n',
    '>>> Domain example.com is available for registration\n',
    'No_Se_Encontro_El_Objeto/Object_Not_Found\n',
    'Dominio no encontrado\n',
    'example.com: nicht registriert\n',
    'Домен не найден\n',
    // Terms of use speak of limits, and of denied access, whatever the answer is.
    'The queried object does not exist: DOMAIN NOT FOUND\n\nAccess to the whois service is rate limited. For more information see\nhttps://registry.example/.\n',
    '% The data is for information only. Whoever has\n% exceeded the limit of queries is blocked;\n% he may try again later, when access is no\n% longer denied.\n\nNo entries found.\n',
  ])('because there is no such domain: %j', (text) => {
    expect(readWhois('example.com', text)).toMatchObject({ registered: false });
  });

  it.each([
    'WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS\n',
    'Too many requests. Please try again later.\n',
    '% Quota exceeded\nError: rate limit exceeded, not found\n',
    '%%\n%% RL Net [##########] - RL IP [..........]\n%%\n%% Too many requests...\n%%\n\n%% No entries found in the AFNIC Database.\n',
    '%% This is the Whois server.\n%% version: 2.5\n%% RL Net [##########]\n%% See our terms.\n%% Too many requests...\n%% No entries found.\n',
    '% a\n% b\n% c\n% d\n% WHOIS LIMIT EXCEEDED\n% No entries found\n',
    'No entries found.\n\nYour IP address has been blocked: you have exceeded the allowed number of queries.\n',
    '% Error: 55000000002 Connection refused; access control limit exceeded\n',
    'Server too busy, try again later\n',
    'Service temporarily unavailable.\n',
    'example.com\n-3: IP address blocked\n',
    '%% Excessive querying, grace period of 1 seconds\n',
    'Query rate limit exceeded. Reduced information.\ndomain: not found\n',
  ])('because it is refused: %j', (text) => {
    expect(readWhois('example.com', text)).toBe('the registry refuses to answer now');
  });

  it.each([
    '<html>Welcome to the hotel</html>',
    'This domain cannot be registered because it contravenes the naming rules.\n',
    'Domain: example.com\nStatus: RESERVED\n',
    'Reserved by Registry\n',
    'Domain not available\n',
    'The domain name is not available in this zone.\n',
    'Registration: unknown\n',
    'It allows persons to check whether a domain name is still available or not\n',
  ])('that can be read: %j', (text) => {
    expect(readWhois('example.com', text)).toBe('the registry’s answer cannot be read');
  });

  it.each([
    ...[
      ['newlines', '\n'],
      ['spaces', ' '],
      ['colons', 'a:\t'],
      ['headings', 'Domain:\n'],
    ],
    ...[
      ['fields', 'Status: clientHold\n'],
      ['dates', 'Expires: 1/1/1/1\n'],
      ['slashes', '1/1/'],
    ],
    ...[
      ['states', 'Status: a / b / http:http:\n'],
      ['sentences', 'the domain name '],
      ['names', 'a.b.c.'],
    ],
    ...[
      ['words', 'No entries no data no match\n'],
      ['brackets', '[a]'],
      ['refusals', 'limit too many '],
    ],
  ])('takes time that grows with its length, of %s without end', (_, piece) => {
    const time = (length: number) => {
      const text = piece.repeat(Math.ceil(length / piece.length));
      const times = Array.from({ length: 3 }, () => {
        const started = performance.now();
        readWhois('example.com', text);
        return performance.now() - started;
      });
      return Math.min(...times);
    };
    time(4_096);
    // Eight times the text in eight times the time, and as much again for the machine; sixty-four times would be quadratic.
    expect(time(131_072)).toBeLessThan(16 * time(16_384) + 30);
  });
});

describe('a referral', () => {
  it.each([
    ['refer:        whois.verisign-grs.com\n\ndomain:       COM\n', 'whois.verisign-grs.com'],
    ['domain:       NL\nwhois:        WHOIS.SIDN.NL\n', 'whois.sidn.nl'],
    ['whois:        ; rm -rf\n', null],
    ['domain:       XX\nwhois:\n\nstatus: ACTIVE\n', null],
    ['Domain Name: EXAMPLE.XX\nRegistrar WHOIS Server: whois.registrar.example\n', 'whois.registrar.example'],
    ['ReferralServer: whois://whois.other.example:4343/\n', 'whois.other.example:4343'],
    ['whois: 127.0.0.1:43\n', '127.0.0.1:43'],
    // A date, or half a name, is no place to ask: the next field may be one.
    ['refer: 2027.08.13\nrefer: whois.nic.example\n', 'whois.nic.example'],
    ['whois: whois.nic.08.13\n', null],
    ['whois: whois.-b.example\n', null],
  ])('%j', (text, server) => {
    expect(readReferral(text)).toBe(server);
  });
});
