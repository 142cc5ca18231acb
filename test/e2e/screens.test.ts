// Every screen, in light and dark, on a phone and on a desk: it opens, says its sentence, fits, and shuts nobody out (axe).
import type { Browser, Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Sink } from '../lab/sink.ts';
import { Office, openBrowser, Visitor } from './office.ts';

let office: Office;
let browser: Browser;
/** A message of each kind, by state. */
const ids: Record<string, string> = {};

const longName = 'a-very-long-department-name.of-an-even-longer-organisation.example.net';

beforeAll(async () => {
  office = await Office.open();
  browser = await openBrowser();
  await office.domain('example.com');
  await office.domain('held.example.org');
  await office.domain(longName);
  await office.client.domains.setMode({ name: 'held.example.org', mode: 'hold', reason: 'Being moved' });
  ids['delivered'] = await office.sendUntil('delivered', { to: [`office@${longName}`], from: 'arrived' });
  ids['queued'] = await office.sendUntil('queued', { to: ['later@example.com'], from: 'patience' });
  ids['refused'] = await office.sendUntil('refused', {
    to: ['office@example.com', 'nobody@example.com'],
    from: 'wrong',
  });
  await office.client.recipients.import({
    csv: 'gone@example.com,listed\na-former-colleague-with-a-very-long-name.of-the-sales-department@example.com,listed',
  });
  const away = await new Sink().start();
  await away.stop();
  ids['rerouted'] = await office.sendUntil('queued', { to: ['later@example.com'], from: 'elsewhere' });
  await office.client.queue.reroute({
    selection: { ids: [ids['rerouted']] },
    route: [
      { host: away.host, port: away.port, tls: 'none', sourceAddress: null },
      { host: longName, port: 2525, tls: 'verify', sourceAddress: null },
    ],
    reason: 'The contract has to be there today',
  });
  await office.client.domains.setMode({
    name: longName,
    mode: 'reroute',
    reason: 'The office is without power',
    reroute: [{ host: office.sink.host, port: office.sink.port, tls: 'none', sourceAddress: null }],
    until: Date.now() + 4 * 3_600_000,
  });
  ids['held'] = await office.sendUntil('held', { to: ['office@held.example.org'], from: 'stored' });
  await office.send({ from: 'stranger', to: ['office@elsewhere.example'] });
});

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
});

interface Screen {
  name: string;
  place: () => string;
  /** Something that is only there once the screen has its content. */
  shows: RegExp;
}

const screens: Screen[] = [
  { name: 'home', place: () => '/', shows: /does mail leave as fast as it comes in/i },
  { name: 'traffic', place: () => '/traffic', shows: /wrong@supplier/ },
  {
    name: 'a filter that nothing fits',
    place: () => '/traffic?text=nosuchthing',
    shows: /no messages match/i,
  },
  { name: 'the waiting queue', place: () => '/queue', shows: /patience@supplier/ },
  { name: 'the held queue', place: () => '/queue?show=held', shows: /stored@supplier/ },
  { name: 'the failed queue', place: () => '/queue?show=failed', shows: /wrong@supplier/ },
  {
    name: 'a delivered message',
    place: () => `/message/${ids['delivered'] ?? ''}`,
    shows: /how it went out/i,
  },
  { name: 'a refused message', place: () => `/message/${ids['refused'] ?? ''}`, shows: /no such user here/i },
  {
    name: 'a held message',
    place: () => `/message/${ids['held'] ?? ''}`,
    shows: /held with all mail of its domain.*goes out when you release it/i,
  },
  {
    name: 'a message sent via another server',
    place: () => `/message/${ids['rerouted'] ?? ''}`,
    shows: /the contract has to be there today/i,
  },
  { name: 'a message that is not there', place: () => '/message/nosuchid', shows: /no such message/i },
  { name: 'domains', place: () => '/domains', shows: /being moved/i },
  { name: 'a domain', place: () => `/domains/${longName}`, shows: /domain added/i },
  {
    name: 'a domain that no mail has come for',
    place: () => '/domains/held.example.org',
    shows: /domain added/i,
  },
  { name: 'adding a domain', place: () => '/domains?add=true', shows: /enter the server by hand/i },
  { name: 'editing a route', place: () => '/domains?edit=example.com', shows: /save the route/i },
  {
    name: 'rerouting a domain',
    place: () => '/domains?reroute=example.com',
    shows: /including mail that is now waiting/i,
  },
  {
    name: 'rerouting a domain that is rerouted',
    place: () => `/domains?reroute=${longName}`,
    shows: /date and time/i,
  },
  {
    name: 'recipients on the list',
    place: () => '/recipients?domain=example.com',
    shows: /gone@example\.com/,
  },
  {
    name: 'failing recipients',
    place: () => '/recipients?domain=example.com&show=failing',
    shows: /nobody@example\.com/,
  },
  {
    name: 'recipients of a domain without any',
    place: () => `/recipients?domain=${longName}`,
    shows: /nobody is on the list/i,
  },
  { name: 'settings', place: () => '/settings', shows: /retry intervals/i },
  { name: 'a place that does not exist', place: () => '/nowhere', shows: /no such page/i },
];

