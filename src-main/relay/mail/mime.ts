// The little of MIME that is needed to read a bounce: header fields, and the parts of a message, as far as its first octets go.
import { decodeWords } from './encoded-words.ts';

/** Header fields in order, names in lower case, values unfolded. */
export type Header = readonly (readonly [name: string, value: string])[];

export interface MimePart {
  header: Header;
  /** `type/subtype` in lower case; `text/plain` when the header does not say (RFC 2045 §5.2). */
  type: string;
  /** Parameters of the type, names in lower case. */
  parameters: ReadonlyMap<string, string>;
  /** Decoded, for parts that are read; empty for a multipart. */
  text: string;
  parts: MimePart[];
}

/** Parts within parts; deeper ones are not looked at. */
const DEEPEST = 5;
const MOST_PARTS = 50;
const MOST_FIELDS = 500;
/** RFC 2046 §5.1.1 allows 70. Looking for a long one may take its length at every place. */
const LONGEST_BOUNDARY = 200;

/** Reads a header section; stops at what is no field. */
export function readHeader(text: string): Header {
  const fields: [string, string][] = [];
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break;
    const last = fields.at(-1);
    if (/^[ \t]/.test(line)) {
      if (last) last[1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).trimEnd().toLowerCase();
    // An mbox line may stand before the first field.
    if (colon < 1 || !/^[!-9;-~]+$/.test(name)) {
      if (fields.length === 0 && /^>?From /.test(line)) continue;
      break;
    }
    if (fields.length >= MOST_FIELDS) break;
    fields.push([name, line.slice(colon + 1).trim()]);
  }
  return fields;
}

/** The first field of that name, encoded words decoded; null when there is none. */
export function field(header: Header, name: string): string | null {
  const found = header.find(([each]) => each === name);
  return found ? decodeWords(found[1]) : null;
}

export function fields(header: Header, name: string): string[] {
  return header.filter(([each]) => each === name).map(([, value]) => value);
}

/** Reads a message's first octets. A part that is cut off is read as far as it goes. Never throws; linear in the length. */
export function readMessage(octets: Uint8Array): MimePart {
  const text = Buffer.from(octets.buffer, octets.byteOffset, octets.byteLength).toString('latin1');
  return readPart(text, 0, { left: MOST_PARTS });
}

function readPart(text: string, depth: number, budget: { left: number }): MimePart {
  // A part may begin with its blank line: then it has no header.
  const bare = /^\r?\n/.exec(text);
  const gap = bare ? 0 : text.search(/\r?\n\r?\n/);
  const head = bare ? '' : gap < 0 ? text : text.slice(0, gap + 2);
  const body = bare ? text.slice(bare[0].length) : gap < 0 ? '' : text.slice(gap).replace(/^\r?\n\r?\n/, '');
  const header = readHeader(head);
  const { type, parameters } = contentType(field(header, 'content-type') ?? 'text/plain');
  const part: MimePart = { header, type, parameters, text: '', parts: [] };
  const boundary = parameters.get('boundary') ?? '';
  if (isMultipart(type, boundary) && depth < DEEPEST) {
    for (const piece of split(body, boundary)) {
      if (budget.left-- <= 0) break;
      part.parts.push(readPart(piece, depth + 1, budget));
    }
    if (part.parts.length > 0) return part;
  }
  part.text = decode(body, field(header, 'content-transfer-encoding') ?? '', parameters.get('charset'));
  return part;
}

function isMultipart(type: string, boundary: string): boolean {
  return type.startsWith('multipart/') && boundary !== '' && boundary.length <= LONGEST_BOUNDARY;
}

function* split(body: string, boundary: string): Generator<string> {
  const mark = `--${boundary}`;
  let start = -1;
  for (let at = body.indexOf(mark); at >= 0; at = body.indexOf(mark, at + mark.length)) {
    if (at > 0 && body[at - 1] !== '\n') continue;
    if (start >= 0) yield body.slice(start, at);
    if (body.startsWith('--', at + mark.length)) return;
    const end = body.indexOf('\n', at);
    if (end < 0) return;
    start = end + 1;
  }
  if (start >= 0) yield body.slice(start);
}

function contentType(value: string): { type: string; parameters: Map<string, string> } {
  const parameters = new Map<string, string>();
  const type = (/^\s*([\w!#$&^.+-]+\/[\w!#$&^.+-]+)/.exec(value)?.[1] ?? 'text/plain').toLowerCase();
  for (const [, name, quoted, bare] of value.matchAll(
    /;\s*([\w*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;]+))/g,
  ))
    if (name) parameters.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? bare ?? '');
  return { type, parameters };
}

function decode(body: string, encoding: string, charset: string | undefined): string {
  let octets: Buffer;
  switch (encoding.trim().toLowerCase()) {
    case 'base64':
      octets = Buffer.from(body, 'base64');
      break;
    case 'quoted-printable':
      octets = Buffer.from(
        body
          // A soft line break; white space before it belongs to the text (RFC 2045 §6.7).
          .replace(/=[ \t]*\r?\n/g, '')
          .replace(/=([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
        'latin1',
      );
      break;
    default:
      octets = Buffer.from(body, 'latin1');
  }
  try {
    return new TextDecoder(charset ?? 'utf-8').decode(octets);
  } catch {
    return octets.toString('latin1');
  }
}

/** All parts of a message, itself first, in order. */
export function* walk(part: MimePart): Generator<MimePart> {
  yield part;
  for (const each of part.parts) yield* walk(each);
}
