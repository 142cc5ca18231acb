// The settings file of a data folder: read, checked, changed, and written so that a crash leaves the old or the new one.
import { readlinkSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import type { Actor } from '../../shared/journal.ts';
import { unknownSettingWords, type UnknownSetting } from '../../shared/overview.ts';
import { settingsSchema, type Settings } from '../../shared/settings.ts';
import { identityOf, readNamedFile } from './own-file.ts';
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

/** @param by who changed them; null: the file was changed, and nobody knows by whom. */
type Listener = (settings: Settings, before: Settings, by: Actor | null) => void;

/** Somebody else changed the settings meanwhile: nothing was saved. */
export class SettingsChanged extends Error {
  constructor(path: string) {
    super(
      `the settings were changed meanwhile, in ${path} or in another window. Nothing was saved: look at them as they are now, and save again`,
    );
  }
}

export interface SettingsStore {
  readonly path: string;
  /** Keys of the file that are no settings: they have no effect, and stay where they are. */
  readonly unknown: readonly UnknownSetting[];
  get: () => Settings;
  /**
   * Replaces all settings. Written is what the file said already and what is not the default, so that a later version's better
   * defaults come into effect. Throws and keeps the old ones: `BrokenSettings` when a value is wrong, when the file cannot be written, or
   * cannot be used as somebody has left it; `SettingsChanged` when they are not those that the caller knew (`before`), or the file was
   * changed by hand and nobody knew it yet.
   * @param by who wants it so, for whoever follows the changes.
   */
  set: (next: unknown, before?: Settings, by?: Actor) => Settings;
  /**
   * Looks whether somebody changed the file, and takes over what is in it once it stands still. A file that is wrong or gone leaves the
   * settings as they are.
   */
  look: () => void;
  /** Why the file cannot be used as it is now, so that the next start would be refused; null when it can. A sentence. */
  readonly problem: string | null;
  onChange: (listener: Listener) => () => void;
}

/**
 * Opens `DIR/settings.json`. A missing file means the defaults; a wrong one is refused, never overwritten.
 * @param note is told what an admin should read in the log.
 * @param threw is told when somebody who follows the changes throws: what was changed is in force all the same.
 */
export function openSettings(
  dataDir: string,
  note: (words: string) => void = () => undefined,
  threw: (error: unknown) => void = () => undefined,
): SettingsStore {
  return new SettingsFile(join(dataDir, 'settings.json'), note, threw);
}

class SettingsFile implements SettingsStore {
  readonly path: string;
  problem: string | null = null;
  unknown: readonly UnknownSetting[];
  readonly #note: (words: string) => void;
  readonly #threw: (error: unknown) => void;
  readonly #listeners = new Set<Listener>();
  #current: Settings;
  /** What the file says, as it was last read or written; null when there is none. */
  #given: Tree | null;
  /** Which folder it is in: another one that lies in its place is not ours to read from, or to write to. */
  readonly #folder: string | null;
  /** By which it is seen that the file is another: as it was read, and as it was looked at last. */
  #read: string;
  #seen: string;

  constructor(path: string, note: (words: string) => void, threw: (error: unknown) => void) {
    this.path = path;
    this.#note = note;
    this.#threw = threw;
    this.#folder = identityOf(dirname(path));
    // Taken before it is read: what is written in between is noticed at the next look.
    this.#read = this.#seen = stampOf(path);
    const { settings, given, unknown } = parse(readFile(path), path);
    this.#current = settings;
    this.#given = given;
    this.unknown = unknown;
  }

  get(): Settings {
    return this.#current;
  }

  set(next: unknown, before?: Settings, by: Actor | null = null): Settings {
    const known = this.#current;
    if (!this.#isInPlace())
      throw new BrokenSettings(
        `nothing was saved: the data folder ${dirname(this.path)} was removed, renamed or replaced; put it back where it was`,
      );
    if (stampOf(this.path) !== this.#read) this.#readAgain();
    if (this.problem !== null) throw new BrokenSettings(`nothing was saved: ${this.problem}`);
    if (!areSame(this.#current, before ?? known)) throw new SettingsChanged(this.path);
    const wanted = check(next, 'the new settings');
    this.#refuseLink();
    const given = written(this.#given ?? {}, this.#current, wanted, DEFAULTS);
    try {
      replaceFile(this.path, `${JSON.stringify(given, null, 2)}\n`);
    } catch (error) {
      throw new BrokenSettings(`${(error as Error).message}. Nothing was changed`);
    }
    this.#given = given;
    this.#read = this.#seen = stampOf(this.path);
    this.#take(wanted, by);
    return this.#current;
  }

  look(): void {
    if (!this.#isInPlace()) return;
    const stamp = stampOf(this.path);
    // Whoever is in the middle of writing it gets until the next look.
    const stands = stamp === this.#seen;
    this.#seen = stamp;
    if (stands && stamp !== this.#read) this.#readAgain();
  }

  onChange(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isInPlace(): boolean {
    return identityOf(dirname(this.path)) === this.#folder;
  }

  /** Somebody else wrote, removed or replaced the file. */
  #readAgain(): void {
    this.#read = stampOf(this.path);
    let read: Read;
    try {
      read = parse(readFile(this.path), this.path);
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.problem)
        this.#note(`${problem}. Mailward goes on with the settings it had; it would not start with these`);
      this.problem = problem;
      return;
    }
    const isGone = read.given === null;
    const next = isGone ? this.#current : read.settings;
    if (isGone && this.#given !== null)
      this.#note(
        `the settings ${this.path} were removed. Mailward goes on with those it had; the next start begins with the defaults, unless they are put back or saved anew`,
      );
    else if (!areSame(next, this.#current))
      this.#note(
        `the settings ${this.path} were changed by hand, and are in force${areSame(next.smtp, this.#current.smtp) ? '' : '; what is new in smtp, from the next start on'}`,
      );
    else if (this.problem !== null) this.#note(`the settings ${this.path} can be used again`);
    for (const one of read.unknown)
      if (!this.unknown.some(({ key }) => key === one.key))
        this.#note(`the settings ${this.path}: ${unknownSettingWords(one)}`);
    this.problem = null;
    this.unknown = read.unknown;
    this.#given = read.given;
    this.#take(next, null);
  }

  #take(next: Settings, by: Actor | null): void {
    const before = this.#current;
    this.#current = next;
    if (areSame(next, before)) return;
    for (const listener of this.#listeners) {
      try {
        listener(next, before, by);
      } catch (error) {
        this.#threw(error);
      }
    }
  }

  /** Whoever laid a link keeps the settings elsewhere: a file in its place would cut them off from that without a word. */
  #refuseLink(): void {
    let target: string;
    try {
      target = readlinkSync(this.path);
    } catch {
      return;
    }
    throw new BrokenSettings(
      `${this.path} is a link to ${target}: change the settings there, and Mailward reads them. Nothing was saved`,
    );
  }
}

/** Of parsed settings: their keys come in the schema's order. */
const areSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

/** Changes with the file, whether it is written over, replaced or removed; through a link, with the file it leads to. */
function stampOf(path: string): string {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'unknown';
  }
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
  /** As the file has it; null when there is none. */
  given: Tree | null;
  unknown: UnknownSetting[];
}

function parse(text: string | null, path: string): Read {
  if (text === null) return { settings: DEFAULTS, given: null, unknown: [] };
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
