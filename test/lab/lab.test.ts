// The lab's own servers and client, tried on one another: a fault here must not be taken for one of Mailward's.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { RawClient } from './client.ts';
import { hasPostfix, hasSmtpSource, needProgram } from './packages.ts';
import { Postfix } from './postfix.ts';
import { Sink, copyKey, idHeader } from './sink.ts';

const run = promisify(execFile);

describe('the recording server', () => {
  it('keeps a message as it was meant: dots unstuffed, octets untouched', async () => {
    await using sink = await new Sink().start();
    await using client = await RawClient.greet(sink.port);
    await client.openData('a@example.net', 'b@example.com');
    client.send(`${idHeader}: 7\r\n\r\n..leading dot\r\n\xe9\xff\r\n.\r\n`);
    await client.expect(250);
    await client.openData('', 'b@example.com');
    client.send('.\r\n');
    await client.expect(250);
    expect(sink.arrivals.map(({ content }) => content.toString('latin1'))).toEqual([
      `${idHeader}: 7\r\n\r\n.leading dot\r\n\xe9\xff\r\n`,
      '',
    ]);
    expect([...sink.copies]).toEqual([[copyKey(7, 'b@example.com'), 1]]);
  });

  it('counts an id that comes again as a duplicate', async () => {
    await using sink = await new Sink({ keep: false }).start();
    await using client = await RawClient.greet(sink.port);
    for (const id of [1, 2, 1, 1]) {
      await client.openData('a@example.net', 'b@example.com');
      client.send(`${idHeader}: ${id}\r\n\r\nhello\r\n.\r\n`);
      await client.expect(250);
    }
    expect(sink.duplicates).toBe(2);
    expect(sink.taken).toBe(4);
  });

  it.skipIf(!hasSmtpSource)('takes a load from smtp-source and loses none of it', async () => {
    await using sink = await new Sink({ keep: false }).start();
    await run(needProgram('smtp-source'), [
      ...['-s', '50', '-m', '500', '-l', '4096', '-f', 'a@example.net', '-t', 'b@example.com'],
      `127.0.0.1:${sink.port}`,
    ]);
    expect(sink.taken).toBe(500);
  });
});

describe.skipIf(!hasPostfix)('the office’s Postfix', () => {
  it('takes mail for its domain into a mailbox, refuses to relay, and can be stopped and started', async () => {
    await using postfix = await Postfix.start({ domains: ['example.com'] });
    {
      await using client = await RawClient.greet(postfix.port);
      await client.command('MAIL FROM:<a@example.net>', 250);
      expect((await client.command('RCPT TO:<x@elsewhere.example>')).code).toBe(554);
      await client.command('RCPT TO:<b@example.com>', 250);
      await client.command('DATA', 354);
      client.send('Subject: one\r\n\r\nsolo\r\n.\r\n');
      await client.expect(250);
    }
    const [message] = await postfix.delivered('b@example.com');
    expect(message?.toString()).toMatch(/Received: from client\.example[^]*\nSubject: one\n\nsolo\n$/);

    await postfix.stop();
    await expect(RawClient.open(postfix.port)).rejects.toThrow('ECONNREFUSED');
    await postfix.start();
    await using again = await RawClient.greet(postfix.port);
    await again.command('QUIT', 221);
  });

  it('can be misconfigured, and two can run at once', async () => {
    await using one = await Postfix.start({ mailboxes: ['boss@example.com'] });
    await using other = await Postfix.start({ host: '127.7.0.1', domains: ['example.org'] });
    await using toOne = await RawClient.greet(one.port);
    await toOne.command('MAIL FROM:<a@example.net>', 250);
    expect((await toOne.command('RCPT TO:<nobody@example.com>')).text).toMatch(/^550 5\.1\.1 .*User unknown/);
    await toOne.command('RCPT TO:<boss@example.com>', 250);
    await other.reconfigure({ message_size_limit: '2000' });
    await using toOther = await RawClient.greet(other.port, other.host);
    expect((await toOther.command('MAIL FROM:<a@example.net> SIZE=3000')).code).toBe(552);
  });
});
