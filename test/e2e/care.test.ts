// A domain comes into care in a real browser: its name is all that an admin has to know.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Internet } from '../lab/internet/internet.ts';
import { Service } from '../lab/mailward.ts';
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
