// SPF's results that count for the next message of the same client and sender too: mailings come in hundreds, and so does what a broken machine sends.
import type { SPFResult } from 'mailauth';
import type { Resolve } from '../../resolver.ts';
import { KeptAnswers } from './kept-answers.ts';
import type { SmtpClient } from './verify.ts';

/** Characters of all that a result rests on; longer ones are evaluated anew. */
const LONGEST = 1_024;

/** Evaluates one message's SPF with a resolver. */
type EvaluateSpf = (resolve: Resolve) => Promise<SPFResult>;
/** The same, unless its result is known. */
export type SpfOf = (client: SmtpClient, resolve: Resolve, evaluate: EvaluateSpf) => Promise<SPFResult>;

export class SpfResults {
  readonly #kept: KeptAnswers<SPFResult>;
  readonly #now: () => number;

  /** @param now ms, of a clock that is never set. */
  constructor(now: () => number) {
    this.#now = now;
    this.#kept = new KeptAnswers(now);
  }

  /**
   * A result is kept for as long as each answer that it rests on, by `resolve.keeps`; never one that DNS owes an answer for.
   * @param resolver whose answers they are: what one says is not for messages that ask another.
   */
  by(resolver: number): SpfOf {
    return async (client, resolve, evaluate) => {
      // Macros (RFC 7208 §7.2) read all of these.
      const key = JSON.stringify([resolver, client.ip, client.helo, client.sender, client.mta]);
      if (key.length > LONGEST) return evaluate(resolve);
      const known = this.#kept.get(key);
      if (known) return known;
      let until = Number.POSITIVE_INFINITY;
      const result = await evaluate(async (name, type) => {
        try {
          return await resolve(name, type);
        } finally {
          until = Math.min(until, this.#now() + (resolve.keeps?.(name, type) ?? 0));
        }
      });
      if (result.status.result !== 'temperror' && Number.isFinite(until))
        this.#kept.set(key, result, until - this.#now());
      return result;
    };
  }
}
