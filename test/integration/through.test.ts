// Mail's whole way with real programs at both ends: swaks and smtp-source, Mailward, Postfix.
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messageDetailSchema, messageSummarySchema } from '../../shared/message.ts';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { hasPostfix, hasSmtpSource, hasSwaks, needProgram } from '../lab/packages.ts';
import { Postfix } from '../lab/postfix.ts';
import { scratch } from '../lab/scratch.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { onTheWire, samples, withoutTrace } from './messages.ts';

const run = promisify(execFile);

async function swaks(port: number, to: string, content: string): Promise<void> {
  using folder = scratch('swaks');
  const file = join(folder.path, 'message');
  writeFileSync(file, onTheWire(content));
  await run(needProgram('swaks'), [
    ...['--server', '127.0.0.1', '--port', String(port), '--helo', 'client.example', '--hide-all'],
    ...['--from', 'anna@example.net', '--to', to, '--no-data-fixup', '--data', `@${file}`],
  ]);
}

describe.skipIf(!hasPostfix || !hasSwaks)('from swaks through Mailward to the office’s Postfix', () => {
  let postfix: Postfix;
  let service: Service;

  beforeAll(async () => {
    postfix = await Postfix.start({ domains: ['example.com'] });
    service = await Service.start();
    await service.addDomain('example.com', postfix.route);
  });
  afterAll(async () => {
    await service[Symbol.asyncDispose]();
    await postfix[Symbol.asyncDispose]();
  });

  it.each(samples.map((sample, index) => ({ ...sample, to: `box${index}@example.com` })))(
    'keeps $name byte for byte',
    async ({ content, to }) => {
      await swaks(service.smtpPort, to, content);
      const [stored] = await postfix.delivered(to);
      const { received, content: arrived } = withoutTrace(stored!, 2);
      expect(arrived).toBe(content);
      // RFC 5321 §4.4: who it came from, who took it, when.
      expect(received[1]).toMatch(
        /^Received: from client\.example \([^)]*127\.0\.0\.1[^)]*\)\s+by \S+[^]*;\s+\w{3}, /,
      );
    },
  );

  it('shows each message in the log, with both transcripts and the words of the office’s server', async () => {
    await swaks(service.smtpPort, 'seen@example.com', 'Subject: to be seen\r\n\r\nhello\r\n');
    await postfix.delivered('seen@example.com');
    const { client, close } = await service.client();
    const row = await until('the message is not shown as delivered', async () => {
      const { rows } = await client.messages.list({ text: 'to be seen' });
      return rows.find(({ state }) => state === 'delivered') ?? null;
    });
    close();
    const [found] = await service.json<unknown>('queue', 'show', row.id);
    const detail = messageDetailSchema.parse(found);
    expect(detail.incoming.some(({ from, text }) => from === 'client' && text.startsWith('MAIL FROM'))).toBe(
      true,
    );
    expect(detail.attemptList).toHaveLength(1);
    expect(detail.attemptList[0]?.transcript.some(({ text }) => text.includes('queued as'))).toBe(true);
    expect(detail.attemptList[0]?.results[0]?.reply).toMatchObject({ code: 250, enhanced: '2.0.0' });
  });
});

describe.skipIf(!hasPostfix || !hasSwaks)('with the office’s Postfix down', () => {
  it('takes the mail, keeps it over a restart, and delivers it when the server is back', async () => {
    await using postfix = await Postfix.prepare({ domains: ['example.com'] });
    await using service = await Service.start();
    await service.addDomain('example.com', postfix.route);
    const chosen = samples.slice(0, 5);
    for (const [index, { content }] of chosen.entries()) {
      await swaks(service.smtpPort, `late${index}@example.com`, content);
    }
    // One attempt tells that the server is down; the rest of its mail waits without trying.
    await until('no attempt has failed', async () => {
      const rows = (await service.json<unknown>('queue', 'list')).map((row) =>
        messageSummarySchema.parse(row),
      );
      expect(rows.map(({ state }) => state)).toEqual(chosen.map(() => 'queued'));
      return rows.some(({ attempts, cause }) => attempts > 0 && cause === 'connection-failed');
    });
    expect(await service.stop('SIGINT')).toBe(0);
    await service.start();
    await postfix.start();
    for (const [index, { content }] of chosen.entries()) {
      const [stored, ...more] = await postfix.delivered(`late${index}@example.com`);
      expect(withoutTrace(stored!, 2).content).toBe(content);
      expect(more).toEqual([]);
    }
    await until(
      'the queue does not get empty',
      async () => (await service.json('queue', 'list')).length === 0,
    );
  });
});

