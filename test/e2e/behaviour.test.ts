// What a person does with the screens, and what comes of it.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { Office, openBrowser, Visitor } from './office.ts';

let office: Office;
let browser: Browser;
let visitor: Visitor;

beforeAll(async () => {
  office = await Office.open();
  browser = await openBrowser();
});

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
});

beforeEach(async () => {
  visitor = await Visitor.arrive(browser, office.service.ui);
});

afterEach(async () => {
  await visitor[Symbol.asyncDispose]();
});

/** The mode that the engine has for a domain now. */
async function modeOf(name: string): Promise<string | undefined> {
  return (await office.client.domains.list()).find((domain) => domain.name === name)?.mode.name;
}

/** Picks from a list by what is shown. */
async function choose(label: string, option: string): Promise<void> {
  await visitor.page.getByRole('combobox', { name: label }).click();
  await visitor.page.getByRole('option', { name: option }).click();
}

async function stateOf(id: string): Promise<string> {
  return (await office.client.messages.get({ id })).state;
}

describe('the first domain', () => {
  test('an empty Mailward invites to add one, and adding it brings the picture', async () => {
    await visitor.the('link', 'Add the first domain').click();
    await visitor.the('textbox', 'Domain').fill('Example.COM.');
    // There is no Internet here: that is said, and the server is asked for.
    await visitor.the('button', 'Read its MX records').click();
    await visitor.page.getByText('The MX records of example.com could not be read').waitFor();
    await visitor.the('textbox', 'Server that receives the mail').fill(`127.0.0.1:${office.sink.port}`);
    await visitor.the('button', 'Add the domain').click();
    await visitor.the('heading', /^example\.com$/).waitFor();

    await visitor.the('link', 'Home').first().click();
    await visitor.the('button', /From Mailward to your server, example\.com/).waitFor();
    const [domain] = await office.client.domains.list();
    expect(domain?.name).toBe('example.com');
    expect(domain?.route[0]).toMatchObject({ host: '127.0.0.1', port: office.sink.port });
  });

  test('what is not a domain or a server is said at the field, and nothing is added', async () => {
    await visitor.go('/domains?add=true');
    await visitor.the('textbox', 'Domain').fill('not a domain');
    await visitor.the('button', 'Enter the server by hand…').click();
    await visitor.the('textbox', 'Server that receives the mail').fill('mail.example.com:99999');
    await visitor.the('button', 'Add the domain').click();
    await visitor.page.getByText('"not a domain" is not a domain name').waitFor();
    await visitor.page.getByText('"mail.example.com:99999" has no valid port').waitFor();
    expect(await visitor.the('textbox', 'Domain').getAttribute('aria-invalid')).toBe('true');
    expect(await office.client.domains.list()).toHaveLength(1);
  });

  test('a domain that is there already is refused with the reason', async () => {
    await visitor.go('/domains?add=true');
    await visitor.the('textbox', 'Domain').fill('example.com');
    await visitor.the('button', 'Enter the server by hand…').click();
    await visitor.the('textbox', 'Server that receives the mail').fill('mail.example.com');
    await visitor.the('button', 'Add the domain').click();
    await visitor.the('alert', /.*/).getByText('Nothing was changed').waitFor();
    expect(await office.client.domains.list()).toHaveLength(1);
  });
});

