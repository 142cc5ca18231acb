// What strangers write in mail and in replies is text on every screen: it runs nothing, leads nowhere, and turns nothing around it.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { Office, openBrowser, Visitor } from './office.ts';

const MARKUP = `<img src=x onerror="window.owned=true"><script>window.owned=true</script><a href="javascript:alert(1)">x</a>`;
/** "com.example" from right to left, and two letters that are not seen. */
const TURNED = '\u202emoc.elpmaxe\u202c pay\u200bpal\u2066x';
let office: Office;
let browser: Browser;
const sink = new Sink({
  temper: {
    rcpt: (recipient) => `${recipient.startsWith('later') ? '451 4.3.0' : '550 5.7.1'} ${MARKUP} ${TURNED}`,
  },
});

beforeAll(async () => {
  await sink.start();
  office = await Office.open();
  browser = await openBrowser();
  const route = [{ host: sink.host, port: sink.port, tls: 'none' as const, sourceAddress: null }];
  await office.client.domains.add({ name: 'example.com', route });
});

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});

async function send(recipient: string): Promise<void> {
  await using smtp = await RawClient.greet(office.service.smtpPort);
  await smtp.command(`MAIL FROM:<"b onclick=x"@supplier.example>`, 250);
  await smtp.command(`RCPT TO:<${recipient}>`, 250);
  await smtp.command('DATA', 354);
  smtp.send(`From: ${MARKUP} <a@supplier.example>\r\nSubject: ${MARKUP}${TURNED}\r\n\r\nHello.\r\n.\r\n`);
  await smtp.expect(250);
}

test('on the home screen, in lists, on a message’s page, among recipients and on a domain’s screen', async () => {
  await send('later@example.com');
  await send('nobody@example.com');
  const ids = await until('the messages are not refused and put off', async () => {
    const { rows } = await office.client.messages.list({});
    const said = rows.filter(({ lastReply }) => lastReply !== null);
    return said.length === 2 ? said.map(({ id }) => id) : null;
  });
  await using visitor = await Visitor.arrive(browser, office.service.ui);
  for (const path of [
    '/',
    '/traffic',
    '/queue',
    '/queue?show=failed',
    '/recipients',
    '/domains/example.com',
    ...ids.map((id) => `/message/${id}`),
  ]) {
    await visitor.go(path);
    await visitor.page
      .locator('main')
      .getByText(/supplier\.example|example\.com/)
      .first()
      .waitFor();
    expect(await visitor.page.evaluate<string>('typeof window.owned')).toBe('undefined');
    const text = await visitor.page.locator('body').innerText();
    const markup = await visitor.page.locator('img[src="x"], main script, a[href^="javascript:"]').count();
    expect(markup).toBe(0);
    expect(text).not.toMatch(/[\u202a-\u202e\u2066-\u2069\u200b]/);
  }
  // It is there to be read all the same.
  const page = visitor.page.locator('main');
  expect(await page.innerText()).toContain('<script>');
  expect(await page.innerText()).toContain('\u{fffd}moc.elpmaxe\u{fffd} pay\u{fffd}pal');
  expect(visitor.complaints).toEqual([]);
});
