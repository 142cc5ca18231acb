// The small language that reply rules are written in: lists of words, and words that stand near each other.
import { hasUnspaced, type ReplyReading, type Span } from './reading.ts';

/** A meaning that has words in several languages, e.g. "the recipient" or "does not exist". */
export interface Concept {
  /** Words of scripts that put spaces between them. */
  spaced: RegExp | null;
  /** Words of scripts without spaces, and masks: tried at every character, so the words only in a reply that has such letters. */
  unspaced: RegExp | null;
  masks: RegExp | null;
  /** Meanings that this one is any of. Each is looked for once in a reply, whoever asks. */
  parts: readonly Concept[];
  /** Where one of these is meant, this is not: the address in "IP address" is no recipient. */
  except: readonly Concept[];
}

/** Answers where in a reply a condition holds, or null. */
export type Condition = (reading: ReplyReading) => Span | null;

/**
 * What stands for an accented letter when a server's words have passed through something that knows ASCII only:
 * the bare letter, the German two-letter spelling, a question mark or two, or the replacement character.
 */
function letter(char: string): string {
  const base = char.normalize('NFD').replaceAll(/[\u0300-\u036F]/g, '');
  if (base === char) return char.replace(/[\\^$.*+?()[\]{}|/-]/, '\\$&');
  return `(?:${base}e?|[?\uFFFD]{1,3})`;
}

const anyWords = (count: number): string => `(?:[^\\s]{1,24} ){0,${count}}`;
const gap = '[^a-z0-9\\uE000-\\uE00F]{1,3}';

function latinWord(word: string): string {
  const forms = word.split('|').map((form) => {
    const stem = form.replaceAll('*', '').replaceAll(/./gu, letter);
    return (form.startsWith('*') ? '[a-z]{0,8}' : '') + stem + (form.endsWith('*') ? '[a-z]{0,14}' : '');
  });
  return forms.length === 1 ? (forms[0] ?? '') : `(?:${forms.join('|')})`;
}

/** Scripts without spaces between words, and masks, have no word boundaries either. */
const unspaced = /[^\u0000-\u024F]/;

const anyOf = (patterns: readonly string[]): RegExp | null =>
  patterns.length === 0 ? null : new RegExp(patterns.join('|'), 'g');

function phrase(text: string): string {
  let pattern = '';
  let join = '';
  for (const word of text.split(' ')) {
    const skip = /^~(\d?)$/.exec(word);
    if (skip) {
      pattern += join + anyWords(Number(skip[1] === '' ? 2 : skip[1]));
      join = '';
    } else if (word.endsWith('?')) {
      pattern += `${join}(?:${latinWord(word.slice(0, -1))}${gap})?`;
      join = '';
    } else {
      pattern += join + latinWord(word);
      join = gap;
    }
  }
  return pattern;
}

/**
 * Words for one meaning, comma-separated phrases. In a phrase: `a|b` either word, `word*` any ending, `*word` any beginning, `word?` may be missing,
 * `~` up to two words of any kind (`~4` up to four). Accents are written; replies may have lost them. Japanese and Chinese are plain patterns.
 */
export function words(...lists: readonly string[]): Concept {
  const phrases = lists.flatMap((list) => list.split(',')).map((item) => item.trim());
  // Backwards, so that the longer comes before what it begins with: "ip address" must not be read as "ip", which would leave an
  // "address" over.
  const spaced = phrases
    .filter((item) => item !== '' && !unspaced.test(item))
    .toSorted((a, b) => (b.replaceAll('*', '') < a.replaceAll('*', '') ? -1 : 1));
  const others = phrases.filter((item) => unspaced.test(item)).map((item) => `(?:${item})`);
  return {
    spaced:
      spaced.length === 0
        ? null
        : new RegExp(`(?<![a-z0-9])(?:${spaced.map(phrase).join('|')})(?![a-z0-9])`, 'g'),
    unspaced: anyOf(others),
    masks: anyOf(others.filter((item) => !hasUnspaced(item))),
    parts: [],
    except: [],
  };
}

export function without(concept: Concept, ...except: readonly Concept[]): Concept {
  return { ...concept, except: [...concept.except, ...except] };
}

/** Any of the meanings. */
export function or(...concepts: readonly Concept[]): Concept {
  return { spaced: null, unspaced: null, masks: null, parts: concepts, except: [] };
}

