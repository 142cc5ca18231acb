// Mail that an admin reroutes: one message, a selection, a domain; and never by two ways at once.
import { SMTPServer } from 'smtp-server';
import { describe, expect, it } from 'vitest';
import type { MessageDetail } from '../../shared/message.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';
import { EngineUnderTest, to } from './engine-under-test.ts';

/** A port that nobody listens on, until the sink that had it is started again. */
async function awaySink(): Promise<Sink> {
  const sink = await new Sink().start();
  await sink.stop();
  return sink;
}

/** Sends a message that the office puts off, and waits until that is known. */
async function putOff(mailward: EngineUnderTest, recipient = 'bob@example.com'): Promise<string> {
  const id = await mailward.send(recipient);
  await mailward.tried(id, 1);
  return id;
}

const get = (mailward: EngineUnderTest, id: string) => mailward.client.messages.get({ id });
const rerouteOf = (message: MessageDetail) => message.allRecipients[0]?.reroute ?? null;

async function reroute(mailward: EngineUnderTest, ids: string[], port: number, reason = '') {
  return mailward.client.queue.reroute({ selection: { ids }, route: [to(port)], reason });
}

/** Waits until a message has been tried on its reroute and nothing of that is under way. */
async function triedThere(mailward: EngineUnderTest, id: string, attempts: number): Promise<MessageDetail> {
  return until(`message ${id} to be tried ${attempts} times the other way`, async () => {
    const message = await get(mailward, id);
    return (rerouteOf(message)?.attempts ?? 0) >= attempts ? message : null;
  });
}

