// The word on a recipient at RCPT: listed, asked for, or taken. docs/recipients.md says the order and why.
import type { Domain } from '../../../shared/domain.ts';
import type { Reply } from '../../../shared/message.ts';
import type { Settings } from '../../../shared/settings.ts';
import type { ServerHealth } from '../outbound/server-watch.ts';
import { isPostmaster, recipientKey } from './addresses.ts';
import type { Callout, Verdict } from './callout.ts';
import type { Mailbox } from './directory.ts';
import type { LearnedRecipients } from './learned.ts';

export interface RecipientPolicyOptions {
  settings: () => Settings;
  learned: LearnedRecipients;
  callout: Callout;
  /** What is known of the way to a domain's server; null before anything is. */
  health: (domain: string) => ServerHealth | null;
}

export class RecipientPolicy {
  readonly #options: RecipientPolicyOptions;

  constructor(options: RecipientPolicyOptions) {
    this.#options = options;
  }

  /** The refusal for a recipient of a protected domain; null to take it. A promise only when the office's server is asked. */
  judge(mailbox: Mailbox, domain: Domain): Reply | null | Promise<Reply | null> {
    const { learned, callout, settings, health } = this.#options;
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
    if (domain.mode.name !== 'deliver' || health(domain.name)?.trouble) return null;
    return callout
      .ask(domain, key, mailbox.address)
      .then((verdict) => this.#refusal(verdict, mailbox, domain));
  }

  #refusal(verdict: Verdict, mailbox: Mailbox, domain: Domain): Reply | null {
    if (verdict.kind !== 'unknown') return null;
    this.#options.callout.counts(domain.name).unknown++;
    return {
      code: 550,
      enhanced: '5.1.1',
      text: `<${mailbox.address}>: recipient unknown to ${domain.name}'s server`,
    };
  }
}
