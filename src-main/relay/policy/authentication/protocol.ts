// What the main thread and the thread that authenticates say to each other.
import type { FilterReport } from '../filters/filter.ts';
import type { SmtpClient } from './verify.ts';

/** What is to be found out about a message. */
export type Task =
  /** What the filters ask. */
  | { kind: 'filters'; client: SmtpClient }
  /** Whether the sender is real. `longest`: ms for all of SPF. */
  | { kind: 'sender'; client: SmtpClient; longest: number };

/** Whether a sender is real, as far as SPF and DKIM show it. */
export interface SenderShown {
  /** SPF's result for MAIL FROM (RFC 7208 §2.6), or `none`. */
  spf: string;
  /** Domains with a valid DKIM signature over the whole body. */
  dkim: string[];
  /** DNS did not answer about one of them. */
  unclear: boolean;
}

/** What comes of each kind of task. */
export interface Outcomes {
  filters: FilterReport[];
  sender: SenderShown;
}

export type ToAuthentication =
  /** `resolver`: whose answers count for it. */
  | { kind: 'begin'; job: number; task: Task; resolver: number; content: Uint8Array }
  /** Nobody waits for it any more. */
  | { kind: 'forget'; job: number }
  /** `keeps`: ms for which it counts for other messages too. */
  | { kind: 'answer'; question: number; answer: unknown; keeps: number }
  | { kind: 'no-answer'; question: number; message: string; code: string | null; keeps: number };

export type FromAuthentication =
  | { kind: 'ready' }
  | { kind: 'ask'; job: number; question: number; name: string; type: string }
  | { kind: 'done'; job: number; outcome: Outcomes[keyof Outcomes] }
  | { kind: 'failed'; job: number; message: string };

/** Places in the memory that both threads see. */
export const PULSE = 0;
/** The job that the thread works at, or did last; 0 before the first. */
export const PRESENT = 1;

export interface AuthenticationInput {
  /** 32-bit integers at the places above. */
  shared: SharedArrayBuffer;
}