describe('a rerouted message', () => {
  it('arrives at the other server and only there, and the rest goes on as before', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    const other = await putOff(mailward);
    expect(await reroute(mailward, [id], spare.port, 'the office is closed')).toEqual({ count: 1 });
    const message = await mailward.reaches(id, 'delivered');
    expect(message.attemptList.map(({ port }) => port)).toEqual([office.port, spare.port]);
    expect(rerouteOf(message)).toBeNull();
    expect(message.hasContent).toBe(false);
    expect((await get(mailward, other)).state).toBe('queued');
    office.temper.rcpt = () => null;
    await mailward.client.queue.retry({ ids: [other] });
    await mailward.reaches(other, 'delivered');
    expect([spare.taken, office.taken]).toEqual([1, 1]);
  });

  it('waits while the other server is away, says so, survives a restart, and goes when it is back', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    const spare = await awaySink();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    const before = Date.now();
    await reroute(mailward, [id], spare.port, 'urgent');
    const waiting = await triedThere(mailward, id, 1);
    expect(waiting).toMatchObject({
      state: 'held',
      via: `127.0.0.1:${spare.port}`,
      cause: 'connection-failed',
    });
    const shown = rerouteOf(waiting);
    expect(shown).toMatchObject({ reason: 'urgent', attempts: 1, route: [to(spare.port)] });
    expect(shown?.since).toBeGreaterThanOrEqual(before);
    expect(shown?.nextAttemptAt).toBeGreaterThan(before);
    // To the millisecond, but for what the clock crept between.
    expect(Math.abs((waiting.nextAttemptAt ?? 0) - (shown?.nextAttemptAt ?? 0))).toBeLessThan(1_000);
    await until(
      'the overview to tell it from held mail',
      () => mailward.engine.overview().domains[0]?.rerouted === 1,
    );

    await mailward.engine.close();
    await spare.start();
    office.temper.rcpt = () => null;
    await mailward.open();
    expect(rerouteOf(await get(mailward, id))?.reason).toBe('urgent');
    expect(await mailward.client.queue.retry({ ids: [id] })).toEqual({ count: 1 });
    await mailward.reaches(id, 'delivered');
    expect([spare.taken, office.taken]).toEqual([1, 0]);
    await spare.stop();
  });

  it('comes back to the domain’s route when released, also after it was held by hand', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    const spare = await awaySink();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const [first, second] = [await putOff(mailward), await putOff(mailward)];
    await reroute(mailward, [first, second], spare.port);
    await triedThere(mailward, first, 1);
    expect(await mailward.client.queue.hold({ ids: [second] })).toEqual({ count: 1 });
    const held = await get(mailward, second);
    expect([held.state, held.via, rerouteOf(held)]).toEqual(['held', undefined, null]);
    await spare.start();
    expect(await mailward.client.queue.release({ ids: [first, second] })).toEqual({ count: 2 });
    // What still goes the other way shows that nothing else does, however often it is tried again.
    await mailward.client.queue.retry({ ids: [first, second] });
    await reroute(mailward, [await putOff(mailward, 'third@example.com')], spare.port);
    await until('the third to arrive', () => spare.taken > 0);
    expect(spare.arrivals.map(({ recipients }) => recipients)).toEqual([['third@example.com']]);
    office.temper.rcpt = () => null;
    await until('both to arrive', async () => {
      await mailward.client.queue.retry({ ids: [first, second] });
      return office.taken === 2;
    });
    expect(spare.taken).toBe(1);
    await spare.stop();
  });

  it('is tried again by the retry schedule while the other server puts it off, and never expires', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using spare = await new Sink().start();
    spare.temper.rcpt = () => '451 4.3.2 come back later';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    await reroute(mailward, [id], spare.port);
    const waiting = await triedThere(mailward, id, 1);
    const { delivery } = mailward.engine.settings.get();
    expect(rerouteOf(waiting)?.nextAttemptAt).toBeGreaterThan(
      Date.now() + ((delivery.retrySeconds[0] ?? 0) * 1000) / 2,
    );
    expect(waiting.lastReply).toMatchObject({ code: 451, text: 'come back later' });
    await mailward.engine.close();
    const { DatabaseSync } = await import('node:sqlite');
    const db = new DatabaseSync(`${mailward.dataDir}/mailward.db`);
    db.exec(
      'UPDATE recipient SET queued_since = queued_since - 30 * 86400000; UPDATE recipient SET next_at = 0 WHERE way IS NOT NULL',
    );
    db.close();
    await mailward.open();
    expect((await triedThere(mailward, id, 2)).state).toBe('held');
  });

  it('is refused when the other server refuses it for good, which says nothing of the domain’s recipients', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using spare = await new Sink().start();
    spare.temper.rcpt = () => '550 5.1.1 no such user here';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    await reroute(mailward, [id], spare.port);
    const refused = await mailward.reaches(id, 'refused');
    expect(refused).toMatchObject({ cause: 'user-unknown', hasContent: true });
    expect(rerouteOf(refused)).toBeNull();
    const { rows } = await mailward.client.recipients.list({ domain: 'example.com', state: 'failing' });
    expect(rows).toEqual([]);
    // Tried again it takes the domain's route.
    office.temper.rcpt = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
    expect(office.taken).toBe(1);
  });

  it('waits for somebody to mend the other server when that is not home for the domain', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using spare = await new Sink().start();
    spare.temper.rcpt = () => '550 5.7.1 relaying denied';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    await reroute(mailward, [id], spare.port);
    expect(await triedThere(mailward, id, 1)).toMatchObject({ state: 'held', cause: 'relay-denied' });
    // Another server's trouble is not the domain's.
    expect(mailward.engine.overview().domains[0]?.outbound.cause).not.toBe('relay-denied');
    spare.temper.rcpt = () => null;
    await mailward.client.queue.retry({ ids: [id] });
    await mailward.reaches(id, 'delivered');
  });

  it('takes the next server of the way when the first cannot be reached', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    const away = await awaySink();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    await mailward.client.queue.reroute({
      selection: { ids: [id] },
      route: [to(away.port), to(spare.port)],
    });
    await mailward.reaches(id, 'delivered');
    expect(spare.taken).toBe(1);
  });

  it('may be sent yet another way', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    const away = await awaySink();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    await reroute(mailward, [id], away.port);
    await triedThere(mailward, id, 1);
    expect(await reroute(mailward, [id], spare.port)).toEqual({ count: 1 });
    await mailward.reaches(id, 'delivered');
    expect(spare.taken).toBe(1);
  });

  it('goes to the other server alone for those recipients who still wait', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = (address) =>
      address.startsWith('later') ? '450 4.2.1 mailbox locked, try again later' : null;
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    const mixed = await mailward.send(['now@example.com', 'later@example.com']);
    await mailward.tried(mixed, 1);
    expect(await reroute(mailward, [mixed, id], spare.port)).toEqual({ count: 1 });
    await mailward.reaches(mixed, 'delivered');
    expect(spare.arrivals.map(({ recipients }) => recipients)).toEqual([['later@example.com']]);
  });
});

