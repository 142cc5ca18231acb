// The office's server is asked about a recipient while the sender waits; without a clear answer mail is taken.
import { LabTime } from '../lab/time.ts';
import { createServer, type Server } from 'node:net';
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../shared/settings.ts';
import { RawClient } from '../lab/client.ts';
import { OddServer } from '../lab/odd-server.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest } from './engine-under-test.ts';

const UNKNOWN =
  '550 5.1.1 <x@example.com>: Recipient address rejected: User unknown in virtual mailbox table';
const recipients = settingsSchema.parse({}).recipients;

/** What a sender is told at RCPT, one reply for each address, over one connection. */
async function rcpt(mailward: EngineUnderTest, ...addresses: string[]): Promise<string[]> {
  await using client = await RawClient.greet(mailward.engine.smtp!.port);
  await client.command('MAIL FROM:<ann@example.org>', 250);
  const replies: string[] = [];
  for (const address of addresses) replies.push((await client.command(`RCPT TO:<${address}>`)).text);
  return replies;
}

/** A server that tells recipients apart, and counts what it is asked. */
async function selective(known: (address: string) => boolean) {
  const asked: string[] = [];
  const sink = await new Sink({
    temper: {
      rcpt: (address) => {
        asked.push(address);
        return known(address) ? null : UNKNOWN;
      },
    },
  }).start();
  return { sink, asked, [Symbol.asyncDispose]: () => sink.stop() };
}

const isAnn = (address: string) => address === 'ann@example.com';

describe('a recipient that the server does not know', () => {
  it('is refused at RCPT, and nothing is sent', async () => {
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    expect(await rcpt(mailward, 'nobody@example.com', 'ann@example.com')).toEqual([
      "550 5.1.1 <nobody@example.com>: recipient unknown to example.com's server",
      expect.stringMatching(/^250 /),
    ]);
    // First an address that nobody has, then the two.
    expect(office.asked).toEqual([
      expect.stringMatching(/^mailward-\w+@example\.com$/),
      'nobody@example.com',
      'ann@example.com',
    ]);
    expect(office.sink.taken).toBe(0);
    const [view] = await mailward.client.recipients.overview();
    expect(view?.callout).toEqual({ server: 'selective', asked: 2, unknown: 1, unclear: 0 });
  });

  it('is asked for over one warm connection, and not again while the answer is good', async () => {
    const time = new LabTime({ patience: 10 });
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start({}, { time });
    await mailward.protect('example.com', office.sink.port);
    await rcpt(mailward, 'nobody@example.com', 'ann@example.com', 'Nobody@example.com', 'ANN@example.com');
    expect(office.asked).toHaveLength(3);
    expect(office.sink.connections).toBe(1);
    time.pass(recipients.unknownSeconds * 1000);
    await rcpt(mailward, 'nobody@example.com', 'ann@example.com');
    expect(office.asked.slice(3)).toEqual(['nobody@example.com']);
    time.pass(recipients.knownHours * 3_600_000);
    await rcpt(mailward, 'ann@example.com');
    expect(office.asked.slice(4)).toEqual([expect.stringMatching(/^mailward-/), 'ann@example.com']);
  });

  it('counts as a failure each time that the server says so', async () => {
    const time = new LabTime({ patience: 10 });
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start({}, { time });
    await mailward.protect('example.com', office.sink.port);
    const replies: string[] = [];
    for (let n = 0; n < 11; n++) {
      replies.push(...(await rcpt(mailward, 'nobody@example.com')));
      time.pass(recipients.unknownSeconds * 1000);
    }
    expect(replies.filter((text) => text.startsWith('550 5.1.1 '))).toHaveLength(10);
    expect(replies.at(-1)).toBe('550 5.7.1 <nobody@example.com>... too many failures for this recipient');
  });

  it('is taken when the admin allowed it', async () => {
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    await mailward.client.recipients.allow({ addresses: ['nobody@example.com'] });
    expect(await rcpt(mailward, 'nobody@example.com')).toEqual([expect.stringMatching(/^250 /)]);
    expect(office.asked).toEqual([]);
  });

  it('is not asked for when that is switched off, and never for postmaster', async () => {
    await using office = await selective(() => false);
    await using mailward = await EngineUnderTest.start({ recipients: { ...recipients, ask: false } });
    await mailward.protect('example.com', office.sink.port);
    expect(await rcpt(mailward, 'nobody@example.com')).toEqual([expect.stringMatching(/^250 /)]);
    mailward.engine.settings.set({ ...mailward.engine.settings.get(), recipients });
    expect(await rcpt(mailward, 'postmaster@example.com')).toEqual([expect.stringMatching(/^250 /)]);
    expect(office.asked).toEqual([]);
  });
});

