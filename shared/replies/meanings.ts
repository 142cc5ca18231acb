// The rules, in order of meaning: the first that holds decides. docs/replies.md says why the order is what it is.
import type { Cause } from '../cause.ts';
import { both, type Condition, either, near, or, says, then, unless, when, words } from './grammar.ts';
import * as topic from './topics.ts';
import * as trouble from './trouble.ts';
import * as v from './vocabulary.ts';
import { mask } from './reading.ts';

export interface Meaning {
  rule: string;
  cause: Cause;
  /** What the meaning implies where there is no code; overridden by "later", "permanent" and the like. */
  temporary: boolean;
  holds: Condition;
}

const enhancedIn = (...details: readonly string[]): Condition =>
  when(
    (reading) => reading.enhanced !== null && details.some((detail) => reading.enhanced?.slice(2) === detail),
  );
const codeIn = (...codes: readonly number[]): Condition =>
  when((reading) => reading.code !== null && codes.includes(reading.code));
const temporaryCode = when((reading) =>
  reading.code === null ? reading.enhanced?.startsWith('4') === true : reading.code < 500,
);
const permanentCode = when((reading) => reading.code !== null && reading.code >= 500);
const securityCode = when((reading) => /^[45]\.7\./.test(reading.enhanced ?? ''));
const addressCode = when((reading) => /^[45]\.1\.[01346]$/.test(reading.enhanced ?? ''));

const negative = or(v.refused, v.not, v.failed);

const recipientUnknown = either(
  near(v.recipient, v.unknown, 32),
  says(
    words(
      'no such person, no such user, user unknown, unknown user, nobody here, no one here, unknown recipient, recipient unknown, not our user, not our customer, not a customer, does not live here, no mailbox, no such mailbox, user not found, mailbox not found, recipient not found, user not exist, account that you tried to reach does not exist',
    ),
  ),
);

