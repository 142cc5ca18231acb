// Rows of the traffic list, made from what just happened: no look into the database for each message.
import { faultsIn } from '../../shared/filters.ts';
import { overallState, type MessageSummary } from '../../shared/message.ts';
import type { DueMessage, NewMessage, RecipientOutcome } from '../relay/spool/spool.ts';
import { formatId } from '../storage/ids.ts';

/** A message that was accepted, or refused at the door. */
export function arrivedRow(message: NewMessage): MessageSummary {
  const accepted = message.recipients.filter((recipient) => recipient.state !== 'rejected');
  const rejected = accepted.length === 0;
  const state = rejected ? 'rejected' : overallState(accepted.map((recipient) => recipient.state));
  return {
    id: formatId(message.id),
    receivedAt: message.receivedAt,
    sender: message.sender,
    recipients: message.recipients.slice(0, 3).map((recipient) => recipient.address),
    recipientCount: message.recipients.length,
    domains: [...domainsOf(message)],
    size: message.size,
    subject: message.subject,
    clientAddress: message.clientAddress,
    state,
    attempts: 0,
    nextAttemptAt: null,
    cause: null,
    lastReply: rejected ? message.reply : null,
    ...(state === 'quarantined' ? { faults: faultsIn(message.filters ?? []) } : {}),
  };
}

/** A message that was tried. */
export function triedRow(
  message: DueMessage,
  state: MessageSummary['state'],
  results: readonly RecipientOutcome[],
): MessageSummary {
  const telling = results.find((result) => result.state === state) ?? results[0];
  const due = results.map((result) => result.nextAt).filter((at) => at !== null);
  return {
    id: formatId(message.id),
    receivedAt: message.receivedAt,
    sender: message.sender,
    recipients: message.firstRecipients,
    recipientCount: message.recipientCount,
    domains: message.domains,
    size: message.size,
    subject: message.subject,
    clientAddress: message.clientAddress,
    state,
    attempts: 1 + Math.max(0, ...message.recipients.map((recipient) => recipient.attempts)),
    nextAttemptAt: due.length > 0 ? Math.min(...due) : null,
    cause: telling?.cause ?? null,
    lastReply: telling?.reply ?? null,
  };
}

export function domainsOf(message: NewMessage): Set<string> {
  return new Set(message.recipients.map((recipient) => recipient.domain).filter((domain) => domain !== ''));
}
