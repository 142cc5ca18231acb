// The one conversation behind the checks: polite, shared, and never further than RCPT.
import { describe, expect, it } from 'vitest';
import { destinationSchema } from '../../../shared/domain.ts';
import { settingsSchema } from '../../../shared/settings.ts';
import { checks } from '../../../src-main/probes/catalogue.ts';
import { runChecks } from '../../../src-main/probes/runner.ts';
import { ServerConversation } from '../../../src-main/probes/smtp/server-conversation.ts';
import { Sink } from '../../lab/sink.ts';
import { nobody } from '../asking.ts';

describe('the conversation with a server', () => {
  it('is one for all checks of a run, ends with QUIT and sends nothing', async () => {
    const heard: string[] = [];
    await using office = await new Sink({ temper: { heard: (line) => heard.push(line) } }).start();
    const found = await runChecks({
      checks: checks.filter(({ area, onRequest }) => area === 'server' && onRequest !== true),
      target: {
        ...nobody,
        destinations: [destinationSchema.parse({ host: '127.0.0.1', port: office.port, helo: 'us.example' })],
      },
      settings: settingsSchema.parse({}).probes,
      onFinding: () => undefined,
    });
    expect(found.filter(({ state }) => state === 'ok').length).toBeGreaterThan(5);
    expect(office.connections).toBe(1);
    expect(office.taken).toBe(0);
    expect(heard.map((line) => line.replace(/mailward-\w+@example\.com/, 'NOBODY'))).toEqual([
      'EHLO us.example',
      'MAIL FROM:<>',
      'RCPT TO:<postmaster@example.com>',
      'RCPT TO:<NOBODY>',
      'RCPT TO:<mailward-question@example.org>',
      'RSET',
      'QUIT',
    ]);
  });

  it('cannot be made to send a message, or two commands in one', async () => {
    await using office = await new Sink().start();
    const place = { host: '127.0.0.1', address: '127.0.0.1', port: office.port, source: null };
    const dialogue = await ServerConversation.open(place, {
      signal: AbortSignal.timeout(10_000),
      now: Date.now,
    });
    for (const command of ['DATA', 'BDAT 1 LAST', 'RCPT TO:<a@b>\r\nDATA', 'AUTH PLAIN x', 'data']) {
      await expect(dialogue.say(command)).rejects.toThrow('not a command for a question');
    }
    await dialogue.quit();
    expect(dialogue.steps.map(({ asked }) => asked)).toEqual(['TCP connection', 'the greeting', 'QUIT']);
  });

  it('ends when nobody wants the answer any more', async () => {
    const over = new AbortController();
    await using office = await new Sink({ temper: { heard: () => over.abort() } }).start();
    const place = { host: '127.0.0.1', address: '127.0.0.1', port: office.port, source: null };
    const dialogue = await ServerConversation.open(place, { signal: over.signal, now: Date.now });
    await dialogue.say('EHLO us.example');
    await dialogue.say('NOOP');
    expect(dialogue.isOpen).toBe(false);
    expect(dialogue.steps.at(-1)?.failure).not.toBe(null);
  });
});
