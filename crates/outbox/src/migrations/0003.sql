-- Version 3. Frozen: a change of the schema is a new file. Runs with foreign keys off and checks them after.

-- An operation can be moved to another device; the tables that name the states are made anew.
-- state: 0 queued, 1 sending, 2 accepted, 3 refused, 4 held, 5 moved to another device. kind: 0 give, 1 redeem, 2 award, 3 undo.
-- trust: 0 unsigned, 1 card, 2 live. route: 0 local, 1 platform.
CREATE TABLE operation_3 (
  seq                  INTEGER PRIMARY KEY,
  id                   BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  digest               BLOB NOT NULL CHECK (length(digest) = 32),
  fan                  INTEGER NOT NULL REFERENCES fan (fan),
  fan_ref              TEXT NOT NULL,
  kind                 INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
  action               TEXT,
  title                TEXT,
  description          TEXT,
  undo_of              INTEGER REFERENCES operation_3 (seq),
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
  state                INTEGER NOT NULL CHECK (state BETWEEN 0 AND 5),
  tries                INTEGER NOT NULL DEFAULT 0,
  next_try             INTEGER,
  last_error           TEXT,
  refusal              TEXT,
  settled_at           INTEGER,
  server_time          INTEGER,
  reference            TEXT,
  booked_fan_points    INTEGER,
  booked_status_points INTEGER,
  reversed_by          INTEGER REFERENCES operation_3 (seq),
  audit                INTEGER NOT NULL,
  CHECK ((kind = 3) = (undo_of IS NOT NULL)),
  CHECK (kind <> 2 OR action IS NOT NULL),
  CHECK (state <> 2 OR server_time IS NOT NULL),
  CHECK (state NOT IN (3, 4) OR refusal IS NOT NULL)
) STRICT;
INSERT INTO operation_3 SELECT * FROM operation;
DROP TABLE operation;
ALTER TABLE operation_3 RENAME TO operation;
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

-- What the platform has booked in a period.
CREATE INDEX operation_booked ON operation (server_time) WHERE state = 2;

CREATE TABLE tally_3 (
  state INTEGER PRIMARY KEY CHECK (state BETWEEN 0 AND 5),
  count INTEGER NOT NULL CHECK (count >= 0)
) STRICT;
INSERT INTO tally_3 SELECT * FROM tally;
INSERT INTO tally_3 (state, count) VALUES (5, 0);
DROP TABLE tally;
ALTER TABLE tally_3 RENAME TO tally;
CREATE TRIGGER tally_added AFTER INSERT ON operation BEGIN
  UPDATE tally SET count = count + 1 WHERE state = new.state;
END;
CREATE TRIGGER tally_moved AFTER UPDATE OF state ON operation WHEN old.state <> new.state BEGIN
  UPDATE tally SET count = count - 1 WHERE state = old.state;
  UPDATE tally SET count = count + 1 WHERE state = new.state;
END;

-- Accepted operations that are old enough, out of the way of the daily work. `body` is all that was known of one, as
-- JSON; the audit chain holds its hash. What they did to balances stays in the journal.
CREATE TABLE archive (
  seq           INTEGER PRIMARY KEY,
  id            BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  fan           INTEGER NOT NULL REFERENCES fan (fan),
  kind          INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  fan_points    INTEGER NOT NULL,
  status_points INTEGER NOT NULL,
  body          TEXT NOT NULL,
  audit         INTEGER NOT NULL
) STRICT;
CREATE INDEX archive_fan ON archive (fan, seq);
CREATE INDEX archive_created ON archive (created_at, kind, fan_points, status_points);

-- Operations that went to another device (direction 0) or came from one (1), each set once.
CREATE TABLE handover (
  id        BLOB NOT NULL CHECK (length(id) = 16),
  direction INTEGER NOT NULL CHECK (direction BETWEEN 0 AND 1),
  digest    BLOB NOT NULL CHECK (length(digest) = 32),
  at        INTEGER NOT NULL,
  done_at   INTEGER,
  PRIMARY KEY (id, direction)
) STRICT, WITHOUT ROWID;
CREATE TABLE handed (
  handover  BLOB NOT NULL,
  operation INTEGER NOT NULL REFERENCES operation (seq),
  PRIMARY KEY (handover, operation)
) STRICT, WITHOUT ROWID;
