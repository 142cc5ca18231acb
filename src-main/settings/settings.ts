// The settings file of a data folder: read, checked, changed, and written so that a crash leaves the old or the new one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { settingsSchema, type Settings } from '../../shared/settings.ts';
import { replaceFile } from './replace-file.ts';

/** The file cannot be used as it is. The message names the key and what was expected; the file is left alone. */
export class BrokenSettings extends Error {}

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
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new BrokenSettings(`cannot read ${path}: ${(error as Error).message}`);
  }
}

function parse(text: string | null, path: string): Settings {
  if (text === null) return settingsSchema.parse({});
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new BrokenSettings(
      `${path} is not valid JSON (${(error as Error).message}); mend it, or move it away to start with the defaults`,
    );
  }
  return check(value, path);
}

function check(value: unknown, where: string): Settings {
  const result = settingsSchema.safeParse(value);
  if (result.success) return result.data;
  throw new BrokenSettings(`${where}: ${result.error.issues.map(describe).join('; ')}`);
}

function describe(issue: z.core.$ZodIssue): string {
  const key = issue.path.join('.');
  if (issue.code === 'unrecognized_keys') {
    const names = issue.keys.map((name) => (key === '' ? name : `${key}.${name}`));
    return `${names.join(', ')}: there is no such setting`;
  }
  return `${key === '' ? 'the file' : key}: ${issue.message.replace(/^Invalid input: /, '')}`;
}
