// Protocol lines that nobody should send, by the hundred thousand, over many sessions at once: each session carries a marker.
import { connect } from 'node:net';
import fc from 'fast-check';
import { patience, until } from '../lab/wait.ts';
import { inWords, type LoopReport, Watched } from './watched-service.ts';

/** Stands for the session's marker until the session is sent. */
const MARK = '§';
/** Long enough that no junk beside it makes another of it. */
const markOf = (session: number) => `qzx${session}xzq`;
const MARKS = /qzx\d+xzq/g;
const LINES_IN_A_SESSION = 400;
const SESSIONS_AT_ONCE = 16;
const LINES_IN_A_BATCH = 50_000;

export interface FuzzResult {
  lines: number;
  sessions: number;
  replies: number;
  /** Messages that came through to the office. */
  delivered: number;
  worst: LoopReport;
  /** What must not be, in words. */
  wrong: string[];
}

const octets = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
const junk = fc.oneof(
  octets,
  fc.string({ unit: 'binary', maxLength: 40 }).map((text) => Buffer.from(text, 'utf8').toString('latin1')),
  fc.constantFrom(
    '',
    '.',
    '..',
    '\0',
    '\xff\xfe',
    '\x80',
    ' ',
    '\t',
    '"',
    '<',
    '>',
    'A'.repeat(1500),
    '<'.repeat(300),
    '@'.repeat(300),
  ),
);
const localPart = fc.oneof(
  fc.constantFrom(
    `u${MARK}`,
    `"a ${MARK}"`,
    `${MARK}%elsewhere.example`,
    `a!${MARK}`,
    `"${MARK}@x.example"`,
    `${MARK}..b`,
    `.${MARK}`,
  ),
  junk.map((text) => text + MARK),
);
const domain = fc.constantFrom(
  'example.com',
  'EXAMPLE.com',
  'elsewhere.example',
  `${MARK}.example`,
  '[127.0.0.1]',
  '[IPv6:::1]',
  'example.com.',
  '',
  'b\xc3\xbccher.example',
);
const path = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(localPart, domain).map(([local, name]) => `<${local}@${name}>`) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '<>',
      '<postmaster>',
      `<${MARK}>`,
      `<@a.example,@b.example:${MARK}@example.com>`,
    ),
  },
  { weight: 1, arbitrary: junk },
);
const parameters = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      ' SIZE=100',
      ' BODY=8BITMIME',
      ' SMTPUTF8',
      ' SIZE=99999999999999999999',
      ' SIZE=-1',
      ` X${MARK}=1`,
    ),
  },
  { weight: 1, arbitrary: junk.map((text) => ` ${text}`) },
);
const verb = fc.constantFrom(
  'EHLO',
  'HELO',
  'RSET',
  'NOOP',
  'VRFY',
  'EXPN',
  'HELP',
  'BDAT 5 LAST',
  'AUTH PLAIN',
  'STARTTLS',
  'DATA',
  'TURN',
  'ETRN',
  `WHAT${MARK}`,
  'MAIL',
  'RCPT',
  'PROXY TCP4 1.2.3.4 1.2.3.4 1 2',
);
const line = fc.oneof(
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.constantFrom('MAIL FROM:', 'mail from:', 'MAIL FROM: '), path, parameters)
      .map((parts) => parts.join('')),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom('RCPT TO:', 'rcpt to:', 'RCPT TO: '), path, parameters)
      .map((parts) => parts.join('')),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        verb,
        fc.oneof(
          fc.constant(''),
          junk.map((text) => ` ${text}${MARK}`),
        ),
      )
      .map((parts) => parts.join('')),
  },
  { weight: 2, arbitrary: junk },
  { weight: 1, arbitrary: fc.constant(`EHLO ${MARK}.example`) },
);
const lineEnd = fc.oneof(
  { weight: 20, arbitrary: fc.constant('\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\n', '\r', '\r\r\n', '\n\r', '') },
);
const single = fc.tuple(line, lineEnd).map(([text, end]) => [text + end]);
const body = fc.array(
  fc
    .tuple(fc.oneof(fc.constantFrom(`mark ${MARK}`, '.x', '..'), junk), lineEnd)
    .map((parts) => parts.join('')),
  { maxLength: 6 },
);
/** A whole transaction now and then, or nothing would ever get past the envelope. */
const transaction = fc
  .tuple(body, fc.boolean())
  .map(([lines, clean]) => [
    'RSET\r\n',
    `EHLO ${MARK}.example\r\n`,
    `MAIL FROM:<${MARK}@example.net>\r\n`,
    `RCPT TO:<u${MARK}@example.com>\r\n`,
    'DATA\r\n',
    `Subject: ${MARK}\r\n`,
    '\r\n',
    ...(clean ? [`mark ${MARK}\r\n`] : lines),
    '\r\n.\r\n',
  ]);
const phrase = fc.oneof({ weight: 30, arbitrary: single }, { weight: 1, arbitrary: transaction });

