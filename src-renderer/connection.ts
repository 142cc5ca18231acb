// The connection to the engine: one client for the whole page, whichever wire carries it and however often it breaks.
import type { ClientContext, ClientLink } from '@orpc/client';
import { createORPCClient } from '@orpc/client';
import type { Client } from '../shared/contract/index.ts';
import type { DesktopAbilities } from '../shared/desktop.ts';
import { type Channel, NotLetIn, type Obstacle, type Opener, portOpener, socketOpener } from './channel.ts';
import { shown } from './shown.ts';

declare global {
  interface Window {
    /** Put there by the desktop shell's preload script; a browser has none. */
    mailward?: DesktopAbilities;
  }
}

/**
 * `connecting`: the first time; `open`; `lost`: it was or should be there; `refused`: something is there, but no way in. It is
 * tried again by itself in each case.
 */
export type ConnectionState = 'connecting' | 'open' | 'lost' | 'refused';

/** What the screens see of the connection. `epoch` grows with every new wire: whoever follows something starts again. */
export interface ConnectionView {
  state: ConnectionState;
  epoch: number;
  /** Why there is no way in, while the state is `refused`. */
  obstacle: Obstacle | null;
  /** Since when the state is so, UTC ms. */
  since: number;
}

/** A call was made while there was no wire, and none came in time. */
export class NotConnected extends Error {
  override readonly name = 'NotConnected';
  constructor() {
    super(
      'Mailward is not running, or cannot be reached. This page keeps trying; do this again once it is connected.',
    );
  }
}

/** Pauses between tries in milliseconds: quick at first, for a restart of the engine, then calm. */
const pauses: readonly number[] = [300, 700, 1500, 3000, 5000];
/** How long a call waits for the wire before it fails. */
const callWaits = 10_000;
/** A wire can die without a word (a laptop that slept, a tunnel that fell): it is asked this often. */
const askEvery = 20_000;
const answerWithin = 10_000;

export class Connection {
  readonly client: Client;
  /** What only a desktop can do; null in a browser. */
  readonly desktop: DesktopAbilities | null;
  readonly #open: Opener;
  readonly #listeners = new Set<() => void>();
  #view: ConnectionView = { state: 'connecting', epoch: 0, obstacle: null, since: Date.now() };
  #channel: Channel | null = null;
  #wake: () => void = () => undefined;
  /** Given by the address or by hand, and not used yet. */
  #secret: string | null = null;

  constructor() {
    this.desktop = window.mailward ?? null;
    this.#open =
      this.desktop === null
        ? socketOpener({ read: () => this.#secret, spent: () => (this.#secret = null) })
        : portOpener();
    const link: ClientLink<ClientContext> = {
      call: async (path, input, options) => {
        const answer = await (await this.#present()).link.call(path, input, options);
        // Settings go back as they came.
        return path[0] === 'settings' ? answer : shown(answer);
      },
    };
    this.client = createORPCClient<Client>(link);
    window.addEventListener('online', () => this.#wake());
    void this.#run();
  }

  /** The present view; the same object until something changes. */
  readonly view = (): ConnectionView => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Lets this browser in with a one-time link's code, or the token. */
  useSecret(secret: string): void {
    this.#secret = secret;
    if (this.#channel !== null) this.#channel.close();
    else this.#set('connecting');
    this.#wake();
  }

  async #run(): Promise<never> {
    // Whoever made the connection may have a secret for it.
    await Promise.resolve();
    let failures = 0;
    let refusals = 0;
    for (;;) {
      try {
        const channel = await this.#open();
        failures = refusals = 0;
        this.#channel = channel;
        this.#set('open');
        const stopAsking = this.#askNowAndThen(channel);
        await channel.gone;
        stopAsking();
        this.#channel = null;
        this.#set('lost');
      } catch (error) {
        const obstacle = error instanceof NotLetIn ? error.obstacle : null;
        // A service that is just starting or stopping may seem to be another between two questions: believe the second time.
        refusals = obstacle === null ? 0 : refusals + 1;
        // What became of a link is to be read until there is something new.
        if (obstacle === 'no-key' && this.#view.obstacle === 'link-unknown')
          this.#set('refused', 'link-unknown');
        else if (obstacle !== null && (refusals >= 2 || obstacle !== 'not-mailward'))
          this.#set('refused', obstacle);
        else if (this.#view.epoch > 0 || failures > 0) this.#set('lost');
      }
      await this.#pause(pauses[Math.min(failures, pauses.length - 1)] ?? 5000);
      failures += 1;
    }
  }

  #askNowAndThen(channel: Channel): () => void {
    const timer = setInterval(() => {
      const signal = AbortSignal.timeout(answerWithin);
      this.client.system.info(undefined, { signal }).catch(() => {
        if (signal.aborted && this.#channel === channel) channel.close();
      });
    }, askEvery);
    return () => clearInterval(timer);
  }

  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, milliseconds);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #present(): Promise<Channel> {
    if (this.#channel !== null) return Promise.resolve(this.#channel);
    return new Promise((resolve, reject) => {
      const stop = this.subscribe(() => {
        if (this.#channel === null) return;
        done();
        resolve(this.#channel);
      });
      const tooLate = setTimeout(() => {
        done();
        reject(new NotConnected());
      }, callWaits);
      const done = () => {
        stop();
        clearTimeout(tooLate);
      };
    });
  }

  #set(state: ConnectionState, obstacle: Obstacle | null = null): void {
    if (state === this.#view.state && obstacle === this.#view.obstacle && state !== 'open') return;
    const epoch = this.#view.epoch + (state === 'open' ? 1 : 0);
    this.#view = { state, epoch, obstacle, since: Date.now() };
    for (const listener of this.#listeners) listener();
  }
}
