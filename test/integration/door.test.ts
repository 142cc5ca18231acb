// At the door: who may come in, and what happens to those who speak badly. Raw octets, exact replies (RFC 5321).
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { withoutReceived } from './messages.ts';

let sink: Sink;
let service: Service;

beforeAll(async () => {
  sink = await new Sink().start();
  service = await Service.start({
    settings: { smtp: { maxMessageBytes: 65_536, idleSeconds: 2, maxRecipients: 100 } },
  });
  await service.addDomain('example.com', sink.route);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});
beforeEach(() => sink.arrivals.splice(0));

/** Sends an honest message and waits for it: whatever came before must have been dealt with. */
async function honestMail(marker: string): Promise<void> {
  await using client = await RawClient.greet(service.smtpPort);
  await client.openData('anna@example.net', 'office@example.com');
  client.send(`Subject: ${marker}\r\n\r\nhonest\r\n.\r\n`);
  await client.expect(250);
  await until(`the honest message ${marker} does not arrive`, () =>
    sink.arrivals.some(({ content }) => content.includes(`Subject: ${marker}`)),
  );
}

describe('never an open relay', () => {
  it.each([
    'victim@elsewhere.example',
    'victim@sub.example.com',
    'victim@example.com.evil.example',
    'victim@notexample.com',
    'victim@[127.0.0.1]',
    'victim@[192.0.2.1]',
    'victim@com',
  ])('refuses %s: 550 5.7.1 relay access denied', async (address) => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('MAIL FROM:<anna@example.net>', 250);
    const reply = await client.command(`RCPT TO:<${address}>`);
    expect(reply.text).toMatch(/^550 5\.7\.1 .*relay access denied/i);
    expect((await client.command('DATA')).code).toBeGreaterThanOrEqual(500);
  });

  it.each([
    '@example.com:victim@elsewhere.example',
    'victim@elsewhere.example@example.com',
    'victim@example.com@elsewhere.example',
    'victim@elsewhere.example,office@example.com',
    'victim@elsewhere.example> <office@example.com',
    'victim@elsewhere.example\0@example.com',
  ])('sends nothing elsewhere for %j', async (address) => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('MAIL FROM:<anna@example.net>', 250);
    expect((await client.command(`RCPT TO:<${address}>`)).code).toBeGreaterThanOrEqual(500);
  });

  it('takes the domain in any case, from any sender, the null sender included', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    for (const from of ['anna@example.net', '', 'me@example.com', "o'neil+tag@sub.example.net"]) {
      await client.openData(from, 'Office@EXAMPLE.Com');
      client.send(`Subject: from ${from}\r\n\r\nhi\r\n.\r\n`);
      await client.expect(250);
    }
    await until('the four messages do not arrive', () => sink.arrivals.length === 4);
    // The local part is the office's business and keeps its case (RFC 5321 §2.4).
    for (const { recipients } of sink.arrivals) expect(recipients[0]).toMatch(/^Office@example\.com$/i);
    expect(sink.arrivals.map(({ sender }) => sender).sort()).toEqual(
      ['', 'anna@example.net', 'me@example.com', "o'neil+tag@sub.example.net"].sort(),
    );
  });
});