/** Sends at least `total` lines; the same seed sends the same lines. */
export async function fuzz(total: number, seed: number): Promise<FuzzResult> {
  await using watched = await Watched.start({
    maxErrors: 1_000_000,
    maxMessageBytes: 65_536,
    idleSeconds: 60,
  });
  const result: FuzzResult = {
    lines: 0,
    sessions: 0,
    replies: 0,
    delivered: 0,
    worst: { own: 0, wall: 0, rss: 0 },
    wrong: [],
  };
  for (let batch = 0; result.lines < total && result.wrong.length === 0; batch++) {
    const sessions = cut(seed + batch, Math.min(LINES_IN_A_BATCH, total - result.lines));
    const next = sessions[Symbol.iterator]();
    const worker = async () => {
      for (const lines of next) {
        const number = ++result.sessions;
        const said = await talk(watched.port, lines.join('').replaceAll(MARK, markOf(number)), number);
        result.lines += lines.length;
        result.replies += said.length;
        result.wrong.push(...judge(said, number));
      }
    };
    await Promise.all(Array.from({ length: SESSIONS_AT_ONCE }, worker));
    await settled(watched);
    result.delivered += watched.sink.arrivals.length;
    for (const arrival of watched.sink.arrivals.splice(0)) {
      const text = `${arrival.sender} ${arrival.recipients.join(' ')} ${arrival.content.toString('latin1')}`;
      const marks = new Set(text.match(MARKS));
      if (marks.size !== 1)
        result.wrong.push(`a message with the marks ${[...marks].join(', ')}: ${JSON.stringify(text)}`);
      if (!arrival.recipients.every((recipient) => recipient.endsWith('@example.com')))
        result.wrong.push(`sent to ${arrival.recipients.join(', ')}`);
    }
    const loop = await watched.loop();
    result.worst = {
      own: Math.max(result.worst.own, loop.own),
      wall: Math.max(result.worst.wall, loop.wall),
      rss: Math.max(result.worst.rss, loop.rss),
    };
    process.stdout.write(
      `fuzz, seed ${seed}: ${result.lines} lines in ${result.sessions} sessions, ${result.delivered} messages, ${inWords(loop)}\n`,
    );
  }
  return result;
}

/** The lines of one batch, in sessions. */
function cut(seed: number, count: number): string[][] {
  const sessions: string[][] = [[]];
  let lines = 0;
  while (lines < count) {
    for (const part of fc.sample(phrase, { numRuns: 2000, seed: seed + lines })) {
      if ((sessions.at(-1)?.length ?? 0) >= LINES_IN_A_SESSION) sessions.push([]);
      sessions.at(-1)?.push(...part);
      lines += part.length;
      if (lines >= count) break;
    }
  }
  return sessions;
}

/** Sends a session whole, with an end that any state understands, and answers the lines of all replies. */
async function talk(port: number, text: string, number: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const parts: string[] = [];
    let greeted = false;
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`session ${number} hangs; it heard ${JSON.stringify(parts.join('').slice(-300))}`));
    }, patience);
    socket.on('data', (chunk) => {
      parts.push(chunk.toString('latin1'));
      if (greeted) return;
      greeted = true;
      socket.write(Buffer.from(`${text}\r\n.\r\n\r\n.\r\nNOOP ${markOf(number)}\r\nQUIT\r\n`, 'latin1'));
    });
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      resolve(parts.join('').split('\r\n').slice(0, -1));
    });
  });
}

function judge(said: string[], number: number): string[] {
  const wrong: string[] = [];
  for (const line of said) {
    if (!/^[2345]\d\d[ -][^\x00-\x1f\x7f]*$/.test(line)) wrong.push(`no reply: ${JSON.stringify(line)}`);
    for (const mark of line.match(MARKS) ?? []) {
      if (mark !== markOf(number)) wrong.push(`session ${number} heard of another: ${line}`);
    }
    // Every reply but the greeting and those to EHLO, HELO and DATA says what happened in a code of its own (RFC 2034).
    if (
      /^[245]\d\d[ -]/.test(line) &&
      !/^(220|250)[ -]relay\.example|^250[ -][A-Z0-9]+( \d+)?$|^501 Syntax: (EHLO|HELO)/.test(line)
    ) {
      const code = /^([245])\d\d[ -]([245])\.\d{1,3}\.\d{1,3} (.*)$/.exec(line);
      if (code?.[1] === undefined || code[1] !== code[2]) wrong.push(`no enhanced code: ${line}`);
      else if (/^[245]\.\d+\.\d+/.test(code[3] ?? '')) wrong.push(`two enhanced codes: ${line}`);
    }
  }
  if (!said.at(-1)?.startsWith('221 2.0.0 '))
    wrong.push(`session ${number} ended with ${said.at(-1) ?? 'nothing'}`);
  return wrong;
}

async function settled(watched: Watched): Promise<void> {
  await until(
    'mail stays in the queue',
    async () => {
      const { domains } = await watched.service.overview();
      return domains.every(({ queued }) => queued.count === 0);
    },
    { every: 250 },
  );
}
