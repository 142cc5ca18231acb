// A domain comes into care in a real browser: its name is all that an admin has to know.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { careDomain, CareOffice, relayName } from '../lab/care.ts';
import { Internet } from '../lab/internet/internet.ts';
import { Service } from '../lab/mailward.ts';
import { hasOffice } from '../lab/office.ts';
import { hasInternet } from '../lab/packages.ts';
import { buildScreens, openBrowser, Visitor } from './office.ts';

describe.skipIf(!hasInternet)('a domain that is named', () => {
  let internet: Internet;
  let service: Service;
  let browser: Browser;
  let visitor: Visitor;

  beforeAll(async () => {
    buildScreens();
    internet = await Internet.start({
      zones: {
        'office.example': {
          servers: ['ns1.office.example', 'ns2.office.example'],
          ttl: 3600,
          records: [
            '@ MX 10 mail',
            '@ MX 20 backup',
            'mail A 192.0.2.1',
            'mail AAAA 2001:db8::1',
            'backup A 192.0.2.2',
          ],
        },
        'no-mail.example': { records: ['@ MX 0 .'] },
      },
    });
    service = await Service.start({ settings: { probes: internet.settings() } });
    browser = await openBrowser();
    visitor = await Visitor.arrive(browser, service.ui);
  });
  afterAll(async () => {
    await browser.close();
    await service[Symbol.asyncDispose]();
    await internet[Symbol.asyncDispose]();
  });

  test('brings its route along, and its records are kept as the way back', async () => {
    await visitor.go('/domains?add=true');
    await visitor.the('textbox', 'Domain').fill('office.example');
    await visitor.the('button', 'Read its MX records').click();
    const found = visitor.the('status', 'The MX records of today');
    await found
      .getByText('Mail for office.example goes to mail.office.example and backup.office.example.')
      .waitFor();
    expect(await found.innerText()).toContain('192.0.2.1, 2001:db8::1');
    expect(await found.innerText()).toMatch(/Read .* from ns1\.office\.example, ns2\.office\.example\./);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.page
      .getByText('Mailward will deliver to mail.office.example, then backup.office.example')
      .waitFor();
    await visitor.the('button', 'Add the domain').click();
    await visitor.the('heading', /^office\.example$/).waitFor();
    const { client, close } = await service.client();
    const [domain] = await client.domains.list();
    expect(domain?.route.map(({ host }) => host)).toEqual(['mail.office.example', 'backup.office.example']);
    expect(await client.domains.wayBack({ name: 'office.example' })).toMatchObject({
      origin: 'read',
      reading: {
        ttl: 3600,
        records: [{ preference: 10, exchange: 'mail.office.example' }, { preference: 20 }],
      },
    });
    close();
    expect(visitor.complaints).toEqual([]);
  });

  test('whose records say no server has one asked for, and the answer belongs to the name in the field', async () => {
    await visitor.go('/domains?add=true');
    await visitor.the('textbox', 'Domain').fill('no-mail.example');
    await visitor.the('button', 'Read its MX records').click();
    await visitor.page.getByText('no-mail.example says that it takes no mail (null MX).').waitFor();
    await visitor.the('textbox', 'Server that receives the mail').waitFor();
    await visitor.the('textbox', 'Domain').fill('no-mail.example.org');
    await visitor.the('button', 'Read its MX records').waitFor();
    expect(await visitor.page.getByText('takes no mail').count()).toBe(0);
  });
});

describe.skipIf(!hasInternet || !hasOffice('postfix'))('a domain whose MX is changed', () => {
  let office: CareOffice;
  let browser: Browser;
  let visitor: Visitor;
  beforeAll(async () => {
    buildScreens();
    office = await CareOffice.open('postfix', { ttl: 2 });
    await office.client.domains.add({ name: careDomain });
    browser = await openBrowser();
    visitor = await Visitor.arrive(browser, office.ui);
  });
  afterAll(async () => {
    await browser.close();
    await office[Symbol.asyncDispose]();
  });

  test('is a list of steps at first, of which none is called done before it is known', async () => {
    await visitor.go('/');
    const steps = visitor.the('region', `Steps until mail for ${careDomain} comes through`);
    await steps.getByText('Nothing has been checked yet').waitFor();
    expect(await steps.getByRole('listitem').allInnerTexts()).toEqual([
      expect.stringMatching(/The way back is kept\s*: not yet/),
      expect.stringMatching(/Your server answers\s*: not yet/),
      expect.stringMatching(/It takes the domain’s mail from Mailward\s*: not yet/),
      expect.stringMatching(/The world reaches Mailward\s*: not yet/),
      expect.stringMatching(/The MX records name Mailward\s*: not yet/),
      'The first mail comes through',
    ]);
    await steps.getByRole('button', { name: 'Check what is ready' }).click();
    await steps.getByText(`${careDomain} is ready: its MX records may be changed.`).waitFor();
    expect(await steps.getByRole('listitem').first().innerText()).toMatch(/The way back is kept\s*: done/);
    expect(await visitor.barriers()).toEqual([]);
  });

  test('says which records to enter, and follows them to the first mail and to the end', async () => {
    await visitor.go(`/domains/${careDomain}`);
    const panel = visitor.the('region', 'The change of the MX records');
    await panel.getByRole('button', { name: 'Show what to enter' }).click();
    await panel.getByText(`${careDomain}. 300 IN MX 10 ${relayName}.`).waitFor();
    await panel.getByRole('button', { name: 'Watch this change' }).click();
    await panel.getByText('No name server of the domain has the new records yet.').waitFor();
    await office.changeMx(`@ MX 10 ${relayName}.`);
    await panel.getByRole('button', { name: 'Look now' }).click();
    await panel.getByText('Nobody can have the old records any more.').waitFor();
    expect(await office.mailTo(relayName)).toMatch(/^250 /);
    await office.server.delivered(`office@${careDomain}`);
    await visitor.the('heading', `Mail for ${careDomain} is flowing.`).waitFor();
    await visitor.page.getByText('The first mail came through').first().waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });
});
