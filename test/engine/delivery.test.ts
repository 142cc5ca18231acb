// What becomes of a message when the office's server takes it, defers it, refuses it, or is not there.
import { describe, expect, it } from 'vitest';
import { SMTPServer } from 'smtp-server';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest, to } from './engine-under-test.ts';

describe('a delivery', () => {
  it('passes the message on unchanged but for Received, and forgets the content', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const content =
      'From: a@b.example\r\nSubject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n\r\n.dot\r\n..two\r\n\xe4\r\n';
    const id = await mailward.send('bob@example.com', content);
    const detail = await mailward.reaches(id, 'delivered');
    const [arrival] = office.arrivals;
    const [received, ...rest] = arrival!.content.toString('utf8').split(/(?=From:)/);
    expect(received).toMatch(
      /^Received: from client\.example\.org \(\[127\.0\.0\.1\]\)\r\n\tby \S+ \(Mailward\) with ESMTP id \w+\r\n\tfor <bob@example\.com>; .+\r\n$/,
    );
    expect(rest.join('')).toBe(content);
    expect(detail).toMatchObject({ subject: 'Grüße', hasContent: false, attempts: 1 });
    expect(detail.attemptList[0]?.transcript.map((line) => line.text)).toContain('RCPT TO:<bob@example.com>');
    expect(detail.incoming.map((line) => line.text)).toContain('MAIL FROM:<ann@example.org>');
    expect(detail.incoming.at(-1)?.text).toMatch(/^250 2\.6\.0 .*id /);
  });

  it.each([
    ['words', 'The backup is done.\r\n\r\nAll well.\r\n', '\r\nThe backup is done.\r\n\r\nAll well.\r\n'],
    ['a line that begins with a space', ' 12 files\r\n 3 MB\r\n', '\r\n 12 files\r\n 3 MB\r\n'],
    [
      'a mailbox file’s line',
      'From ann@example.org Thu Nov 26 14:53:39 2026\r\nSubject: x\r\n\r\nHi.\r\n',
      'X-Mailbox-Line: From ann@example.org Thu Nov 26 14:53:39 2026\r\nSubject: x\r\n\r\nHi.\r\n',
    ],
  ])('of a message that begins with %s loses none of it to our own field', async (_, content, arrives) => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.reaches(await mailward.send('bob@example.com', content), 'delivered');
    const arrived = office.arrivals[0]?.content.toString('latin1') ?? '';
    const ours =
      /^(?:(?:Authentication-Results|X-Mailward-Filters|Received):[^\n]*\n(?:\t[^\n]*\n)*)+/.exec(
        arrived,
      )?.[0] ?? '';
    expect(ours).toContain('(Mailward) with ESMTP');
    expect(arrived.slice(ours.length)).toBe(arrives);
  });

  it('tells what the server said when it defers, and tries again when asked', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 Greylisted, come back in five minutes';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('bob@example.com');
    const detail = await mailward.tried(id, 1);
    expect(detail).toMatchObject({
      state: 'queued',
      cause: 'greylisted',
      lastReply: { code: 450, enhanced: '4.2.0', text: 'Greylisted, come back in five minutes' },
      hasContent: true,
    });
    expect(detail.nextAttemptAt).toBeGreaterThan(Date.now());
    office.temper.rcpt = () => null;
    expect(await mailward.client.queue.retry({ ids: [id] })).toEqual({ count: 1 });
    await mailward.reaches(id, 'delivered');
    expect(office.taken).toBe(1);
  });

  it('settles each recipient by what was said to that recipient', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = (address) =>
      address.startsWith('nobody')
        ? '550 5.1.1 <nobody@example.com>: User unknown'
        : address.startsWith('full')
          ? '452 4.2.2 Mailbox full'
          : null;
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await mailward.send(['bob@example.com', 'nobody@example.com', 'full@example.com']);
    const detail = await mailward.tried(id, 1);
    expect(detail.allRecipients.map((one) => [one.address, one.state, one.cause])).toEqual([
      ['bob@example.com', 'delivered', null],
      ['nobody@example.com', 'refused', 'user-unknown'],
      ['full@example.com', 'queued', 'mailbox-full'],
    ]);
    expect(detail.state).toBe('refused');
    // Only those who still wait are tried again.
    office.temper.rcpt = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
    expect(office.arrivals.map((one) => one.recipients)).toEqual([
      ['bob@example.com'],
      ['nobody@example.com', 'full@example.com'],
    ]);
  });

  it('never takes a complaint about the connection for a refusal of the next message', async () => {
    // A server that insists on RSET after a transaction it did not take, as real ones do.
    let refuse = true;
    const office = new SMTPServer({
      hideSTARTTLS: true,
      authOptional: true,
      logger: false,
      onRcptTo(_address, _session, callback) {
        callback(refuse ? Object.assign(new Error('4.2.0 later'), { responseCode: 450 }) : null);
      },
      onData(stream, _session, callback) {
        stream.on('end', () => callback(null)).resume();
      },
    });
    await new Promise<void>((resolve) => office.listen(0, '127.0.0.1', () => resolve()));
    const { port } = office.server.address() as { port: number };
    // It waits for every connection to end before it closes, so none is kept warm for questions.
    await using mailward = await EngineUnderTest.start({
      delivery: { ...(await defaults()), concurrency: 1 },
      recipients: { ask: false },
    });
    await mailward.protect('example.com', port);
    const first = await mailward.send('bob@example.com');
    await mailward.tried(first, 1);
    refuse = false;
    const second = await mailward.send('bob@example.com');
    const detail = await mailward.reaches(second, 'delivered');
    expect(detail.attemptList).toHaveLength(1);
    await new Promise<void>((resolve) => office.close(() => resolve()));
  });

  it('waits for a server that is not there, with one shared pause, and goes on when it is back', async () => {
    const office = new Sink();
    await office.start();
    await office.stop();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const ids = [];
    for (let n = 0; n < 5; n++) ids.push(await mailward.send('bob@example.com'));
    await until(
      'the trouble to show',
      () => mailward.engine.overview().domains[0]?.outbound.cause === 'connection-failed',
    );
    const [domain] = mailward.engine.overview().domains;
    expect(domain?.outbound).toMatchObject({ state: 'problem', words: 'cannot be reached' });
    expect(mailward.engine.overview().sentence).toContain('nothing is lost');
    await office.start();
    await mailward.client.queue.retry({ domain: 'example.com', states: ['queued'] });
    for (const id of ids) await mailward.reaches(id, 'delivered');
    await until('all to be well', () => mailward.engine.overview().domains[0]?.outbound.state === 'ok');
    await office.stop();
  });

  it('takes the next destination of the route when the first cannot be reached', async () => {
    const gone = new Sink();
    await gone.start();
    await gone.stop();
    await using second = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', gone.port, second.port);
    const detail = await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    expect(detail.attemptList[0]?.port).toBe(second.port);
  });

  it('gives up after the time set, and the admin can bring it back', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('bob@example.com');
    await mailward.tried(id, 1);
    await mailward.engine.close();
    // The clock is moved in the database: five days pass in no time.
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(`${mailward.dataDir}/mailward.db`);
    db.exec('UPDATE recipient SET queued_since = queued_since - 5 * 86400000 - 1000, next_at = 0');
    db.close();
    await mailward.open();
    const detail = await mailward.reaches(id, 'expired');
    expect(detail.hasContent).toBe(true);
    office.temper.rcpt = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
  });

  it('resumes after a restart', async () => {
    const office = new Sink();
    await office.start();
    await office.stop();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await mailward.send(
      'bob@example.com',
      `Subject: big\r\n\r\n${'x'.repeat(70)}\r\n`.repeat(10_000),
    );
    await mailward.tried(id, 1);
    await mailward.engine.close();
    await office.start();
    await mailward.open();
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
    expect(office.arrivals[0]?.content.length).toBeGreaterThan(700_000);
    await office.stop();
  });
});

