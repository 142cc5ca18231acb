// A transaction ends once, however it ends, and nothing of it is left for the next one on the same connection.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { expect, it } from 'vitest';
import type { Reply } from '../../../shared/message.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { readMail } from '../../../src-main/relay/inbound/command.ts';
import { SmtpServer } from '../../../src-main/relay/inbound/server.ts';
import { Transaction, type MessageSink } from '../../../src-main/relay/inbound/transaction.ts';
import type { RelayEvents } from '../../../src-main/relay/events.ts';
import { ClientScreening } from '../../../src-main/relay/policy/filters/screening.ts';
import { FakeClock } from '../../clock/fake-clock.ts';
import { EngineUnderTest } from '../../engine/engine-under-test.ts';
import { selfSigned } from '../../lab/certificates.ts';
import { RawClient } from '../../lab/client.ts';
import { eventsInto } from '../../lab/log.ts';
import { scratch } from '../../lab/scratch.ts';
import { Sink } from '../../lab/sink.ts';
import { until } from '../../lab/wait.ts';

type Answer = Reply | null | Promise<Reply | null>;

const TAKEN: Reply = { code: 250, enhanced: '2.6.0', text: 'Message stored' };
const UNKNOWN: Reply = { code: 550, enhanced: '5.1.1', text: 'No such user' };
const REFUSED: Reply = { code: 550, enhanced: '5.7.1', text: 'Refused' };
const FULL: Reply = { code: 452, enhanced: '4.3.1', text: 'Not enough disk space, try again later' };
const MESSAGE = 'Subject: test\r\n\r\nHello.\r\n.\r\n';

const { smtp } = settingsSchema.parse({});
const limits = { ...smtp, maxErrors: 4, maxMessageBytes: 65_536, idleSeconds: 60 };

