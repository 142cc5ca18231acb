// Times on screen: right from the first moment a screen is drawn, whatever was shown before and for how long.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Office, openBrowser, Visitor } from './office.ts';

let office: Office;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  office = await Office.open();
  browser = await openBrowser();
  await office.domain('example.com');
  await office.sendUntil('queued', { to: ['later@example.com'], from: 'patience' });
});

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
});

test('a screen that nothing on needed the time does not leave an old time to the next one', async () => {
  visitor = await Visitor.arrive(browser, office.service.ui);
  await using guest = visitor;
  const { page } = guest;
  await page.clock.install();
  await guest.go('/queue');
  await guest.row('patience').waitFor();
  await guest.the('link', 'Settings').click();
  await guest
    .the('heading', 'Settings')
    .or(guest.page.locator('form').filter({ hasText: 'Save the settings' }))
    .first()
    .waitFor();
  // From here on no timer moves anything: what the queue says is what it says when it is drawn.
  await page.clock.pauseAt(Date.now() + 20 * 60_000);
  await guest.the('link', /^Queue/).click();
  await guest.row('patience').waitFor();
  const words = await guest.row('patience').innerText();
  expect(words).toMatch(/\b(19|20) min ago/);
  // An hour and a tenth more or less, of which twenty minutes are over.
  const minutes = Number(/in (\d+) min/.exec(words)?.[1]);
  expect(minutes).toBeGreaterThanOrEqual(33);
  expect(minutes).toBeLessThanOrEqual(46);
});

test('what should have begun by now is due, and is not put into the past or the future', async () => {
  await using guest = await Visitor.arrive(browser, office.service.ui);
  await guest.page.clock.install({ time: Date.now() + 3 * 3_600_000 });
  await guest.go('/settings');
  await guest.go('/queue');
  await guest.row('patience').waitFor();
  expect(await guest.row('patience').innerText()).toContain('due now');
});
