-- Version 2. Frozen: a change of the schema is a new file.

-- What the ledger has posted here. `operation` and `entry` are the ledger's canonical bytes; the three amounts are
-- what the entry does to the fan, kept beside it so that a balance is a sum. debt: what the fan owes more by it.
-- state: 0 not settled, 1 booked by the platform (the amounts are then the platform's), 2 void.
CREATE TABLE journal (
  n         INTEGER PRIMARY KEY,
  op        BLOB NOT NULL UNIQUE CHECK (length(op) = 16),
  fan       INTEGER NOT NULL REFERENCES fan (fan),
  digest    BLOB NOT NULL CHECK (length(digest) = 32),
  state     INTEGER NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 2),
  booked_at INTEGER,
  wallet    INTEGER NOT NULL,
  debt      INTEGER NOT NULL,
  standing  INTEGER NOT NULL,
  operation BLOB NOT NULL,
  entry     BLOB NOT NULL,
  CHECK ((state = 1) = (booked_at IS NOT NULL))
) STRICT;
CREATE INDEX journal_unsettled ON journal (fan, wallet, standing) WHERE state = 0;
CREATE INDEX journal_booked ON journal (fan, booked_at, wallet, standing) WHERE state = 1;
CREATE INDEX journal_owed ON journal (fan, debt) WHERE debt <> 0 AND state <> 2;

-- Items that were taken back, and by which operation.
CREATE TABLE reversed_item (
  n    INTEGER PRIMARY KEY,
  op   BLOB NOT NULL REFERENCES journal (op),
  item INTEGER NOT NULL,
  by   BLOB NOT NULL,
  UNIQUE (op, item)
) STRICT;
CREATE INDEX reversed_item_by ON reversed_item (by);

-- Ids that are refused for good.
CREATE TABLE burned (
  op       BLOB PRIMARY KEY NOT NULL CHECK (length(op) = 16),
  digest   BLOB NOT NULL CHECK (length(digest) = 32),
  refusal  TEXT NOT NULL,
  resolved INTEGER NOT NULL DEFAULT 0 CHECK (resolved BETWEEN 0 AND 1)
) STRICT, WITHOUT ROWID;

CREATE TABLE lot (
  fan     INTEGER NOT NULL REFERENCES fan (fan),
  source  BLOB NOT NULL,
  left    INTEGER NOT NULL CHECK (left >= 0),
  expires INTEGER NOT NULL,
  PRIMARY KEY (fan, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservation (
  op     BLOB PRIMARY KEY NOT NULL,
  fan    INTEGER NOT NULL REFERENCES fan (fan),
  points INTEGER NOT NULL,
  until  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_fan ON reservation (fan, until, points);

-- Points given at the limited rate of a label ('' is the default rate).
CREATE TABLE limited_given (
  partner INTEGER NOT NULL,
  label   TEXT NOT NULL,
  op      BLOB NOT NULL REFERENCES journal (op),
  points  INTEGER NOT NULL,
  PRIMARY KEY (partner, label, op)
) STRICT, WITHOUT ROWID;

-- What filled `posting` and `limited` goes over into the journal, by code, and then they are dropped.
