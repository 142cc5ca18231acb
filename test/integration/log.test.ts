// The message log on the command line: searched, narrowed down, and exported for other programs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { messageSummarySchema } from '../../shared/message.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

let sink: Sink;
let service: Service;

beforeAll(async () => {
  sink = await new Sink({
    temper: { rcpt: (to) => (to.startsWith('nobody@') ? '550 5.1.1 no such user here' : null) },
  }).start();
  service = await Service.start();
  await service.addDomain('example.com', sink.route);
  for (const [to, subject] of [
    [['office@example.com'], 'Offer for the roof'],
    [['nobody@example.com'], 'Invoice, overdue'],
    [['a@example.com', 'b@example.com', 'c@example.com', 'd@example.com'], '=1+1'],
  ] as const) {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', ...to);
    client.send(`Subject: ${subject}\r\n\r\nhello\r\n.\r\n`);
    await client.expect(250);
  }
  await until('the mail is not settled', async () => (await subjects('--state', 'queued')).length === 0);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await sink.stop();
});

async function subjects(...filter: string[]): Promise<string[]> {
  const rows = await service.json<unknown>('log', 'list', ...filter);
  return rows.map((row) => messageSummarySchema.parse(row).subject);
}

it('finds by words, domain, state, cause and time', async () => {
  expect(await subjects()).toEqual(['=1+1', 'Invoice, overdue', 'Offer for the roof']);
  expect(await subjects('--text', 'ROO')).toEqual(['Offer for the roof']);
  expect(await subjects('--text', 'no such user')).toEqual(['Invoice, overdue']);
  expect(await subjects('--cause', 'user-unknown')).toEqual(['Invoice, overdue']);
  expect(await subjects('--state', 'delivered', '--domain', 'example.com')).toEqual([
    '=1+1',
    'Offer for the roof',
  ]);
  expect(await subjects('--from', '2100-01-01')).toEqual([]);
  expect((await service.command('log', 'list', '--text', 'nowhere')).stdout).toContain('Nothing in the log');
});

it('says which state, cause and time it would take', async () => {
  for (const [option, value] of [
    ['--state', 'lost'],
    ['--cause', 'bad-luck'],
    ['--from', 'yesterday'],
  ] as const) {
    const refused = await service.command('log', 'list', option, value);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain(`"${value}" is not a`);
  }
});

it('exports CSV with every recipient, harmless in a spreadsheet, and JSON a line', async () => {
  const { stdout } = await service.command('log', 'export', '--csv');
  const lines = stdout.split('\r\n');
  expect(lines[0]).toMatch(/^id,received,state,/);
  expect(lines[1]).toContain("a@example.com b@example.com c@example.com d@example.com,'=1+1,");
  expect(lines[2]).toContain('"Invoice, overdue"');
  expect(lines).toHaveLength(5);

  const rows = await service.json<unknown>('log', 'export', '--text', 'roof');
  expect(rows.map((row) => messageSummarySchema.parse(row).subject)).toEqual(['Offer for the roof']);

  using folder = scratch('export');
  const file = join(folder.path, 'log.csv');
  expect((await service.command('log', 'export', '--output', file)).stdout).toContain('Wrote 3 messages');
  expect(readFileSync(file, 'utf8')).toBe(stdout);
  expect((await service.command('log', 'export', '--output', file)).status).toBe(1);
});
