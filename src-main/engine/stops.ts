// How everything that was started is stopped: the other way round. What cannot be stopped is told, and keeps nothing else from it.
import type { Publisher } from '../events/emitter.ts';
import type { Fault } from '../events/fault.ts';

type Stop = () => void | Promise<void>;

export class Stops {
  readonly #stops: Readonly<Record<string, Stop>>[] = [];
  readonly #failed: unknown[] = [];
  readonly #events: Publisher<{ fault: Fault }>;

  constructor(events: Publisher<{ fault: Fault }>) {
    this.#events = events;
  }

  /** Something was started. `stops`: what, as a fault names it, and how it is stopped; of several each waits for none of the others. */
  defer(stops: Readonly<Record<string, Stop>>): void {
    this.#stops.push(stops);
  }

  /** Stops all. Each thing that fails is a fault; rejects when all is over, with what went wrong. */
  async all(): Promise<void> {
    for (let next = this.#stops.pop(); next; next = this.#stops.pop())
      await Promise.all(Object.entries(next).map(([what, stop]) => this.#one(what, stop)));
    const failed = this.#failed.splice(0);
    if (failed.length === 1) throw failed[0];
    if (failed.length > 1) throw new AggregateError(failed, 'not everything could be stopped in good order');
  }

  async #one(what: string, stop: Stop): Promise<void> {
    try {
      await stop();
    } catch (error) {
      this.#failed.push(error);
      const words = `${what} could not be stopped in good order`;
      this.#events.emit('fault', { part: 'process', what: words, error });
    }
  }
}
