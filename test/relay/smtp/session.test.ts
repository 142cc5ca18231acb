// One connection to a server that says just what the test wants, and what is made of it.
import { systemClock } from '../../../src-main/clock/watched.ts';
import { readFileSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { destinationSchema } from '../../../shared/domain.ts';
import { AddressBook } from '../../../src-main/relay/smtp/address-book.ts';
import { DestinationFailed, Session, type OutgoingMessage } from '../../../src-main/relay/smtp/session.ts';
import { selfSigned } from '../../lab/certificates.ts';
import { scratch } from '../../lab/scratch.ts';
import { until } from '../../lab/wait.ts';

type Say = (words: string) => void;

/** A server with a tongue of its own. `on` is told every chunk; the greeting is said at once. */
class Scripted implements AsyncDisposable {
  heard: string[] = [];
  readonly sockets: Socket[] = [];
  readonly #server;

  constructor(on: (heard: string, say: Say, socket: Socket) => void, greeting = '220 office.example\r\n') {
    this.#server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on('error', () => undefined);
      socket.on('data', (chunk) => {
        const text = chunk.toString('latin1');
        this.heard.push(text);
        on(text, (words) => socket.write(words), socket);
      });
      if (greeting !== '') socket.write(greeting);
    });
  }

  async open(
    tls: 'none' | 'opportunistic' | 'require' | 'verify' = 'none',
    seconds = 5,
    messageSeconds = 600,
  ): Promise<Session> {
    if (!this.#server.listening)
      await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = this.#server.address() as { port: number };
    return Session.open(destinationSchema.parse({ host: '127.0.0.1', port, tls }), {
      clock: systemClock,
      hostname: 'mailward.example',
      connectSeconds: seconds,
      replySeconds: seconds,
      messageSeconds,
      addresses: new AddressBook({ now: systemClock.steady, moved: () => undefined }),
      secure: null,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

const hello = '250-office.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 1000\r\n';
const letter: OutgoingMessage = {
  sender: 'ann@example.org',
  recipients: ['bob@example.com', 'eve@example.com'],
  size: 100,
  body8bit: false,
  smtpUtf8: false,
  content: Buffer.from('Subject: test\r\n\r\n.dot\r\n'),
};

/** Answers EHLO by itself, the envelope with `envelope`, and what follows with `rest`. */
function office(envelope: string, rest: (heard: string, say: Say, socket: Socket) => void = () => undefined) {
  return new Scripted((heard, say, socket) => {
    if (heard.startsWith('EHLO')) say(hello);
    else if (heard.startsWith('MAIL')) say(envelope);
    else rest(heard, say, socket);
  });
}

function codes(answers: Awaited<ReturnType<Session['send']>>) {
  return answers.map(({ reply, stage }) => [reply.code, stage]);
}

describe('a message', () => {
  it('goes out in two writes: the envelope, and the message with its end', async () => {
    await using server = office('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', (_, say) =>
      say('250 2.0.0 taken\r\n'),
    );
    const session = await server.open();
    expect(codes(await session.send(letter))).toEqual([
      [250, 'message'],
      [250, 'message'],
    ]);
    expect(server.heard.slice(1)).toEqual([
      'MAIL FROM:<ann@example.org> SIZE=100\r\nRCPT TO:<bob@example.com>\r\nRCPT TO:<eve@example.com>\r\nDATA\r\n',
      'Subject: test\r\n\r\n..dot\r\n.\r\n',
    ]);
    expect(session.usable).toBe(true);
    session.close();
  });

  it('of which one recipient is refused goes to the other', async () => {
    await using server = office(
      '250 ok\r\n550-5.1.1 no\r\n550 5.1.1 such user\r\n250 ok\r\n354 go\r\n',
      (_, say) => say('250 taken\r\n'),
    );
    const answers = await (await server.open()).send(letter);
    expect(codes(answers)).toEqual([
      [550, 'rcpt'],
      [250, 'message'],
    ]);
    expect(answers[0]?.reply).toEqual({ code: 550, enhanced: '5.1.1', text: 'no such user' });
  });

  it('whose sender is refused is not sent, also when the server takes DATA all the same', async () => {
    await using server = office('550 5.1.8 sender\r\n250 ok\r\n250 ok\r\n354 go\r\n');
    const session = await server.open();
    expect(codes(await session.send(letter))).toEqual([
      [550, 'mail'],
      [550, 'mail'],
    ]);
    expect(session.usable).toBe(false);
    expect(server.heard).toHaveLength(2);
  });

  it('whose recipients are all refused is ended empty when the server takes DATA all the same', async () => {
    await using server = office('250 ok\r\n450 4.2.0 later\r\n550 5.1.1 no\r\n354 go\r\n', (_, say) =>
      say('554 no\r\n'),
    );
    const session = await server.open();
    expect(codes(await session.send(letter))).toEqual([
      [450, 'rcpt'],
      [550, 'rcpt'],
    ]);
    expect(server.heard.at(-1)).toBe('.\r\n');
    expect(session.usable).toBe(true);
  });

  it('larger than the server takes is not offered', async () => {
    await using server = office('');
    const session = await server.open();
    const answers = await session.send({ ...letter, size: 2000 });
    expect(codes(answers)).toEqual([
      [552, 'mail'],
      [552, 'mail'],
    ]);
    expect(server.heard).toHaveLength(1);
  });

  it('refused in the middle of its content is refused with those words', async () => {
    await using server = office('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', (heard, say, socket) => {
      if (heard.includes('begin')) {
        say('552 5.3.4 too much\r\n');
        socket.end();
      }
    });
    async function* content() {
      yield Buffer.from('Subject: begin\r\n\r\n');
      await until('the server to refuse it', () => server.sockets[0]?.writableEnded === true);
      yield Buffer.from('end\r\n');
    }
    const answers = await (await server.open()).send({ ...letter, content: content() });
    expect(codes(answers)[0]).toEqual([552, 'message']);
  });

  it('that cannot be read to its end is never ended', async () => {
    await using server = office('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
    async function* content() {
      yield Buffer.from('Subject: half\r\n');
      await Promise.reject(new Error('the disk is gone'));
    }
    const session = await server.open();
    await expect(session.send({ ...letter, content: content() })).rejects.toThrow('the disk is gone');
    expect(session.usable).toBe(false);
    await until('the connection to end', () => server.sockets[0]?.destroyed);
    expect(server.heard.join('')).not.toContain('\r\n.\r\n');
  });
});

describe('a server that ends the conversation', () => {
  it('with 421 in the middle of the envelope is told apart from one that refuses the message', async () => {
    await using server = office('250 ok\r\n421 4.7.0 too many\r\n');
    const failure = await (await server.open()).send(letter).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DestinationFailed);
    expect((failure as DestinationFailed).reply).toEqual({ code: 421, enhanced: '4.7.0', text: 'too many' });
  });

  it('without a word after the message says nothing about it', async () => {
    await using server = office('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', (_, __, socket) =>
      socket.destroy(),
    );
    await expect((await server.open()).send(letter)).rejects.toBeInstanceOf(DestinationFailed);
  });

  it('while nobody asks it anything leaves a connection that is not used again', async () => {
    await using server = office('');
    const session = await server.open();
    server.sockets[0]?.end('421 4.4.2 idle\r\n');
    await until('the connection to be over', () => !session.usable);
  });

  it('or answers what was not asked is not trusted further', async () => {
    await using server = office('');
    const session = await server.open();
    server.sockets[0]?.write('250 what?\r\n');
    await until('the connection to be over', () => !session.usable);
  });
});

describe('a server that never ends what it says, but is never silent either, is left', () => {
  /** Says these words an octet at a time, over and over, until the connection is gone. */
  const drip = (words: string, say: Say, socket: Socket) => {
    let at = 0;
    const timer = setInterval(() => say(words.charAt(at++ % words.length)), 100);
    socket.once('close', () => clearInterval(timer));
  };
  const took = async (sending: Promise<unknown>) => {
    const error: unknown = await sending.catch((failure: unknown) => failure);
    expect(error).toBeInstanceOf(DestinationFailed);
    return error as DestinationFailed;
  };

  it.each([
    ['one that has no end', '250-not yet '],
    ['of empty lines', '\r\n'],
    ['of many lines', '250-not yet\r\n'],
  ])('in an answer %s to a command: nothing was sent', async (_, words) => {
    await using server = new Scripted((heard, say, socket) => {
      if (heard.startsWith('EHLO')) say('250 office.example\r\n');
      else drip(words, say, socket);
    });
    const session = await server.open('none', 1);
    expect(await took(session.send(letter))).toMatchObject({ manner: 'broke' });
    expect(server.heard.join('')).not.toContain('DATA');
  });

  it('in its second answer of several', async () => {
    await using server = new Scripted((heard, say, socket) => {
      if (heard.startsWith('EHLO')) say(hello);
      else {
        say('250 ok\r\n');
        drip('250-not yet\r\n', say, socket);
      }
    });
    await took((await server.open('none', 1)).send(letter));
  });

  it('in its answer to the whole message, which may have arrived', async () => {
    await using server = office('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', (_, say, socket) =>
      drip('250-not yet\r\n', say, socket),
    );
    const session = await server.open('none', 1, 1);
    expect(await took(session.send(letter))).toMatchObject({ manner: 'lost' });
  });

  it('that takes a little of the message now and then, but not at the slowest rate', async () => {
    await using server = office('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', (_, _say, socket) => {
      socket.pause();
      setTimeout(() => socket.resume(), 20);
    });
    const endless = async function* () {
      for (;;) yield await Promise.resolve(Buffer.alloc(262_144, 'Hello, Bob.\r\n'));
    };
    const session = await server.open('none', 1);
    const sending = session.send({ ...letter, content: endless() });
    expect(await took(sending)).toMatchObject({ manner: 'broke' });
  });
});

it('a message of gigabytes has its weeks', async () => {
  await using server = new Scripted((heard, say) => {
    if (heard.startsWith('EHLO')) say('250-office.example\r\n250 PIPELINING\r\n');
    else if (heard.startsWith('MAIL')) say('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n');
    else setTimeout(() => say('250 taken\r\n'), 200);
  });
  const answers = await (await server.open()).send({ ...letter, size: 4_000_000_000 });
  expect(codes(answers)).toEqual([
    [250, 'message'],
    [250, 'message'],
  ]);
});

it('a server that says each line of its answers only just in time is heard out', async () => {
  const slowly = (words: string, say: Say) => {
    for (const [index, line] of words.split(/(?<=\n)/).entries())
      setTimeout(() => say(line), 700 * (index + 1));
  };
  await using patient = new Scripted((heard, say) => {
    if (heard.startsWith('EHLO')) say(hello);
    else if (heard.startsWith('MAIL')) slowly('250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n', say);
    else slowly('250 taken\r\n', say);
  });
  expect(codes(await (await patient.open('none', 2)).send(letter))).toEqual([
    [250, 'message'],
    [250, 'message'],
  ]);
});

it.each<[string, string, RegExp]>([
  ['says nothing', '', /did not answer in time/],
  ['is not ready', '554 5.7.1 go away\r\n', /answered: 554 5.7.1 go away/],
  ['never ends its greeting', '220-office\r\n'.repeat(10_000), /does not end/],
])('a server that %s cannot be used', async (_, greeting, words) => {
  await using server = new Scripted(() => undefined, greeting);
  await expect(server.open('none', 1)).rejects.toThrow(words);
});

it('a server that knows only HELO is greeted so', async () => {
  await using server = new Scripted((heard, say) =>
    say(heard.startsWith('EHLO') ? '502 what?\r\n' : '250 hello\r\n'),
  );
  const session = await server.open();
  expect(server.heard).toEqual(['EHLO mailward.example\r\n', 'HELO mailward.example\r\n']);
  session.close();
});

describe('STARTTLS', () => {
  const offers = '250-office.example\r\n250 STARTTLS\r\n';

  /** Shakes hands after STARTTLS; what it hears then comes to `secured`. */
  function secured(behind: string, answer: (heard: string) => string): Scripted {
    using folder = scratch('session');
    const { certificate, key } = selfSigned(folder.path, 'office');
    const context = createSecureContext({ cert: readFileSync(certificate), key: readFileSync(key) });
    return new Scripted((heard, say, socket) => {
      if (heard.startsWith('EHLO')) say(offers);
      else if (heard.startsWith('STARTTLS')) {
        socket.removeAllListeners('data');
        say(`220 go ahead\r\n${behind}`);
        const tls = new TLSSocket(socket, { isServer: true, secureContext: context });
        tls.on('error', () => undefined);
        tls.on('data', (chunk: Buffer) => tls.write(answer(chunk.toString('latin1'))));
      }
    });
  }

  it('is used when it is offered, and what was said in clear is not believed', async () => {
    await using server = secured('250-evil.example\r\n250 SMTPUTF8\r\n', (heard) =>
      heard.startsWith('EHLO') ? '250 office.example\r\n' : '221 bye\r\n',
    );
    const session = await server.open('opportunistic');
    expect(session.tls).toMatch(/^TLSv1\.[23] /);
    const international = { ...letter, sender: 'jürgen@example.org' };
    expect(codes(await session.send(international))[0]).toEqual([550, 'mail']);
    session.close();
  });

  it('behind which the server says nothing more means mail in clear for an opportunist', async () => {
    await using server = secured('', () => '');
    const session = await server.open('opportunistic', 2);
    expect(session.tls).toBeNull();
    session.close();
    await expect(server.open('require', 2)).rejects.toThrow(/did not answer in time/);
  });

  it('with a certificate that proves nothing is no use to a policy that wants proof', async () => {
    await using server = secured('', () => '250 office.example\r\n');
    const failure = await server.open('verify').catch((error: unknown) => error);
    expect(failure).toMatchObject({ stage: 'starttls' });
  });

  it('that does not work means mail in clear for an opportunist, and none for others', async () => {
    await using server = new Scripted((heard, say) => {
      say(
        heard.startsWith('EHLO')
          ? offers
          : heard.startsWith('STARTTLS')
            ? '454 4.7.0 not now\r\n'
            : '250 ok\r\n',
      );
    });
    const session = await server.open('opportunistic');
    expect(session.tls).toBeNull();
    expect(session.transcript.lines.map(({ text }) => text).join('\n')).toContain(
      'trying again without encryption',
    );
    session.close();
    await expect(server.open('require')).rejects.toThrow(/454 4.7.0 not now/);
  });
});
