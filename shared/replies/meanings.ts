// The rules, in order of meaning: the first that holds decides. docs/replies.md says why the order is what it is.
import type { Cause } from '../cause.ts';
import { both, type Condition, either, near, or, says, then, unless, when, words } from './grammar.ts';
import type { Reading } from './reading.ts';
import * as topic from './topics.ts';
import * as trouble from './trouble.ts';
import * as v from './vocabulary.ts';

export interface Meaning {
  rule: string;
  cause: Cause;
  /** What the meaning implies where there is no code; "later", "permanent" and the like overrule it. */
  temporary: boolean;
  holds: Condition;
}

const enhancedIn = (...details: readonly string[]): Condition =>
  when(({ enhanced }) => enhanced !== null && details.includes(enhanced.slice(2)));
const codeIn = (...codes: readonly number[]): Condition =>
  when(({ code }) => code !== null && codes.includes(code));
const isTemporary = ({ code, enhanced }: Reading): boolean =>
  code === null ? enhanced?.startsWith('4') === true : code >= 400 && code < 500;
const isPermanent = ({ code, enhanced }: Reading): boolean =>
  code === null ? enhanced?.startsWith('5') === true : code >= 500;
const temporaryCode = when(isTemporary);
const permanentCode = when(isPermanent);
const securityCode = when(({ enhanced }) => /^[45]\.7\./.test(enhanced ?? ''));
const addressCode = when(({ enhanced }) => /^[45]\.1\.(?:[01346]|10)$/.test(enhanced ?? ''));
const senderCode = enhancedIn('1.7', '1.8');

const negative = or(v.refused, v.not, v.failed);

const rateLimitQuota = near(
  words('quota*, limit*, límite*, kontingent, cuota'),
  words(
    'your ip, your host, your server, your network, sending, send, hourly, daily, hour, minute, day, messages, connections, relay, recipients, submission, stunde, stündlich*, heure, hora, envoi, envío',
  ),
  30,
);
const aboutSize = says(
  words('size, sizes, length, bytes, octets, too large, too big, grösse, taille, tamaño, サイズ'),
);
const mailboxWords = words(
  'mailbox*, maildir*, mailfolder, postfach*, boîte*, buzón, inbox, disk quota, user quota, メールボックス',
);
const overQuota = words(
  'over ~2 quota, overquota, over quota, quota exceed*, quota is|was|has ~1 exceeded, exceed* ~4 quota, quota ~2 full, quota full, quota reached, out of quota, quota violation, quota limit, disk quota, userdisk quota, domaindisk quota, quota ~2 exhausted, exceeded storage allocation, too much mail data, has too many messages, messages on the server, mails auf dem server, kontingent ~2 überschritten, quota ~2 überschritten, quota ~3 dépassé*, dépass* ~3 quota, cuota ~2 excedida, cuota ~2 superada, superado ~2 cuota, クォータ',
);

const unknownUser = either(
  says(
    words(
      'user unknown, unknown user, no such user, unknown local part, unknown recipient, recipient unknown, no mailbox here, no such recipient, no such mailbox, no such person, no such account, no such address, nobody here, no one here, not our user, not our customer, not a customer, user not local, recipient is not local, does not live here, no mailbox, user not found, mailbox not found, recipient not found, user not exist, unrouteable address, unroutable address, not a known user, no longer with us, no ~2 by that name, return to sender, no mail box available',
    ),
  ),
  says(v.noSuchUser),
  near(v.recipient, v.unknown, 32),
);

/** The client's own address or network, not merely some machine. */
const ourAddress = words(
  'ip, ips, the ip, your ip, this ip, from mail server, remotehost, ip address*, sending ip, source ip, ip range, your host, your server, your network, your isp, client host, client, clients, host network, connecting host, sending host, sender ip, sender ip address, connections from, ihre ip, ip adresse*, votre ip, adresse ip, votre serveur, su ip, dirección ip, su servidor, ip ?アドレス, 送信元 ?ip, 接続元, 送信元サーバ',
  '\uE001',
);
const residential = words(
  'dynamic ip*, dynamic address*, dynamic ~1 range*, dial ?up, dialup*, residential, dsl, broadband, smtp server of your isp, mail server of your isp, server of your provider, your isp s, use your isp, use your provider, dul, open proxy, open proxies, botnet, zombie, dynamische* ip, dynamische* adress*, adresse* dynamique*, ip dinámica*, 動的',
);

