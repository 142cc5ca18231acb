// Tells replies apart in pasted text: one of several lines is one reply, as it was on the wire (RFC 5321 §4.2.1).
import { readLimit } from './reading.ts';

/** What transcripts and reports put in front of a reply's line: `<<< `, `S: `, `smtp; `, `host mx.example.com said: `. */
const lineStart =
  /^[\s<>"'*-]{0,8}(?:(?:S|RX|SERVER|RCVD?|smtp)[:;]\s{0,3})?(?:[^\r\n]{0,300}?\bsaid: )?([2-5]\d\d)(?:([ -])|$)(?:([245]\.\d{1,3}\.\d{1,3})(?![\d.]))?/i;

interface Line {
  code: string;
  /** More lines of the same reply follow. */
  goesOn: boolean;
  enhanced: string | null;
}

function lineOf(text: string): Line | null {
  const match = lineStart.exec(text);
  if (match?.[1] === undefined) return null;
  const code = match[1];
  // Somebody joined the lines already: the last one is in here.
  const ended = new RegExp(String.raw`\s${code}(?: |$)`).test(text.slice(match[0].length));
  return { code, goesOn: match[2] === '-' && !ended, enhanced: match[3] ?? null };
}

/**
 * The replies in lines of text (without line ends), in order. `550-…` goes on to the line with `550 …`; a line without a code in
 * between belongs to it. Any other line is a reply by itself, an empty one too: who counts lines gets an answer to each. Where the last
 * line never comes, what had the code is one reply and what followed it is not. Holds no more of a reply than can be read.
 */
export async function* repliesIn(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let open: string[] = [];
  /** How many of the open reply's lines are surely its own: up to the last with its code. */
  let sure = 0;
  let first: Line | null = null;
  let size = 0;
  const endUnfinished = (): string[] => {
    const all = open.length === 0 ? [] : [open.slice(0, sure).join('\n'), ...open.slice(sure)];
    open = [];
    first = null;
    return all;
  };
  for await (const raw of lines) {
    const text = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    const line = lineOf(text);
    const another =
      first !== null &&
      line !== null &&
      // Every line of a reply has the same code, and the same enhanced code (RFC 2034 §4).
      (line.code !== first.code ||
        (line.enhanced !== null && first.enhanced !== null && line.enhanced !== first.enhanced));
    if (another || size > readLimit) yield* endUnfinished();
    if (first === null) {
      if (line?.goesOn !== true) {
        yield text;
        continue;
      }
      first = line;
      size = 0;
    }
    open.push(text);
    size += text.length + 1;
    if (line === null) continue;
    sure = open.length;
    if (line.goesOn) continue;
    yield open.join('\n');
    open = [];
    first = null;
  }
  yield* endUnfinished();
}