describe('routes and modes', () => {
  test('a second server is added behind the first and moved before it', async () => {
    await visitor.go('/domains?edit=example.com');
    await visitor.the('button', 'Add a fallback server').click();
    await visitor.the('textbox', 'Server 2').fill('[2001:db8::25]:2525');
    await visitor.the('button', 'Move server 2 up').click();
    await visitor.the('button', 'Save the route').click();
    await visitor.page.getByText('The route of example.com is changed').waitFor();
    const [domain] = await office.client.domains.list();
    expect(domain?.route.map(({ host, port }) => [host, port])).toEqual([
      ['2001:db8::25', 2525],
      ['127.0.0.1', office.sink.port],
    ]);

    await visitor.go('/domains');
    await visitor.go('/domains?edit=example.com');
    await visitor.the('button', 'Remove server 1').click();
    await visitor.the('button', 'Save the route').click();
    await until('the route is not back', async () => {
      const [present] = await office.client.domains.list();
      return present?.route.length === 1;
    });
  });

  test('mail is held and delivered again from the picture', async () => {
    await visitor.the('button', /From Mailward to your server, example\.com/).click();
    await visitor.the('button', 'Hold mail for example.com').click();
    await visitor.the('button', 'Deliver mail for example.com again').waitFor();
    expect(await modeOf('example.com')).toBe('hold');
    const id = await office.sendUntil('held', { to: ['office@example.com'], from: 'while-held' });
    await visitor.the('link', /1 held/).waitFor({ state: 'attached' });

    await visitor.the('button', 'Deliver mail for example.com again').click();
    await visitor.the('button', 'Hold mail for example.com').waitFor();
    await until('the held message does not go out', async () => (await stateOf(id)) === 'delivered');
  });

  test('a reason and an end go along with a hold', async () => {
    await visitor.go('/domains');
    await visitor.the('button', 'Change example.com').click();
    await visitor.the('menuitem', 'Hold mail for example.com…').click();
    await visitor.the('textbox', 'Reason').fill('The server gets a new disk');
    await choose('Ends', 'In 4 hours');
    await visitor.the('button', 'Hold mail for example.com').click();
    await visitor.page.getByText('“The server gets a new disk”').waitFor();
    await visitor.page.getByText('ends automatically').waitFor();
    const [domain] = await office.client.domains.list();
    expect(domain?.mode).toMatchObject({ name: 'hold', reason: 'The server gets a new disk' });
    expect((domain?.mode.until ?? 0) - Date.now()).toBeGreaterThan(3.9 * 3_600_000);

    await visitor.the('button', 'Change example.com').click();
    await visitor.the('menuitem', 'Deliver mail for example.com again').click();
    await until('it is not delivered again', async () => (await modeOf('example.com')) === 'deliver');
  });

  test('a domain’s mail is rerouted from the picture, which says where to and until when', async () => {
    await using spare = await new Sink().start();
    await visitor.the('button', /From Mailward to your server, example\.com/).click();
    await visitor.the('link', 'Reroute mail for example.com…').click();
    await visitor.the('textbox', 'Server that receives the mail').fill('127.0.0.1:99999');
    await choose('Ends', 'At a specific time');
    await visitor.page.getByLabel('Date and time').fill('2020-01-01T10:00');
    await visitor.the('button', 'Reroute mail for example.com').click();
    await visitor.page.getByText('"127.0.0.1:99999" has no valid port').waitFor();
    await visitor.page.getByText('this time has passed').waitFor();
    expect(await modeOf('example.com')).toBe('deliver');

    await visitor.the('textbox', 'Server that receives the mail').fill(spare.route);
    await visitor.the('textbox', 'Reason').fill('The office is without power');
    await visitor.page.getByLabel('Date and time').fill('2090-05-01T18:00');
    await visitor.the('button', 'Reroute mail for example.com').click();
    await visitor.page.getByText('“The office is without power”').waitFor();
    await office.sendUntil('delivered', { to: ['office@example.com'], from: 'the-other-way' });
    expect(spare.taken).toBe(1);

    await visitor.go('/');
    await visitor.page
      .getByText(`Mail for example.com is flowing to ${spare.route} instead of your server`)
      .first()
      .waitFor();
    await visitor.page.getByText('other server', { exact: true }).waitFor();
    await visitor.page
      .getByText(/until 1 May.* 18:00/)
      .first()
      .waitFor({ state: 'attached' });
    await visitor.the('button', /From Mailward to your server, example\.com/).click();
    await visitor.the('button', 'Deliver mail for example.com again').click();
    await visitor.the('button', 'Hold mail for example.com').waitFor();
    expect(await modeOf('example.com')).toBe('deliver');
  });

  test('a domain whose mail waits is not removed, and the dialog says why', async () => {
    const id = await office.sendUntil('queued', { to: ['later@example.com'], from: 'keeps-it-here' });
    await visitor.go('/domains');
    await visitor.the('button', 'Change example.com').click();
    await visitor.the('menuitem', 'Remove…').click();
    await visitor.the('button', 'Remove example.com').click();
    await visitor.page.getByText('Nothing was changed').waitFor();
    await visitor.page.getByText('cannot be removed while its mail waits').waitFor();
    expect(await modeOf('example.com')).toBe('deliver');
    await office.client.queue.delete({ ids: [id] });
  });
});

