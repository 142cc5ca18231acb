// What `mailward domain profile`, `domain show` and `contacts` keep and print.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { modeSchema, profileSchema, routeSchema, type Domain } from '../../shared/domain.ts';
import { readProfile, showRecord, type DomainRecord } from '../../src-main/cli/commands/domain-record.ts';
import { Service } from '../lab/mailward.ts';

describe('a profile', () => {
  const before = profileSchema.parse({
    ...{ selectors: ['default'], hosting: 'owned', software: 'postfix' },
    support: { vendor: { company: 'Example IT', phone: '1', note: 'old' }, registrar: { company: 'R' } },
  });

  it('keeps what is not given', () => {
    expect(readProfile({})(before)).toEqual(before);
  });

  it('takes each key by itself, and lets one go that is given without a value', () => {
    const { support, ...rest } = readProfile({ vendor: ['phone=+49 30 1234', 'note=', 'customer=a=b'] })(
      before,
    );
    expect(support.vendor).toMatchObject({
      company: 'Example IT',
      phone: '+49 30 1234',
      note: '',
      customer: 'a=b',
    });
    expect({ ...rest, registrar: support.registrar }).toEqual({
      ...{ expiresAt: null, selectors: ['default'], hosting: 'owned', software: 'postfix' },
      registrar: before.support.registrar,
    });
  });

  it('loses with none what was said', () => {
    const after = readProfile({ hosting: 'none', software: 'none', vendor: ['none'] })(before);
    expect(after).toMatchObject({ hosting: null, software: null, selectors: ['default'] });
    expect(after.support.vendor).toEqual(before.support.dnsHost);
    expect(after.support.registrar.company).toBe('R');
  });
});

describe('what is shown of a domain', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });
  const nothing: DomainRecord = {
    known: { software: [], dnsHost: null, registrar: null, readAt: null },
    contacts: [],
    wayBack: null,
    protectedNames: ['office.example'],
  };

  function shown(profile: unknown, record: Partial<DomainRecord> = {}): string[] {
    const printed: string[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
      printed.push(String(text).trimEnd());
      return true;
    });
    const domain: Domain = {
      ...{
        name: 'office.example',
        createdAt: 1,
        route: routeSchema.parse([{ host: 'mail.office.example' }]),
      },
      mode: modeSchema.parse({ name: 'deliver', since: 1, reason: '', reroute: null }),
      profile: profileSchema.parse(profile),
    };
    showRecord(domain, { ...nothing, ...record });
    vi.restoreAllMocks();
    return printed;
  }
  const dnsHost = {
    name: 'Cloudflare',
    support: 'https://support.cloudflare.com/',
    because: 'Its servers say so.',
  };
  const software = [
    { software: 'postfix' as const, confidence: 'likely' as const, because: ['It greets so.'] },
    { software: 'exchange' as const, confidence: 'possible' as const, because: ['It sounds so.'] },
  ];

  it('says where nothing is known how to find out', () => {
    expect(shown({})).toEqual([
      expect.stringMatching(/^Server: {2}it is not known.*diagnose office\.example/),
    ]);
  });

  it('is the guess, with how sure it is and why, and when that was found', () => {
    const record = { known: { software, dnsHost, registrar: null, readAt: Date.UTC(2026, 10, 1) } };
    expect(shown({}, record)).toEqual([
      'Server:  Postfix (likely, seen from outside)',
      '         It greets so.',
      '         or Microsoft Exchange Server (possible)',
      'DNS:     Cloudflare, https://support.cloudflare.com/',
      '         Its servers say so.',
      expect.stringMatching(/^Found: {3}2026-1[01]-\d\d /),
    ]);
  });

  it('is first what the admin says', () => {
    const profile = {
      ...{ software: 'zimbra', hosting: 'hosted' },
      support: {
        vendor: { company: 'Example IT', phone: '112', customer: '4711', note: 'Ask for Eve' },
        dnsHost: { company: 'Local DNS', mail: 'dns@office.example' },
        registrar: { phone: '113' },
      },
    };
    const known = { software, dnsHost, registrar: { ...dnsHost, name: 'Gandi' }, readAt: null };
    expect(shown(profile, { known })).toEqual([
      'Server:  Zimbra (set by hand)',
      'Hosting: a vendor runs the server',
      'Vendor:  Example IT (set by hand), 112, customer number 4711',
      '         Ask for Eve',
      'DNS:     Local DNS (set by hand), dns@office.example',
      expect.stringMatching(/^ {9}dns@office\.example is in office\.example, whose mail stops/),
      'Registrar: Gandi, 113, https://support.cloudflare.com/',
      '         Its servers say so.',
    ]);
  });
});

it('contacts and profile by command: kept, listed, shown; an address in a protected domain ends with 1', async () => {
  // Nobody answers there, so that what DNS would say is open.
  const settings = { probes: { rootServers: ['127.0.0.1'], dnsPort: 1 } };
  await using service = await Service.start({ settings });
  const said = async (...args: string[]) => {
    const { status, stdout, stderr } = await service.command(...args);
    return { status, words: `${stdout}${stderr}` };
  };
  await said('domain', 'add', 'office.example', '--route', '127.0.0.1:2');

  const refused = await said('contacts', 'add', '--name', 'Bob', '--mail', 'bob@office.example');
  expect(refused).toEqual({ status: 1, words: expect.stringMatching(/which Mailward protects/) as string });
  const added = await said(
    'contacts',
    'add',
    '--name',
    'Ann',
    '--domain',
    'office.example',
    '--mail',
    'ann@friend.example',
  );
  expect(added.status).toBe(0);
  expect(added.words).toMatch(/Contact 1 is added: Ann, ann@friend\.example[^]*could not be checked/);
  expect((await said('contacts', 'change', '1', '--phone', '112', '--mail', 'none')).words).toMatch(
    /Contact 1 is changed: Ann, 112\n/,
  );
  const vendor = ['company=Example IT', 'mail=help@office.example'];
  expect(await said('domain', 'profile', 'office.example', '--vendor', ...vendor)).toMatchObject({
    status: 1,
  });
  await said('domain', 'profile', 'office.example', '--software', 'exim', '--vendor', 'company=Example IT');
  const shown = await said('domain', 'show', 'office.example');
  expect(shown.words).toMatch(
    /Server: {2}Exim \(set by hand\)\nVendor: {2}Example IT[^\n]*\nContact: Ann, 112\n/,
  );
  expect(
    JSON.parse((await service.command('domain', 'show', 'office.example', '--json')).stdout),
  ).toMatchObject({
    known: { software: [] },
    contacts: [{ name: 'Ann', phone: '112', mail: '' }],
  });
  expect((await said('contacts', 'remove', '1')).status).toBe(0);
  expect((await said('contacts', 'list')).words).toMatch(/no contact yet/);
});
