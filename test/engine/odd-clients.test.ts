// What the world sends though no RFC allows it, and what it may not send: taken where it is harmless, from whom it is harmless.
import { describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Sink } from '../lab/sink.ts';
import { EngineUnderTest } from './engine-under-test.ts';

async function office(settings: Record<string, unknown> = {}, without: string[] = []) {
  const sink = await new Sink({ temper: { without } }).start();
  const mailward = await EngineUnderTest.start();
  const { engine } = mailward;
  const { smtp } = engine.settings.get();
  engine.settings.set({ ...engine.settings.get(), smtp: { ...smtp, ...settings } });
  await mailward.protect('example.com', sink.port);
  await engine.close();
  await mailward.open();
  return {
    sink,
    mailward,
    client: () => RawClient.greet(mailward.engine.smtp?.port ?? 0),
    async [Symbol.asyncDispose]() {
      await mailward[Symbol.asyncDispose]();
      await sink.stop();
    },
  };
}

async function deliver(client: RawClient, sender: string, recipient: string): Promise<string> {
  await client.command(`MAIL FROM:<${sender}>`, 250);
  await client.command(`RCPT TO:<${recipient}>`, 250);
  await client.command('DATA', 354);
  const { text } = await client.command('Subject: test\r\n\r\nHello.\r\n.', 250);
  return /id (\w+)/.exec(text)?.[1] ?? '';
}

describe('addresses', () => {
  it('of providers who allow dots anywhere come in, and go on in quotes', async () => {
    await using at = await office();
    await using client = await at.client();
    for (const sender of ['foo..bar@docomo.example', 'foo.@docomo.example', '.foo@docomo.example']) {
      const id = await deliver(client, sender, 'bob@example.com');
      await at.mailward.reaches(id, 'delivered');
      expect(at.sink.arrivals.at(-1)?.sender).toBe(`"${sender.split('@')[0] ?? ''}"@docomo.example`);
    }
  });

  it('of helpdesks and forwarders are longer than 64 octets before the @', async () => {
    await using at = await office();
    await using client = await at.client();
    const recipient = `reply+${'a1b2'.repeat(21)}@example.com`;
    const sender = `SRS0=${'x'.repeat(120)}=tt=sender.example=bounce@forwarder.example`;
    await at.mailward.reaches(await deliver(client, sender, recipient), 'delivered');
    expect(at.sink.arrivals.at(-1)).toMatchObject({ sender, recipients: [recipient] });
  });

  it('postmaster of our own address is ours', async () => {
    await using at = await office();
    await using client = await at.client();
    const id = await deliver(client, 'ann@example.org', 'Postmaster@[127.0.0.1]');
    await at.mailward.reaches(id, 'delivered');
    expect(at.sink.arrivals.at(-1)?.recipients).toEqual(['postmaster@example.com']);
    await client.command('MAIL FROM:<ann@example.org>', 250);
    await client.command('RCPT TO:<postmaster@[192.0.2.1]>', 550);
    await client.command('RCPT TO:<bob@[127.0.0.1]>', 550);
  });
});

describe('mail beyond ASCII for a server that does not take it', () => {
  it('is refused before it is taken, as soon as that is known', async () => {
    await using at = await office({}, ['SMTPUTF8']);
    {
      await using before = await at.client();
      await at.mailward.reaches(await deliver(before, 'ann@example.org', 'bob@example.com'), 'delivered');
    }
    await using client = await RawClient.open(at.mailward.engine.smtp?.port ?? 0);
    await client.expect(220);
    const { lines } = await client.command('EHLO client.example', 250);
    expect(lines).not.toContain('SMTPUTF8');
    const utf8 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');
    await client.command(utf8('MAIL FROM:<änne@example.org> SMTPUTF8'), 250);
    expect((await client.command('RCPT TO:<bob@example.com>', 550)).text).toContain('5.6.7');
    await client.command('RSET', 250);
    await client.command('MAIL FROM:<ann@example.org> SMTPUTF8', 250);
    expect((await client.command(utf8('RCPT TO:<jürgen@example.com>'), 550)).text).toContain('5.6.7');
    await client.command('RCPT TO:<bob@example.com>', 250);
    await client.command('DATA', 354);
    const refused = await client.command(utf8('Subject: grüße\r\n\r\nHello.\r\n.'), 550);
    expect(refused.text).toContain('5.6.7');
    // A client that says SMTPUTF8 and needs it not is welcome.
    await client.command('MAIL FROM:<ann@example.org> SMTPUTF8', 250);
    await client.command('RCPT TO:<bob@example.com>', 250);
    await client.command('DATA', 354);
    await client.command(utf8('Subject: x\r\n\r\ngrüße\r\n.'), 250);
  });

  it('is offered where the server takes it', async () => {
    await using at = await office();
    {
      await using before = await at.client();
      await at.mailward.reaches(await deliver(before, 'ann@example.org', 'bob@example.com'), 'delivered');
    }
    await using client = await RawClient.open(at.mailward.engine.smtp?.port ?? 0);
    await client.expect(220);
    expect((await client.command('EHLO client.example', 250)).lines).toContain('SMTPUTF8');
  });
});

describe('a device that ends lines with LF and leaves the brackets out', () => {
  const talk = ['MAIL FROM: ups@example.com SIZE=100', 'RCPT TO: bob@example.com', 'DATA'];

  it('is understood when it is one of our own', async () => {
    await using at = await office({ oldDevices: ['127.0.0.0/8'] });
    await using client = await RawClient.open(at.mailward.engine.smtp?.port ?? 0);
    await client.expect(220);
    client.send('EHLO ups\n');
    await client.expect(250);
    for (const [index, line] of talk.entries()) {
      client.send(`${line}\n`);
      await client.expect(index < 2 ? 250 : 354);
    }
    client.send('Subject: battery low\n\n..dots\nbye\n.\n');
    const { text } = await client.expect(250);
    await at.mailward.reaches(/id (\w+)/.exec(text)?.[1] ?? '', 'delivered');
    const arrival = at.sink.arrivals.at(-1);
    expect(arrival?.sender).toBe('ups@example.com');
    expect(arrival?.content.toString('latin1')).toMatch(/Subject: battery low\r\n\r\n\.dots\r\nbye\r\n$/);
  });

  it('is not, when it is anybody', async () => {
    await using at = await office({ oldDevices: ['192.0.2.0/24'] });
    await using client = await RawClient.open(at.mailward.engine.smtp?.port ?? 0);
    await client.expect(220);
    client.send('EHLO ups\n');
    await client.expect(500);
    await client.command('EHLO ups', 250);
    await client.command(talk[0] ?? '', 501);
    await client.command('MAIL FROM:<ups@example.com>', 250);
    await client.command('RCPT TO:<bob@example.com>', 250);
    await client.command('DATA', 354);
    expect((await client.command('Subject: a\n\nb\r\n.', 550)).text).toContain('5.6.0');
  });
});
