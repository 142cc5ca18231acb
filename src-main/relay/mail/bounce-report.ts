// Writes a bounce: the words for people, the delivery status for machines (RFC 3464, RFC 6533), and the header of what came back.
import { randomBytes } from 'node:crypto';
import { rfc5322Date } from '../../../shared/time.ts';
import type { PendingBounce } from '../../storage/operations/bounces.ts';

type Recipient = PendingBounce['recipients'][number];

export interface ReportOptions {
  message: PendingBounce;
  /** Our own name. */
  hostname: string;
  /** UTC ms. */
  now: number;
  /** How long undelivered mail is tried, in days; for the words. */
  expireDays: number;
}

/** The returned header is cut here, octets. */
const LONGEST_HEADER = 32_768;
/** RFC 5322 §2.1.1, less some for what stands in front. */
const LONGEST_LINE = 900;

/** A bounce for the sender of a message, with every recipient that failed, and those still tried as delayed. */
export function composeReport(options: ReportOptions): {
  content: Buffer;
  body8bit: boolean;
  smtpUtf8: boolean;
} {
  const { message, hostname, now } = options;
  const failed = message.recipients.filter(isFailed);
  const waiting = message.recipients.filter(({ state }) => state === 'queued' || state === 'held');
  // Only a sender whose mail travels as RFC 6531 says is known to read UTF-8 in header fields.
  const utf8 = message.smtpUtf8 || !isAscii(message.sender);
  const returned = headerOf(message.head);
  const boundary = `mailward-${randomBytes(15).toString('hex')}`;
  const id = messageIdOf(returned);
  const head = [
    `Date: ${rfc5322Date(now)}`,
    `From: Mail delivery <MAILER-DAEMON@${hostname}>`,
    `To: <${message.sender}>`,
    `Subject: Your message could not be delivered`,
    `Message-ID: <${now.toString(36)}.${randomBytes(9).toString('hex')}@${hostname}>`,
    ...(id === null ? [] : [`In-Reply-To: ${id}`, `References: ${id}`]),
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;`,
    `\tboundary="${boundary}"`,
    '',
    'This is a delivery report (RFC 3464).',
  ];
  const words = [
    `--${boundary}`,
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: quoted-printable',
    'Content-Description: What happened',
    '',
    quotedPrintable(wordsFor(options, failed, waiting)),
  ];
  const status = [
    `--${boundary}`,
    `Content-Type: message/${utf8 ? 'global-' : ''}delivery-status`,
    ...(utf8 ? ['Content-Transfer-Encoding: 8bit'] : []),
    'Content-Description: Delivery status',
    '',
    `Reporting-MTA: dns; ${hostname}`,
    `Arrival-Date: ${rfc5322Date(message.receivedAt)}`,
    ...[...failed, ...waiting].flatMap((one) => ['', ...statusOf(one, utf8)]),
    '',
  ];
  const eightBit = !isAscii(returned);
  const back = [
    `--${boundary}`,
    utf8 ? 'Content-Type: message/global-headers' : 'Content-Type: text/rfc822-headers',
    ...(eightBit ? ['Content-Transfer-Encoding: 8bit'] : []),
    'Content-Description: Header of your message',
    '',
    returned,
    `--${boundary}--`,
    '',
  ];
  const text = [...head, ...words, ...status].join('\r\n');
  const content = Buffer.concat([
    Buffer.from(`${text}\r\n`, 'utf8'),
    // As it was received, octet for octet, whatever its charset.
    Buffer.from(back.join('\r\n'), 'latin1'),
  ]);
  return {
    content,
    body8bit: content.some((octet) => octet > 127),
    smtpUtf8: utf8 && content.some((octet) => octet > 127),
  };
}

export function isFailed({ state }: Pick<Recipient, 'state'>): boolean {
  return state === 'refused' || state === 'expired';
}

function wordsFor(
  { message, hostname, expireDays }: ReportOptions,
  failed: Recipient[],
  waiting: Recipient[],
): string {
  const refused = failed.filter(({ state }) => state === 'refused');
  const expired = failed.filter(({ state }) => state === 'expired');
  const named = (list: Recipient[]) =>
    list.flatMap(({ address, reply }) => [
      `  <${address}>`,
      ...(reply
        ? [`      ${[reply.code || '', reply.enhanced ?? '', reply.text].filter(Boolean).join(' ')}`]
        : []),
    ]);
  return [
    `This is the mail relay at ${hostname}.`,
    '',
    message.subject === ''
      ? 'A message that you sent could not be delivered to everybody it was for.'
      : `Your message "${message.subject}" could not be delivered to everybody it was for.`,
    ...(refused.length > 0
      ? ['', 'Refused by the mail server of the recipient:', '', ...named(refused)]
      : []),
    ...(expired.length > 0
      ? [
          '',
          `Not delivered within ${expireDays === 1 ? 'a day' : `${expireDays} days`}:`,
          '',
          ...named(expired),
        ]
      : []),
    ...(waiting.length > 0
      ? [
          '',
          'Still being tried; you will not be told again:',
          '',
          ...waiting.map(({ address }) => `  <${address}>`),
        ]
      : []),
    '',
    'Nobody reads replies to this report. The details for your mail administrator, and the header of your message, follow.',
  ].join('\r\n');
}

function statusOf({ address, state, reply, host, triedAt }: Recipient, utf8: boolean): string[] {
  const action = isFailed({ state }) ? 'failed' : 'delayed';
  return [
    `Final-Recipient: ${typed(address, utf8)}`,
    `Action: ${action}`,
    `Status: ${statusCode(state, reply)}`,
    ...(host === null || host === ''
      ? []
      : [`Remote-MTA: dns; ${/^[\d.]+$|:/.test(host) ? `[${host}]` : host}`]),
    ...(reply === null || reply.code === 0
      ? []
      : [
          `Diagnostic-Code: smtp; ${oneLine(`${reply.code} ${reply.enhanced === null ? '' : `${reply.enhanced} `}${reply.text}`, utf8)}`,
        ]),
    ...(triedAt === null ? [] : [`Last-Attempt-Date: ${rfc5322Date(triedAt)}`]),
  ];
}

/** RFC 3463; a final state has a final class, whatever the last reply was. */
function statusCode(state: Recipient['state'], reply: Recipient['reply']): string {
  if (state === 'expired') return '5.4.7';
  if (state === 'refused') return reply?.enhanced?.startsWith('5') ? reply.enhanced : '5.0.0';
  return reply?.enhanced?.startsWith('4') ? reply.enhanced : '4.0.0';
}

/** The address with its type: RFC 3464 §2.3.2 for ASCII, RFC 6533 §3 for the rest. */
function typed(address: string, utf8: boolean): string {
  if (isAscii(address)) return `rfc822; ${address}`;
  if (utf8) return `utf-8; ${address}`;
  return `utf-8; ${address.replace(/[\\+=]|[^\x21-\x7e]/gu, (one) => `\\x{${(one.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`)}`;
}

/** Folded, so that no line is too long, and never a field of its own. */
function oneLine(text: string, utf8: boolean): string {
  const clean = text
    .replace(/[\p{Cc}]+/gu, ' ')
    .trim()
    .slice(0, 2_000);
  const words =
    (utf8 ? clean : clean.replace(/[^\x20-\x7e]/gu, '?')).match(/.{1,200}(?:\s|$)|\S{200}/gu) ?? [];
  return words.map((one) => one.trim()).join('\r\n\t');
}

/** Header section of the original, with CRLF line ends and lines of a length that may be sent. */
function headerOf(head: Uint8Array): string {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.byteLength, LONGEST_HEADER)).toString(
    'latin1',
  );
  const end = text.indexOf('\r\n\r\n');
  const header = end < 0 ? text.slice(0, Math.max(0, text.lastIndexOf('\r\n'))) : text.slice(0, end);
  return `${header
    .split('\r\n')
    .map((line) => line.slice(0, LONGEST_LINE))
    .join('\r\n')}\r\n`;
}

function messageIdOf(header: string): string | null {
  return /^message-id:\s*(<[\x21-\x7e]{1,500}>)\s*$/im.exec(header)?.[1] ?? null;
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}

/** RFC 2045 §6.7. */
function quotedPrintable(text: string): string {
  return text
    .split('\r\n')
    .map((line) => {
      let out = '';
      let column = 0;
      const octets = Buffer.from(line, 'utf8');
      octets.forEach((octet, index) => {
        const last = index === octets.length - 1;
        const plain = (octet >= 33 && octet <= 126 && octet !== 61) || (octet === 32 && !last);
        const piece = plain
          ? String.fromCharCode(octet)
          : `=${octet.toString(16).toUpperCase().padStart(2, '0')}`;
        if (column + piece.length > 75) {
          out += '=\r\n';
          column = 0;
        }
        out += piece;
        column += piece.length;
      });
      return out;
    })
    .join('\r\n');
}
