// Rules about for whom, and about the server itself: unknown users and domains, ways that are shut, trouble.
import {
  addressCode,
  enhancedIn,
  ourAddress,
  permanentCode,
  securityCode,
  temporaryCode,
  unknownUser,
} from './conditions.ts';
import { both, either, near, says, unless, when, without, words } from './grammar.ts';
import type { Meaning } from './meanings.ts';
import * as topic from './topics.ts';
import * as trouble from './trouble.ts';
import * as v from './vocabulary.ts';

export const recipientMeanings: readonly Meaning[] = [
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
        says(words('polic*, access denied'), v.later),
      ),
      unless(
        near(v.recipient, words('unavailable, not available, unreachable'), 12),
        temporaryCode,
        says(v.later, words('access denied')),
      ),
    ),
  },
  { rule: 'no-such-host', cause: 'connection-failed', temporary: false, holds: says(trouble.noSuchHost) },
  {
    rule: 'client-refused',
    cause: 'blocklisted',
    temporary: false,
    holds: either(
      near(ourAddress, without(v.refused, words('connection refused')), 40),
      says(
        words(
          'not allowed to connect, your access to, invalid ip, bad ip, connection rejected, connection denied, host not allowed',
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
  { rule: 'unreachable', cause: 'connection-failed', temporary: true, holds: says(trouble.unreachable) },
  { rule: 'busy', cause: 'server-busy', temporary: true, holds: says(trouble.busy) },
  {
    rule: 'relay-named',
    cause: 'relay-denied',
    temporary: false,
    holds: says(words('mail relay, relaying, as a relay, relay, not local host, not a gateway')),
  },
  { rule: 'protocol', cause: 'other', temporary: false, holds: says(trouble.protocol) },
  {
    rule: 'not-authorized',
    cause: 'sender-rejected',
    temporary: false,
    holds: says(words('not authori*, unauthori*')),
  },
];

/** Words that say little: where the enhanced code names a cause, it knows better. */
export const weakMeanings: readonly Meaning[] = [
  { rule: 'broken-server', cause: 'server-busy', temporary: true, holds: says(trouble.brokenServer) },
  { rule: 'policy', cause: 'content-rejected', temporary: false, holds: says(trouble.policy) },
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
  { rule: 'later', cause: 'server-busy', temporary: true, holds: both(says(v.later), temporaryCode) },
];
