// Recognises bounces and automatic replies, by what the standards say (RFC 3464, 3834, 6533) and by the habits of servers older than they.
import { bounceWords, daemonNames, failureSubject, replySubject } from './bounce-words.ts';
import { field, fields, readHeader, readMessage, walk, type Header, type MimePart } from './mime.ts';

export interface RecognisedBounce {
  /** `bounce`: says what became of a message; `auto-reply`: a machine answered, or reports (RFC 3798, 5965); `none`: somebody's mail. */
  kind: 'bounce' | 'auto-reply' | 'none';
  /** What showed it: a word for the log. */
  by: string;
  /** Whom the original message was for, as far as it says; the first that failed. */
  recipient: string | null;
  /** Enhanced status code (RFC 3463). */
  status: string | null;
  /** `failed`, `delayed` … (RFC 3464 §2.3.3). */
  action: string | null;
  /** Per-recipient fields of a delivery status, in order; empty when there was none. */
  statuses: { recipient: string; status: string | null; action: string | null; diagnostic: string | null }[];
  /** The header of the message that it is about, as far as it is quoted; null when it is not. */
  returned: Header | null;
}

const NOTHING = { recipient: null, status: null, action: null, statuses: [], returned: null };
const STATUS = /\b([245]\.\d{1,3}\.\d{1,3})\b/;
/** What an address may be part of: no control characters (RFC 5321 §4.1.2; octets above 127 may be UTF-8). */
const WORD = /[^\s\0-\x1f\x7f<>()[\]:;,"]+/g;
const DOMAIN = /[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?/iy;
/** Characters. RFC 5321 §4.5.3.1.3 allows 254; senders make longer ones. */
const LONGEST_ADDRESS = 1_000;
/** Characters of a subject or a name in which words of bounces are looked for. */
const LONGEST_PHRASE = 1_000;

/**
 * Looks at a message's envelope sender (empty for the null sender) and its first octets; header and the parts that matter
 * are within the first 64 KiB of nearly all bounces. Pure, never throws.
 */
export function recognise(sender: string, head: Uint8Array): RecognisedBounce {
  const message = readMessage(head.subarray(0, 131_072));
  const { header } = message;
  const report = reportType(message);
  if (report === 'disposition-notification' || report === 'feedback-report')
    return { ...NOTHING, kind: 'auto-reply', by: report };
  const status = [...walk(message)].find(({ type }) => /^message\/(global-)?delivery-status$/.test(type));
  if (report === 'delivery-status' || status) return delivered(message, status ?? null, 'delivery-status');
  const automatic = autoReply(header);
  if (automatic === 'out-of-office') return { ...NOTHING, kind: 'auto-reply', by: automatic };
  const failed = field(header, 'x-failed-recipients');
  if (failed !== null) return delivered(message, null, 'x-failed-recipients');
  if (looksLikeBounce(sender, message)) return delivered(message, null, 'words');
  if (automatic !== null) return { ...NOTHING, kind: 'auto-reply', by: automatic };
  return { ...NOTHING, kind: 'none', by: '' };
}

/** Whether mail must never be answered with a bounce: it is one, or a machine's answer. */
export function isAutomatic(sender: string, head: Uint8Array): boolean {
  return sender === '' || recognise(sender, head).kind !== 'none';
}

function reportType(message: MimePart): string | null {
  for (const part of walk(message)) {
    const type = part.parameters.get('report-type')?.toLowerCase();
    if (part.type === 'multipart/report' && type) return type;
    if (part.type === 'message/feedback-report') return 'feedback-report';
    if (part.type === 'message/disposition-notification') return 'disposition-notification';
  }
  return null;
}

function autoReply(header: Header): string | null {
  const submitted = (field(header, 'auto-submitted') ?? '').toLowerCase();
  const subject = field(header, 'subject') ?? '';
  const precedence = (field(header, 'precedence') ?? '').toLowerCase();
  if (replySubject.test(subject)) return 'out-of-office';
  if (submitted.startsWith('auto-replied')) return 'auto-submitted';
  if (precedence.startsWith('auto_reply') || precedence.startsWith('auto-reply')) return 'precedence';
  if (/^(yes|1|true|oof|all)/i.test(field(header, 'x-autoreply') ?? field(header, 'x-autorespond') ?? ''))
    return 'x-autoreply';
  if (field(header, 'x-auto-response-suppress') !== null && submitted.startsWith('auto-generated'))
    return 'auto-submitted';
  return null;
}

/** Servers without RFC 3464: what they call themselves, what they say, and the message that they quote. */
function looksLikeBounce(sender: string, message: MimePart): boolean {
  const { header } = message;
  const from = (field(header, 'from') ?? '').slice(0, LONGEST_PHRASE);
  const subject = (field(header, 'subject') ?? '').slice(0, LONGEST_PHRASE);
  const returnPath = field(header, 'return-path');
  const words = textOf(message).slice(0, 16_384);
  let weight = 0;
  // Nobody but a machine sends from nobody.
  if (sender === '' || returnPath === '<>' || sender === '#@[]') weight += 2;
  if (daemonNames.test(from) || daemonNames.test(sender)) weight += 2;
  if (failureSubject.test(subject)) weight += 2;
  if (bounceWords.test(words)) weight += 2;
  if (returnedHeader(message) !== null) weight += 1;
  if (/\b[45]\d\d[ -]#?[45]\.\d{1,3}\.\d{1,3}\b|\b5[05]\d[ -]/.test(words)) weight += 1;
  return weight >= 4;
}

function delivered(message: MimePart, status: MimePart | null, by: string): RecognisedBounce {
  const statuses = status ? readStatuses(status.text) : [];
  const telling = statuses.find(({ action }) => action === 'failed') ?? statuses[0];
  const words = textOf(message);
  const failed = field(message.header, 'x-failed-recipients');
  const recipient = telling?.recipient ?? addressIn(failed ?? '') ?? namedIn(words, message);
  return {
    kind: 'bounce',
    by,
    recipient,
    status: telling?.status ?? STATUS.exec(words)?.[1] ?? null,
    action: telling?.action ?? null,
    statuses,
    returned: returnedHeader(message),
  };
}

/** The per-recipient blocks of a delivery status (RFC 3464 §2.3). */
function readStatuses(text: string): RecognisedBounce['statuses'] {
  return text
    .split(/\r?\n[ \t]*\r?\n/)
    .map((block) => readHeader(block.replace(/^\s+/, '')))
    .flatMap((block) => {
      const named = field(block, 'final-recipient') ?? field(block, 'original-recipient');
      const original = field(block, 'original-recipient');
      const recipient = addressIn(original ?? '') ?? addressIn(named ?? '');
      if (named === null || recipient === null) return [];
      return [
        {
          recipient: addressIn(named) ?? recipient,
          status: STATUS.exec(field(block, 'status') ?? '')?.[1] ?? null,
          action: /^[a-z]+/.exec((field(block, 'action') ?? '').trim().toLowerCase())?.[0] ?? null,
          diagnostic: field(block, 'diagnostic-code'),
        },
      ];
    });
}

function textOf(message: MimePart): string {
  const parts = [...walk(message)];
  const plain = parts.find(({ type, text }) => type === 'text/plain' && text.trim() !== '');
  if (plain) return plain.text;
  const html = parts.find(({ type }) => type === 'text/html');
  if (html) return html.text.replace(/<[^<>]{0,500}>/g, ' ');
  // Broken MIME is common where bounces are homemade.
  return parts.find(({ text }) => text.trim() !== '')?.text ?? '';
}

/** An address in the bounce's words that is not its own sender or reader. */
function namedIn(words: string, message: MimePart): string | null {
  const own = new Set(
    ['from', 'to', 'reply-to'].map((name) => addressIn(field(message.header, name) ?? '')?.toLowerCase()),
  );
  const returned = returnedHeader(message);
  for (const address of addressesIn(words.slice(0, 16_384)))
    if (!own.has(address.toLowerCase())) return address;
  return returned ? addressIn(field(returned, 'to') ?? '') : null;
}

function addressIn(value: string): string | null {
  const text = value.replace(/^\s*(rfc822|utf-8|x400|unknown)\s*;\s*/i, '');
  return addressesIn(text).next().value ?? null;
}

/** What looks like an address, in the order in which it stands there: one in a word at most. */
function* addressesIn(text: string): Generator<string, undefined> {
  for (const [word] of text.matchAll(WORD)) {
    if (word.length > LONGEST_ADDRESS) continue;
    for (let at = word.lastIndexOf('@'); at > 0; at = word.lastIndexOf('@', at - 1)) {
      DOMAIN.lastIndex = at + 1;
      const domain = DOMAIN.exec(word)?.[0];
      if (domain === undefined) continue;
      yield word.slice(0, at + 1) + domain;
      break;
    }
  }
  return undefined;
}

const HEADER_START =
  /^(received|return-path|message-id|from|to|date|subject|dkim-signature|mime-version|x-[\w-]+):/im;

/** The quoted header: a part of its own, or in the text after the words. */
function returnedHeader(message: MimePart): Header | null {
  for (const part of walk(message)) {
    if (part === message) continue;
    if (/^(message\/rfc822|text\/rfc822-headers|message\/global(-headers)?)$/.test(part.type)) {
      const header = readHeader(part.text.replace(/^\s+/, ''));
      if (header.length > 0) return header;
    }
  }
  const text = textOf(message);
  // Each paragraph might be the header; the one that has the fields of one is.
  let from = 0;
  for (let tries = 0; tries < 200 && from < text.length; tries++) {
    const end = text.slice(from).search(/\r?\n[ \t]*\r?\n/);
    const block = end < 0 ? text.slice(from) : text.slice(from, from + end);
    const start = block.search(HEADER_START);
    if (start >= 0) {
      const header = readHeader(
        block.slice(start).replace(/^[ \t>]+/gm, (mark) => (mark.includes('>') ? '' : mark)),
      );
      const names = new Set(header.map(([name]) => name));
      const telling = ['received', 'message-id', 'from', 'to', 'date', 'subject'].filter((name) =>
        names.has(name),
      );
      if (telling.length >= 3) return header;
    }
    if (end < 0) break;
    from += end + 2;
  }
  return null;
}

/** By what our own mail is known: hosts (names and addresses) in its path, and domains in its Message-ID. */
export interface Ours {
  hosts: readonly string[];
  domains: readonly string[];
}

/**
 * Whether the message that a bounce quotes shows that it came from us: its path (`Received:`) or its Message-ID names
 * one of our hosts, or the Message-ID one of our domains. Null when the bounce quotes too little to tell.
 */
export function quotesOurs(returned: Header | null, ours: Ours): boolean | null {
  if (!returned) return null;
  const path = fields(returned, 'received');
  const id = field(returned, 'message-id');
  if (path.length === 0 && id === null) return null;
  if (path.some((hop) => namesAny(hop, ours.hosts))) return true;
  return id !== null && namesAny(id.slice(id.lastIndexOf('@') + 1), [...ours.hosts, ...ours.domains]);
}

/** Whether a text names one of these, and not just something that ends or begins like it. */
function namesAny(text: string, names: readonly string[]): boolean {
  const lower = text.toLowerCase();
  return names.some((name) => {
    for (let at = lower.indexOf(name); at >= 0; at = lower.indexOf(name, at + 1)) {
      const after = lower.slice(at + name.length, at + name.length + 1);
      if (!/[\w-]/.test(lower.charAt(at - 1)) && !/[\w-]/.test(after)) return true;
    }
    return false;
  });
}
