// “Did you mean …?”: which of the words that there are somebody meant who mistyped one.

/**
 * What was meant by a word that is not among the candidates: the one that the fewest slips lead to; null when none is near.
 * Linear in the number of candidates.
 */
export function nearest<T>(name: string, candidates: readonly { name: string; means: T }[]): T | null {
  let best: { means: T; distance: number } | null = null;
  for (const candidate of candidates) {
    const distance = slips(name, candidate.name);
    if (
      distance <= Math.max(1, Math.floor(candidate.name.length / 3)) &&
      distance < (best?.distance ?? Infinity)
    )
      best = { means: candidate.means, distance };
  }
  return best?.means ?? null;
}

/** Letters longer than this are no slip of any key there is. */
const LONGEST = 64;

/** Slips that lead from one word to the other: a letter too many, missing, wrong, or two that changed places. */
function slips(a: string, b: string): number {
  if (a.length > LONGEST) return Infinity;
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= a.length; row++) {
    const next = [row];
    for (let column = 1; column <= b.length; column++) {
      const isSame = a[row - 1] === b[column - 1];
      let least = Math.min(
        (last[column] ?? 0) + 1,
        (next[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      );
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        least = Math.min(least, (before[column - 2] ?? 0) + 1);
      next.push(least);
    }
    [before, last] = [last, next];
  }
  return last[b.length] ?? Infinity;
}
