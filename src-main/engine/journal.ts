// The journal: writes down what changes about each domain, as it is done here, seen in the traffic or found by checks.
//
// What happens when things fail: an entry that cannot be written is told as a fault and lost; what was to be written down goes on all
// the same. What was seen is not remembered then, so that the next look finds the change again.
import type { Settings } from '../../shared/settings.ts';
import type { Domain } from '../../shared/domain.ts';
import type { Finding } from '../../shared/finding.ts';
import type { Actor, JournalEntry, JournalKind, JournalSource } from '../../shared/journal.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS } from '../../shared/time.ts';
import { plain } from '../../shared/unseen.ts';
import type { Clock } from '../clock/clock.ts';
import { byFamily, inOrder, ipv6Of, observationsOf } from '../diagnosis/observations.ts';
import type { Publisher } from '../events/emitter.ts';
import type { ServerCondition } from '../relay/outbound/server-watch.ts';
import type { Directory } from '../relay/policy/directory.ts';
import type { Database } from '../storage/database.ts';
import type { JournalFilter, NewEntry, Sighting } from '../storage/operations/journal.ts';
import { actorOf, WORLD } from './asking.ts';
import type { EngineEvents } from './events.ts';
import { CHANGED, changedSettings, changesOfDomain, settingTexts } from './journal-entries.ts';
import { ServerStates } from './server-states.ts';

/** Characters of a value, and of what it is about: DNS and servers say what they like. */
const LONGEST_VALUE = 1000;
const LONGEST_SUBJECT = 300;
/** Entries removed in one transaction, so that arriving mail does not wait for it. */
const FORGET_AT_ONCE = 500;

/** What changes more often than that hides all else; by kind where it is not the usual. */
const MOST_SEEN = { changes: 12, withinMs: DAY_MS };
const MOST_BY_KIND: Readonly<Partial<Record<JournalKind, Sighting['most']>>> = {
  // Some zones are signed or written anew all day.
  serial: { changes: 4, withinMs: DAY_MS },
  // A pool of machines that take turns.
  addresses: { changes: 4, withinMs: 7 * DAY_MS },
  'server-state': { changes: 6, withinMs: HOUR_MS },
  replies: { changes: 6, withinMs: HOUR_MS },
};
/** What was held back, or could not be written, is looked at again after this, ms. */
const AGAIN_MS = 10 * MINUTE_MS;

export interface JournalParts {
  clock: Clock;
  db: Database;
  directory: Directory;
  settings: () => Settings;
  events: Publisher<EngineEvents>;
}

/** What somebody did here, or what is known to have changed, in words that `shared/journal-words.ts` knows. */
export interface Noted {
  /** Empty: of all domains. */
  domain: string;
  kind: JournalKind;
  subject?: string;
  before?: string | null;
  after?: string | null;
  by: Actor;
  source?: JournalSource;
}

export class Journal {
  readonly #parts: JournalParts;
  readonly #states: ServerStates;
  readonly #writing = new Set<Promise<unknown>>();