describe('messages', () => {
  test('a message appears in the traffic as it comes, and its page has both dialogues', async () => {
    await visitor.go('/traffic');
    const id = await office.sendUntil('refused', {
      to: ['office@example.com', 'nobody@example.com'],
      from: 'for-two',
    });
    await visitor.row('for-two').click();
    await visitor.the('heading', /Your server refused it for at least one recipient/).waitFor();
    const incoming = visitor.the('region', 'What the sending server and Mailward said to each other');
    expect(await incoming.innerText()).toContain('MAIL FROM:<for-two@supplier.example>');
    const outgoing = visitor.the('region', /^What Mailward and 127\.0\.0\.1:\d+ said to each other/);
    expect(await outgoing.innerText()).toContain('550 5.1.1 no such user here');
    const fates = await visitor.the('listitem', /.*/).filter({ hasText: '@example.com' }).allInnerTexts();
    expect(fates.some((text) => text.includes('office@example.com') && text.includes('delivered'))).toBe(
      true,
    );
    expect(
      fates.some((text) => text.includes('nobody@example.com') && text.includes('unknown recipient')),
    ).toBe(true);

    const download = visitor.page.waitForEvent('download');
    await visitor.the('button', 'Export as .eml').click();
    const file = await download;
    expect(file.suggestedFilename()).toMatch(/\.eml$/);
    expect(readFileSync(await file.path(), 'utf8')).toContain('Subject: An offer by for-two');
    await office.client.queue.delete({ ids: [id] });
  });

  test('rows do not move under a reader who has scrolled: what is new is announced instead', async () => {
    for (let number = 0; number < 40; number += 1) {
      await office.send({ to: ['office@example.com'], from: `crowd-${number}` });
    }
    await visitor.go('/traffic');
    await visitor.row('crowd-39').waitFor();
    await visitor.page.evaluate("document.querySelector('[role=grid]').parentElement.scrollTo(0, 600)");
    const before = await visitor.row('crowd-20').boundingBox();
    await office.sendUntil('delivered', { to: ['office@example.com'], from: 'latecomer' });
    await visitor.the('button', /1 new message/).waitFor();
    expect(await visitor.row('crowd-20').boundingBox()).toEqual(before);
    await visitor.the('button', /1 new message/).click();
    await visitor.row('latecomer').waitFor();
  });

  test('a paused list stands still until it goes on', async () => {
    await visitor.go('/traffic');
    await visitor.the('button', 'Pause the list').click();
    await office.sendUntil('delivered', { to: ['office@example.com'], from: 'unseen' });
    await visitor.the('heading', 'List paused. Mail keeps flowing.').waitFor();
    await visitor.the('button', /1 new message/).waitFor();
    expect(await visitor.row('unseen').count()).toBe(0);
    await visitor.the('button', 'Resume').click();
    await visitor.row('unseen').waitFor();
  });

  test('the keyboard goes through the rows and opens one', async () => {
    await visitor.go('/traffic');
    await visitor.row('unseen').waitFor();
    const rows = visitor.page.locator('[role=row][data-index]');
    await rows.first().focus();
    await visitor.page.keyboard.press('ArrowDown');
    await until('the second row has no focus', () =>
      visitor.page.evaluate<boolean>("document.activeElement.dataset.index === '1'"),
    );
    await visitor.page.keyboard.press('Enter');
    await visitor.the('heading', 'How it came in').waitFor();
  });
});

