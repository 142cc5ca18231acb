// SPF, DKIM, DMARC and ARC, all from one reading of the message, in a thread of its own.
import type { Authenticator } from '../authentication/authenticator.ts';
import type { FilterReport, FilterContext, Filter, MessageSubject } from './filter.ts';

export class Authentication implements Filter<MessageSubject> {
  readonly names = ['spf', 'dkim', 'dmarc', 'arc'] as const;
  readonly when = 'data';
  readonly deadline = 15_000;
  readonly server = false;
  readonly #authenticator: Authenticator;

  constructor(authenticator: Authenticator) {
    this.#authenticator = authenticator;
  }

  wanted({ spf, dkim, dmarc, arc }: FilterContext['settings']): boolean {
    return [spf, dkim, dmarc, arc].some((action) => action !== 'off');
  }

  async ask(subject: MessageSubject, { resolve, signal }: FilterContext): Promise<FilterReport[]> {
    const { address, helo, sender, hostname } = subject;
    const client = { ip: address, helo, sender, mta: hostname };
    return this.#authenticator.ask({ kind: 'filters', client }, subject.content, resolve, signal);
  }
}
