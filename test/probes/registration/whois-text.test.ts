// WHOIS answers as registries write them, each with a habit of its own.
import { describe, expect, it } from 'vitest';
import { readDate, readReferral, readWhois } from '../../../src-main/probes/registration/whois-text.ts';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`);

describe('the date', () => {
  it.each([
    ['2027-01-14T13:05:06Z', Date.parse('2027-01-14T13:05:06Z')],
    ['2027-01-14T13:05:06.0Z', Date.parse('2027-01-14T13:05:06Z')],
    ['2027-01-14T13:05:06+0300', Date.parse('2027-01-14T10:05:06Z')],
    ['2027-01-14 13:05:06', Date.parse('2027-01-14T13:05:06Z')],
    ['2027.01.14 13:05:06', Date.parse('2027-01-14T13:05:06Z')],
    ['2027/01/14', day('2027-01-14')],
    ['20270114', day('2027-01-14')],
    ['2027. 01. 14.', day('2027-01-14')],
    ['2027-Jan-14.', day('2027-01-14')],
    ['14-Jan-2027', day('2027-01-14')],
    ['14 January 2027', day('2027-01-14')],
    ['14.1.2027 00:00:00', day('2027-01-14')],
    ['14-01-2027', day('2027-01-14')],
    ['14/01/2027', day('2027-01-14')],
    ['01/14/2027', day('2027-01-14')],
    ['Thu, Jan 14, 2027', day('2027-01-14')],
  ])('%s', (text, time) => {
    expect(readDate(text)).toBe(time);
  });

  it.each(['03/04/2027', '31.04.2027', 'never', '', 'N/A', '2027'])('is not guessed from "%s"', (text) => {
    expect(readDate(text)).toBeNull();
  });
});

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
  ])('because there is no such domain: %j', (text) => {
    expect(readWhois('example.com', text)).toMatchObject({ registered: false });
  });

  it.each([
    'WHOIS LIMIT EXCEEDED - SEE WWW.PIR.ORG/WHOIS FOR DETAILS\n',
    'Too many requests. Please try again later.\n',
    '% Quota exceeded\nError: rate limit exceeded, not found\n',
  ])('because it is refused: %j', (text) => {
    expect(readWhois('example.com', text)).toBe('the registry refuses to answer now');
  });

  it('that can be read', () => {
    expect(readWhois('example.com', '<html>Welcome to the hotel</html>')).toBe(
      'the registry’s answer cannot be read',
    );
  });
});

describe('a referral', () => {
  it.each([
    ['refer:        whois.verisign-grs.com\n\ndomain:       COM\n', 'whois.verisign-grs.com'],
    ['domain:       NL\nwhois:        WHOIS.SIDN.NL\n', 'whois.sidn.nl'],
    ['whois:        ; rm -rf\n', null],
    ['domain:       XX\nwhois:\n\nstatus: ACTIVE\n', null],
  ])('%j', (text, server) => {
    expect(readReferral(text)).toBe(server);
  });
});