describe.skipIf(!hasPostfix || !hasSmtpSource)('a load from smtp-source', () => {
  it('arrives at the office’s Postfix whole, each message once', async () => {
    await using postfix = await Postfix.start({ domains: ['example.com'] });
    await using service = await Service.start();
    await using direct = await new Sink().start();
    await service.addDomain('example.com', postfix.route);
    const load = ['-f', 'anna@example.net', '-t', 'load@example.com', '-l', '4096'];
    await run(needProgram('smtp-source'), [...load, '-m', '1', direct.route]);
    await run(needProgram('smtp-source'), [
      ...load,
      '-m',
      '200',
      '-s',
      '20',
      `127.0.0.1:${service.smtpPort}`,
    ]);
    const stored = await postfix.delivered('load@example.com', 200);
    const sent = afterHeader(direct.arrivals[0]!.content.toString('latin1'));
    for (const message of stored) expect(afterHeader(withoutTrace(message, 2).content)).toBe(sent);
    const ids = stored.map((message) => /^Message-Id: .*$/im.exec(message.toString('latin1'))?.[0]);
    expect(new Set(ids).size).toBe(200);
    expect(stored).toHaveLength(200);
  });
});

describe('several recipients of one message', () => {
  it('each get what their own server decides: taken, put off, refused', async () => {
    let isBusy = true;
    await using sink = await new Sink({
      temper: {
        rcpt: (recipient) => {
          if (recipient.startsWith('gone')) return '550 5.1.1 no such user here';
          return recipient.startsWith('busy') && isBusy ? '451 4.3.2 try again later' : null;
        },
      },
    }).start();
    await using service = await Service.start();
    await service.addDomain('example.com', sink.route);
    await service.addDomain('example.org', sink.route);
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData(
      'anna@example.net',
      'ok@example.com',
      'gone@example.com',
      'busy@example.com',
      'ok@example.org',
    );
    client.send('Subject: four\r\n\r\nhello\r\n.\r\n');
    await client.expect(250);
    const detail = await until('the refusals are not in the log', async () => {
      const [row] = await service.json<{ id: string }>('queue', 'list');
      if (row === undefined) return null;
      const found = messageDetailSchema.parse((await service.json<unknown>('queue', 'show', row.id))[0]);
      const states = found.allRecipients.map(({ address, state }) => `${address} ${state}`);
      const wanted = [
        'ok@example.com delivered',
        'gone@example.com refused',
        'busy@example.com queued',
        'ok@example.org delivered',
      ];
      return wanted.every((each) => states.includes(each)) && found;
    });
    const refused = detail.allRecipients.find(({ address }) => address === 'gone@example.com');
    expect(refused).toMatchObject({ cause: 'user-unknown', lastReply: { code: 550, enhanced: '5.1.1' } });
    isBusy = false;
    await until('busy@example.com gets nothing', () =>
      sink.arrivals.some(({ recipients }) => recipients.includes('busy@example.com')),
    );
    const all = sink.arrivals.flatMap(({ recipients }) => recipients).sort();
    expect(all).toEqual(['busy@example.com', 'ok@example.com', 'ok@example.org']);
  });
});

function afterHeader(content: string): string {
  return content.slice(content.indexOf('\r\n\r\n'));
}
