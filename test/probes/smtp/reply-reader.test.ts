// Replies in a conversation of the checks, however the network cuts them and whatever a server puts between their lines.
import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { ServerConversation } from '../../../src-main/probes/smtp/server-conversation.ts';
import { nameIn } from '../../../src-main/probes/smtp/server-greeting.check.ts';
import { ReplyReader } from '../../../src-main/probes/smtp/reply-reader.ts';
import { featuresOf } from '../../../src-main/probes/smtp/visit.ts';
import { speaker, type Words } from './speaker.ts';

function repliesIn(text: string, size: number): string[] {
  const reader = new ReplyReader();
  const octets = Buffer.from(text);
  const replies: string[] = [];
  for (let from = 0; from < octets.length; from += size) {
    reader.push(octets.subarray(from, from + size));
    for (let reply = reader.take(); reply !== null; reply = reader.take()) replies.push(reply.text);
  }
  return replies;
}

it.each([
  ['lines of one reply', '250-a\r\n250-b\r\n250 c\r\n220 d\r\n', ['250-a\n250-b\n250 c', '220 d']],
  ['letters of several octets', '550 Empfänger 不明\r\n', ['550 Empfänger 不明']],
  [
    'text without a code in a reply',
    '220-a\r\nWelcome!\r\n500MB free\r\n220 b\r\n',
    ['220-a\nWelcome!\n500MB free\n220 b'],
  ],
  ['text without a code before a reply', 'Welcome!\r\n\r\n220 a\r\n', ['Welcome!\n\n220 a']],
  ['a last line without a space', '250-a\r\n250\r\n250-b\r\n250ok\r\n', ['250-a\n250', '250-b\n250 ok']],
  ['empty lines between replies', '\r\n220 a\r\n\r\n250 b\r\n', ['220 a', '250 b']],
  ['what has no code', 'SSH-2.0\r\nHTTP/1.1\r\n', []],
  ['what has not ended', '250-a\r\n250 b', []],
])('reads %s the same in pieces of any size', (_, text, replies) => {
  for (const size of [1, 2, 3, 5, 7, 1_000]) expect(repliesIn(text, size), `${size}`).toEqual(replies);
});

it('gives up a server that says more than any has to', () => {
  for (const text of ['250-a\r\n', '250 a\r\n', 'a', 'a\r\n']) {
    const reader = new ReplyReader();
    for (let size = 0; size < 60_000; size += text.length) reader.push(Buffer.from(text));
    expect(reader.isTooMuch, text).toBe(false);
    for (let size = 0; size < 60_000; size += text.length) reader.push(Buffer.from(text));
    expect(reader.isTooMuch, text).toBe(true);
  }
});

it('takes no offer of a server for another because of a stray return in it', () => {
  const reply = { code: 250, enhanced: null, text: '' };
  const features = featuresOf({ answer: '250-mail.example\n250-SIZE 10\r20\n250 starttls', reply });
  expect([...features.keys()]).toEqual(['SIZE', 'STARTTLS']);
});

describe('in a conversation', () => {
  async function ehlo(words: Words) {
    await using office = await speaker(words);
    const place = { host: '127.0.0.1', address: '127.0.0.1', port: office.port, source: null };
    const dialogue = await ServerConversation.open(place, {
      signal: AbortSignal.timeout(60_000),
      now: Date.now,
    });
    const said = await dialogue.say('EHLO us.example');
    await dialogue.quit();
    return { greeting: dialogue.steps[1], said, features: featuresOf(said) };
  }
  const offers = { EHLO: '250-mail.example\r\n250 SIZE 1000\r\n', QUIT: '221 bye\r\n' };

  it.each([
    ['text without a code in its greeting', '220-mail.example\r\nNo unsolicited mail!\r\n220 ready\r\n'],
    ['text without a code before its greeting', 'No unsolicited mail!\r\n220 ready\r\n'],
    ['an empty line before its greeting', '\r\n220 ready\r\n'],
    ['a greeting without a space', '220ready\r\n'],
  ])('a server with %s is understood', async (_, first) => {
    const { greeting, said, features } = await ehlo({ first, answers: offers });
    expect(greeting?.reply?.code).toBe(220);
    expect(said.reply?.code).toBe(250);
    expect(features.get('SIZE')).toBe('1000');
  });

  it('what stands before its name is neither its name nor an offer', async () => {
    const answers = { ...offers, EHLO: `Hello!\r\n${offers.EHLO}` };
    const { greeting, features } = await ehlo({ first: 'Hello!\r\n220 mail.example ready\r\n', answers });
    expect(nameIn(greeting?.answer ?? '')).toBe('mail.example');
    expect([...features.keys()]).toEqual(['SIZE']);
  });

  it('an offer without a space before it is heard', async () => {
    const answers = { ...offers, EHLO: '250-mail.example\r\n250STARTTLS\r\n' };
    const { features } = await ehlo({ first: '220 ready\r\n', answers });
    expect([...features.keys()]).toEqual(['STARTTLS']);
  });

  it.each([
    ['says two things at once', '220 ready\r\n500 or not\r\n'],
    ['says yes and no in one', '220-ready\r\n500 users\r\n'],
    ['greets like SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['greets like IMAP', '* OK IMAP4rev1 ready\r\n'],
    ['greets like POP3', '+OK ready\r\n'],
  ])('what %s is no answer to anything, and nothing more is asked', async (_, first) => {
    const { greeting, said } = await ehlo({ first, answers: offers });
    expect(said).toMatchObject({ reply: null, failure: 'garbled' });
    expect(greeting?.answer).toContain(first.slice(0, 5));
  });

  it('a server that takes its leave unasked is heard', async () => {
    const { said } = await ehlo({
      first: '220 ready\r\n421 4.3.2 closing\r\n',
      answers: { QUIT: '221 bye\r\n' },
    });
    expect(said.reply).toMatchObject({ code: 421, enhanced: '4.3.2' });
  });
});
