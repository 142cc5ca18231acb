// A screen looks the same whichever screens were seen before it: by a link that leads straight there, or by any way through the others.
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '../lab/wait.ts';
import { Office, openBrowser, Visitor } from './office.ts';

let office: Office;
let browser: Browser;
let waiting: string;

beforeAll(async () => {
  office = await Office.open();
  browser = await openBrowser();
  await office.domain('example.com');
  waiting = await office.sendUntil('queued', { to: ['later@example.com'], from: 'patience' });
  await office.sendUntil('refused', { to: ['office@example.com', 'nobody@example.com'], from: 'wrong' });
  await office.client.recipients.import({ csv: 'gone@example.com,listed' });
  // The home screen follows the log a moment later, and then has colours that it had not before.
  await until('the overview does not tell of both', async () => {
    const [domain] = (await office.service.overview()).domains;
    return domain?.queued.count === 1 && domain.failed.count === 1;
  });
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
  /** What is to be opened on it. */
  open?: (visitor: Visitor) => Promise<void>;
}

const screens: Screen[] = [
  { name: 'home', place: () => '/', shows: /does mail leave as fast as it comes in/i },
  { name: 'traffic', place: () => '/traffic', shows: /patience@supplier/ },
  { name: 'queue', place: () => '/queue', shows: /patience@supplier/ },
  { name: 'message', place: () => `/message/${waiting}`, shows: /how it came in/i },
  {
    name: 'sending a message via another server',
    place: () => `/message/${waiting}`,
    shows: /how it came in/i,
    open: async (visitor) => {
      await visitor.the('button', 'Send via another server…').click();
      await visitor.the('button', 'Send 1 message there').waitFor();
    },
  },
  { name: 'domains', place: () => '/domains', shows: /in the queue/i },
  { name: 'a domain', place: () => '/domains/example.com', shows: /domain added/i },
  { name: 'editing a route', place: () => '/domains?edit=example.com', shows: /save the route/i },
  { name: 'recipients', place: () => '/recipients?domain=example.com', shows: /gone@example\.com/ },
  { name: 'health', place: () => '/health', shows: /has not been tested|not tested/ },
  { name: 'health of a domain', place: () => '/health/example.com', shows: /how mail reaches mailward/i },
  { name: 'manual', place: () => '/manual/checks/mx', shows: /what is asked of whom/i },
  { name: 'settings', place: () => '/settings', shows: /retry intervals/i },
  { name: 'not found', place: () => '/nowhere', shows: /no such page/i },
];

/** What a style may say of an element that neither its content nor the time of day changes. */
const look = `(() => {
  const properties = ['display', 'position', 'flexDirection', 'flexWrap', 'alignItems', 'gap', 'padding', 'margin',
    'borderTop', 'borderBottom', 'borderLeft', 'borderRadius', 'color', 'backgroundColor', 'fontSize', 'fontWeight', 'fontFamily', 'lineHeight', 'textAlign',
    'verticalAlign', 'whiteSpace', 'overflowWrap', 'listStyleType', 'opacity', 'cursor'];
  const lines = [];
  const walk = (element, place) => {
    const style = getComputedStyle(element);
    lines.push(place + ': ' + properties.map((name) => name + ' ' + style[name]).join('; '));
    for (const child of element.children) walk(child, place + ' > ' + child.tagName.toLowerCase());
  };
  for (const root of document.querySelectorAll('main, [role="dialog"]')) walk(root, root.tagName.toLowerCase());
  return lines;
})()`;

async function lookOf(visitor: Visitor, { shows, open }: Screen): Promise<string[]> {
  await visitor.page.getByText(shows).first().waitFor();
  await open?.(visitor);
  // Whatever moves into its place has arrived, and nothing is under the pointer.
  await visitor.page.mouse.move(0, 0);
  await visitor.page.waitForFunction('document.getAnimations().length === 0');
  return visitor.page.evaluate<string[]>(look);
}

for (const width of [320, 1280]) {
  test(`${width} px wide`, async () => {
    const straight = new Map<Screen, string[]>();
    for (const screen of screens) {
      await using visitor = await Visitor.arrive(browser, office.service.ui, { scheme: 'light', width });
      // It is let in for good once it is told anything; then anew, with nothing but this screen.
      await visitor.page.getByText('Accepting mail on').waitFor({ state: 'attached' });
      await visitor.page.evaluate(`history.replaceState(null, '', '/#${screen.place()}')`);
      await visitor.page.reload();
      straight.set(screen, await lookOf(visitor, screen));
    }
    for (const way of [screens, screens.toReversed()]) {
      await using visitor = await Visitor.arrive(browser, office.service.ui, { scheme: 'light', width });
      // The second time round every style there is has been loaded, in an order that no single screen has.
      for (const round of [1, 2])
        for (const screen of way) {
          // From a place that has nothing of it, so that what is read is of this screen.
          await visitor.go('/nowhere');
          await visitor.page.getByText('There is no such page in Mailward.').waitFor();
          await visitor.go(screen.place());
          const seen = await lookOf(visitor, screen);
          expect
            .soft(
              seen.filter((line) => !straight.get(screen)?.includes(line)),
              `${screen.name}, round ${round}`,
            )
            .toEqual([]);
          await visitor.page.keyboard.press('Escape');
        }
    }
  });
}
