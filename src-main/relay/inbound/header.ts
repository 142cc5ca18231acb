// The header section of a message: the trace field that we add, and the few fields that people look for.
import { hostname as machineName } from 'node:os';
import { TextDecoder } from 'node:util';
import { smtpName, toDomainName } from '../../../shared/names.ts';
import { rfc5322Date } from '../../../shared/time.ts';

export interface Trace {
  /** What the client called itself. */
  helo: string;
  clientAddress: string;
  /** Our own name. */
  hostname: string;
  /** SMTP, ESMTP, ESMTPS (RFC 3848), UTF8SMTP … (RFC 6531 §4.3). */
  protocol: string;
  /** Null when the connection is not encrypted. */
  tls: { version: string; standardName: string } | null;
  id: string;
  /** UTC ms. */
  receivedAt: number;
  /** Given only for a message to one recipient, so that recipients do not learn of one another (RFC 5321 §7.2). */
  recipient: string | null;
}

/** The `Received:` field that every relay adds on top (RFC 5321 §4.4). */
export function receivedField(trace: Trace): Buffer {
  const literal = trace.clientAddress.includes(':') ? `IPv6:${trace.clientAddress}` : trace.clientAddress;
  // A client may call itself anything; only what a name or literal is made of goes into the message.
  const helo = trace.helo.replace(/[^\w.\-:[\]]/g, '?').slice(0, 255) || 'unknown';
  const tls = trace.tls && `\r\n\t(using ${trace.tls.version} with cipher ${trace.tls.standardName})`;
  const lines = [
    `Received: from ${helo} ([${literal}])${tls ?? ''}`,
    `\tby ${smtpName(trace.hostname)} (Mailward) with ${trace.protocol} id ${trace.id}`,
    `${trace.recipient === null ? '' : `\tfor <${trace.recipient}>`}; ${dateOf(trace.receivedAt)}`,
  ];
  const text =
    trace.recipient === null ? `${lines[0]}\r\n${lines[1]}${lines[2]}\r\n` : `${lines.join('\r\n')}\r\n`;
  return Buffer.from(text, 'utf8');
}

/** Many messages come in the same second. */
let last = { second: 0, text: '' };

function dateOf(time: number): string {
  const second = Math.floor(time / 1000);
  if (second !== last.second) last = { second, text: rfc5322Date(time) };
  return last.text;
}

/** The keyword after `with` (RFC 3848 §3, RFC 6531 §4.3). There is none for HELO over TLS: ESMTPS says what matters. */
export function transmissionType(extended: boolean, secure: boolean, smtpUtf8: boolean): string {
  const base = smtpUtf8 ? 'UTF8SMTP' : extended || secure ? 'ESMTP' : 'SMTP';
  return secure ? `${base}S` : base;
}

/** Systems take anything for the machine's name: `Anna’s MacBook`, an umlaut, a line end. */
const machine = toDomainName(machineName()) ?? 'localhost';

/** The name we give ourselves: the configured one (it may be an address), or the machine's as a domain name. */
export function ownName(configured: string): string {
  return configured === '' ? machine : configured;
}

/** Octets of a header section in which the subject is looked for. */
const LONGEST_HEADER = 32_768;
const EMPTY_LINE = Buffer.from('\r\n\r\n');

/** The decoded value of the first `Subject:` field; empty when there is none. Long ones are cut at 200 characters. */
export function subjectOf(head: Buffer): string {
  const end = head.subarray(0, LONGEST_HEADER).indexOf(EMPTY_LINE);
  const header = head.toString('latin1', 0, end < 0 ? Math.min(head.length, LONGEST_HEADER) : end + 2);
  const match = /(?:^|\r\n)subject:[ \t]*((?:[^\r]|\r\n[ \t])*)/i.exec(header);
  if (!match?.[1]) return '';
  const raw = Buffer.from(match[1].replace(/\r\n[ \t]/g, ' '), 'latin1').toString('utf8');
  // Control characters have no business in a list on screen.
  return decodeWords(raw)
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, 200);
}

/** Encoded words of a text that are decoded; a long subject has some ten. */
const MOST_WORDS = 500;
const ENCODED = /=\?([^?*\s]+)(?:\*[^?\s]*)?\?([bq])\?([^?\s]*)\?=/gi;

/** Decodes RFC 2047 encoded words; what cannot be decoded stays as it is. */
export function decodeWords(text: string): string {
  if (!text.includes('=?')) return text;
  const decoders = new Map<string, TextDecoder | null>();
  let left = MOST_WORDS;
  return text
    .replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?[^?\s]+\?[bq]\?)/gi, '$1')
    .replace(ENCODED, (whole, charset: string, kind: string, data: string) => {
      if (--left < 0) return whole;
      let decoder = decoders.get(charset);
      if (decoder === undefined) decoders.set(charset, (decoder = decoderOf(charset)));
      return decoder?.decode(octetsOf(kind, data)) ?? whole;
    });
}

/** Null for a charset that nobody knows. */
function decoderOf(charset: string): TextDecoder | null {
  try {
    return new TextDecoder(charset);
  } catch {
    return null;
  }
}

function octetsOf(kind: string, data: string): Buffer {
  if (kind.toLowerCase() === 'b') return Buffer.from(data, 'base64');
  const text = data
    .replaceAll('_', ' ')
    .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
  return Buffer.from(text, 'latin1');
}
