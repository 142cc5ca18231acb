// A message's first line: header fields stay what they are, and what is none never becomes part of our own field.
import { describe, expect, it } from 'vitest';
import { FirstLine } from '../../../src-main/relay/inbound/first-line.ts';
import { seededRandom } from '../../lab/random.ts';

function through(message: string, cuts: readonly number[] = []): string {
  const line = new FirstLine();
  const octets = Buffer.from(message, 'latin1');
  const out: Buffer[] = [];
  let from = 0;
  for (const to of [...cuts.toSorted((a, b) => a - b), octets.length]) {
    out.push(line.take(octets.subarray(from, to)));
    from = to;
  }
  return Buffer.concat([...out, line.end()]).toString('latin1');
}

describe('a message', () => {
  it.each([
    ['begins with a header field', 'Subject: x\r\n\r\nbody\r\n'],
    ['begins with a field without a space behind the colon', 'Subject:x\r\n\r\nbody\r\n'],
    ['begins with an obsolete field', 'Subject : x\r\n\r\nbody\r\n'],
    ['begins with a field of an odd name', 'X_&%$!|~: x\r\n\r\nbody\r\n'],
    ['begins with an empty field', 'From:\r\n\r\nbody\r\n'],
    ['has an empty header section', '\r\nbody\r\n'],
    ['is empty', ''],
  ])('that %s passes as it is', (_, message) => {
    expect(through(message)).toBe(message);
  });

  it.each([
    ['words', 'Hello, this is the backup job.\r\nAll well.\r\n'],
    ['one word', 'Hello\r\n'],
    ['one word without an end', 'Hello'],
    ['a web address', '  http://example.com/\r\n'],
    ['a line that begins with a space', ' folded: into our field\r\nSubject: x\r\n'],
    ['a line that begins with a tab', '\tfolded\r\n'],
    ['spaces alone', '   \r\nbody\r\n'],
    ['a colon', ': no name\r\n'],
    ['a name with a space in it', 'Dear Bob: how are you\r\n'],
    ['a name beyond ASCII', 'Betr\xe4ge: 5\r\n'],
    ['a control character', '\x01Subject: x\r\n'],
    ['a line without end', 'x'.repeat(5000)],
    ['a sentence that begins with "From "', 'From here on we go by bus.\r\nBye.\r\n'],
  ])('that begins with %s has no header: it is all body', (_, message) => {
    expect(through(message)).toBe(`\r\n${message}`);
  });

  it.each(['', '>'])('with a mailbox file’s line on top keeps it, and its header (%j)', (quote) => {
    const message = `${quote}From ann@example.org Thu Nov 26 14:53:39 2026\r\nSubject: x\r\n\r\nbody\r\n`;
    expect(through(message)).toBe(`X-Mailbox-Line: ${message}`);
  });

  it('comes out the same however it was cut into pieces', () => {
    const random = seededRandom();
    const messages = [
      'Subject: x\r\n\r\nbody\r\n',
      'Hello, this is the backup job.\r\n',
      'From ann@example.org Thu Nov 26 14:53:39 2026\r\nSubject: x\r\n',
      'From here on\r\n',
      ' x\r\n',
      'Subject \t : x\r\n',
    ];
    for (let round = 0; round < 300; round++) {
      const message = messages[round % messages.length] ?? '';
      const cuts = Array.from({ length: 1 + (round % 5) }, () => random.between(0, message.length));
      expect(through(message, cuts), `seed ${random.seed}, cuts ${cuts.join()}`).toBe(through(message));
    }
  });
});