describe('a server whose replies do not keep to the rules', () => {
  it.each<[string, (line: string, nth: number) => string | null]>([
    [
      'says 503 over a warm connection',
      (line, nth) => (nth === 2 && line.startsWith('MAIL') ? '503 5.5.1 nested MAIL command\r\n' : null),
    ],
    ['answers twice', (line, nth) => (nth === 2 && line.startsWith('MAIL') ? '250 ok\r\n250 ok\r\n' : null)],
    [
      'says yes and no in one answer',
      (line, nth) => (nth === 2 && line.startsWith('RCPT') ? '550-5.1.1 no\r\n250 yes\r\n' : null),
    ],
    [
      'puts lines without a code among them',
      (line) =>
        line.startsWith('MAIL') ? 'DEBUG: on it\r\n250-ok\r\nServer: 192.0.2.1\r\n250 ok\r\n' : null,
    ],
  ])('and %s is asked again over another connection, and nobody is refused for it', async (_, odd) => {
    await using office = new OddServer();
    await office.start();
    // The questions are counted over each connection: first whether it tells recipients apart at all, then one for each recipient.
    office.says = ({ line, connection }) => {
      const nth = office.heard[connection - 1]?.filter((one) => one.startsWith('MAIL')).length ?? 0;
      return odd(line, nth) ?? (line.startsWith('RCPT') && !line.includes('<ann@') ? `${UNKNOWN}\r\n` : null);
    };
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    expect(await rcpt(mailward, 'ann@example.com', 'nobody@example.com')).toEqual([
      expect.stringMatching(/^250 /),
      "550 5.1.1 <nobody@example.com>: recipient unknown to example.com's server",
    ]);
  });
});

