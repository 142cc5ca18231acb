// Waiting for something to become true, with an end and a reason.

/** Longest a test waits for anything (ms). Far above what it takes: it ends hangs, it measures nothing. */
export const patience = 120_000;

/**
 * Asks until the answer is neither null nor false; throws what `expected` says when patience runs out.
 * @param every milliseconds between questions.
 */
export async function until<T>(
  expected: string | (() => string),
  ask: () => T | null | false | Promise<T | null | false>,
  { every = 25, within = patience } = {},
): Promise<T> {
  const end = Date.now() + within;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > end) {
      throw new Error(
        `waited ${within / 1000} s in vain: ${typeof expected === 'string' ? expected : expected()}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}
