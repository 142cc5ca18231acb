// Messages that have something in them worth losing, and what must be left of them at the other end.

/** Content as sent after DATA: CRLF line ends, before dot-stuffing. Latin-1: one character is one octet. */
export interface Sample {
  name: string;
  content: string;
}

const header = 'From: <anna@example.net>\r\nTo: <office@example.com>\r\nSubject: test\r\n';

export const samples: Sample[] = [
  { name: 'a plain message', content: `${header}\r\nHello.\r\n` },
  { name: 'eight-bit octets, every one of them', content: `${header}\r\n${allOctets()}\r\n` },
  { name: 'UTF-8 in the header', content: `Subject: Gr\xc3\xbc\xc3\x9fe\r\n${header}\r\nna\xc3\xafve\r\n` },
  {
    name: 'lines that begin with dots',
    content: `${header}\r\n.\r\n..\r\n...\r\n.hidden\r\n..twice\r\nno .dot\r\n.\r\n`,
  },
  { name: 'a line of 998 octets, the longest allowed', content: `${header}\r\n${'x'.repeat(998)}\r\n` },
  {
    name: 'a line of 70,000 octets, longer than any buffer',
    content: `${header}\r\n${'y'.repeat(70_000)}\r\n`,
  },
  { name: 'trailing spaces, tabs and blank lines', content: `${header}\r\n  \t \r\nend \t\r\n\r\n\r\n` },
  { name: 'a header and no body', content: header },
  { name: 'a header and the empty line, no body', content: `${header}\r\n` },
  { name: 'no header, straight into the body', content: '\r\nNo header at all.\r\n' },
  { name: 'a folded header field', content: `Subject: one\r\n two\r\n\tthree\r\n${header}\r\nbody\r\n` },
  { name: 'Received fields of its own', content: `Received: from a by b; now\r\n${header}\r\nbody\r\n` },
  {
    name: 'a megabyte',
    content: `${header}\r\n${'0123456789abcdef'.repeat(4).concat('\r\n').repeat(16_000)}`,
  },
  { name: 'thousands of dot lines', content: `${header}\r\n${'.\r\n..\r\n'.repeat(4000)}` },
];

/** Every octet but NUL, CR and LF, sixteen a line. */
function allOctets(): string {
  let text = '';
  for (let octet = 1; octet < 256; octet += 1) {
    if (octet !== 10 && octet !== 13) text += String.fromCharCode(octet);
    if (octet % 16 === 0) text += '\r\n';
  }
  return text;
}

/** RFC 5321 §4.5.2: a dot is put before each line that begins with one; then the end of data. */
export function onTheWire(content: string): Buffer {
  return Buffer.from(`${content.replace(/(^|\r\n)\./g, '$1..')}.\r\n`, 'latin1');
}

export interface Stored {
  /** `Received:` fields that were put on top, newest first. */
  received: string[];
  /** What is below: the message as its sender wrote it, if all is well. CRLF line ends. */
  content: string;
}

/** Takes from a message in Postfix's mailbox what servers put on top: Postfix's fields and `count` times `Received:`. */
export function withoutTrace(stored: Buffer, count: number): Stored {
  let rest = stored.toString('latin1').replaceAll('\n', '\r\n');
  const received: string[] = [];
  for (const name of [
    'Return-Path',
    'X-Original-To',
    'Delivered-To',
    ...Array<string>(count).fill('Received'),
  ]) {
    const field = new RegExp(`^${name}: .*\\r\\n(?:[ \\t].*\\r\\n)*`).exec(rest)?.[0];
    if (field === undefined)
      throw new Error(`no ${name} field where one was expected: ${rest.slice(0, 500)}`);
    if (name === 'Received') received.push(field);
    rest = rest.slice(field.length);
  }
  return { received, content: rest };
}

/** A message at the recording server, without the one field that Mailward adds. */
export function withoutReceived(content: Buffer): string {
  const text = content.toString('latin1');
  const field = /^Received: .*\r\n(?:[ \t].*\r\n)*/.exec(text)?.[0];
  if (field === undefined) throw new Error(`no Received field on top: ${text.slice(0, 500)}`);
  return text.slice(field.length);
}

/** Fields that the lab's servers put on top of what they store, besides `Received:`. */
const traceFields = ['Return-Path', 'X-Original-To', 'Delivered-To', 'Envelope-To', 'Delivery-Date'];

/** Takes from a message in any server's mailbox what servers put on top, with exactly so many `Received:` fields. */
export function belowTrace(stored: Buffer, count: number): string {
  let rest = stored
    .toString('latin1')
    .replace(/^From \S+ .*\n/, '')
    .replaceAll('\n', '\r\n');
  let left = count;
  for (;;) {
    const [field, name = ''] = /^([\w-]+): .*\r\n(?:[ \t].*\r\n)*/.exec(rest) ?? [];
    const isTrace = traceFields.some((each) => each.toLowerCase() === name.toLowerCase());
    const isReceived = name === 'Received' && left > 0;
    if (field === undefined || !(isTrace || isReceived)) break;
    if (isReceived) left -= 1;
    rest = rest.slice(field.length);
  }
  if (left > 0) throw new Error(`${left} Received fields are missing: ${rest.slice(0, 500)}`);
  return rest;
}
