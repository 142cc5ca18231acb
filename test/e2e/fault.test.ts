// A fault inside Mailward is on the home screen, in words, until it is started anew; mail and screens go on.
import { expect, test } from 'vitest';
import { mistakeIn } from '../lab/mistake.ts';
import { Service } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { buildScreens, openBrowser, Visitor } from './office.ts';

test('the home screen tells of a fault, and of how many', async () => {
  buildScreens();
  using folder = scratch('fault');
  await using service = await Service.start({ env: { NODE_OPTIONS: `--import ${mistakeIn(folder.path)}` } });
  const browser = await openBrowser();
  try {
    await using admin = await Visitor.arrive(browser, service.link, { scheme: 'light', width: 320 });
    await admin.the('heading', /Protect your first domain/).waitFor();
    expect(await admin.page.getByText('Something inside Mailward went wrong').count()).toBe(0);

    process.kill(service.pid, 'SIGUSR2');
    await admin.page.getByText('Something inside Mailward went wrong', { exact: true }).waitFor();
    await admin.page.getByText('Mailward had an internal error and carried on').waitFor();
    await admin.page.getByText(/TypeError: nobody foresaw/).waitFor();
    process.kill(service.pid, 'SIGUSR2');
    await admin.page.getByText('Something inside Mailward went wrong, 2 times').waitFor();
    expect(await admin.barriers()).toEqual([]);
    expect(await admin.overflow()).toBe(0);
  } finally {
    await browser.close();
  }
});
