// What a filter is: one question about a connection or a message, with a deadline, and an answer that carries its evidence.
import type { FilterAction, FilterAnswer, FilterName, FilterResult } from '../../../../shared/filters.ts';
import type { FiltersSettings } from '../../../../shared/settings-filters.ts';
import type { Resolve } from '../../resolver.ts';

/** Who is sending. */
export interface ClientSubject {
  address: string;
}

/** A whole message, before it is ours. */
export interface MessageSubject extends ClientSubject {
  helo: string;
  /** Reverse-path; empty for the null sender. */
  sender: string;
  recipients: readonly string[];
  /** As it came, without any field of ours. */
  content: Buffer;
  id: string;
  /** Our own name. */
  hostname: string;
}

export interface FilterContext {
  settings: FiltersSettings;
  resolve: Resolve;
  /** Aborted at the deadline. */
  signal: AbortSignal;
}

export interface FilterReport {
  filter: FilterName;
  result: FilterAnswer;
  evidence: string[];
  /** It could not check because of what the message is: no sign that the filter does not work. */
  ofMessage?: true;
  /** The strongest action that this answer can justify, whatever the settings say. Default: `reject`. */
  most?: FilterAction;
  /** What goes into `Authentication-Results:` (RFC 8601 §2.2 resinfo, possibly folded). */
  resinfo?: string[];
  /** Domains whose DKIM signature over the whole body is valid. */
  signers?: string[];
  signatures?: FilterResult['signatures'];
}

export interface Filter<Subject> {
  /** What it answers for; one question to DNS can settle several. */
  readonly names: readonly FilterName[];
  /** When it is asked: as soon as the client connects (the answer is used at RCPT), or at the end of the data. */
  readonly when: 'connect' | 'data';
  /** Milliseconds. A filter that takes longer could not check. */
  readonly deadline: number;
  /** It is one server of ours that is asked: when that does not answer, it is left alone for a while. */
  readonly server: boolean;
  /** Whether the settings ask for it. */
  wanted: (settings: FiltersSettings) => boolean;
  /** A rejection means "could not check", with the error's words as evidence. */
  ask: (subject: Subject, asking: FilterContext) => Promise<FilterReport[]>;
}

/** What the settings say should follow when this filter fails. */
export function actionFor(name: FilterName, settings: FiltersSettings): FilterAction {
  return settings[name === 'reverse-name' ? 'reverseName' : name];
}

const strength: readonly FilterAction[] = ['off', 'tag', 'quarantine', 'reject'];

export function stronger(one: FilterAction, other: FilterAction): FilterAction {
  return strength.indexOf(one) >= strength.indexOf(other) ? one : other;
}

export function milder(one: FilterAction, other: FilterAction): FilterAction {
  return strength.indexOf(one) <= strength.indexOf(other) ? one : other;
}

/** Words from outside, fit for a reply, a log and a header: one line of printable ASCII. */
export function plainWords(text: string, longest = 300): string {
  return text
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim()
    .slice(0, longest);
}
