// While no mail can be stored every screen says so, in red, and the home screen what to do.
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { patience, until } from '../lab/wait.ts';
import { Office, openBrowser, type View, Visitor } from './office.ts';

let office: Office;
let browser: Browser;
const database = () => join(office.service.dataDir, 'mailward.db');
const aside = () => join(office.service.dataDir, 'mailward.db.aside');

beforeAll(async () => {
  office = await Office.open();
  browser = await openBrowser();
  await office.domain('example.com');
  await office.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: '' });
  await office.sendUntil('held', { to: ['office@example.com'], from: 'stored' });
}, 3 * patience);

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
});

const views: View[] = (['light', 'dark'] as const).flatMap((scheme) => [
  { scheme, width: 320 },
  { scheme, width: 1280 },
]);

describe.each(views)('$scheme, $width px wide', (view) => {
  test('the home screen says what cannot be stored and what to do, the others lead there, and it passes by itself', async () => {
    await using visitor = await Visitor.arrive(browser, office.service.ui, view);
    const { page } = visitor;
    renameSync(database(), aside());
    try {
      const headline = page.getByText(
        /^Mailward cannot store mail: the database .* was removed or renamed\. Senders keep their mail/,
      );
      await headline.waitFor();
      const note = page.getByRole('alert').filter({ hasText: 'What to do' });
      expect(await note.innerText()).toMatch(
        /Put it back where it was[\s\S]*No mail has been accepted since \d/,
      );
      expect(await page.getByText(/nothing is lost/i).count()).toBe(0);
      if (view.width > 600)
        expect(await page.getByRole('link', { name: 'Cannot store mail' }).isVisible()).toBe(true);
      expect(await visitor.overflow()).toBe(0);
      expect(await visitor.barriers()).toEqual([]);
      const pictures = process.env['MAILWARD_PICTURES'];
      if (pictures)
        await page.screenshot({ path: join(pictures, `storage-${view.scheme}-${view.width}.png`) });

      await visitor.go('/queue');
      const banner = page.getByRole('status').filter({ hasText: 'Mailward cannot store mail' });
      await banner.waitFor();
      expect(await visitor.overflow()).toBe(0);
      expect(await visitor.barriers()).toEqual([]);
      if (pictures)
        await page.screenshot({ path: join(pictures, `storage-queue-${view.scheme}-${view.width}.png`) });
      await banner.getByRole('link', { name: 'What to do' }).click();
      await headline.waitFor();
    } finally {
      renameSync(aside(), database());
    }
    await until('the headline does not go away', async () =>
      (await page.getByText(/cannot store mail/i).count()) === 0 ? true : null,
    );
    expect(visitor.complaints).toEqual([]);
  });
});
