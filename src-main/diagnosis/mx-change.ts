// How far a change of MX records is, from what name servers and resolvers were last heard to say.
import { mxWords } from '../../shared/facts/form.ts';
import type { ServerView } from '../../shared/facts/mx-propagation.ts';
import type { MxChange } from '../../shared/mx-change.ts';

/** What a look showed. */
export interface ChangeLook {
  /** UTC ms. */
  at: number;
  items: readonly ServerView[];
}

/**
 * The change after a look. It is over when every name server that answers has the new records, no resolver that answers has others, and
 * whoever asked just before the change must have asked again; a name server that goes back begins it anew.
 */
export function afterLook(change: MxChange, { at, items }: ChangeLook): MxChange {
  const wanted = mxWords(change.wanted);
  const has = ({ mx }: ServerView) => mx !== null && mxWords(mx) === wanted;
  const own = items.filter(({ kind, mx }) => kind === 'authoritative' && mx !== null);
  const others = items.filter(({ kind, mx }) => kind === 'resolver' && mx !== null);
  if (own.length === 0) return afterNothing(change, at, 'no name server of the domain answers');
  const looked = { ...change, lookedAt: at, trouble: '', items: [...items] };
  const ready = own.filter(has).length;
  if (ready === 0) return { ...looked, stage: 'to-do', sinceAll: null, until: null, doneAt: null };
  if (ready < own.length) return { ...looked, stage: 'partly', sinceAll: null, until: null, doneAt: null };
  const sinceAll = change.sinceAll ?? at;
  const kept = others.filter((item) => !has(item));
  // Who keeps the old records we do not know of; how long anybody may, we do.
  const until = Math.max(
    sinceAll + (change.beforeTtl ?? 0) * 1000,
    ...kept.map((item) => at + (item.ttl ?? 0) * 1000),
  );
  const isDone = kept.length === 0 && at >= until;
  return {
    ...looked,
    stage: isDone ? 'done' : 'spreading',
    sinceAll,
    until,
    doneAt: isDone ? (change.doneAt ?? at) : null,
  };
}

/** The change after a look that showed nothing: it is where it was, as far as anybody knows. */
export function afterNothing(change: MxChange, at: number, why: string): MxChange {
  return { ...change, lookedAt: at, trouble: why };
}
