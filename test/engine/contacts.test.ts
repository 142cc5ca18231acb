// Contacts, and the companies' addresses in a profile: none is taken that would be as dead as the office's mail on the day it is needed.
import { afterEach, describe, expect, it } from 'vitest';
import { createRouterClient } from '@orpc/server';
import { modeSchema, profileSchema, routeSchema } from '../../shared/domain.ts';
import type { Actor } from '../../shared/journal.ts';
import { settingsSchema } from '../../shared/settings.ts';
import { contactProcedures } from '../../src-main/engine/contact-procedures.ts';
import type { EngineEvents } from '../../src-main/engine/events.ts';
import { OutsideAddresses, type AddressVerdict } from '../../src-main/engine/outside-address.ts';
import { Emitter } from '../../src-main/events/emitter.ts';
import { Directory } from '../../src-main/relay/policy/directory.ts';
import { FakeClock } from '../clock/fake-clock.ts';
import { mailDns, type NameInDns } from '../lab/mail-dns.ts';
import { until } from '../lab/wait.ts';
import { memoryDatabase } from '../storage/memory-database.ts';
import { EngineUnderTest } from './engine-under-test.ts';

let under: EngineUnderTest | null = null;
afterEach(async () => {
  await under?.[Symbol.asyncDispose]();
  under = null;
});

const world: Record<string, NameInDns> = {
  'friend.example': { mx: [[10, 'mx.friend.example']] },
  'mx.friend.example': { a: ['198.51.100.1'] },
  'no-mx.example': { a: ['198.51.100.2'] },
  'xn--mnchen-3ya.example': { mx: [[10, 'mx.friend.example']] },
  'null.example': { mx: [[0, '.']] },
  'bare.example': {},
  'lost.example': { mx: [[10, 'gone.lost.example']] },
  'silent.example': 'silent',
  'half.example': { mx: [[10, 'mx.silent.example']] },
  'mx.silent.example': 'silent',
  // What depends on the office.
  'mail.office.example': { a: ['192.0.2.25'] },
  'named.example': {
    mx: [
      [5, 'MAIL.office.example.'],
      [10, 'mx.friend.example'],
    ],
  },
  'near.example': { mx: [[10, 'other-name.example']] },
  'other-name.example': { a: ['192.0.2.25'] },
  'direct.example': { a: ['192.0.2.26'] },
  // Known by its address in the office alone.
  'hidden.example': { mx: [[10, 'hidden.office.example']] },
  'relayed.example': { mx: [[10, 'relay.office.example']] },
  'relay.office.example': { a: ['192.0.2.1'] },
  'relayed-by-address.example': { mx: [[10, 'door.example']] },
  'door.example': { a: ['192.0.2.9'] },
  // Big mail hosts.
  'office-tenant.mail.protection.outlook.com': { a: ['203.0.113.7'] },
  'vendor.example': { mx: [[0, 'vendor-example.mail.protection.outlook.com']] },
  'vendor-example.mail.protection.outlook.com': { a: ['203.0.113.7'] },
};

const reachedAt = {
  smtp: { hostname: 'relay.office.example' },
  probes: { relayAddresses: ['192.0.2.9'] },
};
const route = (...hosts: string[]) => routeSchema.parse(hosts.map((host) => ({ host })));

async function office(): Promise<EngineUnderTest> {
  under = await EngineUnderTest.start({}, { mailDns: mailDns(world) });
  await under.client.domains.add({ name: 'office.example', route: route('mail.office.example') });
  await under.client.domains.add({ name: 'branch.example', route: route('192.0.2.26') });
  return under;
}

/** What becomes of an address at an office that is like this one, without an engine. */
async function look(mail: string): Promise<AddressVerdict> {
  const directory = new Directory();
  for (const [name, ...hosts] of [
    ['office.example', 'mail.office.example', '192.0.2.26', 'hidden.office.example'],
    ['branch.example', 'office-tenant.mail.protection.outlook.com'],
  ] as const)
    directory.put({
      ...{ name, createdAt: 1, route: route(...hosts), profile: profileSchema.parse({}) },
      mode: modeSchema.parse({ name: 'deliver', since: 1, reason: '', reroute: null }),
    });
  const settings = settingsSchema.parse(reachedAt);
  const parts = { clock: new FakeClock(), db: memoryDatabase(), directory, settings: () => settings };
  return new OutsideAddresses({ ...parts, dns: () => mailDns(world) }).look(mail);
}