/** The door with nothing behind it: the test answers what is asked, and sees how each transaction ends. */
class Door implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly troubles: string[] = [];
  /** How those that began have ended, in that order. */
  readonly outcomes: string[] = [];
  /** What each message was for, and who was refused besides, when its data began. */
  readonly messages: { sender: string; recipients: string[]; refused: string[] }[] = [];
  /** What the sinks were told besides content. */
  readonly told: string[] = [];
  onSender: () => Answer = () => null;
  onRecipient: (address: string) => Answer = (address) => (address.startsWith('nobody') ? UNKNOWN : null);
  onMessage: () => Reply | Promise<Reply> = () => TAKEN;
  readonly server = new SmtpServer(
    limits,
    {
      visit: (address) => new ClientScreening(undefined as never, address, true, Promise.resolve([])),
      mailFrom: () => this.onSender(),
      rcptTo: (transaction, address) => this.#recipient(transaction, address),
      startMessage: (transaction) => this.#message(transaction),
      ended: (_, outcome) => this.outcomes.push(outcome),
      greetingDelay: () => 0,
      isOurAddress: () => false,
      lacksSmtpUtf8: () => false,
      postmasterDomain: () => null,
    },
    { clock: this.clock, events: eventsInto<RelayEvents>(this.troubles) },
  );

  readonly #closed = once(this.server.server, 'close');
  /** The ends of all sockets that came. */
  readonly #sockets: Promise<unknown>[] = [];

  static async open(): Promise<Door> {
    const door = new Door();
    door.server.server.on('connection', (socket) =>
      door.#sockets.push(new Promise((resolve) => socket.once('close', resolve))),
    );
    door.server.server.listen(0, '127.0.0.1');
    await once(door.server.server, 'listening');
    return door;
  }

  greet(): Promise<RawClient> {
    return RawClient.greet((this.server.server.address() as AddressInfo).port);
  }

  /** Offers STARTTLS. */
  certify(): void {
    using folder = scratch('transaction');
    const { certificate, key } = selfSigned(folder.path, 'door');
    this.server.useCertificate(
      createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) }),
    );
  }

  /** When it is done, all its clients have left, and nothing can end any more. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.server.server.listening) void this.server.close();
    await this.#closed;
    // A socket's own end is told behind the server's.
    await Promise.all(this.#sockets);
  }

  #recipient(transaction: Transaction, address: string): Answer {
    const answer = this.onRecipient(address);
    if (answer !== null && 'code' in answer) transaction.refusals.add(address, answer);
    return answer;
  }

  #message({ sender, recipients, refusals }: Transaction): MessageSink {
    const refused = refusals.list.map(({ mailbox }) => mailbox.address);
    this.messages.push({ sender, recipients: [...recipients], refused });
    return {
      content: { write: () => undefined },
      end: () => this.onMessage(),
      refuse: ({ code }) => this.told.push(`refused ${code}`),
      abort: () => this.told.push('aborted'),
    };
  }
}

/** The TLS side of a connection that has just been answered 220 to STARTTLS. */
async function secured(client: RawClient): Promise<RawClient> {
  client.socket.removeAllListeners('data');
  const socket = connectTls({ socket: client.socket, rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  return new RawClient(socket);
}

interface Way {
  outcome: 'accepted' | 'refused' | 'abandoned';
  /** From an open transaction with one recipient to its end. Answers the client when it may begin another. */
  talk: (client: RawClient, door: Door) => Promise<RawClient | undefined>;
}

const ways: Record<string, Way> = {
  'a message that is taken': {
    outcome: 'accepted',
    talk: async (client) => {
      await client.command('DATA', 354);
      client.send(MESSAGE);
      await client.expect(250);
      return client;
    },
  },
  'a message refused for its content': {
    outcome: 'refused',
    talk: async (client, door) => {
      door.onMessage = () => REFUSED;
      await client.command('DATA', 354);
      client.send(MESSAGE);
      await client.expect(550);
      return client;
    },
  },
  'a message for which there is no place': {
    outcome: 'refused',
    talk: async (client, door) => {
      door.onMessage = () => Promise.resolve(FULL);
      await client.command('DATA', 354);
      client.send(MESSAGE);
      await client.expect(452);
      return client;
    },
  },
  'a message refused for its form': {
    outcome: 'refused',
    talk: async (client) => {
      await client.command('DATA', 354);
      client.send('Subject: test\r\n\r\nHel\nlo.\r\n.\r\n');
      await client.expect(550);
      return client;
    },
  },
  'a message without end, at twice the limit': {
    outcome: 'refused',
    talk: async (client) => {
      await client.command('DATA', 354);
      client.send(`Subject: test\r\n\r\n${'Hello, hello.\r\n'.repeat(10_000)}`);
      await client.expect(552);
      await client.ended;
      return undefined;
    },
  },
  'a message that cannot be judged': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      door.onMessage = () => Promise.reject(new Error('the judge is ill'));
      await client.command('DATA', 354);
      client.send(MESSAGE);
      await client.expect(421);
      await client.ended;
      expect(door.troubles.join()).toContain('the judge is ill');
      return undefined;
    },
  },
  RSET: {
    outcome: 'abandoned',
    talk: async (client) => {
      await client.command('RSET', 250);
      return client;
    },
  },
  'EHLO once more': {
    outcome: 'abandoned',
    talk: async (client) => {
      await client.command('EHLO client.example', 250);
      return client;
    },
  },
  'HELO once more': {
    outcome: 'abandoned',
    talk: async (client) => {
      await client.command('HELO client.example', 250);
      return client;
    },
  },
  STARTTLS: {
    outcome: 'abandoned',
    talk: async (client, door) => {
      door.certify();
      await client.command('STARTTLS', 220);
      const secure = await secured(client);
      await secure.command('RCPT TO:<bob@example.com>', 503);
      await secure.command('EHLO client.example', 250);
      return secure;
    },
  },
  'STARTTLS, and no handshake': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      door.certify();
      await client.command('STARTTLS', 220);
      client.send('This is not TLS.\r\n');
      await client.ended;
      return undefined;
    },
  },
  QUIT: {
    outcome: 'abandoned',
    talk: async (client) => {
      await client.command('QUIT', 221);
      await client.ended;
      return undefined;
    },
  },
  'a client that drops between commands': {
    outcome: 'abandoned',
    talk: (client) => {
      client.reset();
      return Promise.resolve(undefined);
    },
  },
  'a client that drops in DATA': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      await client.command('DATA', 354);
      client.send('Subject: test\r\n\r\nHel');
      client.reset();
      await until('the sink is told', () => door.told.includes('aborted'));
      return undefined;
    },
  },
  'a client that hangs up in DATA': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      await client.command('DATA', 354);
      client.send('Subject: test\r\n\r\nHel');
      client.socket.end();
      await until('the sink is told', () => door.told.includes('aborted'));
      return undefined;
    },
  },
  'a client that drops while its recipient is asked about': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      const { promise, resolve } = Promise.withResolvers<Reply | null>();
      let asked = false;
      door.onRecipient = () => {
        asked = true;
        return promise;
      };
      client.send('RCPT TO:<dora@example.com>\r\n');
      await until('it is asked', () => asked);
      client.reset();
      await until('it has ended', () => door.outcomes.length > 0);
      resolve(null);
      return undefined;
    },
  },
  'a client that drops while its message is stored': {
    outcome: 'accepted',
    talk: (client, door) => dropsWhileStored(client, door, TAKEN),
  },
  'a client that drops while its message is judged, and refused': {
    outcome: 'refused',
    talk: (client, door) => dropsWhileStored(client, door, REFUSED),
  },
  'too many errors': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      for (let errors = 0; errors < 3; errors++) await client.command('BOGUS', 500);
      // After the second half of them it is slowed down.
      client.send('BOGUS\r\n');
      await until('it waits', () => door.clock.nextButRounds !== null);
      door.clock.pass(1_000);
      await client.expect(421);
      await client.ended;
      return undefined;
    },
  },
  'a client that says nothing any more': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      door.clock.pass(62_000);
      await client.expect(421);
      await client.ended;
      return undefined;
    },
  },
  'a client that stops in the middle of DATA': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      await client.command('DATA', 354);
      client.send('Subject: test\r\n');
      door.clock.pass(62_000);
      await client.expect(421);
      await client.ended;
      return undefined;
    },
  },
  'the end of the service, told at the next command': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      void door.server.close();
      await client.command('RCPT TO:<dora@example.com>', 421);
      await client.ended;
      return undefined;
    },
  },
  'the end of the service, which waits no longer for the message': {
    outcome: 'abandoned',
    talk: async (client, door) => {
      await client.command('DATA', 354);
      const closed = door.server.close();
      door.clock.pass(5_000);
      await closed;
      await client.expect(421);
      await client.ended;
      return undefined;
    },
  },
};

