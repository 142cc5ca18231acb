// How a server is greeted that does not bear the usual: one that hangs up on EHLO, one that gets lost in TLS.
import { systemClock } from '../../../src-main/clock/watched.ts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { destinationSchema, type TlsPolicy } from '../../../shared/domain.ts';
import { AddressBook } from '../../../src-main/relay/smtp/address-book.ts';
import { Quirks } from '../../../src-main/relay/smtp/quirks.ts';
import { Session } from '../../../src-main/relay/smtp/session.ts';
import { OddServer } from '../../lab/odd-server.ts';

const HOUR = 3_600_000;
let now = 1_700_000_000_000;

function greeter(quirks = new Quirks(() => now)) {
  return async (server: OddServer, tls: TlsPolicy = 'none'): Promise<Session> =>
    Session.open(destinationSchema.parse({ host: '127.0.0.1', port: server.port, tls }), {
      clock: systemClock,
      hostname: 'mailward.example',
      connectSeconds: 10,
      replySeconds: 300,
      addresses: new AddressBook({ now: systemClock.steady, moved: () => undefined }),
      secure: null,
      quirks,
    });
}

const EHLO = 'EHLO mailward.example';
const HELO = 'HELO mailward.example';
const verbs = (server: OddServer) => server.heard.map((lines) => lines.filter((line) => line !== 'QUIT'));

afterEach(() => {
  vi.useRealTimers();
});

describe('a server that does not bear EHLO', () => {
  it.each<[string, (line: string, asked: boolean) => string | null, string[][]]>([
    ['hangs up on it', (line) => (line.startsWith('EHLO') ? 'close' : null), [[EHLO], [HELO]]],
    ['resets on it', (line) => (line.startsWith('EHLO') ? 'reset' : null), [[EHLO], [HELO]]],
    ['does not know it', (line) => (line.startsWith('EHLO') ? '502 5.5.1 what?\r\n' : null), [[EHLO, HELO]]],
    [
      'does not know it, and hangs up on whoever said it',
      (line, asked) => (line.startsWith('EHLO') ? '500 what?\r\n' : asked && line === HELO ? 'close' : null),
      [[EHLO, HELO], [HELO]],
    ],
    [
      'does not know it, and hears no other greeting over the same connection',
      (line, asked) =>
        line.startsWith('EHLO') ? '550 no\r\n' : asked && line === HELO ? '503 bad sequence\r\n' : null,
      [[EHLO, HELO], [HELO]],
    ],
  ])('and %s is greeted with HELO', async (_, says, conversations) => {
    await using server = new OddServer();
    await server.start();
    server.says = ({ line, connection }) => says(line, server.heard[connection - 1]?.[0] === EHLO);
    const open = greeter();
    (await open(server)).close();
    expect(verbs(server)).toEqual(conversations);
  });

  it('is greeted with HELO at once for a while, and then asked again', async () => {
    await using server = new OddServer(({ line }) => (line.startsWith('EHLO') ? 'close' : null));
    await server.start();
    const open = greeter();
    for (let n = 0; n < 2; n++) (await open(server)).close();
    now += HOUR;
    const session = await open(server);
    expect(verbs(server)).toEqual([[EHLO], [HELO], [HELO], [EHLO], [HELO]]);
    expect(session.transcript.lines.map(({ text }) => text).join('\n')).toContain('trying again with HELO');
    session.close();
  });

  it('but says that it is leaving is not asked at once again', async () => {
    await using server = new OddServer(({ line }) => (line.startsWith('EHLO') ? '421 4.3.2 busy\r\n' : null));
    await server.start();
    await expect(greeter()(server)).rejects.toThrow(/421 4.3.2 busy/);
    expect(server.connections).toBe(1);
  });

  it('cannot be used where mail must be encrypted', async () => {
    await using server = new OddServer(({ line }) => (line.startsWith('EHLO') ? 'close' : null));
    await server.start();
    await expect(greeter()(server, 'require')).rejects.toThrow(/closed/i);
    expect(verbs(server)).toEqual([[EHLO]]);
  });
});

describe('a server that never ends a TLS handshake', () => {
  /** Lets the handshake begin, and the time pass that it is given. */
  async function pass(server: OddServer, opening: Promise<Session>): Promise<Session> {
    await new Promise<void>((resolve) => (server.onHandshake = resolve));
    let ended = false;
    const watched = opening.finally(() => (ended = true));
    watched.catch(() => undefined);
    vi.advanceTimersByTime(29_999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ended).toBe(false);
    vi.advanceTimersByTime(1);
    return watched;
  }

  it('costs 30 s once; then mail goes in clear for a while without asking', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    await using server = new OddServer();
    server.keywords = ['STARTTLS'];
    await server.start();
    const open = greeter();
    const first = await pass(server, open(server, 'opportunistic'));
    expect(first.tls).toBeNull();
    expect(first.transcript.lines.map(({ text }) => text).join('\n')).toMatch(
      /TLS was not ready in 30 s; trying again without encryption/,
    );
    const second = await open(server, 'opportunistic');
    expect(verbs(server)).toEqual([[EHLO, 'STARTTLS'], [EHLO], [EHLO]]);
    expect(second.transcript.lines[0]?.text).toMatch(
      /did not end: no encryption is asked for until \d\d:\d\d UTC/,
    );
    now += HOUR;
    const third = await pass(server, open(server, 'opportunistic'));
    expect(verbs(server).slice(3)).toEqual([[EHLO, 'STARTTLS'], [EHLO]]);
    for (const session of [first, second, third]) session.close();
  });

  it.each<TlsPolicy>(['require', 'verify'])(
    'never has mail in clear where the policy is %s',
    async (policy) => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      await using server = new OddServer();
      server.keywords = ['STARTTLS'];
      await server.start();
      const open = greeter();
      await expect(pass(server, open(server, policy))).rejects.toThrow(/TLS was not ready in 30 s/);
      await expect(pass(server, open(server, policy))).rejects.toMatchObject({ stage: 'starttls' });
      expect(verbs(server)).toEqual([
        [EHLO, 'STARTTLS'],
        [EHLO, 'STARTTLS'],
      ]);
    },
  );

  it('or does not even answer STARTTLS, is no different', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    let asked: () => void = () => undefined;
    const heard = new Promise<void>((resolve) => (asked = resolve));
    await using server = new OddServer(({ line }) => {
      if (line !== 'STARTTLS') return null;
      asked();
      return 'silence';
    });
    server.keywords = ['STARTTLS'];
    await server.start();
    const opening = greeter()(server, 'opportunistic');
    await heard;
    vi.advanceTimersByTime(30_000);
    const session = await opening;
    expect(session.tls).toBeNull();
    session.close();
  });
});
