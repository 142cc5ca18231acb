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
  -- What the checks on the way in found, and quarantined mail: kept like held mail, counted and listed apart.
  CREATE TABLE check_result (
    message_id INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    results    TEXT NOT NULL            -- JSON, shared/checks.ts
  ) STRICT;
  CREATE INDEX message_quarantined ON message (id) WHERE state = 'quarantined';
  CREATE INDEX recipient_quarantined ON recipient (domain, message_id, size) WHERE state = 'quarantined';
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