async function dropsWhileStored(client: RawClient, door: Door, reply: Reply): Promise<undefined> {
  const { promise, resolve } = Promise.withResolvers<Reply>();
  let asked = false;
  door.onMessage = () => {
    asked = true;
    return promise;
  };
  await client.command('DATA', 354);
  client.send(MESSAGE);
  await until('it is stored', () => asked);
  client.reset();
  await until('the client is gone', () => door.server.connections.size === 0);
  expect(door.outcomes).toEqual([]);
  resolve(reply);
  await until('it has ended', () => door.outcomes.length > 0);
  return undefined;
}

it.each(Object.entries(ways))('%s ends a transaction once', async (_, { outcome, talk }) => {
  await using door = await Door.open();
  await using client = await door.greet();
  await client.command('MAIL FROM:<ann@example.org>', 250);
  await client.command('RCPT TO:<nobody@example.com>', 550);
  await client.command('RCPT TO:<bob@example.com>', 250);
  const goesOn = await talk(client, door);
  if (goesOn) {
    door.onMessage = () => TAKEN;
    door.messages.length = 0;
    await goesOn.command('DATA', 503);
    await goesOn.openData('carol@example.org', 'dave@example.com');
    expect(door.messages).toEqual([
      { sender: 'carol@example.org', recipients: ['dave@example.com'], refused: [] },
    ]);
    goesOn.send(MESSAGE);
    await goesOn.expect(250);
    await goesOn.command('QUIT', 221);
  }
  await client[Symbol.asyncDispose]();
  await door[Symbol.asyncDispose]();
  expect(door.outcomes).toEqual(goesOn ? [outcome, 'accepted'] : [outcome]);
  // Of what is accepted, nothing is forgotten.
  if (outcome === 'accepted') expect(door.told).toEqual([]);
});