describe('a contact’s address', () => {
  it.each([
    ['bob@friend.example', 'bob@friend.example'],
    ['bob@no-mx.example', 'bob@no-mx.example'],
    [' Bob@FRIEND.example. ', 'Bob@friend.example'],
    ['bob@münchen.example', 'bob@xn--mnchen-3ya.example'],
  ])('%s is taken as %s', async (typed, address) => {
    expect(await look(typed)).toEqual({ refused: null, address, doubt: '' });
  });

  it.each([
    ['bob@office.example', /in office\.example, which Mailward protects.*Give an address elsewhere/],
    ['bob@Sales.OFFICE.example', /in office\.example, which Mailward protects/],
    ['bob@named.example', /leads to mail\.office\.example, which mail for office\.example goes to/],
    ['bob@near.example', /leads to mail\.office\.example/],
    ['bob@direct.example', /leads to 192\.0\.2\.26, which mail for office\.example goes to/],
    ['bob@hidden.example', /leads to hidden\.office\.example/],
    ['bob@relayed.example', /leads to Mailward itself/],
    ['bob@relayed-by-address.example', /leads to Mailward itself/],
    ['bob@missing.example', /there is no domain missing\.example.*misspelt/],
    // Only the end is alike.
    ['bob@notoffice.example', /there is no domain/],
    ['bob@null.example', /takes no mail \(null MX\)/],
    ['bob@bare.example', /neither MX nor address/],
    ['bob@lost.example', /no mail server that has an address/],
    ['bob', /is no mail address; give one such as/],
    ['bob@localhost', /is no mail address/],
    ['bob@[192.0.2.1]', /is no mail address/],
    ['bob smith@friend.example', /is no mail address/],
    ['<bob@friend.example>', /is no mail address/],
    ['bob\u202e@friend.example', /is no mail address/],
    [`${'b'.repeat(65)}@friend.example`, /is no mail address/],
  ])('%s is refused', async (typed, why) => {
    expect(await look(typed)).toEqual({ refused: expect.stringMatching(why) as string });
  });

  it.each(['bob@silent.example', 'bob@half.example'])(
    '%s, of which DNS tells nothing, is taken with a doubt',
    async (address) => {
      const doubt = /could not be checked: None of the name servers of .*silent\.example answered\.$/;
      expect(await look(address)).toEqual({
        ...{ refused: null, address },
        doubt: expect.stringMatching(doubt) as string,
      });
    },
  );

  it('at the big mail host that the office uses too is taken, and that is said', async () => {
    expect(await look('help@vendor.example')).toEqual({
      ...{ refused: null, address: 'help@vendor.example' },
      doubt: expect.stringMatching(/is at Microsoft 365, as the office's mail is/) as string,
    });
  });

  it('is taken with a doubt when DNS does not answer in time, and DNS is told to give up', async () => {
    const clock = new FakeClock();
    let asked: AbortSignal | null = null;
    const outside = new OutsideAddresses({
      ...{
        clock,
        db: memoryDatabase(),
        directory: new Directory(),
        settings: () => settingsSchema.parse({}),
      },
      dns: (signal) => {
        asked = signal;
        const never = new Promise<never>(() => undefined);
        return { resolve: () => never, addresses: () => never };
      },
    });
    const answer = outside.look('bob@friend.example');
    await until('DNS to be asked', () => asked);
    clock.pass(8_000);
    expect(await answer).toEqual({
      ...{ refused: null, address: 'bob@friend.example' },
      doubt: expect.stringMatching(/could not be checked: DNS did not answer within 8 s/) as string,
    });
    expect(asked!).toMatchObject({ aborted: true });
  });
});

it('a contact whose address is refused is not kept, and one in doubt is kept with the doubt told', async () => {
  const { client } = await office();
  const bob = { name: 'Bob', mail: 'bob@named.example' };
  await expect(client.contacts.put(bob)).rejects.toThrow(/leads to mail\.office\.example/);
  expect(await client.contacts.list({ domain: null })).toEqual([]);
  const { contact, doubt } = await client.contacts.put({ ...bob, mail: 'Bob@Silent.example' });
  expect(contact).toMatchObject({ mail: 'Bob@silent.example', trouble: '' });
  expect(doubt).toMatch(/could not be checked/);
});

it('contacts are listed by name, a domain’s with those of every domain; changed, and removed', async () => {
  const { client } = await office();
  const { contact: zoe } = await client.contacts.put({ name: 'zoe', phone: '+49 30 1234' });
  const { contact: ann } = await client.contacts.put({
    name: 'Ann',
    domain: 'office.example',
    role: 'director',
  });
  await client.contacts.put({ name: 'Max', domain: 'branch.example' });
  const names = async (domain: string | null) =>
    (await client.contacts.list({ domain })).map(({ name }) => name);
  expect(await names(null)).toEqual(['Ann', 'Max', 'zoe']);
  expect(await names('office.example')).toEqual(['Ann', 'zoe']);

  await client.contacts.put({ ...ann, phone: '112' });
  expect((await client.contacts.list({ domain: 'office.example' }))[0]).toMatchObject({
    ...{ id: ann.id, name: 'Ann', role: 'director', phone: '112', mail: '', trouble: '' },
  });
  await client.contacts.remove({ id: zoe.id });
  expect(await names(null)).toEqual(['Ann', 'Max']);
  await expect(client.contacts.remove({ id: zoe.id })).rejects.toThrow(/there is no contact/);
  await expect(client.contacts.put({ ...zoe, name: 'Zoe' })).rejects.toThrow(/there is no contact/);
  await expect(client.contacts.put({ name: 'X', domain: 'missing.example' })).rejects.toThrow(/not a domain/);
  await expect(client.contacts.put({ name: ' ' })).rejects.toThrow();
});

it('a contact outlives its domain, and may be changed then', async () => {
  const { client } = await office();
  const { contact } = await client.contacts.put({ name: 'Ann', domain: 'office.example' });
  await client.domains.remove({ name: 'office.example' });
  await client.contacts.put({ ...contact, phone: '112' });
  expect(await client.contacts.list({ domain: null })).toMatchObject([
    { domain: 'office.example', phone: '112' },
  ]);
});

it('contacts outlive a restart', async () => {
  const office1 = await office();
  await office1.client.contacts.put({ name: 'Ann', mail: 'ann@friend.example' });
  await office1.engine.close();
  await office1.open();
  expect(await office1.client.contacts.list({ domain: null })).toMatchObject([
    { name: 'Ann', mail: 'ann@friend.example' },
  ]);
});

it('when a domain comes into care, contacts in it stay, and the list says that they will not do', async () => {
  const { client } = await office();
  await client.contacts.put({ name: 'Ann', mail: 'ann@friend.example' });
  await client.domains.add({
    name: 'friend.example',
    route: route('mx.friend.example'),
  });
  expect(await client.contacts.list({ domain: null })).toMatchObject([
    { name: 'Ann', trouble: expect.stringMatching(/ann@friend\.example is in friend\.example/) as string },
  ]);
});

describe('a company’s address in the profile', () => {
  const profile = (vendor: Record<string, string>) => profileSchema.parse({ support: { vendor } });

  it('follows the same rule, and nothing of a refused profile is kept', async () => {
    const { client } = await office();
    const name = 'office.example';
    await client.domains.setProfile({
      name,
      profile: profile({ company: 'A', mail: 'Help@Friend.example' }),
    });
    await expect(
      client.domains.setProfile({ name, profile: profile({ company: 'B', mail: 'help@named.example' }) }),
    ).rejects.toThrow(/leads to mail\.office\.example/);
    const kept = (await client.domains.list()).find((one) => one.name === name);
    expect(kept?.profile.support.vendor).toMatchObject({ company: 'A', mail: 'Help@friend.example' });
  });

  it('that is there already keeps nobody from changing the rest', async () => {
    const { client } = await office();
    const name = 'branch.example';
    const input = profile({ company: 'A', mail: 'help@friend.example' });
    await client.domains.setProfile({ name, profile: input });
    await client.domains.add({ name: 'friend.example', route: route('192.0.2.77') });
    const changed = await client.domains.setProfile({ name, profile: { ...input, hosting: 'hosted' } });
    expect(changed.profile).toMatchObject({
      hosting: 'hosted',
      support: { vendor: { mail: 'help@friend.example' } },
    });
  });
});

it('who changed a contact is told to whoever follows', async () => {
  const clock = new FakeClock();
  const [db, directory] = [memoryDatabase(), new Directory()];
  const events = new Emitter<EngineEvents>((error) => {
    throw error;
  });
  const told: unknown[] = [];
  events.on('contactChanged', ({ before, after, by }) =>
    told.push([before?.name ?? null, after?.name ?? null, by.name]),
  );
  const settings = () => settingsSchema.parse({});
  const outside = new OutsideAddresses({ clock, db, directory, settings, dns: () => mailDns({}) });
  const actor: Actor = { who: 'admin', via: 'command', name: 'joe', address: '' };
  const client = createRouterClient(contactProcedures({ clock, db, directory, outside, events }), {
    context: { actor },
  });
  const { contact } = await client.put({ name: 'Ann' });
  await client.put({ ...contact, name: 'Anna' });
  await client.remove({ id: contact.id });
  expect(told).toEqual([
    [null, 'Ann', 'joe'],
    ['Ann', 'Anna', 'joe'],
    ['Anna', null, 'joe'],
  ]);
});
