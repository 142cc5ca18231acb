// The trace field that every relay puts on top of a message (RFC 5321 §4.4).
import { smtpName } from '../../../shared/names.ts';
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

/** The `Received:` field. */
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
