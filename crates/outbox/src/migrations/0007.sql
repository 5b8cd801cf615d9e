-- Version 7. Frozen: a change of the schema is a new file.

-- Who raised a limit for it (manager_raised = 1): a person; NULL: whoever knows the manager's PIN of the device.
ALTER TABLE operation ADD COLUMN raised_by TEXT;

-- With which of the partner's other devices something was done, and in which store, where the platform tells it.
ALTER TABLE elsewhere ADD COLUMN device TEXT;
ALTER TABLE elsewhere ADD COLUMN store TEXT;
DROP INDEX elsewhere_time;
CREATE INDEX elsewhere_time ON elsewhere (at, place, kind, user_id, phrase, size, store, device);
