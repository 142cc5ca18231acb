// What becomes of a message when its connection ends before everybody's answer is there: nobody gets it twice who need not.
import { describe, expect, it } from 'vitest';
import { settingsSchema } from '../../shared/settings.ts';
import { OddServer } from '../lab/odd-server.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest, to } from './engine-under-test.ts';

/** No question at RCPT: the test counts connections and what is said over them. One connection at a time keeps the order. */
async function protectedBy(
  office: { port: number },
  delivery: Partial<ReturnType<typeof defaults>> = {},
): Promise<EngineUnderTest> {
  const mailward = await EngineUnderTest.start({
    recipients: { ...settingsSchema.parse({}).recipients, ask: false },
    delivery: { ...defaults(), concurrency: 1, ...delivery },
  });
  await mailward.protect('example.com', office.port);
  return mailward;
}

function defaults() {
  return settingsSchema.parse({}).delivery;
}

const subject = (name: string) => `Subject: ${name}\r\n\r\nHello.\r\n`;
const bob = 'bob@example.com';
const eve = 'eve@example.com';

describe('a kept connection on which one of two recipients is answered out of step', () => {
  it.each([
    ['503', '503 5.5.1 Error: need MAIL command\r\n'],
    ['503 in words of its own', '503 sender already specified\r\n'],
  ])('(%s) is ended: that one alone is offered again, the other has the message once', async (_, reply) => {
    await using office = new OddServer();
    await office.start();
    office.says = ({ line, connection }) =>
      connection === 1 && line.startsWith(`RCPT TO:<${eve}>`) ? reply : null;
    await using mailward = await protectedBy(office);
    await mailward.reaches(await mailward.send(bob, subject('first')), 'delivered');
    const id = await mailward.send([bob, eve], subject('second'));
    const detail = await mailward.reaches(id, 'delivered');
    expect(office.connections).toBe(2);
    expect([office.copies(bob, 'second'), office.copies(eve, 'second')]).toEqual([1, 1]);
    // The log has both conversations.
    const words = detail.attemptList.flatMap(({ transcript }) => transcript.map(({ text }) => text));
    expect(words).toContain(reply.trim());
    expect(words.filter((text) => text === '250 2.0.0 taken')).toHaveLength(2);
  });

  it('and no other connection is to be had: the one who has it is delivered, the other waits and is not refused', async () => {
    await using office = new OddServer();
    await office.start();
    office.says = ({ line, connection }) =>
      connection > 1 && line === ''
        ? 'reset'
        : connection === 1 && line.startsWith(`RCPT TO:<${eve}>`)
          ? '503 5.5.1 out of order\r\n'
          : null;
    await using mailward = await protectedBy(office);
    await mailward.reaches(await mailward.send(bob, subject('first')), 'delivered');
    const id = await mailward.send([bob, eve], subject('second'));
    const { allRecipients } = await mailward.tried(id, 1);
    expect(allRecipients.map(({ state }) => state)).toEqual(['delivered', 'queued']);
    office.says = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
    expect([office.copies(bob, 'second'), office.copies(eve, 'second')]).toEqual([1, 1]);
  });
});

it('"bad sequence of commands" refuses nobody for good, over a fresh connection either', async () => {
  await using office = new OddServer(({ line }) =>
    line.startsWith('RCPT') ? '503 5.5.1 need MAIL\r\n' : null,
  );
  await office.start();
  await using mailward = await protectedBy(office);
  const detail = await mailward.tried(await mailward.send(bob), 1);
  expect(detail).toMatchObject({ state: 'queued', hasContent: true });
});

