// The world as one run of checks sees it: the settings, the clock, what was found before, and answers shared between checks.
import { systemClock } from '../clock/watched.ts';
import type { Finding } from '../../shared/finding.ts';
import type { ProbesSettings } from '../../shared/settings-probes.ts';
import { isPublic, isWithin } from './addresses.ts';

/** What earlier runs found, newest first. */
export interface EarlierFindings {
  /**
   * Earlier findings of a check about the run's target.
   * @param subject only those about it; all when left out.
   */
  findings: (check: string, subject?: string) => Promise<Finding[]>;
}

/** What the message log knows that bears on a check. */
export interface RecentAttempts {
  /** The latest attempts to the domain's servers, newest first: what was said, and when (UTC ms). */
  attempts: (
    domain: string,
  ) => Promise<{ at: number; server: string; reply: string; cause: string | null }[]>;
}

export interface WorldOptions {
  settings: ProbesSettings;
  past?: EarlierFindings;
  traffic?: RecentAttempts;
  /** The data folder: what is kept there, and whether it has room. */
  dataDir?: string;
  /** UTC ms; the system's clock when left out. */
  now?: () => number;
}

/**
 * One run's view of the world. Checks that run together share answers through `once`, so that no server is asked the same
 * question twice in a run; nothing outlives the run.
 */
export class World {
  readonly settings: ProbesSettings;
  readonly past: EarlierFindings;
  readonly traffic: RecentAttempts;
  /** Null: this run has no data folder. */
  readonly dataDir: string | null;
  readonly now: () => number;
  /** Ends with the run. Shared questions heed this one: the check that asked first may be given up before the others. */
  readonly signal: AbortSignal;
  readonly #answers = new Map<string, Promise<unknown>>();

  constructor(options: WorldOptions, signal: AbortSignal) {
    this.settings = options.settings;
    this.past = options.past ?? { findings: () => Promise.resolve([]) };
    this.traffic = options.traffic ?? { attempts: () => Promise.resolve([]) };
    this.dataDir = options.dataDir ?? null;
    this.now = options.now ?? systemClock.now;
    this.signal = signal;
  }

  /** Whether strangers anywhere can reach an address: it is of the public Internet, or of what stands in for it. */
  isPublic(address: string): boolean {
    return isPublic(address) || isWithin(address, this.settings.alsoPublic);
  }

  /**
   * The answer to a question that several checks have: asked once in a run, by whoever needs it first.
   * @param key names the question and all that it depends on.
   */
  once<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const known = this.#answers.get(key) as Promise<T> | undefined;
    if (known !== undefined) return known;
    const answer = ask();
    this.#answers.set(key, answer);
    // Whoever waits for it sees the failure; when nobody does any more, it is no failure of the process.
    answer.catch(() => undefined);
    return answer;
  }
}
