// Random numbers that can be had again: a run's seed is printed, and MAILWARD_SEED repeats it.

export interface Random {
  readonly seed: number;
  /** 0 ≤ x < 1. */
  next: () => number;
  /** An integer, `low` ≤ n ≤ `high`. */
  between: (low: number, high: number) => number;
}

/** The seed is MAILWARD_SEED, or new each time, if none is given. The generator is mulberry32, 32 bits of state. */
export function seededRandom(seed = newSeed()): Random {
  let state = seed;
  const next = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, next, between: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

function newSeed(): number {
  const given = Number(process.env['MAILWARD_SEED'] ?? Number.NaN);
  return Number.isInteger(given) ? given : Math.floor(Math.random() * 2 ** 31);
}
