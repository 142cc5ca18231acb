// A domain's health: runs the checks about it, one run for a domain at a time, and keeps what they find.
//
// When something goes wrong: a check that fails says "could not check" (probes/runner.ts); findings that cannot be kept are
// still told, and the fault is told; a run that is given up because the engine closes keeps what had ended before.
import type { AskedCheck, CheckEvent, LatestFindings, SinceFound } from '../../shared/check-run.ts';
import { gather } from '../../shared/asked.ts';
import type { CheckInfo, Finding } from '../../shared/finding.ts';
import type { Settings } from '../../shared/settings.ts';
import type { WayBack } from '../../shared/mx-reading.ts';
import type { Clock } from '../clock/clock.ts';
import type { Publisher } from '../events/emitter.ts';
import { healthOfDomain } from '../diagnosis/health-sentence.ts';
import { checks as catalogue } from '../probes/catalogue.ts';
import { infoOf, type Check } from '../probes/check.ts';
import { runChecks } from '../probes/runner.ts';
import type { Target } from '../probes/target.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';
import type { EngineEvents } from './events.ts';
import { relayOf } from './own-address.ts';
import { DAY_MS } from '../../shared/time.ts';

/** A selector that signed no mail for so long may have been given up, ms. */
const SELECTORS_SEEN_MS = 30 * DAY_MS;
/** Earlier findings that a check is given, and attempts to the domain's servers. */
const MOST_PAST = 100;
const MOST_ATTEMPTS = 200;
/** Runs removed in one transaction, so that arriving mail does not wait for it. */
const FORGET_AT_ONCE = 500;

export interface HealthParts {
  db: Database;
  directory: Directory;
  /** The MX records that a domain can go back to. */
  wayBack: (domain: string) => Promise<WayBack | null>;
  /** The data folder. */
  dataDir: string;
  settings: () => Settings;
  events: Publisher<EngineEvents>;
  /** For tests: other checks than Mailward's own. */
  checks?: readonly Check[];
  clock: Clock;
  /** Whether what is past its time is removed: not while the clock may be wrong. */
  forgets: () => boolean;
}

/** What happens in a run. What its end means depends on which of its checks a follower asked for. */
type RunEvent =
  | Exclude<CheckEvent, { kind: 'ended' }>
  | Omit<Extract<CheckEvent, { kind: 'ended' }>, 'health'>;

/** A run under way: what happened so far, and who waits for more. */
interface Run {
  names: ReadonlySet<string>;
  events: RunEvent[];
  over: boolean;
  wake: Set<() => void>;
  ended: Promise<void>;
}

export class HealthChecks {
  readonly #parts: HealthParts;
  readonly #checks: readonly Check[];
  readonly #clock: Clock;
  readonly #runs = new Map<string, Run>();
  readonly #closing = new AbortController();

  constructor(parts: HealthParts) {
    this.#parts = parts;
    this.#checks = parts.checks ?? catalogue;
    this.#clock = parts.clock;
  }

  list(): CheckInfo[] {
    return this.#checks.map(infoOf);
  }

  knows(check: string): boolean {
    return this.#checks.some(({ name }) => name === check);
  }

  async latest(domain: string): Promise<LatestFindings> {
    const latest = await this.#parts.db.read('latestFindings', domain);
    const health = healthOfDomain(gather(this.list(), latest.findings), domain);
    return { ...latest, health, running: this.#runs.has(domain) };
  }

  /**
   * Runs one check, or all that run unasked, and tells what happens. Joins a run that asks the same already; waits for one
   * that asks something else. The run goes on when the caller stops listening.
   * @param check null: all; several by their names.
   */
  async *follow(
    domain: string,
    check: string | readonly string[] | null,
    signal?: AbortSignal,
  ): AsyncGenerator<CheckEvent, void, undefined> {
    const wanted = this.#checks.filter(({ name, onRequest }) =>
      check === null ? onRequest !== true : check === name || (Array.isArray(check) && check.includes(name)),
    );
    let run = this.#runs.get(domain);
    while (run && !wanted.every(({ name }) => run?.names.has(name))) {
      yield { kind: 'waiting' };
      await run.ended;
      run = this.#runs.get(domain);
    }
    if (signal?.aborted === true) return;
    run ??= this.#start(domain, this.#withSpoilers(wanted));
    const names = new Set(wanted.map(({ name }) => name));
    const found: Finding[] = [];
    for await (const event of follow(run, signal)) {
      const told = only(event, names);
      if (told === null) continue;
      if (told.kind === 'finding') found.push(told.finding);
      if (told.kind !== 'ended') yield told;
      else {
        const asked = gather(wanted.map(infoOf), found);
        yield { ...told, health: check === null ? healthOfDomain(asked, domain) : null };
      }
    }
  }

  /** Runs these checks and gives all that they found. Joins a run that asks them already. */
  async ask(domain: string, checks: readonly string[], signal?: AbortSignal): Promise<Finding[]> {
    const found: Finding[] = [];
    for await (const event of this.follow(domain, checks, signal))
      if (event.kind === 'finding') found.push(event.finding);
    return found;
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error('Mailward is stopping'));
    await Promise.all([...this.#runs.values()].map(({ ended }) => ended));
  }

  /** With the checks that say whether the answers of these can be trusted. */
  #withSpoilers(wanted: readonly Check[]): Check[] {
    const names = new Set(wanted.flatMap(({ name, spoiledBy }) => [name, ...(spoiledBy ?? [])]));
    return this.#checks.filter(({ name }) => names.has(name));
  }

