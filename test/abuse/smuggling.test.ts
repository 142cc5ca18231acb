// SMTP smuggling: nothing but CRLF.CRLF ends a message, in any combination that the public tests try, so that no message can
// carry another one past us (SEC Consult, "SMTP Smuggling", 2023; CVE-2023-51764 to 51766).
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RawClient } from '../lab/client.ts';
import { Service } from '../lab/mailward.ts';
import { Sink } from '../lab/sink.ts';
import { until } from '../lab/wait.ts';

let sink: Sink;
let service: Service;

beforeAll(async () => {
  sink = await new Sink().start();
  service = await Service.start();
  await service.addDomain('example.com', sink.route);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await sink[Symbol.asyncDispose]();
});
beforeEach(() => sink.arrivals.splice(0));

const ends = [
  '\r\n',
  '\n',
  '\r',
  '\n\r',
  '\r\r\n',
  '\r\n\n',
  '\r\0\n',
  '\0\r\n',
  '\r\n\0',
  '\n\0',
  '\r\x85',
  '\x0b',
  '\x0c',
  '\x1a',
];
const dots = ['.', '..', '\0.', '.\0', ' .', '. '];
const combinations = ends.flatMap((before) =>
  dots.flatMap((dot) => ends.map((after) => `${before}${dot}${after}`)),
);
/** The ones that hold a true end of data, with something before it: everybody must end the message there. */
const isTheEnd = (sequence: string) => sequence.includes('\r\n.\r\n');
const sequences = combinations.filter((sequence) => !isTheEnd(sequence));

const forged = (number: number) =>
  `MAIL FROM:<boss@example.net>\r\nRCPT TO:<office@example.com>\r\nDATA\r\nSubject: smuggled ${number}\r\n\r\nevil`;

/** Sends carriers over one connection each, `cut` octets at a time around the sequence, and answers what came of them. */
async function carry(part: string[], cut: boolean): Promise<string[]> {
  const replies: string[] = [];
  for (const [number, sequence] of part.entries()) {
    await using client = await RawClient.greet(service.smtpPort);
    await client.openData('anna@example.net', 'office@example.com');
    client.send(`Subject: carrier ${number}\r\n\r\nfirst`);
    if (cut) {
      // Each octet in a segment of its own: no reader may depend on how they come.
      for (const octet of sequence) {
        client.send(octet);
        await new Promise((resolve) => setImmediate(resolve));
      }
      client.send(`${forged(number)}\r\n.\r\n`);
    } else client.send(`${sequence}${forged(number)}\r\n.\r\n`);
    replies.push((await client.reply()).text);
    // One message, one reply: the next reply on the line is NOOP's.
    expect((await client.command('NOOP')).text, JSON.stringify(sequence)).toMatch(/^250 2\.0\.0 OK$/);
  }
  return replies;
}

describe.each([
  { name: 'in one piece', cut: false },
  { name: 'octet by octet', cut: true },
])('$name', ({ cut }) => {
  it(`none of ${sequences.length} sequences starts a second message`, async () => {
    const share = Math.ceil(sequences.length / 8);
    const parts = Array.from({ length: 8 }, (_, index) =>
      sequences.slice(index * share, (index + 1) * share),
    );
    const replies = (await Promise.all(parts.map((part) => carry(part, cut)))).flat();
    for (const [index, sequence] of sequences.entries()) {
      const bare = /(^|[^\r])\n|\r(?!\n)/.test(sequence);
      expect(replies[index], JSON.stringify(sequence)).toMatch(bare ? /^550 5\.6\.0 / : /^250 2\.6\.0 /);
    }
    const accepted = replies.filter((reply) => reply.startsWith('250')).length;
    await until('the accepted ones do not arrive', () => sink.arrivals.length >= accepted);
    expect(sink.arrivals).toHaveLength(accepted);
    for (const { sender, content } of sink.arrivals) {
      expect(sender).toBe('anna@example.net');
      // What goes on holds no sequence that another server could take for an end.
      expect(content.toString('latin1')).not.toMatch(/(^|[^\r])\n|\r(?!\n)/);
    }
  });
});

it('a message that truly ends, with another one behind it, is two; and each has its own reply', async () => {
  await using client = await RawClient.greet(service.smtpPort);
  await client.openData('anna@example.net', 'office@example.com');
  client.send(`Subject: first\r\n\r\none\r\n.\r\n${forged(0)}\r\n.\r\nQUIT\r\n`);
  for (const code of [250, 250, 250, 354, 250, 221]) await client.expect(code);
  await until('the two do not arrive', () => sink.arrivals.length === 2);
});

it('commands hidden behind a refused DATA are commands of that client and nobody else’s', async () => {
  await using client = await RawClient.greet(service.smtpPort);
  client.send(`DATA\r\nSubject: x\r\n\r\n.\r\nNOOP\r\n`);
  for (const code of [503, 500, 500, 500, 250]) await client.expect(code);
});
