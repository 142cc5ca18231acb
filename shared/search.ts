// What the message log's search finds: words and beginnings of words, the same in the engine's index and in a list that is on screen.

/** Scripts without spaces between words: each character is a word, so that any part of a text is found. */
const UNSPACED = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/u;
const WORDS =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[\p{L}\p{N}]+?(?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]|[^\p{L}\p{N}]|$)/gu;
const ASCII_WORDS = /[a-z0-9]+/g;
const NOT_ASCII = /[^ -~\s]/;
/** Shorter ones must be whole words: half the log begins with any one letter. */
const SHORTEST_BEGINNING = 3;

/** A text's words in lower case and without accents: `Anna@Example.com` is `anna`, `example`, `com`. */
export function wordsOf(text: string): string[] {
  if (!NOT_ASCII.test(text)) return text.toLowerCase().match(ASCII_WORDS) ?? [];
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase();
  return plain.match(WORDS) ?? [];
}

/** Words that must follow one another; the last may be the beginning of a longer one. */
export interface Phrase {
  words: string[];
  beginning: boolean;
}

/**
 * Reads what a person typed: parts between spaces must all be found, in any order and field; `anna@example.com` is one part.
 * Parts without a letter or digit are left out; nothing typed is no phrases.
 */
export function readSearch(text: string): Phrase[] {
  return text.split(/\s+/).flatMap((part) => {
    const words = wordsOf(part);
    const last = words.at(-1);
    if (last === undefined) return [];
    return [{ words, beginning: last.length >= SHORTEST_BEGINNING && !UNSPACED.test(last) }];
  });
}

/**
 * What to tell whoever searches for less than they may think; null when there is nothing to tell. `an` finds the word "an" and not
 * "anna"; `@` is left out.
 */
export function searchNotice(text: string): string | null {
  const parts = text.split(/\s+/).filter((part) => part !== '');
  const quoted = (all: readonly string[]) => [...new Set(all)].map((one) => `"${one}"`).join(', ');
  const ends = parts.flatMap((part) => wordsOf(part).slice(-1));
  const short = ends.filter((word) => word.length < SHORTEST_BEGINNING && !UNSPACED.test(word));
  const empty = parts.filter((part) => wordsOf(part).length === 0);
  const notices = [
    ...(short.length > 0
      ? [
          `${quoted(short)} ${short.length === 1 ? 'is found only as a whole word' : 'are found only as whole words'}; the beginning of a word is found from three letters or digits on.`,
        ]
      : []),
    ...(empty.length > 0
      ? [
          `${quoted(empty)} ${empty.length === 1 ? 'is' : 'are'} left out: only letters and digits are looked for.`,
        ]
      : []),
  ];
  return notices.length === 0 ? null : notices.join(' ');
}

/** Whether every phrase is in one of the fields. */
export function found(phrases: readonly Phrase[], fields: readonly string[]): boolean {
  if (phrases.length === 0) return true;
  const all = fields.map(wordsOf);
  return phrases.every((phrase) => all.some((words) => contains(words, phrase)));
}

function contains(words: readonly string[], phrase: Phrase): boolean {
  const last = phrase.words.length - 1;
  for (let start = 0; start + last < words.length; start += 1) {
    const fits = phrase.words.every((word, at) => {
      const other = words[start + at] ?? '';
      return at === last && phrase.beginning ? other.startsWith(word) : other === word;
    });
    if (fits) return true;
  }
  return false;
}