const found = new WeakMap<ReplyReading, Map<Concept, readonly Span[]>>();

/** Enough to decide; a text that says a word more often than this says nothing new with it. */
const mostSpans = 40;

function spans(reading: ReplyReading, concept: Concept): readonly Span[] {
  let known = found.get(reading);
  if (known === undefined) found.set(reading, (known = new Map<Concept, readonly Span[]>()));
  const before = known.get(concept);
  if (before !== undefined) return before;
  let result: Span[] = concept.parts.flatMap((part) => spans(reading, part));
  for (const pattern of [concept.spaced, reading.unspaced ? concept.unspaced : concept.masks]) {
    if (pattern === null) continue;
    // Not matchAll, which makes a copy of the expression each time: hundreds a reply.
    pattern.lastIndex = 0;
    for (let left = mostSpans; left > 0; left -= 1) {
      const match = pattern.exec(reading.text);
      if (match === null) break;
      if (match[0] === '') pattern.lastIndex += 1;
      else result.push({ start: match.index, end: match.index + match[0].length });
    }
  }
  if (result.length > 1) result.sort((a, b) => a.start - b.start);
  for (const other of concept.except) {
    const taken = spans(reading, other);
    result = result.filter((span) => !taken.some((o) => o.start < span.end && span.start < o.end));
  }
  known.set(concept, result);
  return result;
}

const sentenceEnd = /[.!?;] |。/;

interface Reach {
  /** Most characters between the two. */
  within?: number;
  /** What the second may be said of as well: where one of these is closer to it, it is not said of the first. */
  instead?: Concept;
}

const gapBetween = (a: Span, b: Span): number => Math.max(b.start - a.end, a.start - b.end);

function pair(reading: ReplyReading, a: Concept, b: Concept, { within = 40, instead }: Reach): Span | null {
  let best: Span | null = null;
  let bestGap = within + 1;
  const others = instead === undefined ? [] : spans(reading, instead);
  for (const y of spans(reading, b)) {
    const rivals = others.map((other) => gapBetween(other, y)).filter((gap) => gap >= 0);
    const limit = Math.min(bestGap, ...rivals);
    for (const x of spans(reading, a)) {
      const gap = gapBetween(x, y);
      if (gap < 0 || gap >= limit || gap >= bestGap) continue;
      const [from, to] = x.end <= y.start ? [x.end, y.start] : [y.end, x.start];
      if (sentenceEnd.test(reading.text.slice(from, to))) continue;
      bestGap = gap;
      best = { start: Math.min(x.start, y.start), end: Math.max(x.end, y.end) };
    }
  }
  return best;
}

/** One of the concepts is there. */
export const says =
  (...concepts: readonly Concept[]): Condition =>
  (reading) => {
    for (const concept of concepts) {
      const span = spans(reading, concept)[0];
      if (span !== undefined) return span;
    }
    return null;
  };

/** Two meanings in one sentence, in either order, at most `within` characters apart (40 unless told). */
export const near =
  (a: Concept, b: Concept, within?: number): Condition =>
  (reading) =>
    pair(reading, a, b, within === undefined ? {} : { within });

/** The same, but only where nothing of another kind is closer to the second: "Recipient rejected: host unknown" is about the host. */
export const saidOf =
  (a: Concept, b: Concept, instead: Concept, within?: number): Condition =>
  (reading) =>
    pair(reading, a, b, within === undefined ? { instead } : { within, instead });

export const either =
  (...conditions: readonly Condition[]): Condition =>
  (reading) => {
    for (const condition of conditions) {
      const span = condition(reading);
      if (span !== null) return span;
    }
    return null;
  };

/** The first condition, where all the others hold too, wherever in the text. */
export const both =
  (condition: Condition, ...others: readonly Condition[]): Condition =>
  (reading) => {
    const span = condition(reading);
    return span !== null && others.every((other) => other(reading) !== null) ? span : null;
  };

export const unless =
  (condition: Condition, ...guards: readonly Condition[]): Condition =>
  (reading) => {
    const span = condition(reading);
    return span !== null && guards.every((guard) => guard(reading) === null) ? span : null;
  };

/** A condition on the codes rather than the words; quotes nothing. */
export const when =
  (test: (reading: ReplyReading) => boolean): Condition =>
  (reading) =>
    test(reading) ? { start: 0, end: 0 } : null;
