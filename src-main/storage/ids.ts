// Message ids: numbers that grow with time, shown as short words.

/** 2025-01-01T00:00:00Z. With 4096 ids a millisecond the numbers stay exact integers until the year 2094. */
const EPOCH = 1_735_689_600_000;
/**
 * 2090-01-01T00:00:00Z. A clock that says more is wrong, and ids go on from here one by one: four years' numbers are left for them. Past the
 * exact integers two messages would get one id, and a database that holds such an id could never be read again.
 */
const LATEST = 3_786_912_000_000;
const PER_MILLISECOND = 4096;
/** Crockford's base 32: no I, L, O or U, so that an id can be read out on the telephone. */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** Hands out ids. One for a data folder, started after the highest id stored there. */
export class IdSource {
  #last: number;

  constructor(highest: number) {
    this.#last = highest;
  }

  /** Ids keep growing when the clock is set back. */
  next(now: number): number {
    this.#last = Math.max(this.#last + 1, firstIdAt(now));
    return this.#last;
  }
}

/** The lowest id that a message received at `time` (UTC ms) can have. */
export function firstIdAt(time: number): number {
  return Math.max(0, Math.min(time, LATEST) - EPOCH) * PER_MILLISECOND;
}

/** No message received before `time` (UTC ms) has this id or a higher one, while ids are not ahead of the clock. */
export function idsEndAt(time: number): number {
  return time >= LATEST ? Number.MAX_SAFE_INTEGER : firstIdAt(time);
}

/** When the message with this id was received, UTC ms. */
export function timeOfId(id: number): number {
  return EPOCH + Math.floor(id / PER_MILLISECOND);
}

export function formatId(id: number): string {
  let rest = id;
  let text = '';
  do {
    text = DIGITS.charAt(rest % 32) + text;
    rest = Math.floor(rest / 32);
  } while (rest > 0);
  return text;
}

/** Reads an id as people type it (any case; O for 0, I and L for 1). Returns null when it is not one. */
export function parseId(text: string): number | null {
  const clean = text.trim().toUpperCase().replaceAll('O', '0').replace(/[IL]/g, '1');
  if (clean === '' || clean.length > 11) return null;
  let id = 0;
  for (const digit of clean) {
    const value = DIGITS.indexOf(digit);
    if (value < 0) return null;
    id = id * 32 + value;
  }
  return Number.isSafeInteger(id) ? id : null;
}
