// The database's shape, as a list of steps. A step, once released, is never changed: add another.
import type { DatabaseSync } from 'node:sqlite';

const steps: readonly string[] = [
  `
  CREATE TABLE domain (
    name       TEXT PRIMARY KEY,
    created_at INTEGER NOT NULL,
    route      TEXT NOT NULL,           -- JSON, shared/domain.ts
    mode       TEXT NOT NULL            -- JSON, shared/domain.ts
  ) STRICT;

  -- One row for each SMTP transaction: accepted ones, and those refused at the door (state 'rejected', no content).
  CREATE TABLE message (
    id             INTEGER PRIMARY KEY, -- ids grow with time (storage/ids.ts), so this is also the order of arrival
    received_at    INTEGER NOT NULL,
    sender         TEXT NOT NULL,
    subject        TEXT NOT NULL,
    size           INTEGER NOT NULL,
    client_address TEXT NOT NULL,
    helo           TEXT NOT NULL,
    tls            TEXT,
    body_8bit      INTEGER NOT NULL,
    smtputf8       INTEGER NOT NULL,
    reply          TEXT NOT NULL,       -- JSON, what Mailward said at the end
    incoming       TEXT NOT NULL,       -- JSON, the transcript
    state          TEXT NOT NULL        -- that of the recipient who needs most attention
  ) STRICT;
  CREATE INDEX message_waiting ON message (state, id) WHERE state IN ('queued', 'held', 'refused', 'expired');

  CREATE TABLE recipient (
    message_id   INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position     INTEGER NOT NULL,
    address      TEXT NOT NULL,
    domain       TEXT NOT NULL,
    state        TEXT NOT NULL,
    size         INTEGER NOT NULL,      -- the message's, so that sums need no join
    held_by      TEXT,                  -- 'mode' (the domain's mail is held) or 'admin' (this message is)
    queued_since INTEGER NOT NULL,      -- expiry counts from here; set again on release and retry
    next_at      INTEGER,               -- null unless queued
    attempts     INTEGER NOT NULL,
    cause        TEXT,
    reply        TEXT,                  -- JSON, the last one
    PRIMARY KEY (message_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recipient_due ON recipient (domain, next_at, message_id) WHERE state = 'queued';
  CREATE INDEX recipient_waiting ON recipient (domain, state, message_id, size)
    WHERE state IN ('queued', 'held', 'refused', 'expired');

  -- The message as it will be delivered, in pieces. Pieces without a message are what a crash left; start-up removes them.
  CREATE TABLE content (
    message_id INTEGER NOT NULL,
    piece      INTEGER NOT NULL,
    data       BLOB NOT NULL,
    PRIMARY KEY (message_id, piece)
  ) STRICT;

  CREATE TABLE attempt (
    id         INTEGER PRIMARY KEY,
    message_id INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    started_at INTEGER NOT NULL,
    ended_at   INTEGER NOT NULL,
    host       TEXT NOT NULL,
    port       INTEGER NOT NULL,
    address    TEXT,
    tls        TEXT,
    results    TEXT NOT NULL,           -- JSON
    transcript TEXT NOT NULL            -- JSON
  ) STRICT;
  CREATE INDEX attempt_message ON attempt (message_id);
  `,
  `
  -- Attempts that used up a step of the retry schedule: not those that only waited for the server.
  ALTER TABLE recipient ADD COLUMN deferrals INTEGER NOT NULL DEFAULT 0;

  -- The addresses of the routes' host names as last seen, and each time that they changed.
  CREATE TABLE server_address (
    host      TEXT PRIMARY KEY,
    addresses TEXT NOT NULL,            -- JSON, sorted
    seen_at   INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE server_move (
    id     INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    host   TEXT NOT NULL,
    before TEXT NOT NULL,               -- JSON
    after  TEXT NOT NULL                -- JSON
  ) STRICT;
  CREATE INDEX server_move_host ON server_move (host, at);
  `,
  `
  -- Learned recipients (docs/recipients.md). Addresses are in the one form that relay/mail/mailbox.ts makes.
  -- A row for each time a domain's server said for good that a recipient does not exist.
  CREATE TABLE recipient_failure (
    id      INTEGER PRIMARY KEY,
    domain  TEXT NOT NULL,
    address TEXT NOT NULL,
    at      INTEGER NOT NULL,
    source  TEXT NOT NULL,              -- 'delivery', 'report' (a DSN of the server's) or 'callout'
    reply   TEXT NOT NULL               -- JSON
  ) STRICT;
  CREATE INDEX recipient_failure_address ON recipient_failure (address, at);
  CREATE INDEX recipient_failure_domain ON recipient_failure (domain, at);

  -- What is refused without asking ('listed'), and what never will be ('allowed').
  CREATE TABLE recipient_entry (
    address TEXT PRIMARY KEY,
    domain  TEXT NOT NULL,
    state   TEXT NOT NULL,              -- 'listed' or 'allowed'
    since   INTEGER NOT NULL,
    origin  TEXT NOT NULL               -- 'learned' or 'admin'
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recipient_entry_domain ON recipient_entry (domain, address);

  -- Recipients that a domain's server took, and when it last did.
  CREATE TABLE recipient_known (
    address TEXT PRIMARY KEY,
    domain  TEXT NOT NULL,
    at      INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX recipient_known_domain ON recipient_known (domain, at);

  -- What became of telling the sender of a message that could not be delivered: at most one row, and so one bounce, a message.
  CREATE TABLE bounce (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    state      TEXT NOT NULL,           -- 'due', 'sent' or 'suppressed'
    at         INTEGER NOT NULL,        -- due at, sent at, suppressed at
    reason     TEXT NOT NULL,           -- why suppressed, or what shows that the sender is real
    bounce_id  INTEGER                  -- the message that is the bounce
  ) STRICT;
  CREATE INDEX bounce_due ON bounce (at) WHERE state = 'due';
  CREATE INDEX bounce_sent ON bounce (bounce_id) WHERE state = 'sent';

  -- What the sender's domain said of a message's authenticity, when it was asked; JSON, relay/policy/authenticity.ts.
  CREATE TABLE authenticity (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    shown      TEXT NOT NULL
  ) STRICT;
  `,
  `
  -- The message log's search; storage/operations/search.ts says how the three tables work together.
  CREATE VIRTUAL TABLE log_text USING fts5 (
    sender, recipients, subject, replies, keys,
    content = '', contentless_delete = 1, tokenize = "ascii tokenchars '.:-_~'"
  );
  CREATE TABLE log_mark (id INTEGER NOT NULL) STRICT;
  INSERT INTO log_mark VALUES (0);
  CREATE TABLE log_stretch (first_id INTEGER PRIMARY KEY, messages INTEGER NOT NULL) STRICT;
  INSERT INTO log_stretch VALUES (0, 0);
  CREATE TABLE log_stale (id INTEGER PRIMARY KEY) STRICT;
  -- A message that took long to arrive has an older id than the mark.
  CREATE TRIGGER log_late AFTER INSERT ON message WHEN new.id <= (SELECT id FROM log_mark)
    BEGIN INSERT OR IGNORE INTO log_stale VALUES (new.id); END;
  CREATE TRIGGER log_state AFTER UPDATE OF state ON message WHEN new.id <= (SELECT id FROM log_mark)
    BEGIN INSERT OR IGNORE INTO log_stale VALUES (new.id); END;
  CREATE TRIGGER log_fate AFTER UPDATE OF cause, reply ON recipient WHEN new.message_id <= (SELECT id FROM log_mark)
    BEGIN INSERT OR IGNORE INTO log_stale VALUES (new.message_id); END;
  CREATE TRIGGER log_gone AFTER DELETE ON message WHEN old.id <= (SELECT id FROM log_mark)
    BEGIN DELETE FROM log_text WHERE rowid = old.id; DELETE FROM log_stale WHERE id = old.id; END;
  `,
  `
  -- How much waits, kept up with every change: counting a million rows anew would hold up whoever reads next.
  CREATE TABLE waiting (
    domain TEXT NOT NULL,
    state  TEXT NOT NULL,
    count  INTEGER NOT NULL,
    bytes  INTEGER NOT NULL,
    PRIMARY KEY (domain, state)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO waiting SELECT domain, state, count(*), sum(size) FROM recipient
    WHERE state IN ('queued', 'held', 'refused', 'expired') GROUP BY domain, state;
  CREATE TRIGGER waiting_new AFTER INSERT ON recipient WHEN new.state IN ('queued', 'held', 'refused', 'expired')
    BEGIN
      INSERT INTO waiting VALUES (new.domain, new.state, 1, new.size)
      ON CONFLICT (domain, state) DO UPDATE SET count = count + 1, bytes = bytes + new.size;
    END;
  CREATE TRIGGER waiting_leaves AFTER UPDATE OF state ON recipient
    WHEN old.state <> new.state AND old.state IN ('queued', 'held', 'refused', 'expired')
    BEGIN
      UPDATE waiting SET count = count - 1, bytes = bytes - old.size WHERE domain = old.domain AND state = old.state;
    END;
  CREATE TRIGGER waiting_enters AFTER UPDATE OF state ON recipient
    WHEN old.state <> new.state AND new.state IN ('queued', 'held', 'refused', 'expired')
    BEGIN
      INSERT INTO waiting VALUES (new.domain, new.state, 1, new.size)
      ON CONFLICT (domain, state) DO UPDATE SET count = count + 1, bytes = bytes + new.size;
    END;
  CREATE TRIGGER waiting_gone AFTER DELETE ON recipient WHEN old.state IN ('queued', 'held', 'refused', 'expired')
    BEGIN
      UPDATE waiting SET count = count - 1, bytes = bytes - old.size WHERE domain = old.domain AND state = old.state;
    END;
  `,
  `
  -- What the filters on the way in found, and quarantined mail: kept like held mail, counted and listed apart.
  CREATE TABLE filter_result (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    results    TEXT NOT NULL            -- JSON, shared/filters.ts
  ) STRICT;
  CREATE INDEX message_quarantined ON message (id) WHERE state = 'quarantined';
  CREATE INDEX recipient_quarantined ON recipient (domain, message_id, size) WHERE state = 'quarantined';
  DROP TRIGGER waiting_new;
  DROP TRIGGER waiting_leaves;
  DROP TRIGGER waiting_enters;
  DROP TRIGGER waiting_gone;
  CREATE TRIGGER waiting_new AFTER INSERT ON recipient WHEN new.state IN ('queued', 'held', 'quarantined', 'refused', 'expired')
    BEGIN
      INSERT INTO waiting VALUES (new.domain, new.state, 1, new.size)
      ON CONFLICT (domain, state) DO UPDATE SET count = count + 1, bytes = bytes + new.size;
    END;
  CREATE TRIGGER waiting_leaves AFTER UPDATE OF state ON recipient
    WHEN old.state <> new.state AND old.state IN ('queued', 'held', 'quarantined', 'refused', 'expired')
    BEGIN
      UPDATE waiting SET count = count - 1, bytes = bytes - old.size WHERE domain = old.domain AND state = old.state;
    END;
  CREATE TRIGGER waiting_enters AFTER UPDATE OF state ON recipient
    WHEN old.state <> new.state AND new.state IN ('queued', 'held', 'quarantined', 'refused', 'expired')
    BEGIN
      INSERT INTO waiting VALUES (new.domain, new.state, 1, new.size)
      ON CONFLICT (domain, state) DO UPDATE SET count = count + 1, bytes = bytes + new.size;
    END;
  CREATE TRIGGER waiting_gone AFTER DELETE ON recipient WHEN old.state IN ('queued', 'held', 'quarantined', 'refused', 'expired')
    BEGIN
      UPDATE waiting SET count = count - 1, bytes = bytes - old.size WHERE domain = old.domain AND state = old.state;
    END;
  `,
  `
  -- What checks found; storage/operations/findings.ts says how periods begin and end.
  CREATE TABLE check_run (
    id       INTEGER PRIMARY KEY,
    domain   TEXT NOT NULL,
    name     TEXT NOT NULL,             -- the check's
    at       INTEGER NOT NULL,
    ended_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX check_run_history ON check_run (domain, name, at);
  CREATE INDEX check_run_at ON check_run (at);
  CREATE TABLE check_last (
    domain TEXT NOT NULL,
    name   TEXT NOT NULL,
    run_id INTEGER NOT NULL REFERENCES check_run (id) ON DELETE CASCADE,
    PRIMARY KEY (domain, name)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX check_last_run ON check_last (run_id);

  -- A row for each period in which a check found the same about a subject.
  CREATE TABLE finding (
    id       INTEGER PRIMARY KEY,
    domain   TEXT NOT NULL,
    name     TEXT NOT NULL,
    subject  TEXT NOT NULL,
    code     TEXT NOT NULL,
    state    TEXT NOT NULL,
    severity TEXT,
    since    INTEGER NOT NULL,
    last_at  INTEGER NOT NULL,
    last_run INTEGER NOT NULL,
    took_ms  INTEGER NOT NULL,
    runs     INTEGER NOT NULL,
    open     INTEGER NOT NULL,          -- 1 until a run found otherwise
    first    TEXT NOT NULL,             -- JSON: summary, evidence and facts when it began
    latest   TEXT NOT NULL              -- JSON: the same when it was last found so
  ) STRICT;
  CREATE INDEX finding_open ON finding (domain, name) WHERE open = 1;
  CREATE INDEX finding_history ON finding (domain, name, last_at);
  CREATE INDEX finding_old ON finding (last_at);
  CREATE TABLE finding_seen (
    run_id     INTEGER NOT NULL REFERENCES check_run (id) ON DELETE CASCADE,
    finding_id INTEGER NOT NULL REFERENCES finding (id) ON DELETE CASCADE,
    at         INTEGER NOT NULL,
    took_ms    INTEGER NOT NULL,
    PRIMARY KEY (run_id, finding_id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX finding_seen_finding ON finding_seen (finding_id);

  -- What the admin says of a domain; JSON, shared/domain.ts.
  ALTER TABLE domain ADD COLUMN profile TEXT NOT NULL DEFAULT '{}';
  `,
  `
  -- Recipients whose mail is being sent another way than the domain's; they are held meanwhile, with held_by = 'reroute'.
  CREATE TABLE detour (
    message_id INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    domain     TEXT NOT NULL,
    route      TEXT NOT NULL,           -- JSON, shared/domain.ts; what has the same text shares its connections
    reason     TEXT NOT NULL,
    since      INTEGER NOT NULL,
    next_at    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL,        -- on this way
    deferrals  INTEGER NOT NULL,        -- those of them that used up a step of the retry schedule
    PRIMARY KEY (message_id, position),
    FOREIGN KEY (message_id, position) REFERENCES recipient (message_id, position) ON DELETE CASCADE
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX detour_due ON detour (route, next_at, message_id);
  CREATE INDEX detour_domain ON detour (domain);
  -- Whatever ends it (delivered, refused, released, deleted, held by hand): nothing is sent that way any more.
  CREATE TRIGGER detour_over AFTER UPDATE OF state, held_by ON recipient
    WHEN old.held_by = 'reroute' AND (new.state <> 'held' OR new.held_by IS NOT 'reroute')
    BEGIN DELETE FROM detour WHERE message_id = new.message_id AND position = new.position; END;
  `,
  `
  -- What the clock said when it was last looked at (storage/operations/clock.ts). One row.
  CREATE TABLE clock (
    at          INTEGER NOT NULL,       -- UTC ms; 0 when it never was
    boot        TEXT,                   -- which start of the machine that was; null where the system does not tell
    uptime      INTEGER NOT NULL,       -- ms since that start, sleep included
    gives_up_at INTEGER NOT NULL,       -- UTC ms: no mail is given up before, for the clock may be wrong
    forgets_at  INTEGER NOT NULL,       -- UTC ms: nothing is removed from the log before, for the same reason
    id_lead     INTEGER NOT NULL        -- how far ids were ahead of the clock at most, ms: they never go back, and the clock did
  ) STRICT;
  INSERT INTO clock VALUES (0, NULL, 0, 0, 0, 0);
  `,
  `
  -- Mail that is sent another way than its domain's: the way is the recipient's own, and next_at its next attempt there. It is held
  -- meanwhile, with held_by = 'reroute'.
  ALTER TABLE recipient ADD COLUMN way TEXT;            -- JSON of a route, shared/domain.ts; null: the domain's own way
  ALTER TABLE recipient ADD COLUMN way_reason TEXT;
  ALTER TABLE recipient ADD COLUMN way_since INTEGER;
  ALTER TABLE recipient ADD COLUMN way_attempts INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE recipient ADD COLUMN way_deferrals INTEGER NOT NULL DEFAULT 0; -- attempts that used up a step of the retry schedule
  UPDATE recipient SET (way, way_reason, way_since, next_at, way_attempts, way_deferrals) =
      (SELECT route, reason, since, next_at, attempts, deferrals FROM detour
       WHERE detour.message_id = recipient.message_id AND detour.position = recipient.position)
    WHERE (message_id, position) IN (SELECT message_id, position FROM detour);
  DROP TRIGGER detour_over;
  DROP TABLE detour;
  CREATE INDEX recipient_way ON recipient (way, next_at, message_id) WHERE way IS NOT NULL;
  CREATE INDEX recipient_way_domain ON recipient (domain) WHERE way IS NOT NULL;
  -- Whatever ends it (delivered, refused, released, deleted, held by hand): nothing is sent that way any more.
  CREATE TRIGGER way_over AFTER UPDATE OF state, held_by ON recipient
    WHEN old.way IS NOT NULL AND (new.state <> 'held' OR new.held_by IS NOT 'reroute')
    BEGIN
      UPDATE recipient SET way = NULL, way_reason = NULL, way_since = NULL, way_attempts = 0, way_deferrals = 0
        WHERE message_id = new.message_id AND position = new.position;
    END;
  `,
  `
  -- The MX records of a domain before Mailward stood in front of it. A later reading never replaces them.
  CREATE TABLE way_back (
    domain  TEXT PRIMARY KEY,
    kept_at INTEGER NOT NULL,
    origin  TEXT NOT NULL,              -- 'read' or 'admin'
    reading TEXT NOT NULL               -- JSON, shared/mx-reading.ts
  ) STRICT, WITHOUT ROWID;

  -- When a domain's first mail came through; null: none has yet. Domains of before have long been live.
  ALTER TABLE domain ADD COLUMN live_since INTEGER;
  UPDATE domain SET live_since = created_at
    WHERE name IN (SELECT DISTINCT domain FROM recipient WHERE state = 'delivered');
  -- What was last asked before a domain's MX was to be changed, and what came of it.
  CREATE TABLE preflight (
    domain TEXT PRIMARY KEY,
    report TEXT NOT NULL                -- JSON, shared/preflight.ts
  ) STRICT, WITHOUT ROWID;

  -- Changes of MX records that an admin makes and Mailward watches: of each domain the latest.
  CREATE TABLE mx_change (
    domain TEXT PRIMARY KEY,
    change TEXT NOT NULL                -- JSON, shared/mx-change.ts
  ) STRICT, WITHOUT ROWID;

  -- Changes in the order in which they were seen; storage/operations/journal.ts says how.
  CREATE TABLE journal (
    id      INTEGER PRIMARY KEY,
    at      INTEGER NOT NULL,
    domain  TEXT NOT NULL,              -- empty: of all domains
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    before  TEXT,
    after   TEXT,
    by      TEXT NOT NULL,              -- JSON, shared/journal.ts
    source  TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_domain ON journal (domain, id);
  CREATE INDEX journal_at ON journal (at);
  -- What was last seen of each thing whose changes are kept, by each way of seeing it: two ways may see different things.
  CREATE TABLE observation (
    domain  TEXT NOT NULL,
    kind    TEXT NOT NULL,
    subject TEXT NOT NULL,
    source  TEXT NOT NULL,
    value   TEXT,                       -- null: there is nothing
    at      INTEGER NOT NULL,
    PRIMARY KEY (domain, kind, subject, source)
  ) STRICT, WITHOUT ROWID;

  -- People to turn to when mail stops.
  CREATE TABLE contact (
    id         INTEGER PRIMARY KEY,
    domain     TEXT NOT NULL,           -- empty: of every domain
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    phone      TEXT NOT NULL,
    mail       TEXT NOT NULL,
    note       TEXT NOT NULL,
    changed_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX contact_domain ON contact (domain, name);
  `,
];

/** Thrown when the file was written by a later version, whose steps are unknown here. */
export class NewerDatabase extends Error {}

/** Brings the database to the present shape, each step in a transaction of its own. */
export function migrate(db: DatabaseSync): void {
  const row = db.prepare('PRAGMA user_version').get() as { user_version: number };
  if (row.user_version > steps.length) {
    throw new NewerDatabase(
      `the data folder was written by a later version of Mailward (format ${row.user_version}, this one knows ${steps.length}); install that version again`,
    );
  }
  for (let version = row.user_version; version < steps.length; version++) {
    db.exec(`BEGIN IMMEDIATE; ${steps[version] ?? ''} PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}