it('where we end the connection, the transaction does not wait for the client to hang up', async () => {
  await using door = await Door.open();
  await using client = await door.greet();
  await client.openData('ann@example.org', 'bob@example.com');
  // It reads nothing any more, so it does not see the end either.
  client.socket.pause();
  door.clock.pass(62_000);
  expect(door.outcomes).toEqual(['abandoned']);
  expect(door.told).toEqual(['aborted']);
});

it('MAIL within a transaction is an error, and the transaction goes on as it was', async () => {
  await using door = await Door.open();
  await using client = await door.greet();
  await client.command('MAIL FROM:<ann@example.org>', 250);
  await client.command('RCPT TO:<nobody@example.com>', 550);
  await client.command('RCPT TO:<bob@example.com>', 250);
  await client.command('MAIL FROM:<carol@example.org>', 503);
  expect(door.outcomes).toEqual([]);
  await client.command('DATA', 354);
  expect(door.messages).toEqual([
    { sender: 'ann@example.org', recipients: ['bob@example.com'], refused: ['nobody@example.com'] },
  ]);
  client.send(MESSAGE);
  await client.expect(250);
  expect(door.outcomes).toEqual(['accepted']);
});

it.each<[string, (door: Door) => void]>([
  ['at once', (door) => (door.onSender = () => FULL)],
  ['after a while', (door) => (door.onSender = () => Promise.resolve(FULL))],
])('MAIL that is refused %s begins nothing that could end', async (_, refuse) => {
  await using door = await Door.open();
  await using client = await door.greet();
  refuse(door);
  await client.command('MAIL FROM:<ann@example.org>', 452);
  await client.command('RCPT TO:<bob@example.com>', 503);
  await client.command('RSET', 250);
  door.onSender = () => Promise.resolve(null);
  await client.openData('carol@example.org', 'dave@example.com');
  client.send(MESSAGE);
  await client.expect(250);
  expect(door.outcomes).toEqual(['accepted']);
});

it('MAIL that is answered when the client is gone begins nothing', async () => {
  await using door = await Door.open();
  await using client = await door.greet();
  const { promise, resolve } = Promise.withResolvers<null>();
  let asked = false;
  door.onSender = () => {
    asked = true;
    return promise;
  };
  client.send('MAIL FROM:<ann@example.org>\r\n');
  await until('it is asked', () => asked);
  const [connection] = door.server.connections;
  client.reset();
  await until('the client is gone', () => door.server.connections.size === 0);
  resolve(null);
  await door[Symbol.asyncDispose]();
  // What began now would never end.
  expect(connection?.inTransaction).toBe(false);
  expect(door.outcomes).toEqual([]);
});

it('what goes wrong with a question is ours: the client is told to come again, and the transaction goes on', async () => {
  await using door = await Door.open();
  await using client = await door.greet();
  await client.command('MAIL FROM:<ann@example.org>', 250);
  door.onRecipient = () => Promise.reject(new Error('the judge is ill'));
  await client.command('RCPT TO:<bob@example.com>', 451);
  expect(door.troubles.join()).toContain('the judge is ill');
  door.onRecipient = () => null;
  await client.command('RCPT TO:<dave@example.com>', 250);
  await client.command('DATA', 354);
  expect(door.messages).toMatchObject([{ recipients: ['dave@example.com'] }]);
});

it.each<[string, (transaction: Transaction) => void, string]>([
  ['accepted', (transaction) => transaction.answered(TAKEN), 'accepted'],
  ['refused', (transaction) => transaction.answered(REFUSED), 'refused'],
  ['abandoned', (transaction) => transaction.abandon(), 'abandoned'],
  ['given up for a fault of ours', (transaction) => transaction.fail(), 'abandoned'],
])('%s, it cannot end again, whatever is said of it', (_, end, outcome) => {
  const outcomes: string[] = [];
  const told: string[] = [];
  const command = readMail('FROM:<ann@example.org>');
  if ('code' in command) throw new Error(command.text);
  const visit = new ClientScreening(undefined as never, '127.0.0.1', true, Promise.resolve([]));
  const transaction = new Transaction(command, visit, (_transaction, how) => outcomes.push(how));
  transaction.sink = {
    content: { write: () => undefined },
    end: () => TAKEN,
    refuse: () => told.push('refused'),
    abort: () => told.push('aborted'),
  };
  end(transaction);
  const toldAtItsEnd = [...told];
  transaction.abandon();
  transaction.answered(TAKEN);
  transaction.answered(REFUSED);
  transaction.fail();
  expect(outcomes).toEqual([outcome]);
  expect(told).toEqual(toldAtItsEnd);
});