describe('the queue', () => {
  test('a waiting message is held, released, tried again, and deleted only after a question', async () => {
    const id = await office.sendUntil('queued', { to: ['later@example.com'], from: 'under-way' });
    await visitor.go('/queue');
    await visitor.row('under-way').getByRole('checkbox').click();
    await visitor.the('button', 'Hold').click();
    await until('it is not held', async () => (await stateOf(id)) === 'held');
    await visitor.page.getByText('Nothing is waiting').waitFor();

    await visitor.page.getByText(/^Held/).click();
    await visitor.row('under-way').getByRole('checkbox').click();
    await visitor.the('button', 'Release').click();
    await until('it is not released', async () => (await stateOf(id)) === 'queued');

    await visitor.page.getByText(/^Waiting/).click();
    await visitor.row('under-way').getByRole('checkbox').click();
    const attempts = (await office.client.messages.get({ id })).attempts;
    await visitor.the('button', 'Try again now').click();
    await until(
      'it is not tried',
      async () => (await office.client.messages.get({ id })).attempts > attempts,
    );

    await visitor.row('under-way').getByRole('checkbox').click();
    await visitor.the('button', 'Delete…').click();
    await visitor.page.getByText('This cannot be undone').waitFor();
    await visitor.the('button', 'Keep').click();
    expect(await stateOf(id)).toBe('queued');
    await visitor.the('button', 'Delete…').click();
    await visitor.the('button', 'Delete 1 message').click();
    await until('it is not deleted', async () => (await stateOf(id)) === 'deleted');
    await visitor.page.getByText('Nothing is waiting').waitFor();
  });
});

describe('mail sent via another server', () => {
  test('one message goes to another server from its page, which says where, why and what came of it', async () => {
    const spare = await new Sink().start();
    await spare.stop();
    const id = await office.sendUntil('queued', { to: ['later@example.com'], from: 'in-a-hurry' });
    await visitor.go(`/message/${id}`);
    await visitor.the('button', 'Send via another server…').click();
    await visitor.the('textbox', 'Server that receives the mail').fill('no server');
    await visitor.the('button', 'Send 1 message there').click();
    await visitor.page.getByText('"no server" is not an address').waitFor();
    expect(await stateOf(id)).toBe('queued');

    await visitor.the('textbox', 'Server that receives the mail').fill(spare.route);
    await visitor.the('textbox', 'Reason').fill('The contract is signed today');
    await visitor.the('button', 'Send 1 message there').click();
    await visitor.page.getByText(`is being sent via ${spare.route} instead of your server`).waitFor();
    await visitor.page.getByText('“The contract is signed today”').waitFor();
    await visitor.page.getByText(/Attempt 2 to/).waitFor();

    await spare.start();
    await visitor.the('button', 'Try again now').click();
    await until('it does not arrive', () => spare.taken === 1);
    await visitor.page.getByText('Your server accepted it.').waitFor();
    await spare.stop();
  });

  test('a selection is rerouted, is told apart from held mail, and comes back when told', async () => {
    const away = await new Sink().start();
    await away.stop();
    const ids: string[] = [];
    for (const from of ['detour-one', 'detour-two'])
      ids.push(await office.sendUntil('queued', { to: ['later@example.com'], from }));
    await visitor.go('/queue');
    for (const from of ['detour-one', 'detour-two']) await visitor.row(from).getByRole('checkbox').click();
    await visitor.the('button', 'Send via another server…').click();
    await visitor.the('textbox', 'Server that receives the mail').fill(away.route);
    await visitor.the('button', 'Send 2 messages there').click();
    await visitor.page.getByText('2 messages on the way to another server').waitFor();
    await visitor.go('/queue?show=held');
    await visitor.row('detour-one').getByText('rerouted').waitFor();
    await visitor.go('/');
    await visitor.the('link', '2 sent via another server').waitFor({ state: 'attached' });

    await visitor.go(`/message/${ids[0] ?? ''}`);
    await visitor.the('button', 'Back to your server').click();
    await until('it does not come back', async () => (await stateOf(ids[0] ?? '')) === 'queued');
    await office.client.queue.delete({ ids });
  });
});

