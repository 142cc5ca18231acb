// The first line of a message, which decides whether it begins with a header section at all.
//
// We put our `Received:` field on top of whatever comes. A first line that is no header field would belong to that field (when it begins
// with a space) or stand among the header's lines as none of them; either way readers lose it. So an empty line goes between: what
// has no header is a body. A mailbox file's "From " line, left on top by mistake, is no body: behind it comes the header, so it is kept
// in a field of its own, as other relays do.

const CR = 13;
const LF = 10;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
/** A line that is no longer than this is looked at whole (RFC 5322 §2.1.1). */
const LONGEST_LINE = 998;
const EMPTY_LINE = Buffer.from('\r\n');
const MAILBOX_FIELD = Buffer.from('X-Mailbox-Line: ');
/** "From ", a sender, and a date with a time of day (RFC 4155, appendix A). */
const MAILBOX_LINE = /^>*From \S.*\b\d{1,2}:\d{2}\b/;

export class FirstLine {
  /** What has come of the line, until it is decided; null after that. */
  #line: Buffer | null = Buffer.alloc(0);

  /** Passes the message's octets on; nothing while the line is not decided yet. */
  take(octets: Buffer): Buffer {
    if (this.#line === null || octets.length === 0) return octets;
    const seen = this.#line.length === 0 ? octets : Buffer.concat([this.#line, octets]);
    const before = whatGoesBefore(seen, seen.length > LONGEST_LINE);
    this.#line = before === null ? seen : null;
    if (before === null) return EMPTY;
    return before.length === 0 ? seen : Buffer.concat([before, seen]);
  }

  /** The message is over: what was kept back of it. */
  end(): Buffer {
    const seen = this.#line ?? EMPTY;
    this.#line = null;
    return seen.length === 0 ? EMPTY : Buffer.concat([whatGoesBefore(seen, true) ?? EMPTY, seen]);
  }
}

const EMPTY = Buffer.alloc(0);

/** Null when more has to come to tell. `isAll`: no more will be waited for. */
function whatGoesBefore(seen: Buffer, isAll: boolean): Buffer | null {
  const [first] = seen;
  // An empty header section, ended as it should be.
  if (first === CR || first === LF) return EMPTY;
  const name = nameEnd(seen);
  // Obsolete fields have spaces before the colon (RFC 5322 §4.5).
  let at = name;
  while (seen[at] === SPACE || seen[at] === TAB) at++;
  if (at === seen.length && !isAll) return null;
  if (seen[at] === COLON && name > 0) return EMPTY;
  const end = seen.indexOf(LF);
  if (end < 0 && !isAll && mayBeMailboxLine(seen)) return null;
  const line = seen.toString('latin1', 0, Math.min(end < 0 ? seen.length : end, LONGEST_LINE));
  return MAILBOX_LINE.test(line) ? MAILBOX_FIELD : EMPTY_LINE;
}

/** Where a field's name ends: behind visible ASCII without a colon (RFC 5322 §2.2). */
function nameEnd(seen: Buffer): number {
  let at = 0;
  for (
    let octet = seen[at];
    octet !== undefined && octet > SPACE && octet < 127 && octet !== COLON;
    octet = seen[at]
  )
    at++;
  return at;
}

function mayBeMailboxLine(seen: Buffer): boolean {
  return /^>*From /.test(seen.toString('latin1', 0, 64));
}