for (const scheme of ['light', 'dark'] as const) {
  for (const width of [320, 1280]) {
    describe(`${scheme}, ${width} px wide`, () => {
      let visitor: Visitor;
      beforeAll(async () => {
        visitor = await Visitor.arrive(browser, office.service.ui, { scheme, width });
      });
      afterAll(async () => {
        await visitor[Symbol.asyncDispose]();
      });

      test.each(screens)('$name', async ({ place, shows }) => {
        await visitor.go(place());
        await visitor.page.getByText(shows).first().waitFor();
        expect(await visitor.page.title()).toMatch(/Mailward/);
        const words = await visitor.page.locator('body').innerText();
        // What goes on has a beginning and no age; the reader knows of no engine; one thing is not many.
        expect(words).not.toMatch(/since\s+(just now|now|in \d|\d+ \w+ ago)/i);
        expect(words).not.toMatch(/\bengine\b/i);
        expect(words).not.toMatch(/(?<![\d.,:])1 (messages|domains|recipients|checks|are|were|wait)\b/);
        expect(await visitor.overflow()).toBe(0);
        expect(await visitor.barriers()).toEqual([]);
        expect(visitor.complaints).toEqual([]);
      });

      test('the panel of a leg', async () => {
        await visitor.go('/');
        await visitor.the('button', /From Mailward to your server, held\.example\.org/).click();
        await visitor.the('button', 'Deliver mail for held.example.org again').waitFor();
        expect(await visitor.barriers()).toEqual([]);
      });

      test('the menu of a domain, and rerouting a message', async () => {
        await visitor.go('/domains');
        await visitor.the('button', `Change ${longName}`).click();
        await visitor.the('menuitem', `Deliver mail for ${longName} again`).waitFor();
        expect(await visitor.overflow()).toBe(0);
        await visitor.go(`/message/${ids['held'] ?? ''}`);
        await visitor.the('button', 'Send via another server…').click();
        await visitor.the('button', 'Send 1 message there').waitFor();
        expect(await visitor.overflow()).toBe(0);
        expect(await visitor.barriers()).toEqual([]);
      });

      test('the question before deleting', async () => {
        await visitor.go('/queue?show=held');
        await visitor
          .the('checkbox', /Select the message from/)
          .first()
          .click();
        await visitor.the('button', 'Delete…').click();
        await visitor.page.getByText('This cannot be undone').waitFor();
        expect(await visitor.barriers()).toEqual([]);
        await visitor.the('button', 'Keep').click();
      });
    });
  }
}

for (const width of [1024, 1280]) {
  test(`who, to whom and why can be read in a list ${width} px wide, and what is cut is told on hover`, async () => {
    await using visitor = await Visitor.arrive(browser, office.service.ui, { scheme: 'light', width });
    for (const place of ['/queue', '/traffic']) {
      await visitor.go(place);
      const row = visitor.row('patience');
      await row.waitFor();
      for (const cell of ['state', 'sender', 'recipient', 'cause'])
        expect(await isWhole(row.locator(`[data-cell="${cell}"]`)), `${place} ${cell}`).toBe(true);
      const cells = await row.locator('> span').all();
      const boxes = await Promise.all(cells.map((cell) => cell.boundingBox()));
      const places = boxes.filter((box) => box !== null);
      for (const [index, one] of places.entries())
        for (const other of places.slice(index + 1)) expect(overlap(one, other), place).toBe(false);
      const cut = visitor.page.locator(
        '[role="row"] > [role="gridcell"]:is([data-cell="sender"], [data-cell="recipient"], [data-cell="subject"], [data-cell="cause"])',
      );
      for (const cell of await cut.all())
        if (!(await isWhole(cell))) expect(await cell.locator('[title]').count()).toBe(1);
    }
  });
}

function isWhole(cell: Locator): Promise<boolean> {
  return cell.evaluate(
    (element: unknown) =>
      (element as { scrollWidth: number }).scrollWidth <= (element as { clientWidth: number }).clientWidth,
  );
}

interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

function overlap(a: Box, b: Box): boolean {
  const apart = (at: 'x' | 'y', size: 'width' | 'height') =>
    a[at] + a[size] <= b[at] + 1 || b[at] + b[size] <= a[at] + 1;
  return !apart('x', 'width') && !apart('y', 'height');
}