export const meanings: readonly Meaning[] = [
  { rule: 'loop', cause: 'loop', temporary: false, holds: says(topic.loop) },
  { rule: 'greylisting', cause: 'greylisted', temporary: true, holds: says(topic.greylist) },
  {
    // What a relay that learns recipients, such as Mailward itself, answers for one that kept being unknown.
    rule: 'learned-recipient',
    cause: 'user-unknown',
    temporary: false,
    holds: says(words('too many failures for this recipient')),
  },
  {
    rule: 'malformed',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      near(trouble.form, trouble.malformed, 32),
      says(topic.tls),
      says(topic.reverseName),
      says(topic.list),
    ),
  },
  {
    rule: 'attachment',
    cause: 'content-rejected',
    temporary: false,
    holds: near(trouble.attachment, or(negative, words('contain*, dangerous, potential*')), 50),
  },
  {
    rule: 'reverse-name',
    cause: 'ptr-missing',
    temporary: false,
    holds: either(says(topic.reverseName), both(near(topic.hostNameWords, topic.matchWords), says(v.client))),
  },
  {
    rule: 'helo',
    cause: 'ptr-missing',
    temporary: false,
    holds: near(
      topic.helo,
      or(negative, v.unknown, topic.matchWords, words('fqdn, fully qualified, bogus, forged, impersonat*')),
      50,
    ),
  },
  {
    rule: 'rate',
    cause: 'rate-limited',
    temporary: true,
    holds: unless(
      either(
        says(topic.rate),
        near(topic.tooMany, topic.countable, 24),
        near(
          words('quota, limit, limite, límite, kontingent, quota'),
          words(
            'your ip, your host, your server, your network, sending, hourly, daily, per hour, per minute, messages, connections, relay',
          ),
          24,
        ),
      ),
      near(topic.mailbox, v.full, 24),
      says(words('spam rate')),
    ),
  },
  {
    rule: 'rate',
    cause: 'rate-limited',
    temporary: true,
    holds: says(
      words(
        'rate limit*, ratelimit*, throttl*, receiving mail at a rate, receives mail too, sent to too many',
      ),
    ),
  },
  {
    rule: 'sender-authentication',
    cause: 'sender-rejected',
    temporary: false,
    holds: says(topic.senderAuthentication),
  },
  {
    rule: 'encryption',
    cause: 'tls-required',
    temporary: false,
    holds: unless(
      near(topic.tls, or(v.required, negative, v.refused, words('self signed, use, issue')), 50),
      near(topic.tls, trouble.attachment),
    ),
  },
  {
    rule: 'relay',
    cause: 'relay-denied',
    temporary: false,
    holds: unless(
      either(
        near(topic.relay, or(negative, topic.login, words('insecure, attempt, attempted, prohibited')), 50),
        says(words('no relay*, open relay')),
      ),
      says(topic.list),
    ),
  },
  {
    rule: 'login-failed',
    cause: 'auth-failed',
    temporary: false,
    holds: unless(
      either(near(topic.login, v.failed, 40), both(says(topic.secretWords), codeIn(535))),
      says(topic.notLoggedIn),
    ),
  },
  {
    rule: 'login-required',
    cause: 'auth-required',
    temporary: false,
    holds: either(says(topic.notLoggedIn), near(topic.login, v.required, 40)),
  },
  {
    rule: 'listed-link',
    cause: 'content-rejected',
    temporary: false,
    holds: near(topic.linkWords, or(topic.list, v.refused, trouble.spam, words('known, listed')), 60),
  },
  {
    rule: 'listed-sender',
    cause: 'sender-rejected',
    temporary: false,
    holds: unless(near(v.sender, topic.list, 40), says(v.client)),
  },
  {
    rule: 'listed',
    cause: 'blocklisted',
    temporary: false,
    holds: either(
      says(topic.list),
      says(topic.reputation),
      near(v.client, topic.abuse, 60),
      near(topic.abuse, words('your isp, dynamic*, dial ?up, residential, smtp server of your isp'), 60),
    ),
  },
  {
    rule: 'mailbox-full',
    cause: 'mailbox-full',
    temporary: true,
    holds: either(
      unless(
        near(topic.mailbox, v.full, 50),
        says(words('size exceeds, message size, message length, message too large')),
        near(trouble.storage, trouble.ofServer, 10),
      ),
      near(words('mailbox, quota, postfach, boîte, buzón'), v.full, 50),
      both(says(trouble.storage, v.full), enhancedIn('2.2')),
      says(words('over quota, overquota, mailbox full, exceeded storage allocation, quota exceeded')),
    ),
  },
  {
    rule: 'too-large',
    cause: 'message-too-large',
    temporary: false,
    holds: either(
      near(v.message, topic.tooLarge, 40),
      near(topic.size, topic.tooLarge, 40),
      says(words('line limit exceeded')),
    ),
  },
  { rule: 'server-storage', cause: 'server-busy', temporary: true, holds: says(trouble.storage) },
  {
    rule: 'sender',
    cause: 'sender-rejected',
    temporary: false,
    holds: either(
      near(v.sender, or(v.refused, trouble.senderProblem, v.unknown), 40),
      near(words('sender*, absender*, expéditeur, remitente, 送信者'), v.failed, 30),
      says(trouble.mayNotSend),
      says(words('email address is not verified')),
    ),
  },
  { rule: 'virus', cause: 'content-rejected', temporary: false, holds: says(trouble.virus) },
  { rule: 'spam', cause: 'content-rejected', temporary: false, holds: says(trouble.spam) },
  {
    rule: 'content',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      near(trouble.content, or(negative, words('detected, found, limit, treshold, threshold, spam')), 50),
      recipientUnknown,
    ),
  },
  {
    rule: 'unknown-user-phrase',
    cause: 'user-unknown',
    temporary: false,
    holds: says(
      words(
        'user unknown, unknown user, no such user, unknown local part, unknown recipient, recipient unknown, no mailbox here, no such recipient, no such mailbox',
      ),
    ),
  },
  {
    rule: 'domain-not-hosted',
    cause: 'relay-denied',
    temporary: false,
    holds: either(
      near(v.domain, topic.notHosted, 30),
      then(v.domain, v.unknown, 12),
      near(
        v.here,
        words('not ~2 mail exchanger|mx, not ~3 accept mail for|to, not ~1 accept ~2 mail|messages for|to'),
        30,
      ),
    ),
  },
  { rule: 'unknown-user', cause: 'user-unknown', temporary: false, holds: recipientUnknown },
  { rule: 'recipient-held', cause: 'other', temporary: true, holds: near(v.recipient, v.held, 32) },
  { rule: 'recipient-gone', cause: 'user-unknown', temporary: false, holds: near(v.recipient, v.gone, 40) },
  {
    rule: 'not-local-user',
    cause: 'user-unknown',
    temporary: false,
    holds: says(
      words(
        'unrouteable address, unroutable address, not our user, not our customer, user not local, does not live here, return to sender',
      ),
    ),
  },
  {
    rule: 'recipient-refused',
    cause: 'user-unknown',
    temporary: false,
    holds: either(
      both(near(v.recipient, v.refused, 24), addressCode),
      both(near(v.recipient, v.refused, 24), enhancedIn('4.1')),
      unless(
        both(near(words('recipient address, recipient', mask.address), v.refused, 16), permanentCode),
        securityCode,
        says(trouble.policy),
        says(words('access denied')),
      ),
      both(says(words('mailbox unavailable, mailbox not available')), either(addressCode, codeIn(550))),
    ),
  },
  {
    rule: 'client-refused',
    cause: 'blocklisted',
    temporary: false,
    holds: near(v.client, v.refused, 40),
  },
  { rule: 'no-such-host', cause: 'connection-failed', temporary: false, holds: says(trouble.noSuchHost) },
  { rule: 'unreachable', cause: 'connection-failed', temporary: true, holds: says(trouble.unreachable) },
  { rule: 'busy', cause: 'server-busy', temporary: true, holds: says(trouble.busy) },
  { rule: 'broken-server', cause: 'server-busy', temporary: true, holds: says(trouble.brokenServer) },
  { rule: 'protocol', cause: 'other', temporary: false, holds: says(trouble.protocol) },
  { rule: 'policy', cause: 'content-rejected', temporary: false, holds: says(trouble.policy) },
  { rule: 'later', cause: 'server-busy', temporary: true, holds: both(says(v.later), temporaryCode) },
];
