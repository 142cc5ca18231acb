// Rules about for whom, and about the server itself: unknown users and domains, ways that are shut, trouble.
import {
  addressCode,
  codeIn,
  enhancedIn,
  notTemporary,
  ourAddress,
  permanentCode,
  reasonGiven,
  securityCode,
  takesNothing,
  temporaryCode,
  unknownUser,
} from './conditions.ts';
import { both, either, near, or, saidOf, says, unless, when, without, words } from './grammar.ts';
import type { ReplyRule } from './meanings.ts';
import * as topic from './topics.ts';
import * as trouble from './trouble.ts';
import * as v from './vocabulary.ts';

export const recipientMeanings: readonly ReplyRule[] = [
  {
    // The domain's mail should have gone elsewhere: whoever it is for was not even looked for.
    rule: 'not-our-mx',
    cause: 'relay-denied',
    temporary: false,
    holds: either(
      says(
        words(
          'mx ~4 not ~1 point|pointed|pointing, not ~2 point|pointed|pointing ~2 us|here|this|our, mx mismatch, not ~2 mx for, wrong ~3 region|tenant|cluster|datacenter|mx, no such local domain, is|are accepted|handled ~1 at|by|on ~1 only, delivery ~1 not ~1 allowed|permitted ~1 to ~2 address|domain|recipient|host, delivery to ~2 address|domain|recipient ~1 not ~1 allowed|permitted',
        ),
      ),
      near(v.recipient, words('no domain'), 14),
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
    // What OpenSMTPD says of an address that is not in its table of mailboxes; whole, as others mean a list by it.
    rule: 'expands-to-nobody',
    cause: 'user-unknown',
    temporary: false,
    holds: both(says(words('mailing list expansion problem')), enhancedIn('2.4')),
  },
  {
    // The server asks the next one whether the recipient exists, and has no answer yet.
    rule: 'verification-pending',
    cause: 'server-busy',
    temporary: true,
    holds: says(
      words('verification ~1 in progress|pending|running, being verified, verification ~1 not ~1 complete*'),
    ),
  },
  {
    // "Recipient address rejected: user database not available": whether the user exists was not found out.
    rule: 'lookup-trouble',
    cause: 'server-busy',
    temporary: true,
    holds: unless(
      both(
        near(
          words(
            'database*, directory, ldap, look up, lookup, look ups, sql, mysql, backend, datenbank*, verzeichnis*, base de données, base des utilisateurs, annuaire, base de datos, directorio, データベース',
          ),
          or(
            v.failed,
            v.unknown,
            words(
              'inaccessible, indisponible*, no ~1 disponible, nicht ~1 verfügbar, nicht ~1 erreichbar, 障害, down, offline, busy',
            ),
          ),
          40,
        ),
        temporaryCode,
      ),
      says(words('cname, mx, dns, name server, name service, host name, domain name')),
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
            'not ~2 exchanger|mx, no mx|exchanger for, not ~3 accept mail for|to, not ~1 accept|take|handle|serve|receive|host|relay ~3 mail|messages|domain|domains',
          ),
          30,
        ),
        near(
          words('no such domain, unknown domain, domain unknown, domain not found'),
          words('here, at|on|by|in this location|site|server|system|host|machine|service, hier, ici, aquí'),
          12,
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
      near(
        words(
          'domain mentioned|specified|given, domain part, domain in|of ~2 address|recipient|user, domain|domäne des empfängers, domaine du|de ~1 destinataire|adresse, dominio del|de ~1 destinatario|dirección, (?:宛先|受信者|送信先)の?ドメイン',
        ),
        v.unknown,
        48,
      ),
      unless(
        says(
          words(
            'domain not ~1 found, domain not ~1 known, domain ~2 not ~1 exist*, domain existiert nicht, domaine ~2 n existe pas, dominio no existe',
          ),
        ),
        says(v.sender),
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
      either(
        unknownUser,
        unless(
          says(
            words(
              'not ~1 found|known|listed|present in ~2 ldap|directory|userdb, not ~1 known|recognised|recognized|registered at|on|by|in this|our, not in our directory|company|organisation|organization|staff',
            ),
          ),
          says(v.domain, v.sender, v.client),
        ),
      ),
      near(v.recipient, words('syntax, format, malformed'), 24),
      says(words('no valid recipients, no recipients')),
    ),
  },
  {
    rule: 'overloaded',
    cause: 'server-busy',
    temporary: true,
    holds: both(says(trouble.overloaded), temporaryCode),
  },
  {
    // "Address locked or deactivated": nothing that passes by itself in either case.
    rule: 'recipient-held-or-gone',
    cause: 'other',
    temporary: false,
    holds: both(near(v.recipient, v.held, 32), near(v.held, v.gone, 8), says(words('or, oder, ou, o'))),
  },
  { rule: 'recipient-held', cause: 'other', temporary: true, holds: near(v.recipient, v.held, 32) },
  {
    // Something of an account is switched off, not the account: "account inbounds disabled", "forwarding for this user has expired".
    rule: 'recipient-part-shut',
    cause: 'other',
    temporary: false,
    holds: both(
      near(
        words(
          'inbound*, incoming, outbound*, outgoing, forwarding, service, feature, receiving, reception, eingang, empfang, réception, recepción',
        ),
        words(
          'disabled, deactivated, suspended, switched off, turned off, stopped, expired, blocked, deaktiviert, désactivé*, desactivad*',
        ),
        36,
      ),
      says(v.recipient),
    ),
  },
  {
    rule: 'recipient-gone',
    cause: 'user-unknown',
    temporary: false,
    holds: either(
      saidOf(v.recipient, v.gone, v.otherThings, 40),
      says(words('disabled|deactivated|deleted|removed due to|for ~2 inactivity')),
      unless(
        both(takesNothing, says(v.recipient), permanentCode),
        says(v.domain, v.here, words('host, domain, server')),
      ),
    ),
  },
  {
    rule: 'recipient-unavailable',
    cause: 'user-unknown',
    temporary: false,
    general: true,
    holds: unless(
      near(v.recipient, words('unavailable, not available'), 12),
      temporaryCode,
      says(v.later, trouble.policy, words('access denied')),
    ),
  },
  {
    // "Mailbox unavailable or access denied" and the like: it may be either. One that is away "currently" is not gone.
    rule: 'recipient-unavailable-or',
    cause: 'other',
    temporary: false,
    general: true,
    holds: both(
      near(v.recipient, words('unavailable, not available'), 12),
      notTemporary,
      says(v.later, trouble.policy, words('access denied')),
    ),
  },
  { rule: 'no-such-host', cause: 'connection-failed', temporary: false, holds: says(trouble.noSuchHost) },
  {
    rule: 'client-refused',
    cause: 'blocklisted',
    temporary: false,
    general: true,
    holds: either(
      near(
        ourAddress,
        without(v.refused, words('connection refused, dropped ~2 connection, connection dropped')),
        40,
      ),
      says(
        words(
          'go away, service denied, not allowed to connect, your access to, invalid ip, bad ip, connection rejected, connection denied, host not allowed',
        ),
      ),
      both(says(words('not accepting connections, no smtp service here')), permanentCode),
      both(
        near(words('connect, connection, connections, verbindung, connexion, conexión'), v.refused, 24),
        when(({ code }) => code !== null),
        says(words('your, from, policy, abuse, ihr*, votre, su')),
      ),
    ),
  },
  {
    rule: 'unreachable',
    cause: 'connection-failed',
    temporary: true,
    general: true,
    holds: unless(
      says(trouble.unreachable),
      near(
        words(
          'plugin, hook, script, filter, milter, lookup, query, database, ldap, sql, backend, store, policy service',
        ),
        words('timeout, timed out, time out, not ~1 responding'),
        24,
      ),
    ),
  },
  {
    rule: 'busy',
    cause: 'server-busy',
    temporary: true,
    general: true,
    holds: unless(
      says(trouble.busy),
      both(says(words('service ~1 denied, service ~1 blocked')), permanentCode),
    ),
  },
  {
    rule: 'relay-named',
    cause: 'relay-denied',
    temporary: false,
    holds: unless(
      says(words('mail relay, relaying, as a relay, relay, not local host, not a gateway')),
      both(near(topic.relay, words('failure, failed, error, problem'), 24), temporaryCode),
    ),
  },
  { rule: 'protocol', cause: 'other', temporary: false, general: true, holds: says(trouble.protocol) },
  {
    rule: 'not-authorized',
    cause: 'sender-rejected',
    temporary: false,
    general: true,
    holds: says(words('not authori*, unauthori*')),
  },
  {
    // "Policy rejection on the target address": of the recipient, and what it minds is not said.
    rule: 'recipient-policy',
    cause: 'other',
    temporary: false,
    holds: near(
      words(
        'target address, recipient address, destination address, mailbox*, mailboxes, this recipient|user|account, by|of ~1 recipient|user|domain',
      ),
      words('policy, policies, mail policy, polic*'),
      32,
    ),
  },
  {
    // After everything that could tell why.
    rule: 'recipient-refused',
    cause: 'user-unknown',
    temporary: false,
    general: true,
    holds: unless(
      either(
        unless(
          both(near(v.recipient, v.refused, 24), either(addressCode, enhancedIn('4.1'))),
          says(trouble.unreachable, words('unverified')),
        ),
        unless(
          near(
            words('recipient address, recipient, envelope recipient', '\uE000'),
            words('rejected, refused, denied, not accepted, rechazado, abgelehnt, refusé, 拒否'),
            16,
          ),
          temporaryCode,
          securityCode,
          says(words('access denied')),
          reasonGiven,
        ),
      ),
      says(v.later, words('polic*')),
    ),
  },
];

/** Words that say little: where the enhanced code names a cause, it knows better. */
export const weakMeanings: readonly ReplyRule[] = [
  {
    rule: 'client-deferred',
    cause: 'rate-limited',
    temporary: true,
    holds: both(near(ourAddress, words('deferred, postponed, delayed'), 40), temporaryCode),
  },
  {
    rule: 'aborted',
    cause: 'server-busy',
    temporary: true,
    holds: both(says(words('action aborted')), temporaryCode),
  },
  { rule: 'broken-server', cause: 'server-busy', temporary: true, holds: says(trouble.brokenServer) },
  { rule: 'policy', cause: 'content-rejected', temporary: false, holds: says(trouble.policy) },
  {
    // "header_contenttype_1", and nothing else.
    rule: 'content-named',
    cause: 'content-rejected',
    temporary: false,
    holds: both(says(trouble.form, trouble.attachment), codeIn(550, 552, 554)),
  },
  {
    rule: 'blocked',
    cause: 'blocklisted',
    temporary: false,
    holds: says(words('blocked, banned, gesperrt, bloqué*, bloquead*')),
  },
  {
    rule: 'transaction-failed',
    cause: 'server-busy',
    temporary: true,
    holds: says(words('transaction failed')),
  },
  {
    // "550 temporarily refused": it contradicts itself, and waiting loses nothing.
    rule: 'passing',
    cause: 'server-busy',
    temporary: true,
    holds: says(words('temporary, temporarily')),
  },
  { rule: 'later', cause: 'server-busy', temporary: true, holds: both(says(v.later), temporaryCode) },
];
