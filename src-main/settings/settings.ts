// The settings file of a data folder: read, checked, changed, and written so that a crash leaves the old or the new one.
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { UnknownSetting } from '../../shared/overview.ts';
import { settingsSchema, type Settings } from '../../shared/settings.ts';
import { readNamedFile } from './own-file.ts';
import { replaceFile } from './replace-file.ts';
import { isTree, unknownSettings } from './unknown.ts';

/** The file cannot be used as it is. The message names the key and what was expected; the file is left alone. */
export class BrokenSettings extends Error {}

/** What is told of a file that cannot be used as it is. */
const SAFE =
  'nothing was changed, and mail and domains are not in it. Mend the file, or move it away to start with the defaults';
/** Faults told at a time: a file with a hundred is not mended by reading them all. */
const MOST_TOLD = 5;

/** The parser quotes what it read, line ends and all. */
const plainly = (words: string) => words.replace(/\s+/g, ' ').replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');

type Listener = (settings: Settings, before: Settings) => void;

export interface SettingsStore {
  readonly path: string;
  /** Keys of the file that are no settings: they have no effect, and stay where they are. */
  readonly unknown: readonly UnknownSetting[];
  get: () => Settings;
  /**
   * Replaces all settings. Written is what the file said already and what is not the default, so that a later version's better
   * defaults come into effect. Throws `BrokenSettings` and keeps the old ones when a value is wrong.
   */
  set: (next: unknown) => Settings;
  onChange: (listener: Listener) => () => void;
}

/** Opens `DIR/settings.json`. A missing file means the defaults; a wrong one is refused, never overwritten. */
export function openSettings(dataDir: string): SettingsStore {
  const path = join(dataDir, 'settings.json');
  let { settings: current, unknown } = parse(readFile(path), path);
  const listeners = new Set<Listener>();
  return {
    path,
    get unknown() {
      return unknown;
    },
    get: () => current,
    set(next) {
      const before = current;
      const after = check(next, 'the new settings');
      // Read again: what somebody wrote into it meanwhile, and was not changed here, is for the next start.
      const file = parse(readFile(path), path);
      try {
        replaceFile(path, `${JSON.stringify(written(file.given, before, after, DEFAULTS), null, 2)}\n`);
      } catch (error) {
        throw new BrokenSettings(`cannot write ${path}: ${(error as Error).message}`);
      }
      unknown = file.unknown;
      current = after;
      for (const listener of listeners) listener(current, before);
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

type Tree = Readonly<Record<string, unknown>>;

const DEFAULTS: Settings = settingsSchema.parse({});

/** A file's new content: what it has, in its order, with what changed; and behind it what differs from the defaults. */
function written(given: Tree, before: Tree, after: Tree, defaults: Tree): Tree {
  const content = new Map(Object.entries(given));
  for (const [key, value] of Object.entries(after)) {
    const said = Object.hasOwn(given, key);
    if (isTree(value)) {
      const inner = written(treeAt(given, key), treeAt(before, key), value, treeAt(defaults, key));
      if (said || Object.keys(inner).length > 0) content.set(key, inner);
    } else if (said ? !isDeepStrictEqual(value, before[key]) : !isDeepStrictEqual(value, defaults[key])) {
      content.set(key, value);
    }
  }
  return Object.fromEntries(content);
}

function treeAt(tree: Tree, key: string): Tree {
  const value = Object.hasOwn(tree, key) ? tree[key] : undefined;
  return isTree(value) ? value : {};
}

function readFile(path: string): string | null {
  try {
    // Some editors begin a file with a byte order mark.
    return readNamedFile(path)
      .toString('utf8')
      .replace(/^\u{feff}/u, '');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BrokenSettings(`cannot read the settings ${path}: ${(error as Error).message}; ${SAFE}`);
  }
}

interface Read {
  settings: Settings;
  /** As the file has it. */
  given: Tree;
  unknown: UnknownSetting[];
}

function parse(text: string | null, path: string): Read {
  if (text === null) return { settings: DEFAULTS, given: {}, unknown: [] };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BrokenSettings(
      `the settings ${path} are not valid JSON (${plainly((error as Error).message)}); ${SAFE}`,
    );
  }
  // What this version does not know, one that was here before it may have written: it is told, and no ground not to start.
  const known = isTree(value)
    ? Object.fromEntries(Object.entries(value).filter(([key]) => Object.hasOwn(DEFAULTS, key)))
    : value;
  const settings = check(known, `the settings ${path}`, `; ${SAFE}`);
  return { settings, given: isTree(value) ? value : {}, unknown: unknownSettings(value, settings, DEFAULTS) };
}

function check(value: unknown, where: string, remedy = ''): Settings {
  const result = settingsSchema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const more = issues.length > MOST_TOLD ? `; and ${issues.length - MOST_TOLD} more` : '';
  throw new BrokenSettings(
    `${where}: ${issues.slice(0, MOST_TOLD).map(describe).join('; ')}${more}${remedy}`,
  );
}

function describe(issue: z.core.$ZodIssue): string {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((name) => (key === '' ? name : `${key}.${name}`));
    return `${names.join(', ')}: there is no such setting`;
  }
  return `${key === '' ? 'the file' : key}: ${issue.message.replace(/^Invalid input: /, '')}`;
}
