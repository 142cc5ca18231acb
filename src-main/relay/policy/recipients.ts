// Whether a recipient is taken at RCPT: listed, asked for, or taken. docs/recipients.md says the order and why.
import type { Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import { isPostmaster, recipientKey, type Mailbox } from '../mail/mailbox.ts';
import type { Callout, RecipientExistence } from './callout.ts';
import type { LearnedRecipients } from './learned.ts';

export interface RecipientPolicyOptions {
  settings: () => Settings;
  learned: LearnedRecipients;
  callout: Callout;
  /** Whether mail for a domain waits for its server to be well again. */
  isTroubled: (domain: string) => boolean;
}

export class RecipientPolicy {
  readonly #options: RecipientPolicyOptions;

  constructor(options: RecipientPolicyOptions) {
    this.#options = options;
  }

  /** The refusal for a recipient of a protected domain; null to take it. A promise only when the office's server is asked. */
  judge(mailbox: Mailbox, domain: Domain): Reply | null | Promise<Reply | null> {
    const { learned, callout, settings, isTroubled } = this.#options;
    const key = recipientKey(mailbox);
    if (isPostmaster(key)) return null;
    if (learned.isListed(key)) {
      learned.countRefused(domain.name);
      return {
        code: 550,
        enhanced: '5.7.1',
        text: `<${mailbox.address}>... too many failures for this recipient`,
      };
    }
    if (!settings().recipients.ask || learned.isAllowed(key)) return null;
    const remembered = callout.remembered(key);
    if (remembered) return this.#refusal(remembered, mailbox, domain);
    // A server in trouble is left alone; what it does not know is taken and stored.
    if (domain.mode.name !== 'deliver' || isTroubled(domain.name)) return null;
    return callout
      .ask(domain, key, mailbox.address)
      .then((existence) => this.#refusal(existence, mailbox, domain));
  }

  #refusal(existence: RecipientExistence, mailbox: Mailbox, domain: Domain): Reply | null {
    if (existence.kind !== 'unknown') return null;
    this.#options.callout.counts(domain.name).unknown++;
    return {
      code: 550,
      enhanced: '5.1.1',
      text: `<${mailbox.address}>: recipient unknown to ${domain.name}'s server`,
    };
  }
}