test('a dialog goes with the screen that it was opened on', async () => {
  const id = await office.sendUntil('queued', { to: ['later@example.com'], from: 'left-alone' });
  await visitor.go('/queue');
  await visitor.row('left-alone').getByRole('checkbox').click();
  for (const [button, shows] of [
    ['Send via another server…', 'Send 1 message there'],
    ['Delete…', 'Delete 1 message'],
  ] as const) {
    await visitor.the('button', button).click();
    await visitor.the('button', shows).waitFor();
    await visitor.go('/traffic');
    await visitor.the('dialog', /1 message/).waitFor({ state: 'detached' });
    await visitor.go('/queue');
    await visitor.row('left-alone').getByRole('checkbox').click();
  }
  expect(await stateOf(id)).toBe('queued');
  await office.client.queue.delete({ ids: [id] });
});

describe('recipients', () => {
  test('a list is taken from a file, one of it is forgotten, and the rest comes back as a file', async () => {
    await visitor.go('/recipients?domain=example.com');
    const choosing = visitor.page.waitForEvent('filechooser');
    await visitor.the('button', 'Import a CSV').click();
    await (await choosing).setFiles({
      name: 'recipients.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('gone@example.com,listed\nformer@example.com,listed\n'),
    });
    await visitor.page.getByText('2 addresses listed, 0 always allowed.').waitFor();
    await visitor.the('button', 'Forget gone@example.com').click();
    await visitor.the('button', 'Forget gone@example.com').waitFor({ state: 'detached' });
    await visitor.the('button', 'Always allow: former@example.com').click();
    await visitor.the('heading', 'No recipient of example.com is being refused.').waitFor();
    const download = visitor.page.waitForEvent('download');
    await visitor.the('button', 'Export as CSV').click();
    const file = readFileSync(await (await download).path(), 'utf8');
    expect(file).toContain('former@example.com');
    expect(file).not.toContain('gone@example.com');
  });
});

describe('settings', () => {
  test('a wrong value is said at its field; a right one is saved', async () => {
    await visitor.go('/settings');
    const recipients = visitor.the('textbox', 'Maximum recipients per message');
    await recipients.fill('0');
    await visitor.the('button', 'Save the settings').click();
    await visitor.page.getByText('expected 1 or more').waitFor();
    expect((await office.client.settings.get()).smtp.maxRecipients).toBe(100);
    await recipients.fill('200');
    await visitor.the('button', 'Save the settings').click();
    await visitor.page.getByText(/^Saved/).waitFor();
    expect((await office.client.settings.get()).smtp.maxRecipients).toBe(200);
  });

  test('a change that needs a restart says so, and a browser is offered nothing of the desktop', async () => {
    await visitor.go('/settings');
    await visitor.page.getByRole('textbox', { name: 'Port', exact: true }).fill('2626');
    await visitor.the('button', 'Save the settings').click();
    await visitor.page.getByText('Needs a restart').waitFor();
    expect(await visitor.page.getByText('Start at login').count()).toBe(0);
  });
});

