-- Version 5. Frozen: a change of the schema is a new file.

-- Whether the fan agrees that partners tell what they do; the platform's word, 0 until it was heard.
ALTER TABLE fan ADD COLUMN consent INTEGER NOT NULL DEFAULT 0 CHECK (consent IN (0, 1));

-- What is to be told of fans who agree. A row goes once the platform has answered for it.
CREATE TABLE engagement (
  n      INTEGER PRIMARY KEY,
  id     BLOB NOT NULL UNIQUE CHECK (length(id) = 16),
  fan    INTEGER NOT NULL REFERENCES fan (fan),
  action TEXT NOT NULL,
  object TEXT,
  at     INTEGER NOT NULL
) STRICT;
CREATE INDEX engagement_fan ON engagement (fan);