describe('a server that stores a message and ends the connection before its answer', () => {
  it('does not get it again before the message’s own time, and the log says that it may have arrived', async () => {
    await using office = new OddServer(({ line, content }) =>
      line === '.' && content.includes('lost') ? 'reset' : null,
    );
    await office.start();
    await using spare = await new Sink().start();
    await using mailward = await protectedBy(office);
    await mailward.client.domains.setRoute({ name: 'example.com', route: [to(office.port), to(spare.port)] });
    // Over a connection that was kept, too, where a dead one would be replaced at once.
    await mailward.reaches(await mailward.send(bob, subject('before')), 'delivered');
    const id = await mailward.send([bob, eve], subject('lost'));
    const detail = await mailward.tried(id, 1);
    const schedule = (defaults().retrySeconds[0] ?? 0) * 900;
    expect(detail.nextAttemptAt).toBeGreaterThan(Date.now() + schedule - 10_000);
    expect(detail.lastReply?.text).toMatch(/after it was given the whole message: it may have arrived/);
    expect(detail.attemptList[0]?.transcript.at(-1)?.text).toMatch(/may have arrived/);
    // Others take their way meanwhile, and bring no second copy along.
    for (const name of ['after', 'later'])
      await mailward.reaches(await mailward.send(bob, subject(name)), 'delivered');
    expect(office.copies(bob, 'lost')).toBe(1);
    expect(spare.taken).toBe(0);
    const domain = await until('the overview', () => mailward.engine.overview().domains[0] ?? null);
    expect(domain.outbound.state).toBe('ok');
    // When the time has come it goes out again: twice is better than never.
    office.says = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
    expect(office.copies(bob, 'lost')).toBe(2);
  });

  it('has refused who was refused: only the others wait', async () => {
    await using office = new OddServer(({ line }) =>
      line === '.' ? 'close' : line.startsWith(`RCPT TO:<${eve}>`) ? '550 5.1.1 User unknown\r\n' : null,
    );
    await office.start();
    await using mailward = await protectedBy(office);
    const { allRecipients } = await mailward.tried(await mailward.send([bob, eve]), 1);
    expect(allRecipients.map(({ state, cause }) => [state, cause])).toEqual([
      ['queued', null],
      ['refused', 'user-unknown'],
    ]);
  });

  it('with every message is left alone after three, and that is said', async () => {
    await using office = new OddServer(({ line }) => (line === '.' ? 'reset' : null));
    await office.start();
    await using mailward = await protectedBy(office);
    const ids = [];
    for (let n = 0; n < 3; n++) {
      const id = await mailward.send(bob, subject(`number-${n}`));
      await mailward.tried(id, 1);
      ids.push(id);
    }
    await until(
      'the trouble to show',
      () => mailward.engine.overview().domains[0]?.outbound.cause === 'connection-failed',
    );
    const fourth = await mailward.send(bob, subject('number-3'));
    expect(office.arrivals).toHaveLength(3);
    office.says = () => null;
    await mailward.reaches(fourth, 'delivered');
    await until('all to be well', () => mailward.engine.overview().domains[0]?.outbound.state === 'ok');
    for (const id of ids)
      expect((await mailward.client.messages.get({ id })).allRecipients[0]).toMatchObject({
        state: 'queued',
      });
    for (let n = 0; n < 4; n++) expect(office.copies(bob, `number-${n}`)).toBe(1);
  });

  it('but in whose last line the answer can be read has answered', async () => {
    await using office = new OddServer(({ line }) => (line === '.' ? '250 2.0.0 taken' : null));
    await office.start();
    await using mailward = await protectedBy(office);
    const id = await mailward.send(bob);
    await until('the message to be there', () => office.arrivals.length === 1);
    office.hangUp();
    await mailward.reaches(id, 'delivered');
    expect(office.copies(bob)).toBe(1);
  });
});

describe('a server that takes its time over a whole message', () => {
  it('is waited for longer than for an answer to a command', async () => {
    await using office = new OddServer();
    await office.start();
    // Longer than the patience for a command; the answer comes all the same, and that is no failure.
    office.delays = ({ line }) => (line === '.' ? 4_500 : 0);
    await using mailward = await protectedBy(office, { replySeconds: 3 });
    const detail = await mailward.reaches(await mailward.send(bob), 'delivered');
    expect(detail.attemptList).toHaveLength(1);
    expect(office.copies(bob)).toBe(1);
  });

  it('has ten minutes (RFC 5321 §4.5.3.2.6), and after that the message may have arrived', async () => {
    expect(defaults().messageReplySeconds).toBe(600);
    await using office = new OddServer(({ line }) => (line === '.' ? 'silence' : null));
    await office.start();
    await using mailward = await protectedBy(office, { replySeconds: 3, messageReplySeconds: 3 });
    const id = await mailward.send(bob);
    const detail = await mailward.tried(id, 1);
    expect(detail.lastReply?.text).toMatch(/did not answer in time after .* may have arrived/);
    expect(detail.state).toBe('queued');
    // It waits for its own time, as after any other attempt; other mail does not bring it along.
    const schedule = (defaults().retrySeconds[0] ?? 0) * 900;
    expect(detail.nextAttemptAt).toBeGreaterThan((detail.attemptList[0]?.endedAt ?? Infinity) + schedule);
    office.says = () => null;
    for (const name of ['after', 'later'])
      await mailward.reaches(await mailward.send(bob, subject(name)), 'delivered');
    expect(office.copies(bob)).toBe(3);
    expect((await mailward.client.messages.get({ id })).nextAttemptAt).toBe(detail.nextAttemptAt);
  });
});

