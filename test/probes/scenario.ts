// What a scenario is: one state of the world, and what a check must find in it. Tests play them; the manual's matrix lists them.

/**
 * `World` is what the tests of an area need to build it; the manual does not look at it.
 *
 * A table is the default export of a file named `*.scenarios.ts` next to its tests. `npm run docs` reads all of them.
 */
export interface Scenario<World> {
  /** The check's name. */
  check: string;
  /** The world in a few words, as a row of the matrix: "one name server is silent". */
  name: string;
  /** The codes of all findings, each once, in alphabetical order: nothing missing, and nothing more. */
  finds: readonly string[];
  world: World;
}

/** A check's scenarios. */
export function scenarios<World>(
  check: string,
  rows: readonly Omit<Scenario<World>, 'check'>[],
): Scenario<World>[] {
  return rows.map((row) => ({ check, ...row }));
}

/** The distinct codes of findings, in alphabetical order, as `finds` has them. */
export function codesOf(findings: readonly { code: string }[]): string[] {
  return [...new Set(findings.map(({ code }) => code))].sort();
}
