-- Version 6. Frozen: a change of the schema is a new file.

-- What operations say, once for all that say the same: what is sold is sold often. labels: each rate label ends with a
-- line feed, and one stands before the first. rest: descriptions, and the category of an action.
CREATE TABLE phrase (
  phrase INTEGER PRIMARY KEY,
  title  TEXT NOT NULL,
  labels TEXT NOT NULL,
  rest   TEXT NOT NULL,
  UNIQUE (title, labels, rest)
) STRICT;

-- price: of all items, in minor units. handled_at: a person has dealt with the refusal. size: the points that are moved,
-- without their sign.
ALTER TABLE operation ADD COLUMN phrase INTEGER REFERENCES phrase (phrase);
ALTER TABLE operation ADD COLUMN price INTEGER;
ALTER TABLE operation ADD COLUMN handled_at INTEGER;
ALTER TABLE operation ADD COLUMN size INTEGER GENERATED ALWAYS AS (
  max(abs(coalesce(booked_fan_points, fan_points)), abs(coalesce(booked_status_points, status_points)))) VIRTUAL;
ALTER TABLE archive ADD COLUMN staff TEXT;
ALTER TABLE archive ADD COLUMN phrase INTEGER;
ALTER TABLE archive ADD COLUMN size INTEGER GENERATED ALWAYS AS (max(abs(fan_points), abs(status_points))) VIRTUAL;

CREATE TABLE said AS
  SELECT o.seq AS seq,
    CASE WHEN o.action IS NULL THEN coalesce(group_concat(i.title, ', ' ORDER BY i.n), '')
      ELSE coalesce(o.title, '') END AS title,
    coalesce(char(10) || nullif(group_concat(i.rate_label || char(10), '' ORDER BY i.n), ''), '') AS labels,
    CASE WHEN o.action IS NULL THEN coalesce(group_concat(i.description, char(10) ORDER BY i.n), '')
      ELSE o.action || char(10) || coalesce(o.description, '') END AS rest,
    sum(i.price) AS price
  FROM operation o LEFT JOIN item i ON i.operation = o.seq WHERE o.undo_of IS NULL GROUP BY o.seq
  UNION ALL
  SELECT a.seq,
    coalesce(a.body ->> '$.action.title', (SELECT group_concat(i.value ->> 'title', ', ' ORDER BY i.key)
      FROM json_each(a.body, '$.items') i), ''),
    coalesce(char(10) || nullif((SELECT group_concat((i.value ->> 'rate_label') || char(10), '' ORDER BY i.key)
      FROM json_each(a.body, '$.items') i), ''), ''),
    coalesce((a.body ->> '$.action.category') || char(10) || (a.body ->> '$.action.description'),
      (SELECT group_concat(i.value ->> 'description', char(10) ORDER BY i.key)
      FROM json_each(a.body, '$.items') i), ''),
    NULL
  FROM archive a;
INSERT OR IGNORE INTO phrase (title, labels, rest) SELECT title, labels, rest FROM said ORDER BY seq;
CREATE INDEX said_seq ON said (seq);
UPDATE operation SET
  phrase = (SELECT p.phrase FROM said s JOIN phrase p ON p.title = s.title AND p.labels = s.labels AND p.rest = s.rest
    WHERE s.seq = coalesce(operation.undo_of, operation.seq)),
  price = (SELECT s.price FROM said s WHERE s.seq = coalesce(operation.undo_of, operation.seq));
UPDATE archive SET
  phrase = (SELECT p.phrase FROM said s JOIN phrase p ON p.title = s.title AND p.labels = s.labels AND p.rest = s.rest
    WHERE s.seq = archive.seq),
  staff = body ->> '$.staff';
DROP TABLE said;

-- The review: newest first, with all that it filters by, so that what does not fit is never read.
DROP INDEX operation_created;
CREATE INDEX operation_time ON operation (created_at, seq, kind, state, fan, staff, phrase, fan_points, booked_fan_points,
  status_points, booked_status_points);
DROP INDEX operation_kind;
CREATE INDEX operation_kind ON operation (kind, created_at, seq);
CREATE INDEX operation_staff ON operation (staff, created_at, seq) WHERE staff IS NOT NULL;
CREATE INDEX operation_phrase ON operation (phrase, created_at, seq);
CREATE INDEX operation_size ON operation (size);
CREATE INDEX archive_time ON archive (created_at, seq, kind, fan, staff, phrase, size);
CREATE INDEX archive_staff ON archive (staff) WHERE staff IS NOT NULL;

-- What the platform refused or what is held, until a person has dealt with it.
UPDATE operation SET handled_at = settled_at
  WHERE state = 3 AND id IN (SELECT op FROM burned WHERE resolved = 1);
CREATE INDEX operation_case ON operation (created_at, seq)
  WHERE state IN (3, 4) AND handled_at IS NULL AND refusal <> 'withdrawn';

-- How it was dealt with. again: the operation that was made in its stead. told_at: the platform knows the decision;
-- untold decisions are sent until it does. way: see `cases`.
CREATE TABLE handling (
  operation INTEGER PRIMARY KEY REFERENCES operation (seq),
  way       INTEGER NOT NULL CHECK (way BETWEEN 0 AND 4),
  points    INTEGER NOT NULL,
  note      TEXT NOT NULL,
  staff     TEXT,
  at        INTEGER NOT NULL,
  again     BLOB CHECK (length(again) = 16),
  told_at   INTEGER
) STRICT;
CREATE INDEX handling_untold ON handling (operation) WHERE told_at IS NULL;

-- What the partner's other devices did, as the platform lists it. place: below zero, so that it is no number of this
-- device's own history. of_kind: what an undo undoes.
CREATE TABLE elsewhere (
  place         INTEGER PRIMARY KEY CHECK (place < 0),
  id            TEXT NOT NULL,
  kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 3),
  of_kind       INTEGER NOT NULL CHECK (of_kind BETWEEN 0 AND 2),
  user_id       TEXT,
  at            INTEGER NOT NULL,
  fan_points    INTEGER NOT NULL,
  status_points INTEGER NOT NULL,
  price         INTEGER,
  phrase        INTEGER REFERENCES phrase (phrase),
  size          INTEGER GENERATED ALWAYS AS (max(abs(fan_points), abs(status_points))) VIRTUAL,
  UNIQUE (id, kind)
) STRICT;
CREATE INDEX elsewhere_time ON elsewhere (at, place, kind, user_id, phrase, size);

-- Differences to the platform's books that a person has settled; what differs otherwise later comes up again.
CREATE TABLE difference (
  id      TEXT NOT NULL,
  is_undo INTEGER NOT NULL CHECK (is_undo BETWEEN 0 AND 1),
  verdict TEXT NOT NULL,
  note    TEXT NOT NULL,
  staff   TEXT,
  at      INTEGER NOT NULL,
  PRIMARY KEY (id, is_undo)
) STRICT, WITHOUT ROWID;