describe('modes', () => {
  it('hold stores everything until told, and deliver lets it go, but not what an admin held by hand', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: 'server moves' });
    const first = await mailward.send('bob@example.com');
    const second = await mailward.send('eve@example.com');
    expect((await mailward.client.messages.get({ id: first })).state).toBe('held');
    await mailward.client.queue.release({ ids: [second] });
    await mailward.client.queue.hold({ ids: [second] });
    await until('the overview to count them', () => mailward.engine.overview().domains[0]?.held.count === 2);
    expect(mailward.engine.overview().sentence).toContain(
      'is being held (server moves): 2 messages are stored',
    );
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await mailward.reaches(first, 'delivered');
    expect((await mailward.client.messages.get({ id: second })).state).toBe('held');
    await mailward.client.queue.release({ ids: [second] });
    await mailward.reaches(second, 'delivered');
  });

  it('nothing goes out alone while its domain is on hold: neither released nor tried again, and it says since when it is held', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '550 5.1.1 User unknown';
    await using mailward = await EngineUnderTest.start({ recipients: { ask: false } });
    const { client } = mailward;
    await mailward.protect('example.com', office.port);
    const refused = await mailward.send('bob@example.com');
    await mailward.reaches(refused, 'refused');
    office.temper.rcpt = () => null;
    const from = Date.now();
    await client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const held = await mailward.send('eve@example.com');
    expect(await client.queue.release({ ids: [held] })).toEqual({ count: 0 });
    expect(await client.queue.retry({ ids: [refused] })).toEqual({ count: 1 });
    for (const id of [held, refused]) {
      const { state, heldBy, allRecipients } = await client.messages.get({ id });
      expect([state, heldBy, allRecipients[0]?.hold?.by]).toEqual(['held', 'domain', 'domain']);
      expect(allRecipients[0]?.hold?.since).toBeGreaterThanOrEqual(from);
    }
    await client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    for (const id of [held, refused]) await mailward.reaches(id, 'delivered');
  });

  it('what is held with its domain may be held by hand, and then stays', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    const { client } = mailward;
    await mailward.protect('example.com', office.port);
    await client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const [stays, goes] = [await mailward.send('bob@example.com'), await mailward.send('eve@example.com')];
    expect(await client.queue.hold({ ids: [stays] })).toEqual({ count: 1 });
    await client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await mailward.reaches(goes, 'delivered');
    expect(await client.messages.get({ id: stays })).toMatchObject({ state: 'held', heldBy: 'hand' });
    await until('the overview to count it', () => mailward.engine.overview().domains[0]?.held.count === 1);
    expect(mailward.engine.overview().sentence).toContain('1 message is held by hand until you release it');
  });

  it('hold takes in what is queued already', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.0 not now';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await mailward.send('bob@example.com');
    await mailward.tried(id, 1);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    expect((await mailward.client.messages.get({ id })).state).toBe('held');
  });

  it('reroute sends mail elsewhere, and needs to be told where', async () => {
    await using office = await new Sink().start();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await expect(mailward.client.domains.setMode({ name: 'example.com', mode: 'reroute' })).rejects.toThrow(
      /which server/,
    );
    await mailward.client.domains.setMode({
      name: 'example.com',
      mode: 'reroute',
      reroute: [to(spare.port)],
    });
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    expect([spare.taken, office.taken]).toEqual([1, 1]);
  });

  it('a domain with waiting mail is not removed', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const id = await mailward.send('bob@example.com');
    await expect(mailward.client.domains.remove({ name: 'example.com' })).rejects.toThrow(
      '1 message for example.com is still here (1 held); what is held or in quarantine does not go out by itself',
    );
    await mailward.client.queue.delete({ ids: [id] });
    expect((await mailward.client.messages.get({ id })).hasContent).toBe(false);
    await mailward.client.domains.remove({ name: 'example.com' });
    await expect(mailward.send('bob@example.com')).rejects.toThrow(/relay access denied/);
  });
});

