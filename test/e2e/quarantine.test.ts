// Mail in quarantine is nobody's until somebody looks: the home screen says so, in one or in many.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { NameServer } from '../lab/dns.ts';
import { Office, openBrowser, Visitor } from './office.ts';

let office: Office;
let browser: Browser;
/** Knows nobody, so that no client has a name. */
const names = new NameServer({});

beforeAll(async () => {
  await names.start();
  office = await Office.open();
  browser = await openBrowser();
  await office.domain('example.com');
  const settings = await office.client.settings.get();
  const filters: typeof settings.filters = {
    ...settings.filters,
    ...{ exempt: [], resolvers: [names.address], blocklistZones: [] },
    ...{ reverseName: 'quarantine', spf: 'off', dkim: 'off', dmarc: 'off', arc: 'off' },
  };
  await office.client.settings.set({ settings: { ...settings, filters }, before: settings });
});

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
  await names[Symbol.asyncDispose]();
});

test('the home screen says how many messages are in quarantine, and leads there', async () => {
  await using visitor = await Visitor.arrive(browser, office.service.ui);
  await visitor.the('button', /From Mailward to your server, example\.com/).waitFor();
  expect(await visitor.page.getByText(/messages? in quarantine/).count()).toBe(0);
  await office.sendUntil('quarantined', { to: ['office@example.com'], from: 'stranger' });
  await visitor.the('link', '1 message in quarantine').waitFor();
  await office.sendUntil('quarantined', { to: ['office@example.com'], from: 'another' });
  await visitor.the('link', '2 messages in quarantine').click();
  await visitor.row('stranger').waitFor();
  await visitor.row('another').waitFor();
  expect(await visitor.barriers()).toEqual([]);
});