describe('a domain', () => {
  it('sends all that waits or is held another way, and nothing of its neighbours', async () => {
    const office = await awaySink();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.protect('example.org', office.port);
    const ids: string[] = [];
    for (let n = 0; n < 30; n++) ids.push(await mailward.send('bob@example.com'));
    await mailward.client.queue.hold({ ids: ids.slice(0, 5) });
    const both = await mailward.send(['bob@example.com', 'eve@example.org']);
    const { count } = await mailward.client.queue.reroute({
      selection: { domain: 'example.com', states: ['queued', 'held'] },
      route: [to(spare.port)],
    });
    expect(count).toBe(31);
    for (const id of ids) await mailward.reaches(id, 'delivered');
    await until('the shared message to arrive', () => spare.taken === 31);
    const message = await get(mailward, both);
    expect(message.allRecipients.map(({ state, reroute }) => [state, reroute])).toEqual([
      ['delivered', null],
      ['queued', null],
    ]);
    expect(spare.duplicates).toBe(0);
  });

  it('on hold keeps what is held with it, and sends on what was set on a reroute; deliver lets go only its own', async () => {
    await using office = await new Sink().start();
    const away = await awaySink();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const [sent, stuck, stays] = [
      await mailward.send('bob@example.com'),
      await mailward.send('bob@example.com'),
      await mailward.send('bob@example.com'),
    ];
    await reroute(mailward, [sent], spare.port);
    await mailward.reaches(sent, 'delivered');
    expect((await get(mailward, stays)).state).toBe('held');
    await reroute(mailward, [stuck], away.port);
    await triedThere(mailward, stuck, 1);
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'deliver' });
    await mailward.reaches(stays, 'delivered');
    expect(await get(mailward, stuck)).toMatchObject({ state: 'held', via: `127.0.0.1:${away.port}` });
    await until('the overview to say so', () =>
      mailward.engine.overview().sentence.includes('1 message is being rerouted'),
    );
    await mailward.client.queue.delete({ ids: [stuck] });
    expect(await get(mailward, stuck)).toMatchObject({ state: 'deleted', hasContent: false });
    expect([office.taken, spare.taken]).toEqual([1, 1]);
  });
});

it('a rerouted message does not make Mailward forget how often the server denied the domain', async () => {
  await using office = await new Sink().start();
  office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
  await using spare = await new Sink().start();
  await using mailward = await EngineUnderTest.start({ recipients: { ask: false } });
  const { settings } = mailward.engine;
  settings.set({ ...settings.get(), autoHold: { ...settings.get().autoHold, deniedMessages: 3 } });
  await mailward.protect('example.com', office.port);
  const urgent = await putOff(mailward);
  office.temper.rcpt = () => '554 5.7.1 <bob@example.com>: Relay access denied';
  for (const recipient of ['a@example.com', 'b@example.com'])
    await mailward.tried(await mailward.send(recipient), 1);
  await reroute(mailward, [urgent], spare.port);
  await mailward.reaches(urgent, 'delivered');
  const mode = async () => (await mailward.client.domains.list())[0]?.mode.name;
  expect(await mode()).toBe('deliver');
  const third = await mailward.send('c@example.com');
  await mailward.tried(third, 1);
  await until('the domain to be held', async () => (await mode()) === 'hold');
  expect((await mailward.client.messages.get({ id: third })).attemptList).toHaveLength(1);
});

describe('slips of the keyboard', () => {
  it('a way back to Mailward itself, an unknown message or an unknown domain changes nothing', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using mailward = await EngineUnderTest.start();
    await mailward.protect('example.com', office.port);
    const id = await putOff(mailward);
    await expect(reroute(mailward, [id], mailward.engine.smtp?.port ?? 0)).rejects.toThrow(
      /round in a circle/,
    );
    await expect(reroute(mailward, [id, 'ABC123'], office.port)).rejects.toThrow(/no message ABC123/);
    const selection = { domain: 'typo.example', states: ['queued' as const] };
    await expect(mailward.client.queue.reroute({ selection, route: [to(office.port)] })).rejects.toThrow(
      /not a domain/,
    );
    expect((await get(mailward, id)).state).toBe('queued');
  });
});

