// The health screens: what a person learns of a domain there, and what comes of asking.
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Answer, Clinic, type PretendedCheck } from '../lab/clinic.ts';
import { until } from '../lab/wait.ts';
import { badWeek, goodDay, propagation } from './pretended.ts';
import { buildScreens, openBrowser, Visitor } from './office.ts';

const idn = 'xn--mnchen-3ya.example';
let world: Record<string, PretendedCheck>;
/** What each check says in the bad week. */
let bad: Map<PretendedCheck, Answer[]>;
let clinic: Clinic;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  buildScreens();
  world = badWeek();
  bad = new Map(Object.values(world).map((one) => [one, one.answers]));
  clinic = await Clinic.open(Object.values(world));
  await clinic.protect('example.com');
  await clinic.protect(idn);
  browser = await openBrowser();
});

afterEach(() => {
  // A test that failed half-way leaves no check waiting for the next one.
  for (const [check, answers] of bad) Object.assign(check, { answers, gate: null });
});

afterAll(async () => {
  await browser.close();
  await clinic[Symbol.asyncDispose]();
});

describe('a domain that was never tested', () => {
  beforeAll(async () => {
    visitor = await Visitor.arrive(browser, clinic.ui);
  });
  afterAll(() => visitor[Symbol.asyncDispose]());

  test('says so, and asks nothing until it is told to', async () => {
    await visitor.go('/health/example.com');
    await visitor.the('heading', 'example.com has not been tested yet.').waitFor();
    await visitor.page.getByText('Checks run only when you start them').waitFor();
    expect((await clinic.client.checks.latest({ domain: 'example.com' })).checks).toEqual([]);
  });

  test('shows while it is tested what is asked, until when, and each answer as it comes', async () => {
    await visitor.go('/health/example.com');
    const go = world['relay-denied']!.hold();
    await visitor.the('button', 'Test now').click();
    await visitor.page.getByText('15 of 16 checks have finished.').waitFor();
    const progress = visitor.the('region', 'What is being asked now');
    expect(await progress.innerText()).toContain('Does the server accept the domain’s mail from Mailward?');
    expect(await progress.innerText()).toMatch(/\d s left/);
    await visitor.page
      .locator('details[open] li')
      .getByText('Mailward’s address 192.0.2.10 is on the list of Zen')
      .waitFor();
    expect(await visitor.barriers()).toEqual([]);
    go();
    await visitor.the('heading', '2 things are wrong with example.com, and 3 more to look at.').waitFor();
    expect(await progress.count()).toBe(0);
    expect(visitor.complaints).toEqual([]);
  });

  test('of another script is shown as people write it', async () => {
    await visitor.go('/health');
    await visitor.the('link', /münchen\.example/).click();
    await visitor.the('heading', 'münchen.example has not been tested yet.').waitFor();
    expect(await visitor.page.title()).toContain(`münchen.example (${idn})`);
  });

  test('need not be protected; what is no domain is said at the field', async () => {
    await visitor.go('/health');
    const field = visitor.the('textbox', 'Check another domain');
    await field.fill('192.0.2.1');
    await visitor.the('button', 'Check it').click();
    await visitor.page.getByText('"192.0.2.1" is an IP address, not a domain name').waitFor();
    await field.fill('Partner.Example.');
    await visitor.the('button', 'Check it').click();
    await visitor.the('heading', 'partner.example has not been tested yet.').waitFor();
    await visitor.page.getByText('Mailward does not protect this domain').waitFor();
  });
});

