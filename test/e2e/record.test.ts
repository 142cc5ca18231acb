// What is kept of a domain, on its own screen: its server, the people to turn to, and what changed beside its mail.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { CheckName, CodeOf, FactsOf } from '../../shared/facts/index.ts';
import { actorSchema, type JournalKind } from '../../shared/journal.ts';
import { openDatabase, type Database } from '../../src-main/storage/database.ts';
import { firstIdAt } from '../../src-main/storage/ids.ts';
import type { NewEntry } from '../../src-main/storage/operations/journal.ts';
import { freePort } from '../lab/ports.ts';
import { scratch, type Scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';
import { DatabaseSync } from 'node:sqlite';
import { Office, openBrowser, type View, Visitor } from './office.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const domain = 'office.example';
const quiet = 'quiet.example';
const place = `/domains/${domain}`;

const MARKUP = '<script>window.owned=true</script><img src=x onerror="window.owned=true">';
const TURNED = '\u202emoc.elpmaxe\u202c';

let folder: Scratch;
let office: Office;
let browser: Browser;

beforeAll(async () => {
  folder = scratch('record');
  await writeRecord(folder.path);
  // No name server answers here: what has to be asked cannot be found out.
  const probes = { rootServers: ['127.0.0.1'], dnsPort: await freePort() };
  office = await Office.open({ dataDir: folder.path, settings: { probes } });
  browser = await openBrowser();
  await office.domain(domain);
  await office.domain(quiet);
  await office.sendUntil('delivered', { to: [`office@${domain}`], from: 'arrived' });
  await office.client.contacts.put({
    ...{ domain: null, name: 'Ann Smith', role: 'managing director', phone: '+49 (0)30 1234' },
    note: 'Evenings only.\nDecides about money.',
  });
});

afterAll(async () => {
  await browser.close();
  await office[Symbol.asyncDispose]();
  folder[Symbol.dispose]();
});

/** A data folder in which things have happened: mail of a week, what checks found, and changes of two months. */
async function writeRecord(path: string): Promise<void> {
  const now = Date.now();
  const file = join(path, 'mailward.db');
  const db = await openDatabase(file);
  await found(db, now, 'server-greeting', 'greets', {
    ...{ banner: '220 mail.office.example ESMTP Postfix', name: 'mail.office.example' },
    ...{ software: null, features: [], size: 0 },
  });
  const parentNames = ['ada.ns.cloudflare.com', 'bob.ns.cloudflare.com'];
  await found(db, now, 'delegation', 'fine', { zone: domain, parentNames, servers: [] });
  await found(db, now, 'registration', 'fine', {
    ...{
      registered: domain,
      expiresAt: null,
      registrarExpiresAt: null,
      registrar: `Names ${MARKUP}${TURNED}`,
    },
    ...{ statuses: [], source: null },
  });
  const old = Array.from({ length: 30 }, (_, index) =>
    change(now - 60 * DAY + index * HOUR, 'serial', '', `${2_026_000 + index}`, `${2_026_001 + index}`),
  );
  await db.write('putJournal', [
    ...old,
    change(now - 12 * DAY, 'registrar', '', 'GoDaddy.com, LLC', 'Names Ltd'),
    change(now - 6 * DAY, 'name-servers', '', 'ns1.old.example', parentNames.join(', ')),
    change(
      now - 3 * DAY,
      'banner',
      '192.0.2.1',
      'mail.office.example',
      `${TURNED}${MARKUP}${'x'.repeat(5000)}`,
    ),
    change(now - 3 * DAY + HOUR, 'server-state', '', null, 'connection-failed at 192.0.2.1:25'),
    change(now - 3 * DAY + 2 * HOUR, 'server-state', '', 'connection-failed at 192.0.2.1:25', null),
    change(now - 5 * MINUTE, 'mx', '', '10 mail.office.example', '10 relay.mailward.example'),
  ]);
  await db.close();
  using log = new DatabaseSync(file);
  const message = log.prepare(
    `INSERT INTO message (id, received_at, sender, subject, size, client_address, helo, tls, body_8bit, smtputf8, reply, incoming, state)
     VALUES (?, ?, 'a@supplier.example', 'An offer', 1000, '192.0.2.9', 'mx.supplier.example', NULL, 0, 0, '{"code":250,"enhanced":"","text":"ok"}', '[]', ?)`,
  );
  const recipient = log.prepare(
    `INSERT INTO recipient (message_id, position, address, domain, state, size, queued_since, attempts)
     VALUES (?, 0, ?, ?, ?, 1000, ?, 1)`,
  );
  log.exec('BEGIN');
  for (let at = now - 7 * DAY; at < now - 20 * HOUR; at += (HOUR * (2 + Math.sin(at / DAY))) / 6) {
    const number = Math.floor(at / 1000) % 20;
    const state = number === 0 ? 'refused' : number < 5 ? 'rejected' : 'delivered';
    const id = firstIdAt(Math.floor(at));
    message.run(id, Math.floor(at), state);
    recipient.run(id, `office@${domain}`, domain, state, Math.floor(at));
  }
  log.exec('COMMIT');
}

function change(
  at: number,
  kind: JournalKind,
  subject: string,
  before: string | null,
  after: string | null,
): NewEntry {
  const by = actorSchema.parse({ who: 'world' });
  return { at, domain, kind, subject, before, after, by, source: 'check' };
}

async function found<Name extends CheckName, Code extends CodeOf<Name>>(
  db: Database,
  at: number,
  check: Name,
  code: Code,
  facts: FactsOf<Name, Code>,
): Promise<void> {
  const evidence = [{ asked: 'connect', of: 'mail.office.example (192.0.2.1)', at, answer: 'so' }];
  const finding = {
    ...{ check, code, subject: '192.0.2.1', state: 'ok' as const, severity: null, summary: 'So it is.' },
    ...{ evidence, facts: facts as never, at, tookMs: 1 },
  };
  await db.write('keepRun', { domain, check, at, endedAt: at, findings: [finding] });
}

const views: View[] = (['light', 'dark'] as const).flatMap((scheme) => [
  { scheme, width: 320 },
  { scheme, width: 640 },
  { scheme, width: 1280 },
]);

describe.each(views)('$scheme, $width px wide', (view) => {
  /** Nothing shuts anybody out, and nothing has to be scrolled sideways. */
  async function fits(visitor: Visitor, what: string): Promise<void> {
    const pictures = process.env['MAILWARD_PICTURES'];
    if (pictures) {
      const path = join(pictures, `record-${what}-${view.scheme}-${view.width}.png`);
      await visitor.page.screenshot({ path });
    }
    expect(await visitor.overflow(), what).toBe(0);
    expect(await visitor.barriers(), what).toEqual([]);
    expect(visitor.complaints, what).toEqual([]);
  }

  test('the record fits and shuts nobody out, its dialogs too', async () => {
    await using visitor = await Visitor.arrive(browser, office.service.ui, view);
    const { page } = visitor;
    await visitor.go(place);
    const record = visitor.the('region', 'What changed, and when');
    await record.getByText('MX records changed').waitFor();
    await visitor.the('region', 'Your server').getByText('Cloudflare', { exact: true }).waitFor();
    await visitor.the('region', 'People to turn to').getByText('Ann Smith').waitFor();
    if (process.env['MAILWARD_PICTURES']) await page.setViewportSize({ width: view.width, height: 3600 });
    await fits(visitor, 'all');
    await page.setViewportSize({ width: view.width, height: view.width === 640 ? 400 : 860 });
    await fits(visitor, 'top');

    await visitor.the('button', 'Edit what is said of your server').click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Registrar').click();
    await dialog.getByRole('textbox', { name: 'Customer number' }).waitFor();
    await fits(visitor, 'server-dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await dialog.waitFor({ state: 'detached' });

    await visitor.the('button', 'Add a person…').click();
    await dialog.getByRole('textbox', { name: 'Telephone' }).waitFor();
    await fits(visitor, 'person-dialog');
    await dialog.getByRole('button', { name: 'Cancel' }).click();

    await visitor.go(`/domains/${quiet}`);
    await visitor.the('region', 'What changed, and when').getByText('Domain added').waitFor();
    await fits(visitor, 'new');
  });
});

describe('on a domain’s own screen', () => {
  let visitor: Visitor;
  const region = (name: string) => visitor.the('region', name);
  const dialog = () => visitor.page.getByRole('dialog');
  const entries = () => region('What changed, and when').getByRole('listitem');
  const filled = (name: string, text: string) => dialog().getByRole('textbox', { name }).fill(text);

  beforeEach(async () => {
    visitor = await Visitor.arrive(browser, office.service.ui);
    await visitor.go(place);
    await region('What changed, and when').getByText('MX records changed').waitFor();
  });
  afterEach(async () => {
    expect(visitor.complaints).toEqual([]);
    await visitor[Symbol.asyncDispose]();
  });

  /** Picks from a list by what is shown. */
  async function choose(label: string, option: string): Promise<void> {
    await visitor.page.getByRole('combobox', { name: label }).click();
    await visitor.page.getByRole('option', { name: option, exact: true }).click();
  }

  test('a person whose address stops with the office’s mail is refused in the form, and one with a telephone is taken', async () => {
    const people = region('People to turn to');
    await people.getByRole('button', { name: 'Add a person…' }).click();
    await dialog().getByRole('button', { name: 'Add to the list' }).click();
    await dialog().getByText('a contact needs a name').waitFor();
    await filled('Name', 'Bob Jones');
    await filled('Mail address', `bob@${domain}`);
    await dialog().getByRole('button', { name: 'Add to the list' }).click();
    const refusal = dialog().getByRole('alert');
    await refusal.getByText(`bob@${domain} is in ${domain}, which Mailward protects`).waitFor();
    expect(await visitor.barriers()).toEqual([]);
    expect((await office.client.contacts.list({ domain })).map(({ name }) => name)).toEqual(['Ann Smith']);

    await filled('Mail address', '');
    await filled('Telephone', '030 5678 ext. 12');
    await dialog().getByRole('button', { name: 'Add to the list' }).click();
    const bob = people.getByRole('listitem').filter({ hasText: 'Bob Jones' });
    expect(await bob.getByRole('link', { name: '030 5678 ext. 12' }).getAttribute('href')).toBe(
      'tel:0305678',
    );
    await entries().filter({ hasText: 'Contact added: Bob Jones' }).getByText('In a browser').waitFor();

    await bob.getByRole('button', { name: 'Edit Bob Jones' }).click();
    await filled('What for', 'mail admin');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await bob.getByText('mail admin').waitFor();
    await bob.getByRole('button', { name: 'Remove Bob Jones' }).click();
    await dialog().getByText('this cannot be undone').waitFor();
    expect(await office.client.contacts.list({ domain })).toHaveLength(2);
    await dialog().getByRole('button', { name: 'Remove Bob Jones' }).click();
    await bob.waitFor({ state: 'detached' });
    expect(await office.client.contacts.list({ domain })).toHaveLength(1);
  });

  test('what could not be found out of an address is told, and what is wrong with it later stands beside it', async () => {
    const people = region('People to turn to');
    await people.getByRole('button', { name: 'Add a person…' }).click();
    await filled('Name', 'Carla Weber');
    await filled('Mail address', 'carla@later.example');
    await dialog().getByRole('button', { name: 'Add to the list' }).click();
    const told = visitor.page.getByText('could not be checked');
    await told.waitFor();
    const carla = people.getByRole('listitem').filter({ hasText: 'Carla Weber' });
    expect(await carla.getByRole('link').getAttribute('href')).toBe('mailto:carla%40later.example');
    await office.domain('later.example');
    await visitor.page.reload();
    await carla.getByText('carla@later.example is in later.example').waitFor();
    await carla.getByText('Will not work then').waitFor();
    await office.client.domains.remove({ name: 'later.example' });
  });

  test('what the admin says the server runs counts, and what it seems to be stays to be seen', async () => {
    const server = region('Your server');
    await server.getByText('Postfix as it seems from outside (likely)').waitFor();
    await server.getByText('Why it seems so').click();
    await server.getByRole('listitem').filter({ hasText: 'Postfix' }).waitFor();
    const support = server.getByRole('link', { name: 'Support pages of Cloudflare' });
    expect(await support.getAttribute('href')).toBe('https://support.cloudflare.com/');
    expect(await support.getAttribute('rel')).toContain('noopener');

    await server.getByRole('button', { name: /^Edit/ }).click();
    await choose('What the server runs', 'Exim');
    await choose('Who runs the server', 'A vendor runs it');
    await dialog().getByText('Server vendor').click();
    await filled('Company', 'Example IT');
    await filled('Mail address', `help@${domain}`);
    await filled('Web page', 'help.example.net');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog()
      .getByText(/expected a web address/)
      .waitFor();
    await filled('Web page', 'http://help.example.net/');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await dialog().getByRole('alert').getByText(`help@${domain} is in ${domain}`).waitFor();
    await filled('Mail address', '');
    await filled('Customer number', '4711');
    await dialog().getByRole('button', { name: 'Save' }).click();

    await server.getByText('Exim as you say').waitFor();
    await server.getByText('From outside it seems to be Postfix (likely)').waitFor();
    await server.getByText('A vendor runs it').waitFor();
    await server.getByText('Customer number 4711').waitFor();
    // The desktop app opens no page that is not encrypted: it is there to be read.
    await server.getByText('http://help.example.net/').waitFor();
    expect(await server.getByRole('link', { name: 'http://help.example.net/' }).count()).toBe(0);
    const [kept] = (await office.client.domains.list()).filter(({ name }) => name === domain);
    expect(kept?.profile).toMatchObject({ software: 'exim', hosting: 'hosted' });
    const entry = entries().filter({ hasText: 'Profile changed: server software' });
    await entry.getByText('Exim').waitFor();

    await server.getByRole('button', { name: /^Edit/ }).click();
    await choose('What the server runs', 'As it seems: Postfix');
    await dialog().getByRole('button', { name: 'Save' }).click();
    await server.getByText('Postfix as it seems from outside (likely)').waitFor();
  });

  test('a hold that is set here is in the time line at once, with who set it', async () => {
    // Without what would look again by itself some time later.
    await visitor.page.evaluate('window.setInterval = () => 0');
    await visitor.go('/nowhere');
    await visitor.page.getByText('There is no such page in Mailward.').waitFor();
    await visitor.go(place);
    await visitor.the('button', `Hold mail for ${domain}`).click();
    const hold = entries().filter({ hasText: 'Mail is on hold' });
    await hold.getByText('In a browser on this machine').waitFor();
    expect(await hold.getByText(/^\d\d:\d\d$/).getAttribute('title')).toMatch(/\d\d:\d\d:\d\d/);
    await visitor.the('button', `Deliver mail for ${domain} again`).click();
    await entries().filter({ hasText: 'Mail is delivered' }).waitFor();
  });

  test('the picture says when mail came and what changed, to those who hear it too', async () => {
    const sentence = region('What changed, and when').locator('figcaption');
    expect(await sentence.innerText()).toMatch(
      /^In the last 7 days \d+ messages came in, \d+ were delivered, \d+ were refused by your server or given up and \d+ were rejected on arrival\. \d+ changes are marked, the latest on /,
    );
    await visitor.page.getByText('24 hours').click();
    await until('the sentence is not of a day', async () =>
      /^In the last 24 hours \d+ messages? came in/.test(await sentence.innerText()),
    );
    await visitor.page.getByText('30 days').click();
    await entries().filter({ hasText: 'Registrar changed' }).waitFor();
  });

  test('changes are picked by where they come from, and older ones come when they are asked for', async () => {
    await choose('Which changes', 'DNS and registration');
    await until(
      'others are not gone',
      async () => (await entries().filter({ hasText: 'greets' }).count()) === 0,
    );
    await entries().filter({ hasText: 'Name servers changed' }).waitFor();
    const older = visitor.the('button', 'Show older changes');
    await older.click();
    await entries().filter({ hasText: 'Registrar changed' }).waitFor();
    await until('the end does not come', async () => {
      if (await older.isVisible()) await older.click();
      return visitor.page.getByText('Nothing older is in the journal.').isVisible();
    });
    expect(await entries().filter({ hasText: 'serial number' }).count()).toBe(30);
    await choose('Which changes', 'Your server');
    await entries().filter({ hasText: 'Your server does not answer' }).waitFor();
    await visitor.page.getByText('24 hours').click();
    await visitor.page
      .getByText('Nothing of this kind (Your server) changed in the last 24 hours.')
      .waitFor();
  });

  test('what strangers call themselves is text, however long, and turns nothing around it', async () => {
    const entry = entries().filter({ hasText: 'greets with another name' });
    expect((await entry.innerText()).length).toBeLessThan(600);
    await entry.getByRole('button', { name: 'Show all of it' }).click();
    expect(await entry.innerText()).toContain('x'.repeat(5000));
    expect(await entry.innerText()).toContain(`\u{fffd}moc.elpmaxe\u{fffd}${MARKUP}`);
    expect(await region('Your server').innerText()).toContain(MARKUP);
    expect(await visitor.page.locator('body').innerText()).not.toMatch(/[\u202a-\u202e\u2066-\u2069]/);
    expect(await visitor.page.evaluate<string>('typeof window.owned')).toBe('undefined');
    expect(await visitor.page.locator('main :is(script, img)').count()).toBe(0);
    expect(await visitor.overflow()).toBe(0);
    expect(await visitor.barriers()).toEqual([]);
  });
});

test('an empty list says what it is for', async () => {
  await using visitor = await Visitor.arrive(browser, office.service.ui);
  const [ann] = await office.client.contacts.list({ domain: quiet });
  if (ann !== undefined) await office.client.contacts.remove({ id: ann.id });
  await visitor.go(`/domains/${quiet}`);
  await visitor.page.getByText('On the day mail stops you need a phone number').waitFor();
  await visitor.page.getByText('Not known: neither checks nor the server’s replies tell.').waitFor();
  const sentence = visitor.the('region', 'What changed, and when').locator('figcaption');
  expect(await sentence.innerText()).toMatch(/^In the last 7 days no mail came\./);
});