  #start(domain: string, checks: Check[]): Run {
    const run: Run = {
      names: new Set(checks.map(({ name }) => name)),
      events: [],
      over: false,
      wake: new Set(),
      ended: Promise.resolve(),
    };
    this.#runs.set(domain, run);
    run.ended = this.#run(domain, checks, run)
      .catch((error: unknown) => {
        const what = `the checks of ${domain} could not be run to their end`;
        this.#parts.events.emit('fault', { part: 'checks', domain, what, error });
      })
      .finally(() => {
        this.#runs.delete(domain);
        run.over = true;
        for (const wake of run.wake) wake();
      });
    return run;
  }

  async #run(domain: string, checks: Check[], run: Run): Promise<void> {
    const { db, events } = this.#parts;
    const { signal } = this.#closing;
    const settings = this.#parts.settings();
    const began = this.#clock.now();
    const tell = (event: RunEvent) => {
      run.events.push(event);
      for (const wake of run.wake) wake();
    };
    const asked = checks.map(
      ({ name, title, question, leg, deadlineMs }): AskedCheck => ({
        name,
        title,
        question,
        leg,
        startedAt: began,
        deadlineAt: began + deadlineMs,
      }),
    );
    tell({ kind: 'started', at: began, domain, checks: asked });
    const found = new Map<string, Finding[]>();
    const kept: Promise<void>[] = [];
    const keep = async (check: Check) => {
      const findings = found.get(check.name) ?? [];
      const at = this.#clock.now();
      let since: SinceFound[] = [];
      // What a run that was given up could not check says nothing about the domain.
      if (!signal.aborted) {
        try {
          since = await db.write('keepRun', { domain, check: check.name, at: began, endedAt: at, findings });
        } catch (error) {
          const what = `what ${check.name} found about ${domain} cannot be kept`;
          events.emit('fault', { part: 'checks', domain, what, error });
        }
        events.emit('checked', { domain, findings });
      }
      tell({ kind: 'done', check: check.name, at, since });
    };
    const target = await this.#target(domain, settings);
    const seen = await db.read('selectorsSeen', { domain, since: began - SELECTORS_SEEN_MS }).catch(() => []);
    await runChecks({
      checks,
      target: { ...target, selectors: [...new Set([...target.selectors, ...seen])] },
      settings: settings.probes,
      dataDir: this.#parts.dataDir,
      now: this.#clock.now,
      signal,
      past: {
        findings: (check, subject) =>
          db.read('pastFindings', { domain, check, subject: subject ?? null, limit: MOST_PAST }),
      },
      traffic: { attempts: (name) => db.read('attemptsTo', { domain: name, limit: MOST_ATTEMPTS }) },
      onFinding: (finding) => {
        found.set(finding.check, [...(found.get(finding.check) ?? []), finding]);
        tell({ kind: 'finding', finding });
      },
      onDone: (check) => kept.push(keep(check)),
    });
    await Promise.all(kept);
    const at = this.#clock.now();
    tell({ kind: 'ended', at, tookMs: at - began });
    if (!signal.aborted && this.#parts.forgets())
      await this.#forget(at - settings.probes.historyDays * DAY_MS);
  }

  async #forget(before: number): Promise<void> {
    const { db } = this.#parts;
    while (
      !this.#closing.signal.aborted &&
      (await db.write('forgetFindings', { before, limit: FORGET_AT_ONCE })) === FORGET_AT_ONCE
    );
  }

  /** For a domain that is not protected only its name is known; the checks ask the world for the rest. */
  async #target(name: string, settings: Settings): Promise<Target> {
    const domain = this.#parts.directory.get(name);
    const wayBack = await this.#parts.wayBack(name).catch(() => null);
    return {
      domain: name,
      destinations: domain?.route ?? [],
      relay: domain ? relayOf(settings) : null,
      selectors: domain?.profile.selectors ?? [],
      formerMx: (wayBack?.reading.records ?? []).filter(({ exchange }) => exchange !== '.'),
      expiresAt: domain?.profile.expiresAt ?? null,
    };
  }
}

/** From the run's beginning to its end. */
async function* follow(run: Run, signal: AbortSignal | undefined): AsyncGenerator<RunEvent, void, undefined> {
  let wake: () => void = () => undefined;
  const onChange = () => wake();
  run.wake.add(onChange);
  signal?.addEventListener('abort', onChange);
  try {
    for (let next = 0; signal?.aborted !== true; ) {
      const event = run.events[next];
      if (event) {
        next++;
        yield event;
      } else if (run.over) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    run.wake.delete(onChange);
    signal?.removeEventListener('abort', onChange);
  }
}

/** What of an event is about these checks: a run may have others beside them. */
function only(event: RunEvent, names: ReadonlySet<string>): RunEvent | null {
  switch (event.kind) {
    case 'started':
      return { ...event, checks: event.checks.filter(({ name }) => names.has(name)) };
    case 'finding':
      return names.has(event.finding.check) ? event : null;
    case 'done':
      return names.has(event.check) ? event : null;
    case 'waiting':
    case 'ended':
      return event;
  }
}
