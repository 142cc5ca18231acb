// How servers are reached, by every way alike: what is remembered of each, and what a connection to one needs.
import type { Clock } from '../../clock/clock.ts';
import type { Domain } from '../../../shared/domain.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Publisher } from '../../events/emitter.ts';
import type { RelayEvents } from '../events.ts';
import { ownName } from '../smtp/own-name.ts';
import { AddressBook, type LookUp } from '../smtp/address-book.ts';
import type { SecureResolver } from '../smtp/dane.ts';
import type { DestinationsOptions } from './destinations.ts';
import { routeOf } from './domain-way.ts';
import { Quirks } from '../smtp/quirks.ts';
import type { SessionOptions } from '../smtp/session.ts';
import { Throttles } from '../smtp/throttle.ts';

export interface ServerAccessParts {
  clock: Clock;
  settings: () => Settings;
  events: Publisher<RelayEvents>;
  /** In place of the system's look-up. */
  lookUp?: LookUp | undefined;
  /** A validating resolver, when there is one. */
  secure: () => SecureResolver | null;
}

export class ServerAccess implements DestinationsOptions {
  readonly clock: Clock;
  readonly throttles = new Throttles();
  readonly #parts: ServerAccessParts;
  readonly #quirks: Quirks;
  readonly #addresses: AddressBook;

  constructor(parts: ServerAccessParts) {
    const { clock, events, lookUp } = parts;
    this.clock = clock;
    this.#parts = parts;
    this.#quirks = new Quirks(clock.steady);
    this.#addresses = new AddressBook({
      now: clock.steady,
      moved: (host, before, after) => events.emit('moved', { host, before, after }),
      ...(lookUp === undefined ? {} : { lookUp }),
    });
  }

  readonly limits = (): Settings['delivery'] => this.#parts.settings().delivery;

  readonly session = (): SessionOptions => {
    const { smtp, delivery } = this.#parts.settings();
    return {
      clock: this.clock,
      hostname: ownName(smtp.hostname),
      connectSeconds: delivery.connectSeconds,
      replySeconds: delivery.replySeconds,
      messageSeconds: delivery.messageReplySeconds,
      quirks: this.#quirks,
      addresses: this.#addresses,
      secure: this.#parts.secure(),
    };
  };

  /** Whether every server of a domain's route was lately seen not to offer SMTPUTF8 (RFC 6531). */
  lacksSmtpUtf8(domain: Domain): boolean {
    return routeOf(domain).every((destination) => this.#quirks.until(destination, 'no-smtputf8') !== null);
  }

  /** What was known of a host before a restart. */
  rememberAddresses(host: string, addresses: string[]): void {
    this.#addresses.remember(host, addresses);
  }
}
