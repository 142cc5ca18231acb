// A machine that does not play along: taken ports, bad folders, broken settings, a full disk, sudden ends.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Service, mailward } from '../lab/mailward.ts';
import type { Finished } from '../lab/mailward.ts';
import { isListening } from '../lab/ports.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { mountSmallDisk } from '../lab/small-disk.ts';
import { until } from '../lab/wait.ts';

/** `serve` gave up at once, with one line for the user and no stack trace. */
function expectOneLine(result: Finished, words: RegExp): void {
  const lines = result.stderr.trimEnd().split('\n');
  expect(lines, result.stderr).toHaveLength(1);
  expect(lines[0]).toMatch(words);
  expect(result.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(result.stdout).toBe('');
  expect([1, 2, 3]).toContain(result.status);
}

function serve(dataDir: string, ...more: string[]): Promise<Finished> {
  return mailward(['serve', '--data', dataDir, '--smtp', '127.0.0.1:0', '--listen', '127.0.0.1:0', ...more]);
}

describe('serve says in one line what is wrong', () => {
  it('when the SMTP port is taken', async () => {
    using folder = scratch('taken');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const result = await mailward([
        'serve',
        '--data',
        join(folder.path, 'd'),
        '--smtp',
        `127.0.0.1:${port}`,
        '--listen',
        '127.0.0.1:0',
      ]);
      expectOneLine(result, new RegExp(`127\\.0\\.0\\.1:${port}.*(in use|taken)`, 'i'));
    } finally {
      other.close();
    }
  });

  it('when the port of the user interface is taken', async () => {
    using folder = scratch('taken');
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    try {
      const result = await mailward([
        'serve',
        '--data',
        join(folder.path, 'd'),
        '--smtp',
        '127.0.0.1:0',
        '--listen',
        `127.0.0.1:${port}`,
      ]);
      expectOneLine(result, new RegExp(`127\\.0\\.0\\.1:${port}.*(in use|taken)`, 'i'));
    } finally {
      other.close();
    }
  });

  it('when the data folder cannot be written', async () => {
    using folder = scratch('unwritable');
    const file = join(folder.path, 'file');
    writeFileSync(file, '');
    expectOneLine(await serve(join(file, 'data')), /file\/data/);
    // The kernel's own folder takes no files from anybody, root included.
    expectOneLine(await serve('/sys/mailward'), /\/sys\/mailward/);
  });

  it('when another Mailward has the data folder', async () => {
    await using service = await Service.start();
    expectOneLine(await serve(service.dataDir), new RegExp(`${service.dataDir}.*`));
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('QUIT', 221);
  });

  it.each([
    ['a key’s value is wrong', '{"smtp":{"port":"abc"}}', /smtp\.port/],
    ['a number is out of range', '{"delivery":{"concurrency":0}}', /delivery\.concurrency/],
    ['it is not JSON', '{"smtp":', /settings\.json/],
  ])('when in the settings %s, and leaves the file alone', async (_, text, words) => {
    using folder = scratch('settings');
    const file = join(folder.path, 'settings.json');
    writeFileSync(file, text);
    expectOneLine(await serve(folder.path), words);
    expect(readFileSync(file, 'utf8')).toBe(text);
  });

  it.each([
    ['an unknown option', ['--frob']],
    ['a bad address', ['--smtp', 'nonsense:port']],
  ])('on %s: wrong usage, exit status 2', async (_, args) => {
    using folder = scratch('usage');
    const result = await serve(join(folder.path, 'd'), ...args);
    expect(result.status).toBe(2);
    expect(result.stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });
});

describe('stop and start', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    '%s stops it cleanly: exit status 0, the port is free',
    async (signal) => {
      await using service = await Service.start();
      const port = service.smtpPort;
      await using client = await RawClient.greet(port);
      expect(await service.stop(signal)).toBe(0);
      await client.ended;
      expect(await isListening('127.0.0.1', port)).toBe(false);
    },
  );

  it('a message being received when it stops is either answered 250 and delivered, or not answered', async () => {
    await using sink = await new Sink().start();
    await using service = await Service.start();
    await service.addDomain('example.com', sink.route);
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send('Subject: caught in the middle\r\n\r\nhello\r\n');
    const stopped = service.stop();
    client.send('.\r\n');
    const code = await client.reply().then(
      (reply) => reply.code,
      () => 0,
    );
    expect(await stopped).toBe(0);
    await service.start();
    if (code === 250) await until('it was answered 250 and is lost', () => sink.arrivals.length === 1);
  });

  it('what waits when it is killed is delivered after the next start', async () => {
    await using sink = await new Sink().start();
    await sink.stop();
    await using service = await Service.start();
    await service.addDomain('example.com', sink.route);
    await using client = await RawClient.greet(service.smtpPort);
    for (let i = 0; i < 20; i += 1) {
      await client.openData('anna@example.net', `u${i}@example.com`);
      client.send(`Subject: ${i}\r\n\r\nhello\r\n.\r\n`);
      await client.expect(250);
    }
    await service.kill();
    await service.start();
    await sink.start();
    await until(
      () => `${sink.arrivals.length} of 20 have arrived`,
      () => sink.arrivals.length === 20,
    );
  });
});

