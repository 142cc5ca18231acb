// What is kept of a domain, on its own screen: its server, the people to turn to, and what changed beside its mail.
import { join } from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { CheckName, CodeOf, FactsOf } from '../../shared/facts/index.ts';
import { actorSchema, type JournalKind } from '../../shared/journal.ts';
import { openDatabase, type Database } from '../../src-main/storage/database.ts';
import { firstIdAt } from '../../src-main/storage/ids.ts';
import type { NewEntry } from '../../src-main/storage/operations/journal.ts';
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
  office = await Office.open(folder.path);
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
