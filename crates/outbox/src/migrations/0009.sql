-- Version 9. Frozen: a change of the schema is a new file.

-- What the review filters by, alike for what was done here, what is archived and what other devices did: an index for
-- each, in the order of the list, with the other things that never change, so that what does not fit is never read.
DROP INDEX operation_kind;
DROP INDEX operation_staff;
DROP INDEX operation_phrase;
DROP INDEX operation_size;
CREATE INDEX operation_kind ON operation (kind, created_at, seq, phrase) WHERE listed = 1;
CREATE INDEX operation_staff ON operation (staff, created_at, seq, kind, phrase) WHERE listed = 1 AND staff IS NOT NULL;
CREATE INDEX operation_phrase ON operation (phrase, created_at, seq, kind) WHERE listed = 1;
CREATE INDEX operation_size ON operation (kind, size) WHERE listed = 1;

DROP INDEX archive_staff;
CREATE INDEX archive_kind ON archive (kind, created_at, seq, phrase);
CREATE INDEX archive_staff ON archive (staff, created_at, seq, kind, phrase) WHERE staff IS NOT NULL;
CREATE INDEX archive_phrase ON archive (phrase, created_at, seq, kind);
CREATE INDEX archive_size ON archive (kind, size);

CREATE INDEX elsewhere_kind ON elsewhere (kind, at, place, phrase);
CREATE INDEX elsewhere_fan ON elsewhere (user_id, at, place);
CREATE INDEX elsewhere_phrase ON elsewhere (phrase, at, place, kind);
CREATE INDEX elsewhere_size ON elsewhere (kind, size);
CREATE INDEX elsewhere_device ON elsewhere (device, at, place, store, kind, phrase);
CREATE INDEX elsewhere_store ON elsewhere (store, at, place, kind, phrase);
CREATE INDEX elsewhere_id ON elsewhere (id COLLATE NOCASE);
