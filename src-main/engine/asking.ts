// Who makes a call of the contract: what the host that carries it knows of them.
import type { Actor } from '../../shared/journal.ts';

/** The context of a call; without an actor it is an admin of whom nothing is known. */
export interface Asking {
  actor?: Actor;
}

export const MAILWARD: Actor = { who: 'mailward', via: null, name: '', address: '' };
export const WORLD: Actor = { who: 'world', via: null, name: '', address: '' };

export function actorOf({ actor }: Asking): Actor {
  return actor ?? { who: 'admin', via: null, name: '', address: '' };
}
