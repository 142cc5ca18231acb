// Who holds a message, since when, and what ends that: by itself, or by whose doing.
import { z } from 'zod';
import type { Mode } from './domain.ts';

/**
 * Who holds a message. `hand`: an admin, this message; `domain`: all mail of its domain is on hold; `reroute`: it is being sent another
 * way; `repair`: `mailward repair`, because a part of its content is lost.
 */
export const holderOfMailSchema = z.enum(['hand', 'domain', 'reroute', 'repair']);
export type HolderOfMail = z.infer<typeof holderOfMailSchema>;

export const holdSchema = z.object({
  by: holderOfMailSchema,
  /** UTC ms. */
  since: z.number().int(),
});

/**
 * What ends the hold of a domain's mail. `you`: nothing but an admin; `time`: it goes out by itself at `at` (UTC ms); `server`: it goes
 * out by itself when the office's server takes mail for the domain again; `server-then-you`: Mailward says when that is, and waits for
 * an admin; `you-now`: that has been so since `at`.
 */
export type HoldEnd =
  | { by: 'you' | 'server' | 'server-then-you' }
  | { by: 'time'; at: number }
  | { by: 'you-now'; at: number };

/** What ends a domain's hold; null when the domain is not on hold. `deliverAgain`: the setting `autoHold.deliverAgain`. */
export function endOfHold(mode: Mode, deliverAgain: boolean): HoldEnd | null {
  if (mode.name !== 'hold') return null;
  if (mode.until !== null) return { by: 'time', at: mode.until };
  if (mode.setBy !== 'mailward') return { by: 'you' };
  if (mode.homeSince !== null) return { by: 'you-now', at: mode.homeSince };
  return { by: deliverAgain ? 'server' : 'server-then-you' };
}

/** Goes on after "It is held": what ends a domain's hold. `at` writes a time down. */
export function endWords(end: HoldEnd, name: string, at: (time: number) => string): string {
  switch (end.by) {
    case 'you':
      return `until you set ${name} to deliver`;
    case 'time':
      return `until ${at(end.at)}; then it goes out by itself`;
    case 'server':
      return `until your server takes mail for ${name} again; then it goes out by itself`;
    case 'server-then-you':
      return `until you set ${name} to deliver; Mailward says when your server takes it again`;
    case 'you-now':
      return `until you set ${name} to deliver; your server has taken it again since ${at(end.at)}`;
  }
}