describe('a message over which alone the connection breaks', () => {
  it.each<[string, (office: OddServer) => void]>([
    [
      'at its recipient',
      (office) => (office.says = ({ line }) => (line.includes('<poison@') ? 'reset' : null)),
    ],
    [
      'in the middle of its content',
      (office) =>
        (office.onContent = (content, socket) => {
          if (content.includes('poison')) socket.resetAndDestroy();
        }),
    ],
  ])(
    '(%s) waits by itself: other mail flows, and nothing says that the server does not answer',
    async (_, set) => {
      await using office = new OddServer();
      await office.start();
      set(office);
      await using mailward = await protectedBy(office);
      await mailward.reaches(await mailward.send(bob, subject('before')), 'delivered');
      const large = `Subject: poison\r\n\r\n${'poison '.repeat(10)}\r\n`.repeat(20_000);
      const id = await mailward.send('poison@example.com', large);
      const detail = await mailward.tried(id, 1);
      expect(detail).toMatchObject({ state: 'queued', cause: null });
      expect(detail.lastReply?.text).toMatch(
        /in the middle of a message \(the server takes other messages\)/,
      );
      expect(detail.nextAttemptAt).toBeGreaterThan(Date.now() + 20_000);
      for (const name of ['one', 'two'])
        await mailward.reaches(await mailward.send(bob, subject(name)), 'delivered');
      const domain = await until('the overview', () => mailward.engine.overview().domains[0] ?? null);
      expect(domain).toMatchObject({ outbound: { state: 'ok', cause: null } });
      expect(domain.sentence).not.toMatch(/does not answer|cannot be reached/);
    },
  );

  it('goes to the next destination of the route, which may bear it', async () => {
    await using office = new OddServer(({ line }) => (line.includes('<poison@') ? 'reset' : null));
    await office.start();
    await using spare = await new Sink().start();
    await using mailward = await protectedBy(office);
    await mailward.client.domains.setRoute({ name: 'example.com', route: [to(office.port), to(spare.port)] });
    await mailward.reaches(await mailward.send(bob), 'delivered');
    await mailward.reaches(await mailward.send('poison@example.com'), 'delivered');
    await mailward.reaches(await mailward.send(bob), 'delivered');
    expect([office.arrivals.length, spare.taken]).toEqual([2, 1]);
  });

  it('is not to blame when others break it as well: then the server is, and its mail waits for it', async () => {
    await using office = new OddServer();
    await office.start();
    await using mailward = await protectedBy(office);
    await mailward.reaches(await mailward.send(bob), 'delivered');
    office.says = ({ line }) => (line.startsWith('MAIL') ? 'reset' : null);
    const ids = [await mailward.send(bob), await mailward.send(eve)];
    await until(
      'the trouble to show',
      () => mailward.engine.overview().domains[0]?.outbound.cause === 'connection-failed',
    );
    office.says = () => null;
    await mailward.client.queue.retry({ domain: 'example.com', states: ['queued'] });
    for (const id of ids) await mailward.reaches(id, 'delivered');
  });
});

it('a message whose answer was still due when Mailward was stopped does not go out again with the next start', async () => {
  await using office = new OddServer(({ line }) => (line === '.' ? 'silence' : null));
  await office.start();
  await using mailward = await protectedBy(office);
  const id = await mailward.send(bob);
  await until('the message to be there', () => office.arrivals.length === 1);
  await mailward.engine.close();
  office.says = () => null;
  await mailward.open();
  const detail = await mailward.client.messages.get({ id });
  expect(detail).toMatchObject({ state: 'queued', attempts: 1 });
  expect(detail.lastReply?.text).toMatch(/Mailward was stopped after .* may have arrived/);
  await mailward.reaches(await mailward.send(eve), 'delivered');
  expect(office.copies(bob)).toBe(1);
});

it('a message that breaks the connection again and again, with none taken between, is trouble and is called so', async () => {
  await using office = new OddServer(({ line }) => (line === '.' ? 'reset' : null));
  await office.start();
  await using mailward = await protectedBy(office);
  const id = await mailward.send(bob);
  await mailward.tried(id, 1);
  const domain = await until('the overview', () => mailward.engine.overview().domains[0] ?? null);
  expect(domain.outbound.cause).toBeNull();
  await mailward.client.queue.retry({ ids: [id] });
  await mailward.tried(id, 2);
  await until(
    'the trouble to show',
    () => mailward.engine.overview().domains[0]?.outbound.cause === 'connection-failed',
  );
});

describe('another way', () => {
  it('brings no second copy either when the answer to the message is lost', async () => {
    await using office = new OddServer(({ line }) =>
      line.startsWith('RCPT') ? '450 4.2.0 later\r\n' : null,
    );
    await office.start();
    await using other = new OddServer(({ line }) => (line === '.' ? 'reset' : null));
    await other.start();
    await using third = await new Sink().start();
    await using mailward = await protectedBy(office);
    const id = await mailward.send(bob);
    await mailward.tried(id, 1);
    const selection = { ids: [id] };
    await mailward.client.queue.reroute({ selection, route: [to(other.port), to(third.port)], reason: '' });
    const detail = await mailward.tried(id, 2);
    expect(detail.lastReply?.text).toMatch(/may have arrived/);
    expect(detail.allRecipients[0]?.reroute?.nextAttemptAt).toBeGreaterThan(Date.now() + 20_000);
    expect([other.arrivals.length, third.taken]).toEqual([1, 0]);
  });
});
