-- Version 4. Frozen: a change of the schema is a new file.

-- Shifts. One begins with the operation and the entry of the audit chain that come next; `account` says whose books it
-- belongs to. delivery of its report: 0 still to be sent, 1 the platform has it, 2 the platform does not take it.
CREATE TABLE shift (
  n           INTEGER PRIMARY KEY,
  id          BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  account     TEXT NOT NULL,
  opened_at   INTEGER NOT NULL,
  first_seq   INTEGER NOT NULL,
  first_audit INTEGER NOT NULL,
  closed_at   INTEGER,
  report      TEXT,
  delivery    INTEGER NOT NULL DEFAULT 0 CHECK (delivery BETWEEN 0 AND 2),
  CHECK ((closed_at IS NULL) = (report IS NULL))
) STRICT;
-- One at a time.
CREATE UNIQUE INDEX shift_open ON shift (closed_at IS NULL) WHERE closed_at IS NULL;
CREATE INDEX shift_owed ON shift (n) WHERE closed_at IS NOT NULL AND delivery = 0;

-- Who had the shift from when on, and what they counted when they took it over (JSON).
CREATE TABLE shift_watch (
  shift   INTEGER NOT NULL REFERENCES shift (n),
  n       INTEGER NOT NULL,
  staff   TEXT,
  name    TEXT NOT NULL,
  at      INTEGER NOT NULL,
  counted TEXT NOT NULL,
  PRIMARY KEY (shift, n)
) STRICT, WITHOUT ROWID;

-- How many passed the gate in a minute (minutes since the epoch), and how that ended.
CREATE TABLE passage_minute (
  minute  INTEGER PRIMARY KEY,
  passed  INTEGER NOT NULL DEFAULT 0,
  refused INTEGER NOT NULL DEFAULT 0,
  unknown INTEGER NOT NULL DEFAULT 0
) STRICT;
