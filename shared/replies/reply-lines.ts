// Puts the lines that a server sends together to replies (RFC 5321 §4.2.1), also those of servers that keep to no rule.

/** A reply as it came. */
export interface RawReply {
  /** That of its last line. */
  code: number;
  /** Its lines joined by LF, those without a code among them. */
  text: string;
  /** A line without a code is among them. */
  untidy: boolean;
  /**
   * `among-many`: where several replies are awaited it cannot be said whose this is, for a line without a code came before it or its
   * lines have different codes; `always`: its lines say yes and no, so that even by itself it is no answer.
   */
  doubt: 'none' | 'among-many' | 'always';
}

/** The code, and what follows it: a space or nothing at the end of a reply, a hyphen when it goes on. */
const CODED = /^[2-5]\d\d(?:[ -]|$)/;
/** Some servers leave the space out. */
const GLUED = /^[2-5]\d\d[A-Za-z<(\t]/;

export class ReplyLines {
  #text = '';
  /** Of the first line that has one; null while none came. */
  #code: number | null = null;
  #untidy = false;
  #stray = false;
  #mixed: 'no' | 'code' | 'class' = 'no';

  /** What has come of the next reply: whole lines, each ended by LF. */
  get open(): string {
    return this.#text;
  }

  /** Takes the next line, without its end; the reply when this was its last. */
  take(line: string): RawReply | null {
    const coded = CODED.test(line);
    if (!coded && !this.#glued(line)) {
      // An empty line between replies is no text.
      if (line === '' && this.#text === '') return null;
      this.#untidy = true;
      if (this.#code === null) this.#stray = true;
      this.#text += `${line}\n`;
      return null;
    }
    const code = Number(line.slice(0, 3));
    if (this.#code === null) this.#code = code;
    else if (Math.floor(code / 100) !== Math.floor(this.#code / 100)) this.#mixed = 'class';
    else if (code !== this.#code && this.#mixed === 'no') this.#mixed = 'code';
    if (coded && line[3] === '-') {
      this.#text += `${line}\n`;
      return null;
    }
    const last = coded ? line : `${code} ${line.slice(3).trimStart()}`;
    const heard: RawReply = {
      code,
      text: this.#text + last,
      untidy: this.#untidy,
      doubt:
        this.#mixed === 'class' ? 'always' : this.#stray || this.#mixed === 'code' ? 'among-many' : 'none',
    };
    this.#text = '';
    this.#code = null;
    this.#untidy = this.#stray = false;
    this.#mixed = 'no';
    return heard;
  }

  /** In the middle of a reply only its own code is a code: "500MB are too much" is text there. */
  #glued(line: string): boolean {
    return GLUED.test(line) && (this.#code === null || this.#code === Number(line.slice(0, 3)));
  }
}

export function isPositive({ code }: RawReply): boolean {
  return code >= 200 && code < 300;
}

/** 354: the one reply that is to DATA and to nothing else. */
export function isGo({ code }: RawReply): boolean {
  return code >= 300 && code < 400;
}
