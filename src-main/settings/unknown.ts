// Keys of the settings file that are no settings: a slip of the keyboard, or a setting of a newer version.
import type { UnknownSetting } from '../../shared/overview.ts';
import { nearest } from '../../shared/slip.ts';

type Tree = Readonly<Record<string, unknown>>;

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Told at a time, and characters of each. */
const MOST_TOLD = 20;
const LONGEST_TOLD = 100;

const shown = (key: string) =>
  (key.length > LONGEST_TOLD ? `${key.slice(0, LONGEST_TOLD)}…` : key).replace(
    /[\p{Cc}\p{Cf}]/gu,
    '\u{fffd}',
  );

/**
 * The keys of `given` that are not in `known`, at whatever depth, in their order.
 * @param known the same settings with all that there are, as the schema gave them back.
 * @param defaults all settings, to find the one that was meant.
 */
export function unknownSettings(given: unknown, known: unknown, defaults: unknown): UnknownSetting[] {
  const paths = pathsOf(defaults, []);
  const found: UnknownSetting[] = [];
  const compare = (mine: unknown, theirs: unknown, path: readonly string[]): void => {
    if (Array.isArray(mine) && Array.isArray(theirs)) {
      mine.forEach((one, at) => compare(one, theirs[at], [...path, String(at)]));
      return;
    }
    if (!isTree(mine) || !isTree(theirs)) return;
    for (const [key, value] of Object.entries(mine)) {
      const here = [...path, key];
      if (Object.hasOwn(theirs, key)) compare(value, theirs[key], here);
      else if (found.length < MOST_TOLD)
        found.push({ key: shown(here.join('.')), meant: meantBy(here, paths) });
    }
  };
  compare(given, known, []);
  return found;
}

/** Every setting's path, sections included. */
function pathsOf(tree: unknown, above: readonly string[]): string[][] {
  if (!isTree(tree)) return [];
  return Object.entries(tree).flatMap(([key, value]) => [
    [...above, key],
    ...pathsOf(value, [...above, key]),
  ]);
}

/** Without what people write in different ways: `maxErrors`, `max_errors`, `max-errors`. */
const plainly = (key: string) => key.toLowerCase().replaceAll(/[^a-z0-9]/g, '');

/** The setting that was meant most likely; null when none is near. A slip in its own section is likelier than one of section. */
function meantBy(path: readonly string[], paths: readonly string[][]): string | null {
  const key = plainly(path.at(-1) ?? '');
  const section = path.slice(0, -1).join('.');
  const siblings = paths.filter((one) => one.slice(0, -1).join('.') === section);
  const others = paths.filter((one) => one.slice(0, -1).join('.') !== section);
  const near = nearest(
    key,
    siblings.map((one) => ({ name: plainly(one.at(-1) ?? ''), means: one })),
  );
  // Elsewhere it must be the very name, alone or with its section (`"smtp.port"`, `"smtpPort"`).
  const elsewhere = others.find(
    (one) => plainly(one.at(-1) ?? '') === key || (one.length > 1 && plainly(one.join('')) === key),
  );
  return (near ?? elsewhere)?.join('.') ?? null;
}
