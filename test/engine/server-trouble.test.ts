// What Mailward does when it is the server that is wrong, not the message: nothing is refused for good, and nothing is lost.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { destinationSchema, type Mode } from '../../shared/domain.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest, to } from './engine-under-test.ts';

const denied = '554 5.7.1 <bob@example.com>: Relay access denied';
/** What other servers say where the domain is not theirs, in words that seem to speak of the address. */
const notTheirs: [string, string][] = [
  ['delivery not allowed', '550 Delivery is not allowed to this address.'],
  ['the MX elsewhere', '550 no such address here (MX do not point to us)'],
  ['no such domain there', '554 5.7.1 <bob@example.com>: Recipient address rejected: NO-DOMAIN.'],
];

async function withAutoHold(autoHold: Record<string, unknown>): Promise<EngineUnderTest> {
  const mailward = await EngineUnderTest.start();
  const { settings } = mailward.engine;
  settings.set({ ...settings.get(), autoHold: { ...settings.get().autoHold, ...autoHold } });
  return mailward;
}

async function modeOf(mailward: EngineUnderTest): Promise<Mode> {
  const [domain] = await mailward.client.domains.list();
  return domain!.mode;
}

describe('a server that is not home for the domain', () => {
  it.each([
    ['relay denied', denied],
    ...notTheirs,
    ['a login wanted', '530 5.7.0 Authentication required'],
    ['encryption wanted', '530 5.7.0 Must issue a STARTTLS command first'],
    ['a blocklist', '554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org'],
    ['no reverse name', '550 5.7.25 Client host rejected: cannot find your reverse hostname'],
    [
      'a blocklist that does not answer it',
      '554 5.7.1 Client host [192.0.2.5] blocked using zen.spamhaus.org; Error: open resolver',
    ],
    ['a quota of the whole domain', '550 5.4.6 <bob@example.com>: Domains Daily Quota Exceeded'],
  ])('%s: the message waits, it is not refused', async (_, reply) => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => reply;
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('bob@example.com');
    expect(await mailward.tried(id, 1)).toMatchObject({ state: 'queued', hasContent: true });
    office.temper.rcpt = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
  });

  it('but an unknown user is refused at once', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '550 5.1.1 User unknown';
    await using mailward = await EngineUnderTest.start({ recipients: { ask: false } });
    await mailward.protect('example.com', office.port);
    await mailward.reaches(await mailward.send('bob@example.com'), 'refused');
  });

  it.each([['relay denied', denied], ...notTheirs])(
    'has its mail held by itself, is tested, and gets it when it is home again: %s',
    async (_, reply) => {
      await using office = await new Sink().start();
      office.temper.rcpt = () => reply;
      await using mailward = await withAutoHold({ deniedMessages: 2, testSeconds: 1 });
      await mailward.protect('example.com', office.port);
      const ids = [await mailward.send('bob@example.com'), await mailward.send('bob@example.com')];
      await until('the mail to be held', async () => (await modeOf(mailward)).name === 'hold');
      await until('the overview to say what ends that', () =>
        mailward.engine
          .overview()
          .sentence.includes('It goes out by itself when your server takes it again.'),
      );
      expect(await modeOf(mailward)).toMatchObject({
        setBy: 'mailward',
        reason: `your server says it does not accept mail for this domain: ${reply}`,
      });
      ids.push(await mailward.send('bob@example.com'));
      for (const id of ids) await mailward.reaches(id, 'held');
      // Tested with one held message, which stays held.
      await mailward.tried(ids[0]!, 2);
      expect((await mailward.client.messages.get({ id: ids[0]! })).state).toBe('held');
      office.temper.rcpt = () => null;
      for (const id of ids) await mailward.reaches(id, 'delivered');
      expect(await modeOf(mailward)).toMatchObject({ name: 'deliver', setBy: 'mailward' });
      expect(office.taken).toBe(3);
    },
  );

  it('goes on getting mail when it denies one old alias and takes the others', async () => {
    await using office = await new Sink().start();
    const denies = '550 5.7.1 Unable to relay for old@example.com';
    office.temper.rcpt = (address) => (address === 'old@example.com' ? denies : null);
    await using mailward = await withAutoHold({ deniedMessages: 2, testSeconds: 1 });
    await mailward.protect('example.com', office.port);
    for (let n = 0; n < 4; n++) {
      const id = await mailward.send('old@example.com');
      // Nothing is refused for good: the alias may come back.
      expect(await mailward.tried(id, 1)).toMatchObject({ state: 'queued' });
    }
    expect(await modeOf(mailward)).toMatchObject({ name: 'deliver' });
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    const domain = await until('the overview to be well', () => {
      const [one] = mailward.engine.overview().domains;
      return one?.outbound.state === 'ok' && one;
    });
    expect(domain.outbound).toMatchObject({ state: 'ok', cause: null });
  });

  it('is held when it denies everybody, whatever it says of the postmaster', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = (address) =>
      address.startsWith('postmaster@') ? null : `550 5.7.1 Unable to relay for ${address}`;
    await using mailward = await withAutoHold({ deniedMessages: 3, testSeconds: 600 });
    await mailward.protect('example.com', office.port);
    for (const name of ['ann', 'bob', 'carl', 'dora', 'ed', 'fay', 'gus']) {
      await mailward.tried(await mailward.send(`${name}@example.com`), 1);
    }
    await until('the mail to be held', async () => (await modeOf(mailward)).name === 'hold');
  });

  it('is seen to be home again though the oldest held message is one that it never takes', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => denied;
    await using mailward = await withAutoHold({ deniedMessages: 2, testSeconds: 1 });
    await mailward.protect('example.com', office.port);
    const junk = await mailward.send('old@example.com');
    const good = await mailward.send('bob@example.com');
    await until('the mail to be held', async () => (await modeOf(mailward)).name === 'hold');
    await mailward.reaches(good, 'held');
    office.temper.rcpt = (address) => (address === 'old@example.com' ? denied : null);
    await mailward.reaches(good, 'delivered');
    expect(await modeOf(mailward)).toMatchObject({ name: 'deliver', setBy: 'mailward' });
    expect((await mailward.client.messages.get({ id: junk })).state).toBe('queued');
  });

  it('is tested with another message each time: one may break every connection for its own sake', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => denied;
    await using mailward = await withAutoHold({ deniedMessages: 2, testSeconds: 1 });
    await mailward.protect('example.com', office.port);
    const breaks = await mailward.send('old@example.com', 'Subject: break\r\n\r\nx\r\n');
    const good = await mailward.send('bob@example.com');
    await until('the mail to be held', async () => (await modeOf(mailward)).name === 'hold');
    await mailward.reaches(good, 'held');
    office.temper.rcpt = () => null;
    office.temper.data = ({ content }) => (content.includes('Subject: break') ? 'drop' : null);
    await mailward.reaches(good, 'delivered');
    expect((await mailward.client.messages.get({ id: breaks })).state).not.toBe('delivered');
  });

  it('is only said to be home again, when the admin wants to decide', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => denied;
    await using mailward = await withAutoHold({ deniedMessages: 2, testSeconds: 1, deliverAgain: false });
    await mailward.protect('example.com', office.port);
    const ids = [];
    for (let n = 0; n < 3; n++) ids.push(await mailward.send('bob@example.com'));
    await until('the mail to be held', async () => (await modeOf(mailward)).name === 'hold');
    office.temper.rcpt = () => null;
    await until('the server to be found home', async () => (await modeOf(mailward)).homeSince !== null);
    await until('the home screen to say so', () =>
      mailward.engine.overview().sentence.includes('takes mail for example.com again: 2 messages are stored'),
    );
    expect(office.taken).toBe(1);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    for (const id of ids) await mailward.reaches(id, 'delivered');
  });

  it('is passed by for the next destination, once it is sure', async () => {
    await using first = await new Sink().start();
    await using second = await new Sink().start();
    first.temper.rcpt = () => denied;
    await using mailward = await withAutoHold({ deniedMessages: 0 });
    await mailward.protect('example.com', first.port, second.port);
    const ids = [];
    for (let n = 0; n < 4; n++) ids.push(await mailward.send('bob@example.com'));
    await mailward.client.queue.retry({ domain: 'example.com', states: ['queued'] });
    await until('some mail to go to the second server', () => second.taken > 0);
  });
});

