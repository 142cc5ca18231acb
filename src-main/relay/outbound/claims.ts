// Who has which mail in hand, in one table: no recipient is ever offered by two at once, and what is being changed is not taken up meanwhile.
//
// - Whoever wants to offer a message takes its recipients first (`tryTake`), all of them or none, and gives them back when what became of
//   them is on disk (`give`).
// - A change (an admin's, or that of a domain's mode) takes back what was taken and not begun, and lets nobody take it until it is on disk.
// - What was read from the disk while somebody had it, or while it was changed, is out of date (`Look`).
import type { Clock } from '../../clock/clock.ts';

/** Somebody who takes mail in hand. */
export interface ClaimHolder {
  /** These messages are wanted back, as far as it has not begun to offer them: it gives what it has taken of them. */
  takeBack: (ids: ReadonlySet<number>) => void;
}

/** Some recipients of a message, in somebody's hand. */
export class Claim {
  readonly id: number;
  /** The recipients' positions in the message. */
  readonly positions: readonly number[];
  readonly holder: ClaimHolder;
  /** They are being offered to a server: nobody takes them back now. */
  begun = false;
  /** The message was changed after it was taken: what is known of it does not hold any more. */
  outOfDate = false;

  constructor(id: number, positions: readonly number[], holder: ClaimHolder) {
    this.id = id;
    this.positions = positions;
    this.holder = holder;
  }
}

/**
 * Why recipients that were read from the disk cannot be taken: all of them are, or just were, in the asker's own hand; some are in a hand,
 * or the message is being changed; or what was read is out of date.
 */
export type NotFree = 'own' | 'taken' | 'stale';

/** A look at what is on disk, from the question to the end of its answer. */
export interface Look {
  tryTake: (id: number, positions: readonly number[], holder: ClaimHolder) => Claim | NotFree;
  end: () => void;
}

export class Claims {
  readonly #clock: Clock;
  readonly #taken = new Map<number, Claim[]>();
  /** Messages that are being changed, and by how many. */
  readonly #changing = new Map<number, number>();
  /** For each look, the messages of which something was given back since it began, with what that was; null: it was changed. */
  readonly #looks = new Set<Map<number, Claim | null>>();
  readonly #waiting = new Map<number, Set<() => void>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Takes recipients of a message in hand; null when somebody has one of them, or the message is being changed. */
  tryTake(id: number, positions: readonly number[], holder: ClaimHolder): Claim | null {
    if (this.#changing.has(id) || this.#isTaken(id, positions)) return null;
    const claim = new Claim(id, positions, holder);
    const others = this.#taken.get(id);
    if (others) others.push(claim);
    else this.#taken.set(id, [claim]);
    return claim;
  }

  /** Gives back what was taken: what became of it is on disk, or nothing did. */
  give(claim: Claim): void {
    const left = this.#taken.get(claim.id)?.filter((other) => other !== claim) ?? [];
    if (left.length > 0) this.#taken.set(claim.id, left);
    else this.#taken.delete(claim.id);
    for (const touched of this.#looks) touched.set(claim.id, claim);
    this.#free(claim.id);
  }

  /** Begins a look at what is on disk: before the question is asked. */
  look(): Look {
    const touched = new Map<number, Claim | null>();
    this.#looks.add(touched);
    return {
      tryTake: (id, positions, holder) => {
        const given = touched.get(id);
        if (given !== undefined) return given && isAllOf(given, positions, holder) ? 'own' : 'stale';
        const claim = this.tryTake(id, positions, holder);
        if (claim) return claim;
        const others = this.#taken.get(id) ?? [];
        return others.some((other) => isAllOf(other, positions, holder)) ? 'own' : 'taken';
      },
      end: () => this.#looks.delete(touched),
    };
  }

  /** Calls `act`, once, as soon as something of a message that is in somebody's hand comes free. */
  whenFree(id: number, act: () => void): void {
    const waiting = this.#waiting.get(id);
    if (waiting) waiting.add(act);
    else this.#waiting.set(id, new Set([act]));
  }

  /**
   * Makes a change to messages while nobody takes them. What is in hand and not begun is taken back first; what is being offered goes on,
   * and `change` has to bear that.
   */
  async change<T>(ids: readonly number[], change: () => Promise<T>): Promise<T> {
    const all = new Set(ids);
    for (const id of all) this.#changing.set(id, (this.#changing.get(id) ?? 0) + 1);
    this.#takeBack(all);
    try {
      return await change();
    } finally {
      for (const id of all) {
        const left = (this.#changing.get(id) ?? 1) - 1;
        if (left > 0) this.#changing.set(id, left);
        else this.#changing.delete(id);
        for (const touched of this.#looks) touched.set(id, null);
        this.#free(id);
      }
    }
  }

  /** Which of these messages are in the hand of one whom `among` picks. */
  takenBy(ids: Iterable<number>, among: (holder: ClaimHolder) => boolean): number[] {
    return [...ids].filter((id) => this.#taken.get(id)?.some(({ holder }) => among(holder)));
  }

  /** Resolves when none of these messages is in the hand of one whom `among` picks, and after `ms` in any case. */
  async untilFree(ids: Iterable<number>, among: (holder: ClaimHolder) => boolean, ms: number): Promise<void> {
    const until = this.#clock.steady() + ms;
    for (let left = this.takenBy(ids, among); left.length > 0; left = this.takenBy(left, among)) {
      const wait = until - this.#clock.steady();
      if (wait <= 0) return;
      const [next] = left;
      await new Promise<void>((resolve) => {
        const timer = this.#clock.after(wait, resolve);
        this.whenFree(next ?? 0, () => {
          timer.cancel();
          resolve();
        });
      });
    }
  }

  #isTaken(id: number, positions: readonly number[]): boolean {
    const claims = this.#taken.get(id) ?? [];
    return claims.some((claim) => claim.positions.some((one) => positions.includes(one)));
  }

  #takeBack(ids: ReadonlySet<number>): void {
    const holders = new Set<ClaimHolder>();
    for (const id of ids)
      for (const claim of this.#taken.get(id) ?? []) {
        claim.outOfDate = true;
        if (!claim.begun) holders.add(claim.holder);
      }
    for (const holder of holders) holder.takeBack(ids);
  }

  #free(id: number): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    this.#waiting.delete(id);
    for (const act of waiting) act();
  }
}

function isAllOf(claim: Claim, positions: readonly number[], holder: ClaimHolder): boolean {
  return claim.holder === holder && positions.every((one) => claim.positions.includes(one));
}