describe('a full disk', () => {
  it('is told to the sender (452 4.3.1), nothing is half stored, and mail flows again when there is room', async (context) => {
    const megabyte = 1024 * 1024;
    using disk = mountSmallDisk(160 * megabyte);
    if (disk === null) {
      context.skip('this user may not mount a small disk');
      return;
    }
    await using sink = await new Sink().start();
    await using service = await Service.start({ dataDir: join(disk.path, 'data') });
    await service.addDomain('example.com', sink.route);
    await service.command('domain', 'mode', 'example.com', 'hold');
    const accepted: string[] = [];

    await using client = await RawClient.greet(service.smtpPort);
    for (let i = 0; i < 5; i += 1) {
      await client.openData('anna@example.net', 'office@example.com');
      client.send(`Subject: number ${i}\r\n\r\n${randomLines(megabyte)}.\r\n`);
      await client.expect(250);
      accepted.push(`Subject: number ${i}`);
    }
    // The disk gets full under a message that was let in.
    await client.openData('anna@example.net', 'office@example.com');
    disk.fill();
    client.send(`Subject: one too many\r\n\r\n${randomLines(4 * megabyte)}.\r\n`);
    expect((await client.reply()).text).toMatch(/^452 4\.3\.1 /);
    // And the next is not even let in.
    expect(await firstRefusal(service.smtpPort)).toMatch(/^452 4\.3\.1 /);

    await disk.free();
    await until(
      'it has room and does not take mail',
      async () => (await firstRefusal(service.smtpPort)) === null,
    );
    accepted.push('Subject: room again');
    const held = await service.json<{ state: string }>('queue', 'list');
    expect(held.map(({ state }) => state)).toEqual(accepted.map(() => 'held'));
    await service.command('domain', 'mode', 'example.com', 'deliver');
    await until(
      () => `${sink.arrivals.length} of ${accepted.length} have arrived`,
      () => sink.arrivals.length >= accepted.length,
    );
    const arrived = sink.arrivals.map(({ content }) =>
      /^Subject: .*$/m.exec(content.toString('latin1'))?.[0].trim(),
    );
    expect(arrived.sort()).toEqual(accepted.sort());
  });
});

/** Sends a small message; returns the first reply that is a refusal, at MAIL or after; null when it was taken. */
async function firstRefusal(port: number): Promise<string | null> {
  await using client = await RawClient.greet(port);
  for (const line of ['MAIL FROM:<anna@example.net>', 'RCPT TO:<office@example.com>', 'DATA']) {
    const reply = await client.command(line);
    if (reply.code >= 400) return reply.text;
  }
  client.send('Subject: room again\r\n\r\nhello\r\n.\r\n');
  const reply = await client.reply();
  return reply.code === 250 ? null : reply.text;
}

/** Text that no file system and no database can squeeze. */
function randomLines(octets: number): string {
  const bytes = new Uint8Array(Math.ceil((octets * 3) / 4));
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return Buffer.from(bytes)
    .toString('base64')
    .replace(/.{1,76}/g, '$&\r\n');
}
