-- What administrators changed: who, what, when. Never a secret, never a personal field; a fan is a number.
CREATE TABLE admin_change (
    no INTEGER PRIMARY KEY,
    date_us INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    fan_no INTEGER,
    detail TEXT NOT NULL,
    request_id TEXT NOT NULL
) STRICT;

-- What fans did, as clients tell it. Kept for as long as the settings say; what it earned stays.
CREATE TABLE event (
    program_no INTEGER NOT NULL REFERENCES program,
    client_event_id TEXT NOT NULL,
    digest BLOB NOT NULL,
    fan_no INTEGER NOT NULL,
    partner_no INTEGER NOT NULL,
    action TEXT NOT NULL,
    description TEXT NOT NULL,
    object_id TEXT,
    metadata TEXT NOT NULL,
    occurred_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    status_points INTEGER NOT NULL,
    PRIMARY KEY (program_no, client_event_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX event_by_fan ON event (fan_no);
CREATE INDEX event_by_date ON event (received_us);

-- How often a fan did something: badges count on it after the events are gone.
CREATE TABLE event_count (
    fan_no INTEGER NOT NULL,
    action TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (fan_no, action)
) STRICT, WITHOUT ROWID;

CREATE TABLE badge_rule (
    program_no INTEGER NOT NULL REFERENCES program,
    badge_id TEXT NOT NULL,
    title TEXT NOT NULL,
    action TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (program_no, badge_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE badge (
    fan_no INTEGER NOT NULL,
    badge_id TEXT NOT NULL,
    date_us INTEGER NOT NULL,
    PRIMARY KEY (fan_no, badge_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX fan_by_standing ON fan (program_no, standing);
