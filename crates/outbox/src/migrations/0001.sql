-- Version 1. Frozen: a change of the schema is a new file.

CREATE TABLE setting (
  name  TEXT PRIMARY KEY NOT NULL,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Fans by any name. The balances are the newest that the platform vouched for.
CREATE TABLE fan (
  fan           INTEGER PRIMARY KEY,
  user_id       TEXT UNIQUE,
  pseudonym     TEXT UNIQUE,
  fan_points    INTEGER,
  status_points INTEGER,
  source        INTEGER,
  as_of         INTEGER,
  allowance     INTEGER,
  CHECK (user_id IS NOT NULL OR pseudonym IS NOT NULL),
  CHECK ((as_of IS NULL) = (fan_points IS NULL) AND (as_of IS NULL) = (status_points IS NULL))
) STRICT;

CREATE TABLE proof (
  pseudonym TEXT PRIMARY KEY NOT NULL,
  time      INTEGER NOT NULL,
  counter   INTEGER NOT NULL,
  seen_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX proof_seen_at ON proof (seen_at);

-- state: 0 queued, 1 sending, 2 accepted, 3 refused, 4 held. kind: 0 give, 1 redeem, 2 award, 3 undo.
-- trust: 0 unsigned, 1 card, 2 live. route: 0 local, 1 platform.
CREATE TABLE operation (
  seq                  INTEGER PRIMARY KEY,
  id                   BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  digest               BLOB NOT NULL CHECK (length(digest) = 32),
  fan                  INTEGER NOT NULL REFERENCES fan (fan),
  fan_ref              TEXT NOT NULL,
  kind                 INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
  action               TEXT,
  title                TEXT,
  description          TEXT,
  undo_of              INTEGER REFERENCES operation (seq),
  fan_points           INTEGER NOT NULL,
  status_points        INTEGER NOT NULL,
  trust                INTEGER NOT NULL CHECK (trust BETWEEN 0 AND 2),
  route                INTEGER NOT NULL CHECK (route BETWEEN 0 AND 1),
  created_at           INTEGER NOT NULL,
  staff                TEXT,
  manager_raised       INTEGER NOT NULL CHECK (manager_raised BETWEEN 0 AND 1),
  rule                 TEXT,
  exposure             INTEGER NOT NULL,
  calls                INTEGER NOT NULL CHECK (calls > 0),
  bytes                INTEGER NOT NULL CHECK (bytes > 0),
  state                INTEGER NOT NULL CHECK (state BETWEEN 0 AND 4),
  tries                INTEGER NOT NULL DEFAULT 0,
  next_try             INTEGER,
  last_error           TEXT,
  refusal              TEXT,
  settled_at           INTEGER,
  server_time          INTEGER,
  reference            TEXT,
  booked_fan_points    INTEGER,
  booked_status_points INTEGER,
  reversed_by          INTEGER REFERENCES operation (seq),
  audit                INTEGER NOT NULL,
  CHECK ((kind = 3) = (undo_of IS NOT NULL)),
  CHECK (kind <> 2 OR action IS NOT NULL),
  CHECK (state <> 2 OR server_time IS NOT NULL),
  CHECK (state NOT IN (3, 4) OR refusal IS NOT NULL)
) STRICT;
-- What is to be sent, oldest first, without a look at the rest of the table.
CREATE INDEX operation_queue ON operation (seq, fan, kind, next_try, calls, bytes) WHERE state = 0;
-- What is open, by fan: lanes, pending effects, exposure.
CREATE INDEX operation_open ON operation (fan, seq, kind, state) WHERE state IN (0, 1, 4);
-- What the platform could still refuse after the goods were handed out.
CREATE INDEX operation_at_risk ON operation (fan, created_at, fan_points)
  WHERE state IN (0, 1, 4) AND kind = 1 AND route = 0 AND reversed_by IS NULL;
CREATE INDEX operation_state ON operation (state, seq);
CREATE INDEX operation_kind ON operation (kind, seq);
CREATE INDEX operation_fan ON operation (fan, state, server_time);
CREATE INDEX operation_created ON operation (created_at, kind);
CREATE INDEX operation_undo ON operation (undo_of) WHERE undo_of IS NOT NULL;

-- How many operations stand in each state, kept beside them so that counting a million takes no time.
CREATE TABLE tally (
  state INTEGER PRIMARY KEY CHECK (state BETWEEN 0 AND 4),
  count INTEGER NOT NULL CHECK (count >= 0)
) STRICT;
INSERT INTO tally (state, count) VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0);
CREATE TRIGGER tally_added AFTER INSERT ON operation BEGIN
  UPDATE tally SET count = count + 1 WHERE state = new.state;
END;
CREATE TRIGGER tally_moved AFTER UPDATE OF state ON operation WHEN old.state <> new.state BEGIN
  UPDATE tally SET count = count - 1 WHERE state = old.state;
  UPDATE tally SET count = count + 1 WHERE state = new.state;
END;

CREATE TABLE item (
  operation   INTEGER NOT NULL REFERENCES operation (seq),
  n           INTEGER NOT NULL CHECK (n > 0),
  title       TEXT NOT NULL,
  description TEXT NOT NULL,
  price       INTEGER NOT NULL,
  currency    TEXT NOT NULL,
  rate_label  TEXT,
  points      INTEGER NOT NULL,
  booked      INTEGER,
  PRIMARY KEY (operation, n)
) STRICT, WITHOUT ROWID;

-- The journal. book: 0 Fan Points, 1 Status Points. A fan's account is that of the operation's fan.
CREATE TABLE posting (
  operation INTEGER NOT NULL REFERENCES operation (seq),
  n         INTEGER NOT NULL,
  book      INTEGER NOT NULL CHECK (book BETWEEN 0 AND 1),
  account   TEXT NOT NULL,
  partner   INTEGER,
  amount    INTEGER NOT NULL,
  PRIMARY KEY (operation, n)
) STRICT, WITHOUT ROWID;

-- Points given at the limited rate of a label ('' is the default rate).
CREATE TABLE limited (
  operation INTEGER NOT NULL REFERENCES operation (seq),
  label     TEXT NOT NULL,
  points    INTEGER NOT NULL,
  PRIMARY KEY (label, operation)
) STRICT, WITHOUT ROWID;

-- The chain: each hash covers the one before.
CREATE TABLE audit (
  n    INTEGER PRIMARY KEY,
  body BLOB NOT NULL,
  hash BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;
