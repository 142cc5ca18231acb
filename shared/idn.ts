// Internationalised domain names as people read them: from A-labels to Unicode (RFC 5890, Punycode of RFC 3492).

/** RFC 1035 §2.3.4. */
const LONGEST_LABEL = 63;
const BASE = 36;
const T_MIN = 1;
const T_MAX = 26;
const SKEW = 38;
const DAMP = 700;
const FIRST_BIAS = 72;
const FIRST_CODE = 0x80;

/**
 * A domain name with its A-labels in Unicode; a label that is not well-formed Punycode stays as it is.
 * For people to recognise a name: what goes over the wire is shown beside it, since letters of several scripts look alike.
 */
export function toUnicodeName(name: string): string {
  return name
    .split('.')
    .map((label) =>
      label.startsWith('xn--') && label.length <= LONGEST_LABEL ? (decode(label.slice(4)) ?? label) : label,
    )
    .join('.');
}

/** A name to show: in Unicode with the A-label form behind it where the two differ. */
export function shownName(name: string): string {
  const unicode = toUnicodeName(name);
  return unicode === name ? name : `${unicode} (${name})`;
}

/** RFC 3492 §6.2. Null for what is not Punycode, or holds what no name may (control and invisible characters). */
function decode(input: string): string | null {
  const cut = input.lastIndexOf('-');
  const output = cut < 0 ? [] : Array.from(input.slice(0, cut), (letter) => letter.codePointAt(0) ?? 0);
  let code = FIRST_CODE;
  let bias = FIRST_BIAS;
  let index = 0;
  for (let at = cut < 0 ? 0 : cut + 1; at < input.length; ) {
    const before = index;
    for (let weight = 1, k = BASE; ; k += BASE) {
      const digit = digitOf(input.charCodeAt(at++));
      if (digit === null) return null;
      index += digit * weight;
      if (index > 0x7fffffff) return null;
      const threshold = Math.min(T_MAX, Math.max(T_MIN, k - bias));
      if (digit < threshold) break;
      weight *= BASE - threshold;
    }
    const length = output.length + 1;
    bias = adapt(index - before, length, before === 0);
    code += Math.floor(index / length);
    index %= length;
    if (code > 0x10ffff) return null;
    output.splice(index++, 0, code);
  }
  const text = String.fromCodePoint(...output);
  return text === '' || /[\p{Cc}\p{Cf}\p{Cs}\p{Z}.]/u.test(text) ? null : text;
}

function digitOf(unit: number): number | null {
  if (unit >= 0x61 && unit <= 0x7a) return unit - 0x61;
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30 + 26;
  return null;
}

/** RFC 3492 §6.1. */
function adapt(delta: number, length: number, first: boolean): number {
  let left = Math.floor(first ? delta / DAMP : delta / 2);
  left += Math.floor(left / length);
  let k = 0;
  for (; left > ((BASE - T_MIN) * T_MAX) / 2; k += BASE) left = Math.floor(left / (BASE - T_MIN));
  return k + Math.floor(((BASE - T_MIN + 1) * left) / (left + SKEW));
}