describe('a route', () => {
  it('shares the load between destinations of the same priority, and keeps the last for need', async () => {
    await using one = await new Sink().start();
    await using two = await new Sink().start();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    const route = [
      { ...to(spare.port), priority: 20 },
      { ...to(one.port), priority: 10 },
      { ...to(two.port), priority: 10 },
    ];
    await mailward.client.domains.add({ name: 'example.com', route });
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    for (let n = 0; n < 40; n++) await mailward.send('bob@example.com');
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await until('all to arrive', () => one.taken + two.taken === 40);
    expect(Math.min(one.taken, two.taken)).toBeGreaterThan(5);
    expect(spare.taken).toBe(0);
    await one.stop();
    await two.stop();
    await mailward.send('bob@example.com');
    await until('the spare one to take it', () => spare.taken === 1);
  });

  it('greets with the name that the destination wants to hear', async () => {
    const heard: string[] = [];
    const office = createServer((socket) => {
      socket.write('220 office\r\n');
      socket.on('data', (data) => {
        heard.push(data.toString());
        socket.write('421 4.3.2 not today\r\n');
      });
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => office.listen(0, '127.0.0.1', resolve));
    await using mailward = await EngineUnderTest.start();
    const { port } = office.address() as AddressInfo;
    const route = [destinationSchema.parse({ host: '127.0.0.1', port, helo: 'relay.example.com' })];
    await mailward.client.domains.add({ name: 'example.com', route });
    await mailward.send('bob@example.com');
    await until('a greeting', () => heard.length > 0);
    expect(heard[0]).toBe('EHLO relay.example.com\r\n');
    office.close();
  });

  it('that leads nowhere does not hold up another domain', async () => {
    // Takes connections and never says a word.
    const dumb = createServer(() => undefined);
    await new Promise<void>((resolve) => dumb.listen(0, '127.0.0.1', resolve));
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('slow.example', (dumb.address() as AddressInfo).port);
    await mailward.protect('example.com', office.port);
    for (let n = 0; n < 30; n++) await mailward.send('bob@slow.example');
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    dumb.close();
  });
});

describe('a mode with an end', () => {
  it('ends by itself, also after a restart', async () => {
    await using office = await new Sink().start();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await expect(
      mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', until: Date.now() - 1 }),
    ).rejects.toThrow(/in the past/);
    await mailward.client.domains.setMode({
      name: 'example.com',
      mode: 'reroute',
      reroute: [to(spare.port)],
      reason: 'new disk',
      until: Date.now() + 2_000,
    });
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    await mailward.engine.close();
    await mailward.open();
    await until('the reroute to end', async () => (await modeOf(mailward)).name === 'deliver');
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    expect([spare.taken, office.taken]).toEqual([1, 1]);
  });
});

describe('a server that asks for less', () => {
  it('gets what it turned away a little later, and no step of the schedule is used up', async () => {
    await using office = await new Sink().start();
    let left = 1;
    office.temper.mail = () => (left-- === 0 ? '450 4.7.1 Error: too much mail from 127.0.0.1' : null);
    // A question at RCPT would use up what is left.
    await using mailward = await EngineUnderTest.start({ recipients: { ask: false } });
    await mailward.protect('example.com', office.port);
    const first = await mailward.send('bob@example.com');
    await mailward.reaches(first, 'delivered');
    const second = await mailward.send('bob@example.com');
    // The schedule's first step would be a minute.
    const detail = await mailward.reaches(second, 'delivered');
    expect(detail.attemptList.map((attempt) => attempt.results[0]?.cause)).toEqual(['rate-limited', null]);
    await until(
      'the limit to show',
      () => mailward.engine.overview().domains[0]?.outbound.pace?.messagesPerMinute,
    );
  });
});

describe('a backlog', () => {
  it('is drained to the last message, also those that were turned away while much else was in hand', async () => {
    await using office = await new Sink().start();
    // Turned away early and for a moment only: the learned rate keeps the rest in hand long after those are due again.
    let asked = 0;
    office.temper.mail = () =>
      ++asked > 20 && asked <= 24 ? '450 4.7.1 Error: too much mail from 127.0.0.1' : null;
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    for (let n = 0; n < 280; n++) await mailward.send('bob@example.com');
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await until('nothing to wait', async () => {
      const { rows } = await mailward.client.messages.list({ states: ['queued', 'held'], limit: 1 });
      return rows.length === 0;
    });
  });
});

describe('two domains at one server', () => {
  it('share what it bears: neither waits for the other to be done', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    const { settings } = mailward.engine;
    const one = { ...settings.get().delivery, concurrency: 1 };
    settings.set({ ...settings.get(), delivery: one });
    const order: string[] = [];
    office.temper.rcpt = (recipient) => {
      order.push(recipient.split('@')[1]!);
      return null;
    };
    for (const name of ['one.example', 'two.example']) {
      await mailward.protect(name, office.port);
      await mailward.client.domains.setMode({ name, mode: 'hold' });
      for (let n = 0; n < 30; n++) await mailward.send(`bob@${name}`);
    }
    await Promise.all(
      ['one.example', 'two.example'].map((name) =>
        mailward.client.domains.setMode({ name, mode: 'deliver' }),
      ),
    );
    await until('all to arrive', () => office.taken === 60);
    const firstHalf = order.slice(0, 30);
    expect(new Set(firstHalf).size).toBe(2);
    expect(firstHalf.filter((name) => name === 'two.example').length).toBeGreaterThan(5);
  });
});