  constructor(parts: JournalParts) {
    this.#parts = parts;
    this.#states = new ServerStates({
      clock: parts.clock,
      see: (domain, at, seen) => this.#seenInTraffic(domain, at, seen),
      againAfterMs: AGAIN_MS,
    });
  }

  /** Takes up what was known before a restart; what was changed in the settings' file meanwhile is written down. */
  async begin(): Promise<void> {
    const { db } = this.#parts;
    try {
      this.#states.remember(await db.read('observedBy', 'traffic'));
      const known = new Map(
        (await db.read('observedBy', 'action')).map(({ subject, value }) => [subject, value] as const),
      );
      const now = [...settingTexts(this.#parts.settings())].flatMap(([path, text]) =>
        text === null || known.get(path) === bounded(text, LONGEST_VALUE)
          ? []
          : [this.#setting(path, text, {})],
      );
      if (now.length > 0) await this.#observe(now);
    } catch (error) {
      this.#fault('what was known before the start cannot be read', error);
    }
  }

  /** Entries that have been told are in it. */
  async page(filter: JournalFilter): Promise<{ entries: JournalEntry[]; more: boolean }> {
    await this.#written();
    return this.#parts.db.read('journalPage', filter);
  }

  /** Writes down what changed. */
  note(...all: Noted[]): void {
    if (all.length === 0) return;
    const at = this.#parts.clock.now();
    const entries = all.map(
      ({ domain, kind, subject = '', before = null, after = null, by, source = 'action' }): NewEntry => ({
        ...{ at, domain, kind, by, source },
        subject: bounded(subject, LONGEST_SUBJECT),
        before: before === null ? null : bounded(before, LONGEST_VALUE),
        after: after === null ? null : bounded(after, LONGEST_VALUE),
      }),
    );
    const written = this.#parts.db.write('putJournal', entries);
    this.#keep(
      written.catch((error: unknown) => {
        this.#fault('a change cannot be written into the journal', error);
      }),
    );
  }

  domainChanged({ domain, before, by }: EngineEvents['domainChanged']): void {
    // What the server did comes before what followed of it.
    this.#states.settle(domain.name);
    this.note(...changesOfDomain(domain, before).map((change) => ({ ...change, domain: domain.name, by })));
  }

  domainRemoved({ name, by }: EngineEvents['domainRemoved']): void {
    this.#states.drop(name);
    this.note({ domain: name, kind: 'removed', by });
    this.#keep(
      this.#parts.db
        .write('forgetObserved', name)
        .catch((error: unknown) => this.#fault('what was seen of a domain cannot be forgotten', error, name)),
    );
  }

  /** @param by null: the file was changed by hand. */
  settingsChanged(after: Settings, before: Settings, by: Actor | null): void {
    const actor = by ?? actorOf({});
    const changes = changedSettings(after, before);
    const shown = changes.flatMap(({ path, shown: texts }) =>
      texts === null ? [] : [this.#setting(path, texts.after, { was: texts.before, by: actor })],
    );
    if (shown.length > 0) this.#keep(this.#observe(shown));
    this.note(
      ...changes
        .filter((change) => change.shown === null)
        .map(({ path }) => ({
          ...({ domain: '', kind: 'settings', subject: path, after: CHANGED, by: actor } as const),
        })),
    );
  }

  /** A host that routes name leads elsewhere. */
  moved({ host, before, after }: EngineEvents['moved']): void {
    const [was, is] = [byFamily(before), byFamily(after)];
    const families = [
      { subject: host, was: was.v4, is: is.v4 },
      { subject: ipv6Of(host), was: was.v6, is: is.v6 },
    ].filter((family) => family.is.length > 0);
    const at = this.#parts.clock.now();
    const sightings = this.#parts.directory
      .all()
      .filter((domain) => leadsTo(domain, host))
      .flatMap(({ name }) =>
        families.map((family) =>
          sighting(name, 'addresses', family.subject, inOrder(family.is), {
            at,
            source: 'traffic',
            ...(family.was.length > 0 ? { was: inOrder(family.was) } : {}),
          }),
        ),
      );
    if (sightings.length > 0) this.#keep(this.#observe(sightings));
  }

  /** A domain's server is in trouble, in another, or out of it. */
  serverState(domain: string, condition: ServerCondition | null): void {
    if (this.#isProtected(domain)) this.#states.changed(domain, condition?.trouble ?? null);
  }

  /** What an attempt came to; `domain` is null for a server that is no domain's own. */
  settled({ domain, results }: EngineEvents['settled']): void {
    if (domain === null || !this.#isProtected(domain)) return;
    if (results.some(({ state }) => state === 'delivered')) this.#states.delivered(domain);
  }

  /** A check of a domain ended. */
  checked({ domain, findings }: { domain: string; findings: readonly Finding[] }): void {
    if (!this.#isProtected(domain)) return;
    const sightings = observationsOf(findings).map(({ kind, subject, value, was, at }) =>
      sighting(domain, kind, subject, value, { at, source: 'check', ...(was === undefined ? {} : { was }) }),
    );
    if (sightings.length > 0) this.#keep(this.#observe(sightings));
  }

  /** Forgets what is older than the settings say. */
  async prune(): Promise<void> {
    const { clock, db, settings } = this.#parts;
    const before = clock.now() - settings().probes.historyDays * DAY_MS;
    while ((await db.write('forgetJournal', { before, limit: FORGET_AT_ONCE })) === FORGET_AT_ONCE);
  }

  /** Comes back when all that was told is on disk, or cannot be. */
  async close(): Promise<void> {
    this.#states.close();
    await this.#written();
  }

  async #written(): Promise<void> {
    await Promise.all(this.#writing);
  }

  #keep(work: Promise<unknown>): void {
    this.#writing.add(work);
    void work.finally(() => this.#writing.delete(work));
  }

  #isProtected(domain: string): boolean {
    return this.#parts.directory.get(domain) !== undefined;
  }

  #setting(path: string, value: string, { was, by }: { was?: string; by?: Actor }): Sighting {
    const at = this.#parts.clock.now();
    const more = { at, source: 'action' as const, by: by ?? actorOf({}) };
    return sighting('', 'settings', path, value, was === undefined ? more : { ...more, was });
  }

  /** Null: it could not be written. */
  async #observe(sightings: Sighting[]) {
    try {
      return await this.#parts.db.write('observe', sightings);
    } catch (error) {
      this.#fault('what was seen to change cannot be written into the journal', error);
      return null;
    }
  }

  /** Whether all of it is remembered now. */
  async #seenInTraffic(
    domain: string,
    at: number,
    seen: readonly { kind: JournalKind; subject: string; value: string | null; was?: null }[],
  ): Promise<boolean> {
    const work = this.#observe(
      seen.map(({ kind, subject, value, was }) =>
        sighting(domain, kind, subject, value, { at, source: 'traffic', ...(was === null ? { was } : {}) }),
      ),
    );
    this.#keep(work);
    return (await work)?.every((sight) => sight !== 'held') === true;
  }

  #fault(what: string, error: unknown, domain?: string): void {
    this.#parts.events.emit('fault', {
      part: 'journal',
      ...(domain === undefined ? {} : { domain }),
      what,
      error,
    });
  }
}

function leadsTo({ route, mode }: Domain, wanted: string): boolean {
  return [...route, ...(mode.reroute ?? [])].some(({ host }) => host === wanted);
}

function sighting(
  domain: string,
  kind: JournalKind,
  subject: string,
  value: string | null,
  { at, source, was, by = WORLD }: { at: number; source: JournalSource; was?: string | null; by?: Actor },
): Sighting {
  const seen: Sighting = {
    ...{ domain, kind, at, source, by },
    subject: bounded(subject, LONGEST_SUBJECT),
    value: value === null ? null : bounded(value, LONGEST_VALUE),
  };
  if (was !== undefined) seen.was = was === null ? null : bounded(was, LONGEST_VALUE);
  if (source !== 'action') seen.most = MOST_BY_KIND[kind] ?? MOST_SEEN;
  return seen;
}

/** One line that no terminal or page obeys, always the same for the same text. */
function bounded(text: string, most: number): string {
  const line = plain(text).trim();
  return (line.length > most ? `${line.slice(0, most - 1)}…` : line).toWellFormed();
}