/** Rspamd as far as it takes to keep Mailward waiting: it answers when the test says so. */
class SlowJudge implements AsyncDisposable {
  readonly asked: ServerResponse[] = [];
  readonly #server = createServer((request, response) => {
    request.resume();
    this.asked.push(response);
  });

  async start(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

it('a client that goes away while its message is judged leaves one row in the log, with all its recipients', async () => {
  await using judge = new SlowJudge();
  const rspamdUrl = await judge.start();
  await using office = await new Sink().start();
  await using mailward = await EngineUnderTest.start({ filters: { exempt: [], rspamdUrl } });
  await mailward.protect('example.com', office.port);
  await using client = await RawClient.greet(mailward.engine.smtp?.port ?? 0);
  await client.command('MAIL FROM:<ann@example.org>', 250);
  await client.command('RCPT TO:<bob@example.net>', 550);
  await client.command('RCPT TO:<bob@example.com>', 250);
  await client.command('DATA', 354);
  client.send(MESSAGE);
  await until('Rspamd is asked', () => judge.asked.length > 0);
  client.reset();
  await until('the client is gone', () => mailward.engine.overview().listener.door.open === 0);
  judge.asked[0]?.end(JSON.stringify({ action: 'no action', score: 0 }));
  await until('it arrives', () => office.taken === 1);
  const row = await until('its end is logged', async () => {
    const { rows } = await mailward.client.messages.list({});
    return rows.find(({ state }) => state === 'delivered') ?? null;
  });
  const { allRecipients } = await mailward.client.messages.get({ id: row.id });
  expect(allRecipients.map(({ address, state }) => `${address} ${state}`).sort()).toEqual([
    'bob@example.com delivered',
    'bob@example.net rejected',
  ]);
  expect((await mailward.client.messages.list({})).rows).toHaveLength(1);
});

it('the log has the recipients of each transaction, and none of the one before', async () => {
  await using office = await new Sink().start();
  await using mailward = await EngineUnderTest.start();
  await mailward.protect('example.com', office.port);
  await using client = await RawClient.greet(mailward.engine.smtp?.port ?? 0);
  await client.command('MAIL FROM:<ann@example.org>', 250);
  await client.command('RCPT TO:<first@example.net>', 550);
  await client.command('RCPT TO:<first@example.com>', 250);
  await client.command('RSET', 250);
  await client.command('MAIL FROM:<carol@example.org>', 250);
  await client.command('RCPT TO:<second@example.net>', 550);
  await client.command('RCPT TO:<second@example.com>', 250);
  await client.command('DATA', 354);
  client.send(MESSAGE);
  const { text } = await client.expect(250);
  await mailward.reaches(/id (\w+)/.exec(text)?.[1] ?? '', 'delivered');
  await client.command('MAIL FROM:<erin@example.org>', 250);
  await client.command('RCPT TO:<third@example.net>', 550);
  await client.command('QUIT', 221);
  const rows = await until('all are logged', async () => {
    const list = await mailward.client.messages.list({});
    return list.rows.length === 3 ? list.rows : null;
  });
  const logged = await Promise.all(
    rows.map(async ({ id, sender }) => {
      const { allRecipients } = await mailward.client.messages.get({ id });
      return [sender, ...allRecipients.map(({ address }) => address).sort()].join(' ');
    }),
  );
  expect(logged.sort()).toEqual([
    'ann@example.org first@example.net',
    'carol@example.org second@example.com second@example.net',
    'erin@example.org third@example.net',
  ]);
});
