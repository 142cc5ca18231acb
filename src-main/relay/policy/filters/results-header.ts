// The header fields that tell what the filters found: ours are added, forged ones are taken out.
import type { FilterResult } from '../../../../shared/filters.ts';
import type { Judged } from './runner.ts';

const LINE = 78;

/** `Authentication-Results:` (RFC 8601), and `X-Mailward-Filters:` with what failed. Both end in CRLF. */
export function resultFields(hostname: string, results: readonly Judged[]): Buffer {
  const resinfo = results.flatMap((result) => result.resinfo);
  const failed = results.filter((result) => result.result === 'fail');
  const skipped = results.filter((result) => result.result === 'could-not-check');
  const fields: string[] = [];
  if (results.length > 0)
    fields.push(
      field('Authentication-Results', [
        hostname,
        ...(resinfo.length === 0 ? ['none'] : resinfo.map(oneLine)),
      ]),
    );
  if (failed.length + skipped.length > 0)
    fields.push(
      field(
        'X-Mailward-Filters',
        [...failed, ...skipped].map(({ filter, result }: FilterResult) => `${filter}=${result}`),
      ),
    );
  return Buffer.from(fields.join(''), 'utf8');
}

function field(name: string, parts: string[]): string {
  const lines = [`${name}: ${parts[0] ?? ''}`];
  for (const part of parts.slice(1)) {
    lines.push(`${lines.pop() ?? ''};`, ...fold(part));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** Folded at spaces that stand outside of quoted strings; comments may be folded anywhere a space is. */
function fold(part: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of wordsOf(part)) {
    if (line !== '' && line.length + word.length + 2 > LINE) {
      lines.push(`\t${line}`);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, `\t${line}`];
}

/** Split at spaces; those in a quoted string belong to a word. */
function* wordsOf(part: string): Generator<string> {
  let word = '';
  let quotes = 0;
  for (const piece of part.split(' ')) {
    word = quotes % 2 === 0 ? piece : `${word} ${piece}`;
    for (let at = piece.indexOf('"'); at >= 0; at = piece.indexOf('"', at + 1)) quotes++;
    if (quotes % 2 === 0) yield word;
  }
  if (quotes % 2 !== 0) yield word;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Where the header section ends (after its last CRLF); -1 while that has not come. */
export function headerEnd(content: Buffer): number {
  if (content[0] === 13 && content[1] === 10) return 0;
  const end = content.indexOf('\r\n\r\n');
  return end < 0 ? -1 : end + 2;
}

/**
 * The header section without fields that pass themselves off as ours (RFC 8601 §5): `Authentication-Results` with our
 * authserv-id, or with one that cannot be read, and `X-Mailward-Filters`. Returns the same buffer when there are none.
 */
export function withoutForged(header: Buffer, hostname: string): Buffer {
  const text = header.toString('latin1');
  if (!/^(authentication-results|x-mailward-filters)[ \t]*:/im.test(text)) return header;
  const kept = text.split(/(?<=\r\n)(?![ \t])/).filter((one) => {
    const match = /^(authentication-results|x-mailward-filters)[ \t]*:([\s\S]*)$/i.exec(one);
    if (!match) return true;
    if (match[1]?.toLowerCase() !== 'authentication-results') return false;
    const id = authservId(match[2] ?? '');
    return id !== null && id !== hostname.toLowerCase();
  });
  return Buffer.from(kept.join(''), 'latin1');
}

/** The authserv-id: what comes first, after white space and comments, bare or quoted. Null when it cannot be told. */
function authservId(value: string): string | null {
  let rest = value.replace(/\r\n/g, '');
  for (;;) {
    rest = rest.trimStart();
    if (!rest.startsWith('(')) break;
    const end = commentEnd(rest);
    if (end < 0) return null;
    rest = rest.slice(end);
  }
  const match = /^(?:"((?:[^"\\]|\\.)*)"|([^\s;"()]+))/.exec(rest);
  const id = match?.[1]?.replace(/\\(.)/g, '$1') ?? match?.[2];
  return id === undefined || id === '' ? null : id.toLowerCase();
}

/** Just past the comment that the text begins with; comments nest (RFC 5322 §3.2.2). */
function commentEnd(text: string): number {
  let depth = 0;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === '\\') at++;
    else if (character === '(') depth++;
    else if (character === ')' && --depth === 0) return at + 1;
  }
  return -1;
}