describe('export', () => {
  it('of a domain is one .zip with every stored message, as any program reads it', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await expect(
      mailward.client.messages.exportAll({ domain: 'example.com', states: ['held'] }),
    ).rejects.toThrow(/none of these messages/);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const ids = [await mailward.send('bob@example.com'), await mailward.send('eve@example.com')];
    const file = await mailward.client.messages.exportAll({ domain: 'example.com', states: ['held'] });
    expect(file.name).toBe('example.com.zip');
    const files = unzip(Buffer.from(await file.arrayBuffer()));
    expect([...files.keys()].sort()).toEqual(ids.map((id) => `${id}.eml`).sort());
    for (const id of ids) {
      const alone = await mailward.client.messages.export({ id });
      expect(files.get(`${id}.eml`)).toBe(await alone.text());
    }
  });
});

/** Reads an archive by its central directory, as unzip does (APPNOTE 4.3.12, 4.3.16), and checks each file's sum. */
function unzip(archive: Buffer): Map<string, string> {
  const end = archive.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const files = new Map<string, string>();
  let at = archive.readUInt32LE(end + 16);
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    expect(archive.toString('latin1', at, at + 4)).toBe('PK\x01\x02');
    const [sum, size, nameSize] = [
      archive.readUInt32LE(at + 16),
      archive.readUInt32LE(at + 24),
      archive.readUInt16LE(at + 28),
    ];
    const name = archive.toString('ascii', at + 46, at + 46 + nameSize);
    const local = archive.readUInt32LE(at + 42);
    expect(archive.toString('latin1', local, local + 4)).toBe('PK\x03\x04');
    expect(archive.toString('ascii', local + 30, local + 30 + nameSize)).toBe(name);
    const content = archive.subarray(local + 30 + nameSize, local + 30 + nameSize + size);
    expect(crc32(content)).toBe(sum);
    files.set(name, content.toString('latin1'));
    at += 46 + nameSize;
  }
  return files;
}

