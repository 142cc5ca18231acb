// Bounces that come in: what the office's own server says of its recipients, and floods of bounces for mail we never sent.
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Lesson } from '../../storage/operations/recipients.ts';
import { ownName } from '../smtp/own-name.ts';
import { parseReply } from '../smtp/reply-meaning.ts';
import { recipientKey, readMailbox, type Mailbox } from '../mail/mailbox.ts';
import { quotesOurs, recognise, type Ours, type RecognisedBounce } from '../mail/bounces.ts';
import { type Directory } from './directory.ts';
import type { LearnedRecipients, RecipientAnswer } from './learned.ts';
import { HOUR_MS, MINUTE_MS } from '../../../shared/time.ts';

/** Addresses of a domain's servers that are remembered; a name may move. */
const MOST_ADDRESSES = 20;

export interface IncomingBouncesOptions {
  settings: () => Settings;
  directory: Directory;
  learned: LearnedRecipients;
  clock: Clock;
}

/** What follows from a message with the null sender. */
export interface BounceJudgement {
  lesson: Lesson | null;
  /** The refusal for it; null to take it. */
  refusal: Reply | null;
}

interface Flow {
  /** Bounces by the minute in which they came. */
  minutes: Map<number, number>;
  foreign: number;
  rejected: number;
}

export class IncomingBounces {
  readonly #options: IncomingBouncesOptions;
  readonly #flows = new Map<string, Flow>();
  readonly #servers = new Map<string, Set<string>>();

  constructor(options: IncomingBouncesOptions) {
    this.#options = options;
  }

  /** Mail for the domain was talked about with this address: it is the domain's server. */
  sawServer(domain: string, address: string): void {
    const known = this.#servers.get(domain) ?? new Set();
    known.delete(bare(address));
    known.add(bare(address));
    if (known.size > MOST_ADDRESSES) for (const oldest of [...known].slice(0, 1)) known.delete(oldest);
    this.#servers.set(domain, known);
  }

  /** @param head the message's first octets. */
  judge(
    sender: string,
    recipients: readonly Mailbox[],
    clientAddress: string,
    head: Buffer,
  ): BounceJudgement {
    if (sender !== '') return { lesson: null, refusal: null };
    const bounce = recognise(sender, head);
    if (bounce.kind !== 'bounce') return { lesson: null, refusal: null };
    return { lesson: this.#lesson(bounce, clientAddress), refusal: this.#flood(bounce, recipients) };
  }

  /** A delivery status counts when it comes from the very server whose recipient it names. */
  #lesson(bounce: RecognisedBounce, clientAddress: string): Lesson | null {
    const words = new Map<string, RecipientAnswer[]>();
    for (const { recipient, status, action, diagnostic } of bounce.statuses) {
      const mailbox = readMailbox(recipient);
      if (action !== 'failed' || !mailbox || !this.#isServerOf(mailbox.domain, clientAddress)) continue;
      const said = parseReply((diagnostic ?? '').replace(/^\s*smtp\s*;\s*/i, ''));
      const reply: Reply = {
        code: said.code >= 400 ? said.code : status?.startsWith('5') ? 550 : 450,
        enhanced: said.enhanced ?? status,
        text: said.text,
      };
      const list = words.get(mailbox.domain) ?? [];
      list.push({ key: recipientKey(mailbox), reply, stage: 'rcpt' });
      words.set(mailbox.domain, list);
    }
    // One server, one report, one domain: the first, should somebody's server put several into one.
    const [first] = words;
    return first ? this.#options.learned.lesson(first[0], first[1], 'report') : null;
  }

  #isServerOf(domain: string, clientAddress: string): boolean {
    const protectedDomain = this.#options.directory.get(domain);
    if (!protectedDomain) return false;
    const address = bare(clientAddress);
    return (
      this.#servers.get(domain)?.has(address) === true ||
      protectedDomain.route.some(({ host }) => bare(host) === address)
    );
  }

  #flood(bounce: RecognisedBounce, recipients: readonly Mailbox[]): Reply | null {
    const { backscatter } = this.#options.settings().bounces;
    let refusal: Reply | null = null;
    for (const domain of new Set(recipients.map((one) => one.domain))) {
      const flow = this.#flows.get(domain) ?? { minutes: new Map<number, number>(), foreign: 0, rejected: 0 };
      this.#flows.set(domain, flow);
      const minute = Math.floor(this.#options.clock.steady() / MINUTE_MS);
      flow.minutes.set(minute, (flow.minutes.get(minute) ?? 0) + 1);
      if (quotesOurs(bounce.returned, this.#oursOf(domain)) !== false) continue;
      flow.foreign++;
      if (backscatter !== 'reject' || !this.isFlood(domain)) continue;
      flow.rejected++;
      refusal = {
        code: 550,
        enhanced: '5.7.1',
        text: `This bounce is for mail that was not sent from ${domain}`,
      };
    }
    return refusal;
  }

  #oursOf(domain: string): Ours {
    const route = this.#options.directory.get(domain)?.route ?? [];
    return {
      hosts: [
        ...route.map(({ host }) => host.toLowerCase()),
        ...(this.#servers.get(domain) ?? []),
        ownName(this.#options.settings().smtp.hostname).toLowerCase(),
      ],
      domains: [domain],
    };
  }

  /** Bounces to a domain within the last hour. */
  lastHour(domain: string): number {
    const flow = this.#flows.get(domain);
    if (!flow) return 0;
    const oldest = Math.floor((this.#options.clock.steady() - HOUR_MS) / MINUTE_MS);
    let sum = 0;
    for (const [minute, count] of flow.minutes) {
      if (minute <= oldest) flow.minutes.delete(minute);
      else sum += count;
    }
    return sum;
  }

  isFlood(domain: string): boolean {
    const { backscatter, floodPerHour } = this.#options.settings().bounces;
    return backscatter !== 'off' && this.lastHour(domain) > floodPerHour;
  }

  counts(domain: string): { lastHour: number; foreign: number; rejected: number; flood: boolean } {
    const { foreign = 0, rejected = 0 } = this.#flows.get(domain) ?? {};
    return { lastHour: this.lastHour(domain), foreign, rejected, flood: this.isFlood(domain) };
  }
}

/** IPv4 within IPv6 is the same address. */
function bare(address: string): string {
  return address.toLowerCase().replace(/^::ffff:(?=\d+\.)/, '');
}