describe('a domain with trouble', () => {
  beforeAll(async () => {
    visitor = await Visitor.arrive(browser, clinic.ui);
  });
  afterAll(() => visitor[Symbol.asyncDispose]());
  beforeEach(async () => {
    await clinic.ask('example.com');
    // What the test before opened is closed again with the screen.
    await visitor.go('/health');
    await visitor.the('link', /^example\.com/).click();
    await visitor.the('heading', '2 things are wrong with example.com, and 3 more to look at.').waitFor();
  });

  test('has every check on its leg, and a click there leads to what it found', async () => {
    const way = visitor.the('region', 'Mail flow, and what the checks found');
    expect(await way.getByRole('button').count()).toBe(16);
    expect(await way.innerText()).toContain('1 check found something, 2 passed.');
    await way.getByRole('button', { name: /^Network path/ }).click();
    await visitor.page.getByText('Which way does traffic take to the server').waitFor();
    await until('the check has no focus', () =>
      visitor.page.evaluate<boolean>("document.activeElement?.parentElement?.id === 'check-path'"),
    );
    const hops = visitor.the('region', 'The path to mail.example.com (198.51.100.25), hop by hop');
    expect(await hops.innerText()).toContain('203.0.113.77');
    expect(await hops.innerText()).toContain('no answer');
  });

  test('gives the evidence to copy to whoever must act', async () => {
    await visitor.page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    const card = visitor.page.locator('#check-relay-denied');
    await card.getByText('Evidence: 1 answer').click();
    await card.getByRole('button', { name: 'Copy the evidence' }).click();
    await visitor.page.getByText('The evidence is copied').waitFor();
    const text = await visitor.page.evaluate<string>('navigator.clipboard.readText()');
    expect(text).toContain(
      'example.com, relay-denied (198.51.100.25): mail.example.com says that it does not host',
    );
    expect(text).toContain('RCPT TO:<postmaster@example.com>\nasked of mail.example.com (198.51.100.25:25)');
    expect(text).toContain('    554 5.7.1 <postmaster@example.com>: Relay access denied');
  });

  test('shows which servers still have the old MX, and counts down to the time by which all agree', async () => {
    const map = visitor.the('region', 'Who has which MX');
    const words = await map.innerText();
    expect(words).toContain('All must agree by');
    const row = map.getByRole('listitem').filter({ hasText: 'Quad9' });
    expect(await row.innerText()).toContain('10 mail.example.com, 20 backup.provider.example');
    expect(await row.innerText()).toMatch(/differs/);
    const left = await map.getByRole('timer').innerText();
    await until('the time does not run', async () => (await map.getByRole('timer').innerText()) !== left);
  });

  test('shows in a table which lists have whom and why, and where to have it removed', async () => {
    const lists = visitor.the('region', 'Blocklists');
    expect(await lists.innerText()).toContain(
      '4 lists checked: 1 with an entry, 2 without, 1 could not be asked.',
    );
    const row = lists.getByRole('row').filter({ hasText: 'zen.blocklist.example' });
    expect(await row.innerText()).toContain('a machine there is infected or misused');
    expect(await row.getByRole('link', { name: 'Ask for removal' }).getAttribute('href')).toBe(
      'https://zen.example/removal',
    );
    await lists.getByRole('button', { name: 'Show 2 lists without an entry' }).click();
    await lists.getByRole('row').filter({ hasText: 'Barrier' }).waitFor();
    expect(await visitor.barriers()).toEqual([]);
  });

  test('is tested again in one point, and says when that changed', async () => {
    world['relay-denied']!.answers = [
      { code: 'home', subject: '198.51.100.25', summary: 'It takes mail for example.com.' },
    ];
    await visitor.the('button', 'Test again: Accepts mail for the domain').click();
    await visitor.the('heading', '1 thing is wrong with example.com, and 3 more to look at.').waitFor();
    expect((await clinic.client.checks.latest({ domain: 'example.com' })).findings).toHaveLength(17);
    const card = visitor.page.locator('#check-relay-denied');
    // It moved to those in order, still open, and the keyboard is still there.
    await card.getByText('It takes mail for example.com.').last().waitFor();
    await until('the keyboard is lost', () =>
      visitor.page.evaluate<boolean>("document.activeElement?.closest('#check-relay-denied') !== null"),
    );
    await card.getByRole('button', { name: /When did this change/ }).click();
    await card.getByText(/changed .*, last on .* to: OK\./).waitFor();
  });

  test('follows a change that spreads until all agree', async () => {
    world['mx-propagation']!.answers = [
      { code: 'agrees', summary: 'All servers have the same MX.', facts: propagation(Date.now(), {}) },
    ];
    await visitor.the('button', 'Test again: MX records seen worldwide').click();
    await visitor.the('heading', /and 2 more to look at/).waitFor();
    await visitor.page.getByText('Every server that answered has the same MX.').waitFor();
  });

  test('has headings in plain words, and what the server said below them', async () => {
    world['relay-denied']!.answers = [
      {
        code: 'relay-denied',
        subject: '198.51.100.25',
        summary: 'mail.example.com refuses mail for example.com: 550 5.7.1 relaying (office) not permitted',
      },
    ];
    world['blocklists']!.answers = [{ code: 'clean', summary: 'On no list.' }];
    await clinic.ask('example.com');
    await visitor.page.reload();
    await visitor.the('heading', /^mail\.example\.com refuses mail|^1 thing is wrong/).waitFor();
    const card = visitor.page.locator('#check-relay-denied');
    await card.locator('blockquote').waitFor();
    expect(await card.locator('blockquote').innerText()).toBe('550 5.7.1 relaying (office) not permitted');
    const headings = await visitor.page.locator('h1, h2, h3, details > summary > span').allTextContents();
    expect(headings.filter((text) => /\b[45]\d\d\b/.test(text))).toEqual([]);
  });

  test('says at each problem what to do, and opens the page of the manual', async () => {
    const card = visitor.page.locator('#check-relay-denied');
    await card.getByText('What to do:').waitFor();
    expect(await card.getByText('What to do:').locator('..').innerText()).toMatch(/accepted domains/);
    await card.getByRole('link', { name: 'About this check: Accepts mail for the domain' }).click();
    await visitor.the('heading', 'Accepts mail for the domain').waitFor();
    await visitor.the('heading', 'What is asked of whom').waitFor();
    expect(await visitor.overflow()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.the('button', 'Back').click();
    await visitor.the('heading', /2 things are wrong/).waitFor();
  });

  test('shows what was found before as such while it is asked again', async () => {
    const go = world['relay-denied']!.hold();
    const card = visitor.page.locator('#check-relay-denied');
    await card.getByRole('button', { name: 'Test again: Accepts mail for the domain' }).click();
    await card.getByText('This is what was found before').waitFor();
    expect(await card.locator('summary').first().innerText()).toContain('running…');
    expect(await card.locator('summary [data-state="problem"]').count()).toBe(0);
    expect(await card.getByRole('button', { name: /^Testing…/ }).innerText()).toBe('Testing…');
    expect(await visitor.page.locator('[data-leg="outbound"]').innerText()).toContain('Running 1 check…');
    expect(await visitor.page.locator('[data-leg="outbound"]').innerText()).not.toContain('found something');
    await visitor.the('heading', 'Testing example.com…').waitFor();
    go();
    await visitor.the('heading', /2 things are wrong/).waitFor();
    expect(await card.getByText('This is what was found before').count()).toBe(0);
  });

  test('goes on being tested when the screen is left, without a complaint', async () => {
    const go = world['mx']!.hold();
    await visitor.the('button', 'Test all again').click();
    await visitor.page.getByText('15 of 16 checks have finished.').waitFor();
    await visitor.the('link', 'All domains').click();
    await visitor.the('heading', 'Testing 1 domain…').waitFor();
    expect((await clinic.client.checks.latest({ domain: 'example.com' })).running).toBe(true);
    await visitor.page.goBack();
    await until('the button is open', () => visitor.the('button', 'Testing…').isDisabled());
    go();
    await until('the button stays shut', () => visitor.the('button', 'Test all again').isEnabled());
    expect(visitor.complaints).toEqual([]);
  });

  test('takes the DKIM selectors that nobody can list', async () => {
    const card = visitor.page.locator('#check-dkim');
    await card.locator('summary').first().click();
    const field = card.getByLabel('DKIM selectors');
    await field.fill('default, two words?');
    await card.getByRole('button', { name: 'Save the selectors' }).click();
    await card.getByText('expected a DKIM selector such as default').waitFor();
    await field.fill('default mail2026');
    await card.getByRole('button', { name: 'Save the selectors' }).click();
    await until('the selectors are not kept', async () => {
      const all = await clinic.client.domains.list();
      return all.find(({ name }) => name === 'example.com')?.profile.selectors.join() === 'default,mail2026';
    });
  });

  test('takes the date that no registry tells', async () => {
    world['registration']!.answers = [
      { code: 'could-not-check', summary: 'The registry does not tell the date. Set it by hand.' },
    ];
    await visitor.the('button', 'Test again: Domain registration').click();
    const card = visitor.page.locator('#check-registration');
    await card.getByText('The registry does not tell the date.').last().waitFor();
    await card.getByLabel('Registered until, according to your registrar').fill('2031-05-17');
    await card.getByRole('button', { name: 'Set the date' }).click();
    await until('the date is not kept', async () => {
      const all = await clinic.client.domains.list();
      return (
        all.find(({ name }) => name === 'example.com')?.profile.expiresAt ===
        Date.UTC(2031, 4, 17, 23, 59, 59)
      );
    });
  });
});

describe('the screens are for everybody', () => {
  beforeAll(async () => {
    await clinic.ask('example.com');
  });

  for (const scheme of ['light', 'dark'] as const) {
    for (const width of [320, 1280]) {
      test(`${scheme}, ${width} px wide`, async () => {
        await using guest = await Visitor.arrive(browser, clinic.ui, { scheme, width });
        for (const [place, shows] of [
          ['/health', '1 domain needs attention.'],
          ['/health/example.com', '2 things are wrong with example.com, and 3 more to look at.'],
          [`/health/${idn}`, 'münchen.example has not been tested yet.'],
        ] as const) {
          await guest.go(place);
          await guest.the('heading', shows).waitFor();
          if (place === '/health/example.com') {
            await guest.page.locator('#check-path > summary').click();
            await guest.page.locator('#check-relay-denied').getByText('Evidence:').click();
            await guest.the('button', 'When did this change: Accepts mail for the domain').click();
            await guest.page.getByText(/It was tested \d+ times in the last 30 days/).waitFor();
          }
          expect(await guest.overflow()).toBe(0);
          expect(await guest.barriers()).toEqual([]);
          expect(guest.complaints).toEqual([]);
        }
      });
    }
  }

  test('on a good day almost nothing asks for attention', async () => {
    goodDay(world);
    await clinic.ask('example.com');
    await using guest = await Visitor.arrive(browser, clinic.ui);
    await guest.go('/health/example.com');
    await guest.the('heading', 'Nothing is wrong with example.com.').waitFor();
    await guest.the('heading', '16 checks passed').waitFor();
    expect(await guest.page.locator('details[id^="check-"][open]').count()).toBe(0);
    await guest.the('link', 'All domains').click();
    await guest.the('heading', 'Nothing wrong was found; 1 domain has not been tested yet.').waitFor();
  });
});
