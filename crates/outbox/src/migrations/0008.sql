-- Version 8. Frozen: a change of the schema is a new file.

-- An operation that was just decided is not listed: the indexes that only lists, sums and the queue are read by take it
-- in later, many at a time (see `listing`). What is not listed is the end of the history, and all of it is queued.
ALTER TABLE operation ADD COLUMN listed INTEGER NOT NULL DEFAULT 1 CHECK (listed = 1 OR (listed = 0 AND state = 0));

DROP INDEX operation_queue;
DROP INDEX operation_state;
DROP INDEX operation_kind;
DROP INDEX operation_time;
DROP INDEX operation_staff;
DROP INDEX operation_phrase;
DROP INDEX operation_size;
CREATE INDEX operation_queue ON operation (seq, fan, kind, next_try, calls, bytes) WHERE listed = 1 AND state = 0;
CREATE INDEX operation_state ON operation (state, seq) WHERE listed = 1;
CREATE INDEX operation_kind ON operation (kind, created_at, seq) WHERE listed = 1;
CREATE INDEX operation_time ON operation (created_at, seq, kind, state, fan, staff, phrase, fan_points, booked_fan_points,
  status_points, booked_status_points) WHERE listed = 1;
CREATE INDEX operation_staff ON operation (staff, created_at, seq) WHERE listed = 1 AND staff IS NOT NULL;
CREATE INDEX operation_phrase ON operation (phrase, created_at, seq) WHERE listed = 1;
CREATE INDEX operation_size ON operation (size) WHERE listed = 1;

-- `operation_fan` has them, too.
DROP INDEX operation_open;
-- What a device may decide in an hour is counted with every decision.
CREATE INDEX operation_grants ON operation (created_at) WHERE kind IN (0, 2) AND route = 0;
-- Who deletes an operation asks for it.
CREATE INDEX operation_reversed ON operation (reversed_by) WHERE reversed_by IS NOT NULL;

-- All entries of a fan, open and booked ones apart.
DROP INDEX journal_unsettled;
DROP INDEX journal_booked;
CREATE INDEX journal_fan ON journal (fan, state, booked_at, wallet, standing);

-- How many listed operations stand in each state.
DROP TRIGGER tally_added;
CREATE TRIGGER tally_added AFTER INSERT ON operation WHEN new.listed = 1 BEGIN
  UPDATE tally SET count = count + 1 WHERE state = new.state;
END;

-- The device's time goes on from `.clock_floor` and from the newest operation, if its number is above this one.
INSERT INTO setting (name, value) SELECT '.clock_counted', coalesce(max(seq), 0) FROM operation;