it('mail is not said to flow while every message is refused', async () => {
  await using office = await new Sink().start();
  office.temper.data = () => '554 5.7.1 Message rejected by content policy';
  await using mailward = await EngineUnderTest.start();
  await mailward.protect('example.com', office.port);
  for (let n = 0; n < 5; n++) await mailward.reaches(await mailward.send(`bob${n}@example.com`), 'refused');
  await until('the refusals to be told', () =>
    mailward.engine
      .overview()
      .sentence.startsWith('Your server has refused the last 5 messages for example.com'),
  );
  expect(mailward.engine.overview().domains[0]?.outbound).toMatchObject({
    state: 'attention',
    words: 'refuses mail',
    lastReply: { code: 554 },
  });
  office.temper.data = () => null;
  await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
  await until('all to be well', () => mailward.engine.overview().domains[0]?.outbound.state === 'ok');
});

describe('a message that is put off for its own sake', () => {
  it.each([
    [
      'not signed, and told to come back with the connection ended',
      '421-4.7.26 This mail has been rate limited because it is unauthenticated.\r\n421 4.7.26 Messages without SPF or DKIM may be limited.',
    ],
    [
      'not aligned, and told to come back with the connection ended',
      '421 4.7.32 Your email has been rate limited because the From: header is not aligned with SPF or DKIM.',
    ],
    ['no reason at all', '450 4.7.1 try this one later'],
  ])('waits alone: %s', async (_, reply) => {
    await using office = await new Sink().start();
    office.temper.data = ({ content }) => (content.includes('Subject: bad') ? reply : null);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const others = [];
    const bad = await mailward.send('bob@example.com', 'Subject: bad\r\n\r\nx\r\n');
    for (let n = 0; n < 15; n++) others.push(await mailward.send('bob@example.com'));
    for (const id of others) await mailward.reaches(id, 'delivered');
    const detail = await mailward.tried(bad, 1);
    expect(detail.state).toBe('queued');
    expect(detail.attemptList).toHaveLength(1);
    const domain = await until('the overview', () => mailward.engine.overview().domains[0] ?? null);
    expect(domain.outbound).toMatchObject({
      state: 'ok',
      pace: { messagesPerMinute: null, stopped: false },
    });
  });
});
