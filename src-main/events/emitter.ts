// What happened, told to everybody who wants to know. A question that wants an answer is no event: it is a parameter.

type Listener<Payload> = (payload: Payload) => void;

/** What a part is given that only tells. `Events`: the name of each event, and what is told with it. */
export interface Publisher<Events extends object> {
  /** Tells everybody before it returns; never throws. */
  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): void;
}

export class Emitter<Events extends object> implements Publisher<Events> {
  readonly #listeners = new Map<keyof Events, readonly Listener<never>[]>();
  readonly #threw: (error: unknown, event: keyof Events) => void;

  /** @param threw is told when a listener throws: that is the listener's fault, and neither who told it nor the other listeners suffer. */
  constructor(threw: (error: unknown, event: keyof Events) => void) {
    this.#threw = threw;
  }

  /** Listeners are told in the order in which they subscribed. Returns what ends it. */
  on<Name extends keyof Events>(event: Name, listener: Listener<Events[Name]>): () => void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return () => {
      const others = (this.#listeners.get(event) ?? []).filter((one) => one !== listener);
      this.#listeners.set(event, others);
    };
  }

  emit<Name extends keyof Events>(event: Name, payload: Events[Name]): void {
    for (const listener of this.#listeners.get(event) ?? []) {
      try {
        (listener as Listener<Events[Name]>)(payload);
      } catch (error) {
        this.#threw(error, event);
      }
    }
  }
}
