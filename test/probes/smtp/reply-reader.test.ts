// Replies in a conversation of the checks, however the network cuts them and whatever a server puts between their lines.
import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { Dialogue } from '../../../src-main/probes/smtp/dialogue.ts';
import { ReplyReader } from '../../../src-main/probes/smtp/reply-reader.ts';
import { featuresOf } from '../../../src-main/probes/smtp/visit.ts';
import { speaker } from './speaker.ts';

function repliesIn(text: string, size: number): string[] {
  const reader = new ReplyReader();
  const octets = Buffer.from(text);
  const replies: string[] = [];
  for (let from = 0; from < octets.length; from += size) {
    reader.push(octets.subarray(from, from + size));
    for (let reply = reader.take(); reply !== null; reply = reader.take()) replies.push(reply);
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
  ['a last line without a space', '250-a\r\n250\r\n250-b\r\n250ok\r\n', ['250-a\n250', '250-b\n250ok']],
  ['what is no SMTP', 'SSH-2.0\r\nHTTP/1.1\r\n', ['SSH-2.0', 'HTTP/1.1']],
  ['what has not ended', '250-a\r\n250 b', []],
])('reads %s the same in pieces of any size', (_, text, replies) => {
  for (const size of [1, 2, 3, 5, 7, 1_000]) expect(repliesIn(text, size), `${size}`).toEqual(replies);
});

it('stays in step with a server that puts text without a code into its greeting', async () => {
  await using office = await speaker({
    first: '220-mail.example\r\nNo unsolicited mail!\r\n220 ready\r\n',
    answers: { EHLO: '250-mail.example\r\n250 SIZE 1000\r\n', QUIT: '221 bye\r\n' },
  });
  const place = { host: '127.0.0.1', address: '127.0.0.1', port: office.port, source: null };
  const dialogue = await Dialogue.open(place, { signal: AbortSignal.timeout(10_000), now: Date.now });
  const ehlo = await dialogue.say('EHLO us.example');
  await dialogue.quit();
  expect(ehlo.reply?.code).toBe(250);
  expect(featuresOf(ehlo).get('SIZE')).toBe('1000');
});

it('gives up a server that says more than any has to', () => {
  const reader = new ReplyReader();
  reader.push(Buffer.alloc(65_536, '250-a\r\n'));
  expect(reader.isTooMuch).toBe(false);
  reader.push(Buffer.from('2'));
  expect(reader.isTooMuch).toBe(true);
});

it('takes no offer of a server for another because of a stray return in it', () => {
  const reply = { code: 250, enhanced: null, text: '' };
  const features = featuresOf({ answer: '250-mail.example\n250-SIZE 10\r20\n250 starttls', reply });
  expect([...features.keys()]).toEqual(['SIZE', 'STARTTLS']);
});