describe('the end of data is CRLF.CRLF alone', () => {
  /** Every way in which some server somewhere has taken something else for the end of data. */
  const notTheEnd = [
    '\n.\n',
    '\r\n.\n',
    '\n.\r\n',
    '\r.\r',
    '\r\n.\r',
    '\r.\r\n',
    '\n.\r',
    '\r.\n',
    '\r\n.\r\r\n',
    '\r\n.\0\r\n',
    '\r\n\0.\r\n',
  ];
  const smuggled =
    'MAIL FROM:<boss@example.net>\r\nRCPT TO:<office@example.com>\r\nDATA\r\nSubject: smuggled\r\n\r\nevil';

  it.each(notTheEnd.map((sequence) => ({ shown: JSON.stringify(sequence), sequence })))(
    '$shown starts no second message',
    async ({ sequence, shown }) => {
      await using client = await RawClient.greet(service.smtpPort);
      await client.openData('anna@example.net', 'office@example.com');
      client.send(`Subject: carrier\r\n\r\nfirst${sequence}${smuggled}\r\n.\r\n`);
      const reply = await client.reply();
      // One message, one reply: the next reply on the line is NOOP's.
      await client.command('NOOP', 250);
      if (/(^|[^\r])\n|\r(?!\n)/.test(sequence)) {
        expect(reply.text).toMatch(/^550 5\.6\.0 /);
      }
      await honestMail(`after ${shown}`);
      for (const { content } of sink.arrivals) {
        expect(content.toString('latin1')).not.toMatch(/(^|[^\r])\n|\r(?!\n)/);
        expect(content.toString('latin1')).not.toMatch(/^Subject: smuggled/);
      }
      expect(sink.arrivals.filter(({ sender }) => sender === 'boss@example.net')).toEqual([]);
    },
  );

  it.each(['a bare LF\nhere', 'a bare CR\rhere', 'CR CR LF\r\r\nhere', 'at the end\n', 'at the end\r'])(
    'refuses %j inside a message: 550 5.6.0, and nothing is stored',
    async (text) => {
      await using client = await RawClient.greet(service.smtpPort);
      await client.openData('anna@example.net', 'office@example.com');
      client.send(`Subject: bare\r\n\r\n${text}\r\n.\r\n`);
      expect((await client.reply()).text).toMatch(/^550 5\.6\.0 /);
      await honestMail('after a bare one');
      expect(sink.arrivals).toHaveLength(1);
    },
  );

  it('finds the end of data however the octets are cut up', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    for (const piece of ['Subject: cut\r', '\n\r\n.', '.dots\r\n', '.', '\r', '\n']) {
      client.send(piece);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await client.expect(250);
    await until('it does not arrive', () => sink.arrivals.length === 1);
    expect(withoutReceived(sink.arrivals[0]!.content)).toBe('Subject: cut\r\n\r\n.dots\r\n');
  });

  it('passes a NUL on untouched or refuses it, but never changes it', async () => {
    const content = 'Subject: nul\r\n\r\na\0b\r\n';
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send(`${content}.\r\n`);
    const { code } = await client.reply();
    await honestMail('after the NUL');
    const others = sink.arrivals.filter(({ content: each }) => each.includes('Subject: nul'));
    if (code === 250) {
      await until('it does not arrive', () => sink.arrivals.length === 2);
      expect(sink.arrivals.map((each) => withoutReceived(each.content))).toContain(content);
    } else {
      expect(code).toBe(550);
      expect(others).toEqual([]);
    }
  });

  it('takes commands sent in one go (PIPELINING), a message and the next one’s envelope together', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    const envelope = 'MAIL FROM:<anna@example.net>\r\nRCPT TO:<office@example.com>\r\nDATA\r\n';
    client.send(envelope);
    for (const code of [250, 250, 354]) await client.expect(code);
    client.send(`Subject: one\r\n\r\n1\r\n.\r\n${envelope}`);
    for (const code of [250, 250, 250, 354]) await client.expect(code);
    client.send('Subject: two\r\n\r\n2\r\n.\r\nQUIT\r\n');
    for (const code of [250, 221]) await client.expect(code);
    await until('the two do not arrive', () => sink.arrivals.length === 2);
  });
});

describe('parameters (RFC 5321 §4.1.1.11)', () => {
  it.each([
    ['MAIL FROM:<anna@example.net> FROB=1', 555],
    ['MAIL FROM:<anna@example.net> SIZE=100 FROB', 555],
    ['MAIL FROM:<anna@example.net> RET=HDRS', 555],
    ['MAIL FROM:<anna@example.net> SIZE=100 BODY=8BITMIME', 250],
    ['mail from:<anna@example.net> size=100 body=7bit', 250],
  ])('%s → %d', async (line, code) => {
    await using client = await RawClient.greet(service.smtpPort);
    const reply = await client.command(line);
    expect(reply.code).toBe(code);
    if (code === 555) expect(reply.text).toMatch(/^555 5\.5\.4 /);
  });

  it.each(['RCPT TO:<office@example.com> NOTIFY=NEVER', 'RCPT TO:<office@example.com> X'])(
    '%s → 555 5.5.4, and the transaction goes on',
    async (line) => {
      await using client = await RawClient.greet(service.smtpPort);
      await client.command('MAIL FROM:<anna@example.net>', 250);
      expect((await client.command(line)).text).toMatch(/^555 5\.5\.4 /);
      await client.command('RCPT TO:<office@example.com>', 250);
    },
  );
});

