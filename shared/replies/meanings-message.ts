// Rules about who sends and what: lists, full boxes, size, the sender, the content.
import {
  codeIn,
  enhancedIn,
  mailboxWords,
  negative,
  ourAddress,
  overQuota,
  residential,
  senderCode,
  temporaryCode,
  unknownUser,
} from './conditions.ts';
import { both, either, near, or, says, unless, words } from './grammar.ts';
import type { ReplyRule } from './meanings.ts';
import * as topic from './topics.ts';
import * as trouble from './trouble.ts';
import * as v from './vocabulary.ts';

/** Shut to sending, which is no word on whether anybody can receive there. */
const sendingShut = words(
  'disabled|blocked|suspended|deactivated|barred|locked for|from sending, message|mail|email|messages|smtp sending ~5 disabled|blocked|suspended|deactivated, sending|send ~1 for|from ~2 account|user|mailbox ~3 disabled|blocked|suspended|deactivated, outbound|outgoing mail|email|messages ~6 disabled|blocked|suspended|deactivated',
);

export const messageMeanings: readonly ReplyRule[] = [
  {
    rule: 'listed-link',
    cause: 'content-rejected',
    temporary: false,
    holds: near(topic.linkWords, or(topic.list, v.refused, trouble.spam, words('known')), 60),
  },
  {
    rule: 'content-refused',
    cause: 'content-rejected',
    temporary: false,
    holds: says(trouble.contentRefused),
  },
  {
    // The recipient may be on a list as well; that is between the server and its user.
    rule: 'listed-recipient',
    cause: 'other',
    temporary: false,
    holds: unless(
      near(words('recipient, rcpt, addressee'), words('black listed, blacklisted, blocklisted'), 8),
      // There it is the one who lists: "IP address blacklisted by recipient".
      says(or(v.client, words('listed|blacklisted|blocklisted by'))),
    ),
  },
  {
    rule: 'listed-sender',
    cause: 'sender-rejected',
    temporary: false,
    holds: unless(near(or(v.sender, words('to from an address')), topic.list, 40), says(v.client)),
  },
  {
    // Where another's domain is thought ill of, our address is not.
    rule: 'sender-reputation',
    cause: 'sender-rejected',
    temporary: false,
    holds: near(
      topic.reputation,
      words('sending|sender|senders|from|envelope domain, sender s domain, your domain'),
      12,
    ),
  },
  {
    rule: 'listed',
    cause: 'blocklisted',
    temporary: false,
    holds: either(
      says(topic.list, topic.reputation, residential),
      near(topic.geography, or(v.refused, v.not), 40),
    ),
  },
  {
    rule: 'client-not-allowed',
    cause: 'blocklisted',
    temporary: false,
    holds: unless(
      near(ourAddress, words('not ~1 authori* to, not ~1 allowed to, not ~1 permitted to'), 40),
      says(words('send ~2 from, send ~2 for, send ~2 as, mail from')),
    ),
  },
  {
    // "Mailbox might be disabled, full, or may not exist": the server does not know which.
    rule: 'recipient-somehow',
    cause: 'other',
    temporary: true,
    holds: both(
      near(v.recipient, words('might be, may be, could be, unknown or, either'), 24),
      says(v.full),
      says(v.gone, v.unknown),
    ),
  },
  {
    rule: 'mailbox-full',
    cause: 'mailbox-full',
    temporary: true,
    holds: either(
      says(overQuota),
      unless(
        near(mailboxWords, v.full, 50),
        says(words('message exceeds, maximum size, message is larger, message is too')),
      ),
      unless(
        near(topic.mailbox, v.full, 50),
        says(words('message size, message length, message exceeds, message is larger, too large')),
        near(trouble.storage, trouble.ofServer, 10),
      ),
      both(says(trouble.storage, v.full), enhancedIn('2.2')),
      says(words('space available in, exceed* ~2 space, mail box space, mailbox space')),
      both(near(words('number of messages'), or(v.full, words('over')), 30), codeIn(552)),
    ),
  },
  {
    rule: 'too-large',
    cause: 'message-too-large',
    temporary: false,
    holds: unless(
      either(
        near(v.message, topic.tooLarge, 40),
        near(topic.size, topic.tooLarge, 40),
        near(trouble.attachment, topic.tooLarge, 30),
        both(says(words('message size')), codeIn(552)),
        says(
          words(
            'excessive amount* of data, at most ~2 mb|megabytes|kb, line limit exceeded, line length, line too long, line is too long, lines too long, size limit, taille limite',
          ),
        ),
      ),
      says(words('in the queue, mime, score, spam')),
    ),
  },
  { rule: 'server-storage', cause: 'server-busy', temporary: true, holds: says(trouble.storage) },
  {
    rule: 'sequence',
    cause: 'other',
    temporary: false,
    holds: either(
      both(codeIn(503), says(words('first, must precede, need, already, bad sequence, out of order'))),
      both(
        codeIn(500, 501, 502, 504),
        says(words('parameter*')),
        says(words('syntax*, unknown, unsupported, not recognized, not implemented')),
      ),
    ),
  },
  {
    rule: 'sender',
    cause: 'sender-rejected',
    temporary: false,
    holds: either(
      // A server that takes mail for the recipient's domain has no need to look up where it goes: it means the sender's.
      says(words('invalid|bad|no|missing dns? mx or a|aaaa, dns mx or a|aaaa, dns mx ~1 record*')),
      // "Message sending for this account is disabled": the account is the sender's.
      both(says(sendingShut), says(v.recipient)),
      near(v.sender, or(v.refused, trouble.senderProblem, v.unknown, v.failed), 40),
      says(trouble.mayNotSend, words('email address is not verified')),
      both(unknownUser, senderCode),
    ),
  },
  {
    rule: 'spoofing',
    cause: 'sender-rejected',
    temporary: false,
    holds: unless(says(topic.spoofing), says(trouble.spam, trouble.virus)),
  },
  {
    rule: 'scanner-down',
    cause: 'server-busy',
    temporary: true,
    holds: both(says(trouble.scannerDown), temporaryCode),
  },
  { rule: 'virus', cause: 'content-rejected', temporary: false, holds: says(trouble.virus) },
  { rule: 'spam', cause: 'content-rejected', temporary: false, holds: says(trouble.spam) },
  {
    rule: 'content',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      near(
        trouble.content,
        or(negative, words('detected, found, limit, threshold, deferred, held, quarantined, too high')),
        50,
      ),
      unknownUser,
    ),
  },
];
