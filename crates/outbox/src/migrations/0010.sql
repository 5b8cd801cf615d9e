-- Version 10. Frozen: a change of the schema is a new file.

-- What was just decided: operation, items (JSON), entry of the journal and link of the audit chain in one row, so that
-- making it durable writes one page. Many at a time go over into their tables, before anything else is read or changed
-- (see `intake`). ledger: the journal's digest. audited, hash: the entry of the audit chain.
CREATE TABLE intake (
  seq           INTEGER PRIMARY KEY,
  id            BLOB NOT NULL CHECK (length(id) = 16),
  digest        BLOB NOT NULL CHECK (length(digest) = 32),
  fan           INTEGER NOT NULL,
  fan_ref       TEXT NOT NULL,
  kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 2),
  action        TEXT,
  title         TEXT,
  description   TEXT,
  fan_points    INTEGER NOT NULL,
  status_points INTEGER NOT NULL,
  trust         INTEGER NOT NULL,
  route         INTEGER NOT NULL,
  created_at    INTEGER NOT NULL,
  staff         TEXT,
  rule          TEXT,
  exposure      INTEGER NOT NULL,
  calls         INTEGER NOT NULL,
  bytes         INTEGER NOT NULL,
  phrase        INTEGER NOT NULL,
  price         INTEGER,
  items         TEXT NOT NULL,
  ledger        BLOB NOT NULL CHECK (length(ledger) = 32),
  wallet        INTEGER NOT NULL,
  debt          INTEGER NOT NULL,
  standing      INTEGER NOT NULL,
  operation     BLOB NOT NULL,
  entry         BLOB NOT NULL,
  audit         INTEGER NOT NULL,
  audited       BLOB NOT NULL,
  hash          BLOB NOT NULL CHECK (length(hash) = 32)
) STRICT;

-- Nothing is decided any more without being listed.
UPDATE operation SET listed = 1 WHERE seq > coalesce((SELECT l.seq FROM operation l NOT INDEXED WHERE l.listed = 1
  ORDER BY l.seq DESC LIMIT 1), 0);
UPDATE tally SET count = count + changes() WHERE state = 0;
