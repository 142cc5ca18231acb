// Recipients, with a real Postfix as the office's server: whom it knows, whom it does not, and when it is not to be believed.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { mailward, Service } from '../lab/mailward.ts';
import { Postfix } from '../lab/postfix.ts';
import { scratch } from '../lab/scratch.ts';
import { until } from '../lab/wait.ts';

const known = ['ann@example.com', 'bob@example.com'];

async function rcpt(port: number, ...addresses: string[]): Promise<string[]> {
  await using client = await RawClient.greet(port);
  await client.command('MAIL FROM:<sender@example.org>', 250);
  const replies: string[] = [];
  for (const address of addresses) replies.push((await client.command(`RCPT TO:<${address}>`)).text);
  return replies;
}

async function send(port: number, to: string): Promise<void> {
  await using client = await RawClient.greet(port);
  await client.openData('sender@example.org', to);
  await client.command('Subject: x\r\n\r\nx\r\n.', 250);
}

describe('with Postfix as the office’s server', () => {
  it('asks it, refuses whom it does not know, however many, and leaves no mail behind', async () => {
    await using office = await Postfix.start({ mailboxes: known });
    await using service = await Service.start();
    await service.json('domain', 'add', 'example.com', '--route', office.route);
    // More errors than Postfix bears on one connection without slowing down (10) or hanging up (20).
    const guesses = Array.from({ length: 30 }, (_, n) => `guess${n}@example.com`);
    const began = office.log().length;
    const replies = await rcpt(service.smtpPort, 'ann@example.com', ...guesses, 'bob@example.com');
    expect(replies[0]).toMatch(/^250 /);
    expect(replies.at(-1)).toMatch(/^250 /);
    expect(replies.slice(1, -1)).toEqual(
      guesses.map((one) => `550 5.1.1 <${one}>: recipient unknown to example.com's server`),
    );
    const log = office.log().slice(began);
    expect(log).toContain('User unknown in virtual mailbox table');
    expect(log).not.toContain('too many errors');
    // Nothing but questions: no message was begun.
    expect(log).not.toMatch(/cleanup\[|qmgr\[\d+\]: [0-9A-F]+:/);
  });

  it('lists an address by its tenth refusal of a message, and asks it no more', async () => {
    await using office = await Postfix.start({ mailboxes: known });
    await using service = await Service.start({
      settings: { recipients: { ask: false }, delivery: { retrySeconds: [1] } },
    });
    await service.json('domain', 'add', 'example.com', '--route', office.route);
    for (let n = 0; n < 10; n++) {
      await send(service.smtpPort, 'gone@example.com');
      await send(service.smtpPort, 'ann@example.com');
    }
    await office.delivered('ann@example.com', 10);
    await until('the address to be listed', async () => {
      const rows = await service.json<{ address: string; state: string; failures: number }>(
        'recipients',
        'list',
      );
      return rows.some(
        (row) => row.address === 'gone@example.com' && row.state === 'listed' && row.failures === 10,
      );
    });
    const before = office.log().length;
    expect(await rcpt(service.smtpPort, 'gone@example.com', 'ann@example.com')).toEqual([
      '550 5.7.1 <gone@example.com>... too many failures for this recipient',
      expect.stringMatching(/^250 /),
    ]);
    expect(office.log().slice(before)).not.toContain('gone@example.com');
  });

  it('takes mail for everybody while it says that it is not home for the domain', async () => {
    await using office = await Postfix.start({ mailboxes: known, domains: ['other.example'] });
    await using service = await Service.start();
    await service.json('domain', 'add', 'example.com', '--route', office.route);
    const replies = await rcpt(service.smtpPort, 'ann@example.com', 'gone@example.com');
    expect(replies.every((text) => text.startsWith('250 '))).toBe(true);
    expect(await service.json('recipients', 'list')).toEqual([]);
  });

  it('takes mail while it asks everybody to come back later', async () => {
    await using office = await Postfix.start({
      mailboxes: known,
      settings: { smtpd_recipient_restrictions: 'defer' },
    });
    await using service = await Service.start();
    await service.json('domain', 'add', 'example.com', '--route', office.route);
    const replies = await rcpt(service.smtpPort, 'ann@example.com', 'gone@example.com');
    expect(replies.every((text) => text.startsWith('250 '))).toBe(true);
  });
});

describe('mailward recipients', () => {
  it('lists, allows, forgets, exports and imports, with and without an engine running', async () => {
    using folder = scratch('recipients');
    const data = join(folder.path, 'data');
    const run = (...args: string[]) => mailward(['--data', data, ...args]);
    expect((await run('domain', 'add', 'example.com', '--route', '127.0.0.1:9')).status).toBe(0);
    expect((await run('recipients', 'list')).stdout).toBe('No recipient is listed, failing or allowed.\n');
    const file = join(folder.path, 'in.csv');
    writeFileSync(file, 'address,state\ngone@example.com,listed\nboss@example.com,allowed\n');
    expect((await run('recipients', 'import', file)).stdout).toBe('1 listed, 1 allowed.\n');
    expect((await run('recipients', 'list', '--state', 'listed')).stdout).toMatch(
      /^ADDRESS .*\ngone@example\.com +listed/,
    );
    expect(await run('recipients', 'allow', 'x@elsewhere.example')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('elsewhere.example is not a domain that Mailward protects') as string,
    });
    expect(await run('recipients', 'list', '--state', 'odd')).toMatchObject({ status: 2 });
    const out = join(folder.path, 'out.csv');
    expect((await run('recipients', 'export', '--output', out)).stdout).toContain('(2 addresses)');
    expect(readFileSync(out, 'utf8')).toMatch(
      /^address,state,.*\r\nboss@example\.com,allowed,.*\r\ngone@example\.com,listed,/,
    );
    expect((await run('recipients', 'forget', 'gone@example.com')).stdout).toBe('1 address forgotten.\n');
    expect((await run('recipients', 'forget', 'gone@example.com')).status).toBe(1);
    await using service = await Service.start({ dataDir: data });
    expect(await service.json('recipients', 'list')).toMatchObject([
      { address: 'boss@example.com', state: 'allowed' },
    ]);
  });
});