describe('mail is taken when the answer is not clear', () => {
  it.each([
    ['come back later', '450 4.2.0 Greylisted'],
    ['relay access denied', '554 5.7.1 Relay access denied'],
    ['mailbox full', '552 5.2.2 over quota'],
    ['going away', '421 4.3.2 Service shutting down'],
    ['a domain that is not its own', '550 no such address here (MX do not point to us)'],
    [
      'the sender’s domain refused',
      '550-Requested action not taken: mailbox unavailable\r\n550 invalid DNS MX or A/AAAA resource record',
    ],
  ])('%s', async (_name, words) => {
    await using office = await selective(() => true);
    office.sink.temper.rcpt = (address) => (address.startsWith('mailward-') ? UNKNOWN : words);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    expect(await rcpt(mailward, 'bob@example.com')).toEqual([expect.stringMatching(/^250 /)]);
    expect((await mailward.client.recipients.list({})).rows).toEqual([]);
  });

  it('a server that takes every address at RCPT is not asked about any', async () => {
    await using office = await selective(() => true);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    await rcpt(mailward, 'a@example.com', 'b@example.com', 'c@example.com');
    expect(office.asked).toEqual([expect.stringMatching(/^mailward-/)]);
    const [view] = await mailward.client.recipients.overview();
    expect(view?.callout).toMatchObject({ server: 'takes-all', unknown: 0, unclear: 0 });
  });

  it('a server that refuses everybody is not believed', async () => {
    await using office = await selective(() => false);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    const names = Array.from({ length: 12 }, (_, n) => `user${n}@example.com`);
    const replies = await rcpt(mailward, ...names);
    // The first few could be nobody; then it is the server, and mail is safe here.
    expect(replies.slice(3).every((text) => text.startsWith('250 '))).toBe(true);
    expect((await mailward.client.recipients.list({})).rows).toEqual([]);
  });

  it('a dictionary attack is refused to its end, because the server still knows its own', async () => {
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    await mailward.reaches(await mailward.send('ann@example.com'), 'delivered');
    const names = Array.from({ length: 30 }, (_, n) => `guess${n}@example.com`);
    const replies = await rcpt(mailward, ...names);
    expect(replies.filter((text) => text.startsWith('550 5.1.1 '))).toHaveLength(30);
  });

  it('a server that does not answer costs two seconds once, and is then left alone', async () => {
    const silent: Server = createServer((socket) => socket.on('error', () => undefined));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    const { port } = silent.address() as { port: number };
    await using mailward = await EngineUnderTest.start({}, { time: new LabTime() });
    await mailward.protect('example.com', port);
    const replies = await rcpt(mailward, ...Array.from({ length: 40 }, (_, n) => `user${n}@example.com`));
    expect(replies.every((text) => text.startsWith('250 '))).toBe(true);
    const [view] = await mailward.client.recipients.overview();
    expect(view?.callout).toMatchObject({ server: 'unknown', asked: 0, unclear: 40 });
    silent.close();
  });

  it('while the server is down, what was known before decides', async () => {
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    await rcpt(mailward, 'ann@example.com', 'nobody@example.com');
    await office.sink.stop();
    await mailward.send('ann@example.com');
    await until('the trouble to show', () => mailward.engine.overview().domains[0]?.outbound.cause !== null);
    expect(await rcpt(mailward, 'nobody@example.com', 'someone@example.com', 'ann@example.com')).toEqual([
      expect.stringMatching(/^550 5\.1\.1 /),
      expect.stringMatching(/^250 /),
      expect.stringMatching(/^250 /),
    ]);
  });

  it('while mail is held, nobody is asked', async () => {
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.sink.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold', reason: 'moving' });
    expect(await rcpt(mailward, 'nobody@example.com')).toEqual([expect.stringMatching(/^250 /)]);
    expect(office.asked).toEqual([]);
  });
});

describe('many at once', () => {
  it('share few connections, and one question about the same address', async () => {
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start({ recipients: { ...recipients, askAtOnce: 2 } });
    await mailward.protect('example.com', office.sink.port);
    const all = Array.from({ length: 20 }, (_, n) =>
      rcpt(mailward, n % 2 ? 'ann@example.com' : 'bob@example.com'),
    );
    const replies = (await Promise.all(all)).flat();
    expect(replies.filter((text) => text.startsWith('250 '))).toHaveLength(10);
    expect(replies.filter((text) => text.startsWith('550 5.1.1 '))).toHaveLength(10);
    expect(office.sink.connections).toBeLessThanOrEqual(2);
    expect(office.asked.filter((address) => !address.startsWith('mailward-'))).toHaveLength(2);
  });

  it('a connection that the server ended meanwhile is made anew', async () => {
    const time = new LabTime({ patience: 10 });
    await using office = await selective(isAnn);
    await using mailward = await EngineUnderTest.start({}, { time });
    await mailward.protect('example.com', office.sink.port);
    await rcpt(mailward, 'nobody@example.com');
    await office.sink.stop();
    await office.sink.start();
    time.pass(recipients.unknownSeconds * 1000);
    expect(await rcpt(mailward, 'nobody@example.com')).toEqual([expect.stringMatching(/^550 5\.1\.1 /)]);
  });
});
