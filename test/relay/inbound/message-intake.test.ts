// A message on its way in: what is wrong with its header is said at its end, and what comes in crumbs costs no more than other mail.
import { describe, expect, it } from 'vitest';
import type { Reply } from '../../../shared/message.ts';
import { DataReader } from '../../../src-main/relay/inbound/data-reader.ts';
import { HeaderScan } from '../../../src-main/relay/inbound/header-scan.ts';
import { MessageIntake } from '../../../src-main/relay/inbound/message-intake.ts';
import type { MessageSink } from '../../../src-main/relay/inbound/transaction.ts';

const TAKEN: Reply = { code: 250, enhanced: '2.6.0', text: 'Message stored' };

class Sink implements MessageSink {
  readonly pieces: Buffer[] = [];
  aborted = false;
  readonly content = {
    write: (octets: Buffer): undefined => {
      this.pieces.push(octets);
    },
  };
  async end(): Promise<Reply> {
    return Promise.resolve(TAKEN);
  }
  refuse(): void {
    throw new Error('the intake answers what is wrong, and refuses nothing itself');
  }
  abort(): void {
    this.aborted = true;
  }
}

async function send(message: string, size: number): Promise<{ sink: Sink; reply: Reply; refused: boolean }> {
  const sink = new Sink();
  const limits = { size: 10_000_000, received: 50 };
  const intake = new MessageIntake(sink, new HeaderScan('relay.example'), limits, () => undefined);
  const reader = new DataReader();
  const octets = Buffer.from(`${message}.\r\n`, 'latin1');
  for (let from = 0; from < octets.length; from += size) {
    const { content, rest } = reader.read(octets.subarray(from, from + size));
    if (rest !== null) return { sink, ...(await intake.end(reader, content)) };
    await intake.take(reader, content);
  }
  throw new Error('the message has no end');
}

const message = `From: ann@example.org\r\nSubject: a\r\n\r\n${'Hello, hello.\r\n'.repeat(5_000)}`;

it.each([1, 7, 511, 512, 4_096, 100_000])(
  'passes on all of a message that comes in pieces of %i octets',
  async (size) => {
    const { sink, reply } = await send(message, size);
    expect(reply).toBe(TAKEN);
    expect(Buffer.concat(sink.pieces).toString('latin1')).toBe(message);
  },
);

it('puts crumbs together: a message that comes octet by octet is not kept as so many pieces', async () => {
  const { sink } = await send(message, 1);
  expect(sink.pieces.length).toBeLessThanOrEqual(Math.ceil(message.length / 16_384) + 1);
});

describe('a header that is too large', () => {
  it.each<[string, string, string]>([
    [
      'a field of 60,000 lines',
      `To: a${'\r\n b'.repeat(60_000)}\r\n`,
      'A header field is folded into more than 10,000 lines',
    ],
    ['a field without an end', `X: ${'x'.repeat(600_000)}`, 'A header field is larger than 524,288 octets'],
    ['60,000 fields', 'X: y\r\n'.repeat(60_000), 'The header section has more than 20,000 lines'],
    [
      'a header of 2 MB',
      `X: ${'y'.repeat(500)}\r\n`.repeat(4_000),
      'The header section is larger than 1,048,576 octets',
    ],
  ])('%s is refused for good, and nothing of it is kept', async (_, header, text) => {
    const { sink, reply, refused } = await send(`${header}${message}`, 65_536);
    expect({ reply, refused }).toEqual({ reply: { code: 552, enhanced: '5.3.4', text }, refused: true });
    expect(sink.aborted).toBe(true);
  });
});