describe('settings that are changed by hand meanwhile', () => {
  const file = () => join(office.service.dataDir, 'settings.json');

  test('are not saved over: that is said, what was typed stays, and the rest is shown as it is now', async () => {
    await visitor.go('/settings');
    const keep = visitor.the('textbox', 'Keep finished messages');
    await keep.fill('30');
    const before = await office.client.settings.get();
    writeFileSync(file(), JSON.stringify({ ...before, delivery: { ...before.delivery, expireDays: 9 } }));
    await visitor.the('button', 'Save the settings').click();
    await visitor.page.getByText('were changed meanwhile').waitFor();
    await until(
      'the screen does not show what is new',
      async () => (await visitor.the('textbox', 'Give up after').inputValue()) === '9',
    );
    expect(await keep.inputValue()).toBe('30');
    await visitor.the('button', 'Save the settings').click();
    await visitor.page.getByText(/^Saved/).waitFor();
    const after = await office.client.settings.get();
    expect([after.log.keepDays, after.delivery.expireDays]).toEqual([30, 9]);
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({
      log: { keepDays: 30 },
      delivery: { expireDays: 9 },
    });
  });

  test('into what cannot be used are told on the home screen until they are mended', async () => {
    const whole = readFileSync(file(), 'utf8');
    writeFileSync(file(), '{ "smtp": { "port": "<script>alert(1)</script>" } }');
    await visitor.go('/');
    const note = visitor.page.getByText('The settings cannot be used as they are in the file');
    await note.waitFor();
    expect((await office.service.command('status')).stdout).toMatch(
      /The next start would be refused, for .*smtp\.port/,
    );
    writeFileSync(file(), whole);
    await note.waitFor({ state: 'detached' });
  });
});

describe('the connection', () => {
  test('a link leaves the address, and a reload still gets in', async () => {
    expect(visitor.page.url()).not.toContain('token');
    await visitor.page.reload();
    await visitor.the('heading', /^example\.com$/).waitFor();
  });

  test('without a key the page says how to get in, takes a link pasted, and refuses what is none', async () => {
    const { url } = office.service;
    await using stranger = await Visitor.arrive(browser, url);
    await stranger.the('heading', /Sign in to Mailward/).waitFor();
    const box = stranger.the('textbox', 'Link');
    await box.fill('open sesame');
    await stranger.the('button', 'Open Mailward').click();
    await stranger.page.getByText('There is no sign-in link in this text').waitFor();
    await box.fill(`${url}/#token=${'x'.repeat(32)}`);
    await stranger.the('button', 'Open Mailward').click();
    await stranger.the('heading', /link does not work/).waitFor();
    expect(await stranger.barriers()).toEqual([]);
    await stranger.the('textbox', 'Link').fill(office.service.link);
    await stranger.the('button', 'Open Mailward').click();
    await stranger.the('link', 'Home').first().waitFor();
  });

  test('when Mailward stops, nothing on screen says that all is well, and it comes back by itself', async () => {
    await visitor.go('/traffic');
    await visitor.row('unseen').waitFor();
    const foot = visitor.the('contentinfo', /.*/);
    await foot.getByText('Accepting mail on').waitFor();
    await office.service.kill();
    await visitor.page
      .getByText('Mailward is not running, or cannot be reached. Trying to connect…')
      .waitFor();
    await visitor.page.getByText(/Nothing on this page has changed since \d\d:\d\d/).waitFor();
    expect(await foot.innerText()).toContain('Not connected to Mailward');
    expect(await foot.getByText('Accepting mail on').count()).toBe(0);
    expect(await foot.locator('[data-state="ok"]').count()).toBe(0);
    expect(await visitor.row('unseen').count()).toBe(1);
    expect(await visitor.barriers()).toEqual([]);
    await visitor.the('link', 'Home').first().click();
    await visitor.the('heading', /^Mailward is not running, or cannot be reached/).waitFor();
    await visitor.page
      .getByText(/^Last known at \d\d:\d\d: Mail for example\.com/)
      .first()
      .waitFor();
    // What is left of green is not seen as green.
    expect(
      await visitor.page.evaluate<string>(
        "getComputedStyle(document.querySelector('h1').closest('main > *')).filter",
      ),
    ).toBe('grayscale(1)');

    await office.service.start();
    await visitor.page.getByText('Trying to connect…').waitFor({ state: 'detached' });
    await foot.getByText('Accepting mail on').waitFor();
    await visitor.go('/traffic');
    await office.send({ to: ['office@example.com'], from: 'after-the-storm' });
    await visitor.row('after-the-storm').waitFor();
  });
});