/** In order: what is said in so many words beats what is only implied, the special beats the general. */
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
      either(near(trouble.form, trouble.malformed, 32), says(words('multiple addresses, not ~2 compliant'))),
      says(topic.tls),
      says(topic.reverseName),
      says(topic.list),
      says(topic.login),
      near(v.sender, words('rejected, denied, syntax'), 20),
    ),
  },
  {
    rule: 'attachment',
    cause: 'content-rejected',
    temporary: false,
    holds: unless(
      near(
        trouble.attachment,
        or(negative, words('contain*, dangerous, illegal, potential*, blacklisted, high risk')),
        50,
      ),
      says(overQuota),
    ),
  },
  {
    rule: 'relay-refused',
    cause: 'relay-denied',
    temporary: false,
    holds: unless(
      near(topic.relay, or(v.refused, words('unable, not ~1 permitted')), 12),
      says(topic.list),
      near(topic.relay, words('sending limit*, quota, rate'), 20),
    ),
  },
  {
    rule: 'reverse-name',
    cause: 'ptr-missing',
    temporary: false,
    holds: either(
      says(topic.reverseName),
      near(ourAddress, words('not ~1 resolve, unresolvable, no ~1 name'), 24),
      both(near(topic.hostNameWords, topic.matchWords), says(v.client)),
    ),
  },
  {
    rule: 'helo',
    cause: 'ptr-missing',
    temporary: false,
    holds: near(
      topic.helo,
      or(
        negative,
        v.unknown,
        topic.matchWords,
        words('fqdn, fully qualified, bogus, forged, impersonat*, requires, must be, must match'),
      ),
      50,
    ),
  },
  {
    rule: 'rate-limited',
    cause: 'rate-limited',
    temporary: true,
    holds: says(
      words(
        'rate limit*, ratelimit*, throttl*, receiving mail at a rate, receives mail too, sent to too many',
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
        says(words('are sending spam, you are a spammer, currently sending spam')),
      ),
      both(says(topic.rate), temporaryCode),
      near(v.message, words('as spam, is spam, looks like, contains spam, likely, considered'), 20),
    ),
  },
  {
    rule: 'rate',
    cause: 'rate-limited',
    temporary: true,
    holds: unless(
      either(says(topic.rate), near(topic.tooMany, topic.countable, 24), rateLimitQuota),
      near(mailboxWords, v.full, 40),
      says(overQuota, words('spam rate, too many hops, timeout*')),
      aboutSize,
    ),
  },
  {
    rule: 'rate-quota',
    cause: 'rate-limited',
    temporary: true,
    holds: unless(rateLimitQuota, near(mailboxWords, v.full, 40), aboutSize),
  },
  {
    rule: 'sender-authentication',
    cause: 'sender-rejected',
    temporary: false,
    holds: says(topic.senderAuthentication),
  },
  {
    rule: 'encryption-required',
    cause: 'tls-required',
    temporary: false,
    holds: unless(
      near(topic.tls, or(v.required, words('issue')), 40),
      near(topic.tls, trouble.attachment),
      near(topic.tls, words('fail*, handshake, trusted, verif*'), 40),
    ),
  },
  {
    rule: 'encryption-failed',
    cause: 'tls-required',
    temporary: true,
    holds: unless(
      near(topic.tls, or(negative, words('self signed, weak, required, must, expired, mismatch')), 50),
      near(topic.tls, trouble.attachment),
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
      says(topic.list),
    ),
  },
  {
    rule: 'login-required',
    cause: 'auth-required',
    temporary: false,
    holds: near(
      topic.login,
      words(
        'required, requires, must, first, erforderlich, zuerst, requis*, obligatoire*, requiere*, requerid*, obligatori*, 必要, 必須, please turn on',
      ),
      16,
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
    holds: near(topic.linkWords, or(topic.list, v.refused, trouble.spam, words('known')), 60),
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
    holds: says(topic.list, topic.reputation, residential),
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
    rule: 'mailbox-full',
    cause: 'mailbox-full',
    temporary: true,
    holds: either(
      says(overQuota),
      near(mailboxWords, v.full, 50),
      unless(
        near(topic.mailbox, v.full, 50),
        says(words('message size, message length, too large')),
        near(trouble.storage, trouble.ofServer, 10),
      ),
      both(says(trouble.storage, v.full), enhancedIn('2.2')),
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
        says(
          words(
            'line limit exceeded, line length, line too long, line is too long, lines too long, size limit, taille limite',
          ),
        ),
      ),
      says(words('in the queue, mime')),
    ),
  },
  { rule: 'server-storage', cause: 'server-busy', temporary: true, holds: says(trouble.storage) },
  {
    rule: 'sender',
    cause: 'sender-rejected',
    temporary: false,
    holds: either(
      near(v.sender, or(v.refused, trouble.senderProblem, v.unknown, v.failed), 40),
      says(trouble.mayNotSend, words('email address is not verified')),
      both(unknownUser, senderCode),
    ),
  },
  {
    rule: 'spoofing',
    cause: 'sender-rejected',
    temporary: false,
    holds: unless(says(topic.spoofing), says(trouble.spam)),
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
        or(negative, words('detected, found, limit, threshold, deferred, held, quarantined')),
        50,
      ),
      unknownUser,
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
    holds: unless(
      either(
        near(v.domain, topic.notHosted, 30),
        near(
          v.here,
          words(
            'not ~2 exchanger|mx, not ~3 accept mail for|to, not ~1 accept|handle|serve|receive|host|relay ~3 mail|messages|domain|domains',
          ),
          30,
        ),
      ),
      says(words('dns, nxdomain')),
      near(v.recipient, v.unknown, 6),
    ),
  },
  {
    rule: 'no-such-domain',
    cause: 'connection-failed',
    temporary: false,
    holds: either(
      near(
        words(
          'recipient* domain, recipient s domain, destination domain, mail domain, rcpt domain, domain of recipient, empfängerdomain, domaine du destinataire, dominio del destinatario',
        ),
        v.unknown,
        24,
      ),
      says(
        words(
          'host or domain name, name service error, unknown domain*, domain name not found, recipient domain must, destination computer',
        ),
      ),
    ),
  },
  {
    rule: 'unknown-user',
    cause: 'user-unknown',
    temporary: false,
    holds: unless(
      unknownUser,
      near(v.recipient, words('syntax, format, malformed'), 24),
      says(words('no valid recipients, no recipients')),
    ),
  },
  { rule: 'recipient-held', cause: 'other', temporary: true, holds: near(v.recipient, v.held, 32) },
  { rule: 'recipient-gone', cause: 'user-unknown', temporary: false, holds: near(v.recipient, v.gone, 40) },
  {
    rule: 'recipient-refused',
    cause: 'user-unknown',
    temporary: false,
    holds: either(
      both(near(v.recipient, v.refused, 24), either(addressCode, enhancedIn('4.1'))),
      unless(
        near(
          words('recipient address, recipient, envelope recipient', '\uE000'),
          words('rejected, refused, denied, not accepted, rechazado, abgelehnt, refusé, 拒否'),
          16,
        ),
        temporaryCode,
        securityCode,
        says(words('polic*, access denied'), v.later),
      ),
      unless(
        says(
          words(
            'mailbox unavailable, mailbox not available, account unavailable, address unavailable, mailbox is unavailable',
          ),
        ),
        temporaryCode,
        says(v.later),
      ),
    ),
  },
  { rule: 'no-such-host', cause: 'connection-failed', temporary: false, holds: says(trouble.noSuchHost) },
  {
    rule: 'client-refused',
    cause: 'blocklisted',
    temporary: false,
    holds: either(
      near(ourAddress, v.refused, 40),
      says(words('invalid ip, bad ip, connection rejected, connection denied, host not allowed')),
      both(says(words('not accepting connections, no smtp service here')), permanentCode),
      both(
        near(words('connect, connection, connections, verbindung, connexion, conexión'), v.refused, 24),
        when(({ code }) => code !== null),
        says(words('your, from, policy, abuse, ihr*, votre, su')),
      ),
    ),
  },
  { rule: 'unreachable', cause: 'connection-failed', temporary: true, holds: says(trouble.unreachable) },
  { rule: 'busy', cause: 'server-busy', temporary: true, holds: says(trouble.busy) },
  { rule: 'broken-server', cause: 'server-busy', temporary: true, holds: says(trouble.brokenServer) },
  {
    rule: 'relay-named',
    cause: 'relay-denied',
    temporary: false,
    holds: says(words('mail relay, relaying, as a relay, relay, not local host, not a gateway')),
  },
  { rule: 'protocol', cause: 'other', temporary: false, holds: says(trouble.protocol) },
  { rule: 'policy', cause: 'content-rejected', temporary: false, holds: says(trouble.policy) },
  {
    rule: 'blocked',
    cause: 'blocklisted',
    temporary: false,
    holds: says(words('blocked, banned, gesperrt, bloqué*, bloquead*')),
  },
  {
    rule: 'not-authorized',
    cause: 'sender-rejected',
    temporary: false,
    holds: says(words('not authori*, unauthori*')),
  },
  { rule: 'later', cause: 'server-busy', temporary: true, holds: both(says(v.later), temporaryCode) },
];
