// Characters that no text of a stranger's may bring to where people read it: they move what is around them, or are not seen at all.

/** Control characters (C0 with ESC, DEL, C1), what cannot be seen, and what turns the direction of writing. A tab does no harm. */
const UNSEEN = /[^\P{Cc}\t]|[\p{Cf}\p{Zl}\p{Zp}]/gu;
/** The same but for line ends, in texts of several lines. */
const UNSEEN_IN_TEXT = /[^\P{Cc}\t\r\n]|[\p{Cf}\p{Zl}\p{Zp}]/gu;

/** One line: a line end within it is as bad as all else, for what follows would pass for a line of ours. */
export function plain(text: string): string {
  return text.replace(UNSEEN, '\u{fffd}');
}

/** A text of several lines. */
export function plainText(text: string): string {
  return text.replace(UNSEEN_IN_TEXT, '\u{fffd}');
}

/** One line of JSON, the same value for a program that reads it: these characters are written as `\\u…`. */
export function escapedJson(json: string): string {
  return json.replace(UNSEEN, (one) =>
    Array.from({ length: one.length }, (_, at) => escaped(one.charCodeAt(at))).join(''),
  );
}

function escaped(unit: number): string {
  return `\\u${unit.toString(16).padStart(4, '0')}`;
}