describe('size (RFC 1870)', () => {
  it('is announced, and a declared excess is refused at MAIL: 552 5.3.4', async () => {
    await using client = await RawClient.open(service.smtpPort);
    await client.expect(220);
    expect((await client.command('EHLO client.example', 250)).lines).toContain('SIZE 65536');
    expect((await client.command('MAIL FROM:<anna@example.net> SIZE=65537')).text).toMatch(/^552 5\.3\.4 /);
    await client.command('MAIL FROM:<anna@example.net> SIZE=65536', 250);
  });

  it('an undeclared excess is refused after the data: 552 5.3.4, nothing stored, the line still usable', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send(`Subject: big\r\n\r\n${`${'z'.repeat(76)}\r\n`.repeat(1000)}.\r\n`);
    expect((await client.reply()).text).toMatch(/^552 5\.3\.4 /);
    await client.openData('anna@example.net', 'office@example.com');
    client.send('Subject: small\r\n\r\nok\r\n.\r\n');
    await client.expect(250);
    await until('the small one does not arrive', () => sink.arrivals.length > 0);
    expect(sink.arrivals).toHaveLength(1);
    expect(sink.arrivals[0]!.content.toString()).toContain('Subject: small');
  });

  it('a message without end is cut off, with the same words', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send(`Subject: endless\r\n\r\n${`${'z'.repeat(76)}\r\n`.repeat(5000)}`);
    expect((await client.reply()).text).toMatch(/^552 5\.3\.4 /);
    await client.ended;
    await honestMail('after the endless one');
    expect(sink.arrivals).toHaveLength(1);
  });

  it('a further recipient than allowed is asked to come in another message: 452 4.5.3', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.command('MAIL FROM:<anna@example.net>', 250);
    for (let i = 0; i < 100; i += 1) await client.command(`RCPT TO:<u${i}@example.com>`, 250);
    expect((await client.command('RCPT TO:<one-more@example.com>')).text).toMatch(/^452 4\.5\.3 /);
  });
});

describe('clients that stall or vanish', () => {
  it('a client that says nothing is told so and let go: 421 4.4.2', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    expect((await client.reply()).text).toMatch(/^421 4\.4\.2 /);
    await client.ended;
  });

  it('a client that stalls inside a message is let go, and nothing is stored', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send('Subject: half\r\n\r\nnever fini');
    expect((await client.reply()).text).toMatch(/^421 4\.4\.2 /);
    await client.ended;
    await honestMail('after the stall');
    expect(sink.arrivals).toHaveLength(1);
  });

  it('a reset at any point hurts nobody else', async () => {
    const steps = [
      'EHLO c.example\r\n',
      'MAIL FROM:<a@example.net>\r\n',
      'RCPT TO:<o@example.com>\r\n',
      'DATA\r\n',
      'Subject: cut off\r\n\r\nhal',
      'f\r\n',
    ];
    for (let count = 0; count <= steps.length; count += 1) {
      const client = await RawClient.open(service.smtpPort);
      await client.expect(220);
      for (const step of steps.slice(0, count)) {
        client.send(step);
        if (/^(EHLO|MAIL|RCPT|DATA)/.test(step)) await client.reply();
      }
      client.reset();
      await client.ended;
    }
    await honestMail('after the resets');
    expect(sink.arrivals).toHaveLength(1);
  });

  it('two hundred clients at once all get through', async () => {
    await Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        await using client = await RawClient.greet(service.smtpPort);
        await client.openData('anna@example.net', `u${index}@example.com`);
        client.send(`Subject: ${index}\r\n\r\nhi\r\n.\r\n`);
        await client.expect(250);
      }),
    );
    await until('not all arrive', () => sink.arrivals.length === 200);
  });

  it('a line without end is refused, not collected', async () => {
    await using client = await RawClient.greet(service.smtpPort);
    client.send('NOOP '.padEnd(300_000, 'x'));
    client.send('\r\n');
    expect((await client.reply()).code).toBeGreaterThanOrEqual(421);
    await honestMail('after the long line');
  });
});
