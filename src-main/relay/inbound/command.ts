// Reads MAIL and RCPT with their parameters, and says what is wrong with them in SMTP's own codes.
import type { Reply } from '../../../shared/message.ts';
import { readPath, type Path, type PathKind } from './path.ts';

export interface MailCommand {
  path: Path;
  /** Octets, as the client declares (RFC 1870); null when it does not. */
  size: number | null;
  /** RFC 6152; `7bit` when nothing is said. */
  body: '7bit' | '8bitmime';
  /** RFC 6531. */
  smtpUtf8: boolean;
}

const MOST_PARAMETERS = 16;

export function reply(code: number, enhanced: string | null, text: string): Reply {
  return { code, enhanced, text };
}

/**
 * `MAIL FROM:<path> [parameters]`; `rest` is what follows the verb.
 * @param bare the address may stand without its angle brackets, as old devices write it.
 */
export function readMail(rest: string, bare = false): MailCommand | Reply {
  const words = readWords(bare ? bracketed(rest) : rest, 'FROM', 'reverse');
  if ('code' in words) return words;
  const command: MailCommand = { path: words.path, size: null, body: '7bit', smtpUtf8: false };
  for (const { name, value } of words.parameters) {
    switch (name) {
      case 'SIZE':
        if (value === null || !/^\d{1,20}$/.test(value)) return badValue('SIZE', 'a number of octets');
        command.size = Number(value);
        break;
      case 'BODY': {
        const body = value?.toLowerCase();
        if (body !== '7bit' && body !== '8bitmime') return badValue('BODY', '7BIT or 8BITMIME');
        command.body = body;
        break;
      }
      case 'SMTPUTF8':
        if (value !== null) return badValue('SMTPUTF8', 'no value');
        command.smtpUtf8 = true;
        break;
      default:
        return reply(555, '5.5.4', `Unsupported MAIL parameter ${name}`);
    }
  }
  if (command.path.international && !command.smtpUtf8) return needsSmtpUtf8();
  return command;
}

/** `RCPT TO:<path>`; no parameter is known, for DSN is not offered. */
export function readRcpt(rest: string, smtpUtf8: boolean, bare = false): Path | Reply {
  const words = readWords(bare ? bracketed(rest) : rest, 'TO', 'forward');
  if ('code' in words) return words;
  const [first] = words.parameters;
  if (first) return reply(555, '5.5.4', `Unsupported RCPT parameter ${first.name}`);
  if (words.path.international && !smtpUtf8) return needsSmtpUtf8();
  return words.path;
}

/** Puts the brackets around the first word after the colon, where they are missing. */
function bracketed(rest: string): string {
  return rest.replace(/^(\w+: *)([^ <][^ ]*)/, '$1<$2>');
}

function needsSmtpUtf8(): Reply {
  return reply(553, '5.6.7', 'An address beyond ASCII needs MAIL with SMTPUTF8 (RFC 6531)');
}

function badValue(name: string, expected: string): Reply {
  return reply(501, '5.5.4', `Bad value of ${name}: expected ${expected}`);
}

interface Words {
  path: Path;
  parameters: { name: string; value: string | null }[];
}

function readWords(rest: string, word: string, kind: PathKind): Words | Reply {
  const bad = (why: string) =>
    kind === 'reverse'
      ? reply(501, '5.1.7', `Bad sender address: ${why}`)
      : reply(501, '5.1.3', `Bad recipient address: ${why}`);
  const colon = word.length;
  if (rest.slice(0, colon).toUpperCase() !== word || rest[colon] !== ':') {
    return reply(
      501,
      '5.5.4',
      kind === 'reverse' ? 'Syntax: MAIL FROM:<address>' : 'Syntax: RCPT TO:<address>',
    );
  }
  // Forbidden, but printers and scripts have always sent it, and every server has always taken it.
  let start = colon + 1;
  while (rest[start] === ' ') start++;
  const read = readPath(rest, start, kind);
  if ('wrong' in read) return bad(read.wrong);
  if (read.end < rest.length && rest[read.end] !== ' ') return bad('something stands right after >');
  const parameters: Words['parameters'] = [];
  const seen = new Set<string>();
  for (const text of rest.slice(read.end).split(' ')) {
    if (text === '') continue;
    // esmtp-keyword and esmtp-value, RFC 5321 §4.1.2.
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*)(?:=([!-<>-~\u0080-\u{10ffff}]+))?$/u.exec(text);
    const name = match?.[1]?.toUpperCase();
    if (name === undefined)
      return reply(501, '5.5.4', 'Syntax error in parameters: expected KEYWORD or KEYWORD=value');
    if (seen.has(name)) return reply(501, '5.5.4', `Duplicate parameter ${name}`);
    seen.add(name);
    parameters.push({ name, value: match?.[2] ?? null });
    if (parameters.length > MOST_PARAMETERS) return reply(501, '5.5.4', 'Too many parameters');
  }
  return { path: read.path, parameters };
}