/** A server that keeps its answer to each message until it is told what to say; null takes it. */
class Hesitant implements AsyncDisposable {
  readonly asked: ((answer: string | null) => void)[] = [];
  taken = 0;
  readonly #server = new SMTPServer({
    hideSTARTTLS: true,
    authOptional: true,
    logger: false,
    onData: (stream, _session, callback) => {
      stream
        .on('end', () =>
          this.asked.push((answer) => {
            if (answer === null) this.taken++;
            callback(answer === null ? null : Object.assign(new Error(answer), { responseCode: 451 }));
          }),
        )
        .resume();
    },
  });

  async start(): Promise<this> {
    this.#server.on('error', () => undefined);
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    return this;
  }

  get port(): number {
    return (this.#server.server.address() as { port: number }).port;
  }

  async isAsked(times = 1): Promise<void> {
    await until('the server to be offered a message', () => this.asked.length >= times);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const answer of this.asked) answer('4.3.2 closing');
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

describe('never two at once', () => {
  const quiet = { recipients: { ask: false } };

  it('what is being offered to the office is not offered elsewhere before the office has answered', async () => {
    await using office = await new Hesitant().start();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start(quiet);
    await mailward.protect('example.com', office.port);
    const [put, taken] = [await mailward.send('bob@example.com'), await mailward.send('eve@example.com')];
    await office.isAsked(2);
    await reroute(mailward, [put, taken], spare.port);
    // Whatever may go out does: a message of its own shows that the way is open.
    await mailward.client.domains.setMode({ name: 'example.com', mode: 'hold' });
    const free = await mailward.send('free@example.com');
    await reroute(mailward, [free], spare.port);
    await mailward.reaches(free, 'delivered');
    expect(spare.arrivals.map(({ recipients }) => recipients)).toEqual([['free@example.com']]);
    const [first, second] = office.asked.splice(0);
    first?.('4.3.2 not now');
    second?.(null);
    await mailward.reaches(put, 'delivered');
    await mailward.reaches(taken, 'delivered');
    expect([office.taken, spare.taken]).toEqual([1, 2]);
  });

  it('what the office’s lane has ready but not begun goes the other way at once', async () => {
    await using office = await new Hesitant().start();
    await using spare = await new Sink().start();
    await using mailward = await EngineUnderTest.start(quiet);
    const settings = mailward.engine.settings.get();
    mailward.engine.settings.set({ ...settings, delivery: { ...settings.delivery, concurrency: 1 } });
    await mailward.protect('example.com', office.port);
    const first = await mailward.send('bob@example.com');
    await office.isAsked();
    const second = await mailward.send('bob@example.com');
    await reroute(mailward, [second], spare.port);
    await mailward.reaches(second, 'delivered');
    office.asked.splice(0).forEach((answer) => answer(null));
    await mailward.reaches(first, 'delivered');
    expect([office.taken, spare.taken]).toEqual([1, 1]);
  });

  it('what is being offered elsewhere comes back to the office only after the other server has answered', async () => {
    await using office = await new Sink().start();
    office.temper.rcpt = () => '450 4.2.1 mailbox locked, try again later';
    await using spare = await new Hesitant().start();
    await using mailward = await EngineUnderTest.start(quiet);
    await mailward.protect('example.com', office.port);
    const [goes, returns] = [await putOff(mailward), await putOff(mailward)];
    office.temper.rcpt = () => null;
    await reroute(mailward, [goes, returns], spare.port);
    await spare.isAsked(2);
    const released = mailward.client.queue.release({ ids: [goes, returns] });
    // A message of its own shows that the office would take what comes.
    await mailward.reaches(await mailward.send('free@example.com'), 'delivered');
    expect(office.arrivals.map(({ recipients }) => recipients)).toEqual([['free@example.com']]);
    const [first, second] = spare.asked.splice(0);
    first?.(null);
    second?.('4.3.2 not now');
    expect(await released).toEqual({ count: 1 });
    await mailward.reaches(goes, 'delivered');
    await mailward.reaches(returns, 'delivered');
    expect([office.taken, spare.taken]).toEqual([2, 1]);
  });
});
