// Rules about how we come: loops, waiting, speed, names, encryption, logins and relaying.
import {
  aboutSize,
  bounceMessages,
  codeIn,
  enhancedIn,
  mailboxWords,
  negative,
  ourAddress,
  overQuota,
  permanentCode,
  rateLimitQuota,
  temporaryCode,
  unknownUser,
} from './conditions.ts';
import { both, either, near, or, says, unless, words } from './grammar.ts';
import type { ReplyRule } from './meanings.ts';
import * as topic from './topics.ts';
import * as trouble from './trouble.ts';
import * as v from './vocabulary.ts';

const because = words('because, because of, due to, since, as it is, reason, weil, wegen, parce que, porque');
/** What may be encrypted in a message, whatever the connection is. */
const contained = or(trouble.attachment, words('document*, file, files, content policy, pdf, message is'));
const slowed = words(
  'rate limited, rate limiting, throttled, slowed down, limited because, temporarily limited',
);

export const sessionMeanings: readonly ReplyRule[] = [
  { rule: 'loop', cause: 'loop', temporary: false, holds: says(topic.loop) },
  {
    rule: 'greylisting',
    cause: 'greylisted',
    temporary: true,
    holds: either(says(topic.greylist), both(says(topic.firstContact), temporaryCode)),
  },
  {
    // What a relay that learns recipients, such as Mailward itself, answers for one that kept being unknown.
    rule: 'learned-recipient',
    cause: 'user-unknown',
    temporary: false,
    holds: says(words('too many failures for this recipient')),
  },
  {
    // Said in the last line of a reply whose first lines tell of other commands (Exim).
    rule: 'sender-verification',
    cause: 'sender-rejected',
    temporary: false,
    holds: either(
      says(words('sender verify, sender verification, sender callout')),
      unless(says(words('callback setup failed, result of an earlier callout')), unknownUser),
      unless(
        says(words('verification failed for, verification failed while')),
        says(topic.tls, words('recipient verif*')),
      ),
      near(
        v.sender,
        words(
          'not ~1 match|same|equal ~3 authenticated|authenticate|authentication|auth|login|logon, not ~1 owned by',
        ),
        24,
      ),
      bounceMessages,
    ),
  },
  {
    // "Blocked using zen.spamhaus.org; Error: open resolver": the list told the server nothing, of us or of anybody.
    rule: 'blocklist-unanswered',
    cause: 'server-busy',
    temporary: true,
    holds: both(
      says(
        words(
          'query|queries ~1 refused|blocked|denied, query ~1 limit*, open resolver*, public resolver*, open dns resolver*, public dns, excessive ~2 queries, too many ~1 queries, typing error, not ~1 answer ~2 queries',
        ),
      ),
      says(topic.list, words('dns list*, rbl*')),
    ),
  },
  {
    // What was found in the message is the reason, however much else the reply explains.
    rule: 'spam-verdict',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      either(
        says(trouble.spamVerdict, trouble.tooManyParts),
        unless(says(trouble.spamFilter), near(ourAddress, v.refused, 32)),
        near(trouble.score, trouble.scoreTooHigh, 40),
        both(near(v.message, trouble.virus, 60), permanentCode),
        both(near(v.refused, trouble.virus, 60), permanentCode),
      ),
      near(ourAddress, or(trouble.spam, trouble.virus), 24),
      says(
        topic.list,
        topic.reputation,
        words(
          'spam source*, spam rate, sending spam, spammer*, spam trap*, attempting to send, too many messages',
        ),
      ),
      both(says(topic.rate), temporaryCode),
    ),
  },
  {
    rule: 'malformed',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      either(
        near(trouble.form, trouble.malformed, 48),
        says(
          words(
            'multiple addresses, invalid data in, stray newline|linefeed|cr|lf, not ~2 compliant, blank from, multiple from, empty from, missing from, parse ~2 message|mail|header*, unparsable, unparseable',
          ),
        ),
      ),
      says(topic.tls),
      says(topic.reverseName),
      says(words('name service, name server')),
      says(topic.list),
      says(topic.login),
      near(v.sender, words('rejected, denied, syntax, mismatch*'), 20),
      near(
        words('local part, recipient address*, destination address*'),
        words('malformed, syntax, format, not ~2 valid, invalid'),
        48,
      ),
    ),
  },
  {
    rule: 'attachment',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      either(
        near(
          trouble.attachment,
          or(
            negative,
            words(
              'contain*, dangerous, gefährlich*, dangereu*, peligros*, 危険, illegal, potential*, blacklisted, high risk',
            ),
          ),
          50,
        ),
        says(
          words(
            'executable file*, executable attachment*, executable content, attachment count, number of attachments, too many attachments',
          ),
        ),
      ),
      says(overQuota),
      near(trouble.attachment, topic.tooLarge, 30),
    ),
  },
  {
    rule: 'relay-refused',
    cause: 'relay-denied',
    temporary: false,
    holds: unless(
      either(
        near(topic.relay, or(v.refused, words('unable, not ~1 permitted')), 12),
        says(
          words(
            '*rcpthost*, only ~5 own|local|hosted domain|domains, local users only, local user only, only local users',
          ),
        ),
        near(words('tenant*'), or(v.unknown, words('no ~2 subscriptions')), 40),
      ),
      says(topic.list),
      near(ourAddress, topic.abuse, 30),
      near(topic.relay, words('sending limit*, quota, rate'), 20),
    ),
  },
  {
    rule: 'reverse-name',
    cause: 'ptr-missing',
    temporary: false,
    holds: either(
      says(topic.reverseName),
      unless(near(ourAddress, words('not ~1 resolve, unresolvable, no ~1 name'), 24), unknownUser),
      both(near(topic.hostNameWords, topic.matchWords), says(v.client)),
    ),
  },
  {
    rule: 'helo',
    cause: 'ptr-missing',
    temporary: false,
    holds: unless(
      near(
        topic.helo,
        or(
          negative,
          v.unknown,
          topic.matchWords,
          words('fqdn, fully qualified, bogus, forged, impersonat*, requires, must be, must match'),
        ),
        50,
      ),
      says(topic.list),
    ),
  },
  {
    // Behind a licence that has run out stands neither our speed nor a user who has gone.
    rule: 'license',
    cause: 'server-busy',
    temporary: true,
    holds: either(
      near(
        words('license*, licence*, lizenz*, licencia, 许可证'),
        or(v.failed, v.full, words('expired, limit, abgelaufen, expiré*, caducad*')),
        40,
      ),
      unless(
        near(words('subscription, trial, trial period'), words('expired, over, ended, has run out'), 40),
        says(v.recipient),
      ),
    ),
  },
  // "Rate limited because …": it is this message that is held up by what it lacks, not our speed.
  {
    rule: 'limited-unauthenticated',
    cause: 'sender-rejected',
    temporary: true,
    holds: both(
      either(
        near(because, or(topic.senderAuthentication, words('unauthenticated, not authenticated')), 60),
        near(topic.senderAuthentication, or(v.failed, words('neither, missing, without, no, not')), 24),
        enhancedIn('7.26', '7.27', '7.32', '7.40'),
      ),
      says(slowed),
    ),
  },
  {
    rule: 'limited-unencrypted',
    cause: 'tls-required',
    temporary: true,
    holds: both(near(because, topic.tls, 60), says(slowed)),
  },
  {
    rule: 'limited-content',
    cause: 'content-rejected',
    temporary: true,
    holds: both(near(because, words('content, links, url*, attachment*, virus'), 40), says(slowed)),
  },
  {
    rule: 'rate-limited',
    cause: 'rate-limited',
    temporary: true,
    holds: says(
      words(
        'rate limit*, ratelimit*, throttl*, receiving mail at a rate, receives mail too, sent to too many, send limit*, sending limit*, send rate*, sending rate*, submission rate*, message rate*, message threshold, connection rate*, relay quota, daily|hourly|weekly|monthly ~2 quota|allowance|limit, quota ~1 per day|hour|minute|month, queue quota, separate transaction',
      ),
    ),
  },
  {
    rule: 'abusive-client',
    cause: 'blocklisted',
    temporary: false,
    holds: unless(
      either(
        near(ourAddress, topic.abuse, 60),
        says(
          words(
            'are sending spam, you are a spammer, currently sending spam, (?:スパム|迷惑メール)の?送信元, hit|hits|mailed|wrote ~3 spam traps|trap|spamtrap|spamtraps',
          ),
        ),
      ),
      both(says(topic.rate), temporaryCode),
      near(v.message, words('as spam, is spam, looks like, contains spam, likely, considered'), 20),
    ),
  },
  {
    // Shut out for good: why (too many of something) is told only to explain it.
    rule: 'client-blocked',
    cause: 'blocklisted',
    temporary: false,
    holds: unless(
      both(
        near(
          ourAddress,
          words('blocked, banned, blacklisted, gesperrt, blockiert, bloqué*, bloquead*, ブロック'),
          32,
        ),
        permanentCode,
      ),
      says(topic.rate, trouble.mayNotSend),
    ),
  },
  {
    rule: 'login-attempts',
    cause: 'auth-failed',
    temporary: true,
    holds: both(
      near(topic.login, words('too many, too much, exceed*, zu viele, trop de, demasiad*, 多すぎ'), 24),
      near(
        topic.login,
        or(v.failed, words('attempt*, error*, tries, versuche, tentatives, intentos, 試行')),
        24,
      ),
    ),
  },
  {
    rule: 'rate',
    cause: 'rate-limited',
    temporary: true,
    holds: unless(
      either(says(topic.rate), near(topic.tooMany, topic.countable, 24), rateLimitQuota),
      near(mailboxWords, v.full, 40),
      says(overQuota, words('spam rate, spam score, score, points, too many hops, timeout*')),
      both(says(words('number of messages')), codeIn(552)),
      says(words('storage, stored, speicher*, stockage, almacenamiento')),
      aboutSize,
    ),
  },
  {
    rule: 'rate-quota',
    cause: 'rate-limited',
    temporary: true,
    holds: unless(
      rateLimitQuota,
      near(mailboxWords, v.full, 40),
      aboutSize,
      both(says(words('over quota, overquota, disk quota, user quota')), says(overQuota)),
    ),
  },
  {
    rule: 'sender-authentication',
    cause: 'sender-rejected',
    temporary: false,
    holds: either(says(topic.senderAuthentication), both(says(words('unauthenticated')), enhancedIn('7.26'))),
  },
  {
    rule: 'encryption-required',
    cause: 'tls-required',
    temporary: false,
    holds: unless(
      near(topic.tls, or(v.required, words('issue')), 40),
      near(topic.tls, contained),
      near(topic.tls, words('fail*, handshake, trusted, verif*'), 40),
    ),
  },
  {
    rule: 'encryption-failed',
    cause: 'tls-required',
    temporary: true,
    holds: unless(
      near(
        topic.tls,
        or(
          negative,
          words(
            'self signed, weak, required, must, expired, mismatch, too old, outdated, obsolete, deprecated, unsupported, veraltet*, obsolète*, obsolet*, 古い',
          ),
        ),
        50,
      ),
      near(topic.tls, contained),
    ),
  },
  {
    rule: 'relay',
    cause: 'relay-denied',
    temporary: false,
    holds: unless(
      either(
        near(topic.relay, or(negative, topic.login, words('insecure, attempt, attempted')), 50),
        says(words('no relay*, open relay')),
      ),
      says(topic.list, words('bypass*')),
      both(near(topic.relay, words('failure, failed, error, problem'), 24), temporaryCode),
    ),
  },
  {
    rule: 'login-required',
    cause: 'auth-required',
    temporary: false,
    holds: unless(
      near(
        topic.login,
        words(
          'required, requires, must, first, erforderlich, zuerst, requis*, obligatoire*, requiere*, requerid*, obligatori*, 必要, 必須, please turn on',
        ),
        16,
      ),
      // These answer AUTH itself: somebody did log in.
      codeIn(534, 535),
    ),
  },
  {
    rule: 'login-failed',
    cause: 'auth-failed',
    temporary: false,
    holds: unless(
      either(near(topic.login, v.failed, 40), both(says(topic.secretWords), codeIn(534, 535))),
      says(topic.notLoggedIn),
      says(words('the word|words|phrase, in the|your subject|body')),
      unless(near(v.recipient, v.held, 12), codeIn(534, 535)),
    ),
  },
  {
    rule: 'login-required',
    cause: 'auth-required',
    temporary: false,
    holds: unless(
      either(says(topic.notLoggedIn), near(topic.login, v.required, 40)),
      says(words('hosted tenant, from this range')),
    ),
  },
];
