// What the window and the tray stand on: the engine in this process, or one in a service that already has the data folder.
import type { AnyRouter } from '@orpc/server';
import type { Actor } from '../../shared/journal.ts';
import type { Overview } from '../../shared/overview.ts';
import type { Settings } from '../../shared/settings.ts';

/** Whoever sits before the window, for the journal. */
export const BY_WINDOW: Actor = { who: 'admin', via: 'window', name: '', address: '' };

/** The state in words, as far as the tray needs it. */
export type BackendStatus = Pick<Overview, 'state' | 'sentence'>;

export interface Backend {
  /** Implements the contract; served to the window over its port. */
  readonly router: AnyRouter;
  status(): BackendStatus;
  /** Calls back at each change, until the returned function is called. */
  onStatus(listener: (status: BackendStatus) => void): () => void;
  getSettings(): Promise<Settings>;
  setSettings(settings: Settings): Promise<void>;
  /** Calls back with the settings after each change made through this backend. */
  onSettings(listener: (settings: Settings) => void): () => void;
  /** Settles when calls can be answered: at once, unless a service has gone and is being looked for. */
  reachable(): Promise<unknown>;
  /** An exception in this process that nobody foresaw: it is logged, counted and shown. */
  fault(error: unknown): void;
  /** Calls back each time the way to the engine is lost; calls under way have failed then. */
  onLost(listener: () => void): void;
  /** Stops the engine, or lets go of the service. Mail that was accepted is on disk and stays there. */
  close(): Promise<void>;
}
