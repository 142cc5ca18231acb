// The settings file of a data folder: read, checked, changed, and written so that a crash leaves the old or the new one.
import { join } from 'node:path';
import type { z } from 'zod';
import { settingsSchema, type Settings } from '../../shared/settings.ts';
import { readNamedFile } from './own-file.ts';
import { replaceFile } from './replace-file.ts';

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
  get: () => Settings;
  /** Replaces all settings. Throws `BrokenSettings` and keeps the old ones when a value is wrong. */
  set: (next: unknown) => Settings;
  onChange: (listener: Listener) => () => void;
}

/** Opens `DIR/settings.json`. A missing file means the defaults; a wrong one is refused, never overwritten. */
export function openSettings(dataDir: string): SettingsStore {
  const path = join(dataDir, 'settings.json');
  let current = parse(readFile(path), path);
  const listeners = new Set<Listener>();
  return {
    path,
    get: () => current,
    set(next) {
      const before = current;
      current = check(next, 'the new settings');
      try {
        replaceFile(path, `${JSON.stringify(current, null, 2)}\n`);
      } catch (error) {
        current = before;
        throw new BrokenSettings(`cannot write ${path}: ${(error as Error).message}`);
      }
      for (const listener of listeners) listener(current, before);
      return current;
    },
    onChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
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

function parse(text: string | null, path: string): Settings {
  if (text === null) return settingsSchema.parse({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BrokenSettings(
      `the settings ${path} are not valid JSON (${plainly((error as Error).message)}); ${SAFE}`,
    );
  }
  return check(value, `the settings ${path}`, `; ${SAFE}`);
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