describe('slips of the keyboard', () => {
  it('a route back to Mailward itself is refused', async () => {
    await using mailward = await EngineUnderTest.start();
    const own = mailward.engine.smtp?.port ?? 0;
    await expect(mailward.protect('example.com', own)).rejects.toThrow(/is Mailward itself/);
    await mailward.protect('example.com', own + 1);
    await expect(
      mailward.client.domains.setRoute({ name: 'example.com', route: [{ ...to(own), host: 'localhost' }] }),
    ).rejects.toThrow(/round in a circle/);
  });

  it('one unknown id among several changes nothing, and is named', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const id = await mailward.send('bob@example.com');
    await expect(mailward.client.queue.delete({ ids: [id, 'ABC123'] })).rejects.toThrow(
      'no message ABC123 in the log',
    );
    expect((await mailward.client.messages.get({ id })).state).toBe('held');
    await expect(mailward.client.queue.hold({ domain: 'typo.example', states: ['queued'] })).rejects.toThrow(
      /not a domain/,
    );
  });

  it('nothing claims that mail flows before a message has shown it', async () => {
    await using office = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await until('the overview to know the domain', () => mailward.engine.overview().domains.length === 1);
    expect(mailward.engine.overview().sentence).toContain(
      'No mail for example.com has come through Mailward yet',
    );
    await mailward.reaches(await mailward.send('bob@example.com'), 'delivered');
    await until(
      'the overview to say so',
      () => mailward.engine.overview().sentence === 'Mail for example.com is flowing.',
    );
  });
});

async function defaults() {
  const { settingsSchema } = await import('../../shared/settings.ts');
  return settingsSchema.parse({}).delivery;
}
