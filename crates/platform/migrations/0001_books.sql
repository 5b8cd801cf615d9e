-- One environment: its configuration, its credentials, its fans and its books.
-- Dates are microseconds since the Unix epoch, unique and rising, so that a date is also a row's key.

CREATE TABLE program (
    no INTEGER PRIMARY KEY,
    project_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    website TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    user_module INTEGER NOT NULL,
    fan_points_module INTEGER NOT NULL,
    status_points_module INTEGER NOT NULL,
    lot_lifetime_ms INTEGER,
    offline_policy TEXT NOT NULL,
    batch_limit INTEGER NOT NULL
) STRICT;

CREATE TABLE partner (
    no INTEGER PRIMARY KEY,
    partner_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    website TEXT NOT NULL,
    creator_id TEXT NOT NULL,
    currency TEXT NOT NULL
) STRICT;

CREATE TABLE partnership (
    partnership_id TEXT PRIMARY KEY,
    program_no INTEGER NOT NULL REFERENCES program,
    partner_no INTEGER NOT NULL REFERENCES partner,
    fan_points_module INTEGER NOT NULL,
    status_points_module INTEGER NOT NULL,
    UNIQUE (program_no, partner_no)
) STRICT;

CREATE TABLE rate (
    partner_no INTEGER NOT NULL REFERENCES partner,
    rate_label TEXT NOT NULL,
    currency TEXT NOT NULL,
    rate TEXT NOT NULL,
    rate_type TEXT NOT NULL CHECK (rate_type IN ('relative', 'absolute')),
    limited_rate TEXT,
    limited_points INTEGER,
    PRIMARY KEY (partner_no, rate_label)
) STRICT, WITHOUT ROWID;

CREATE TABLE action (
    program_no INTEGER NOT NULL REFERENCES program,
    action_category TEXT NOT NULL,
    title TEXT NOT NULL,
    status_points INTEGER NOT NULL,
    PRIMARY KEY (program_no, action_category)
) STRICT, WITHOUT ROWID;

CREATE TABLE tier (
    program_no INTEGER NOT NULL REFERENCES program,
    name TEXT NOT NULL,
    from_status_points INTEGER NOT NULL,
    PRIMARY KEY (program_no, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE threshold_rule (
    program_no INTEGER NOT NULL REFERENCES program,
    rule_id TEXT NOT NULL,
    title TEXT NOT NULL,
    rule TEXT NOT NULL,
    PRIMARY KEY (program_no, rule_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE conversion (
    program_no INTEGER NOT NULL REFERENCES program,
    currency TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (program_no, currency)
) STRICT, WITHOUT ROWID;

CREATE TABLE credential (
    client_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL CHECK (owner IN ('partner', 'program')),
    owner_no INTEGER NOT NULL,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL
) STRICT;

CREATE TABLE token_key (
    kid TEXT PRIMARY KEY,
    seed BLOB NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;

CREATE TABLE pass_root (
    program_no INTEGER PRIMARY KEY REFERENCES program,
    seed BLOB NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE pass_key (
    program_no INTEGER NOT NULL REFERENCES program,
    key_id INTEGER NOT NULL,
    seed BLOB NOT NULL,
    not_before INTEGER NOT NULL,
    not_after INTEGER NOT NULL,
    PRIMARY KEY (program_no, key_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE fan (
    no INTEGER PRIMARY KEY,
    program_no INTEGER NOT NULL REFERENCES program,
    fan_points_id INTEGER NOT NULL UNIQUE,
    pseudonym INTEGER NOT NULL UNIQUE,
    external_user_id TEXT NOT NULL,
    mail_address TEXT NOT NULL,
    name TEXT,
    created_us INTEGER NOT NULL,
    wallet INTEGER NOT NULL DEFAULT 0 CHECK (wallet >= 0),
    receivable INTEGER NOT NULL DEFAULT 0 CHECK (receivable >= 0),
    standing INTEGER NOT NULL DEFAULT 0,
    UNIQUE (program_no, external_user_id)
) STRICT;

-- The device keys of seeded example fans, whose phone is a page of this server.
CREATE TABLE example_device (
    fan_no INTEGER PRIMARY KEY REFERENCES fan,
    seed BLOB NOT NULL
) STRICT;

-- The journal: only ever appended to. `operation` and `entry` are the ledger's own JSON.
CREATE TABLE operation (
    date_us INTEGER PRIMARY KEY,
    op BLOB NOT NULL UNIQUE,
    digest BLOB NOT NULL,
    corrects BLOB,
    operation TEXT NOT NULL,
    entry TEXT NOT NULL
) STRICT;

-- Ids that were refused for good; `resolved` once a manager has settled what was lost by it.
CREATE TABLE burned (
    op BLOB PRIMARY KEY,
    digest BLOB NOT NULL,
    refusal TEXT NOT NULL,
    date_us INTEGER NOT NULL,
    resolved INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- In the order in which they were taken back.
CREATE TABLE reversed_item (
    no INTEGER PRIMARY KEY,
    op BLOB NOT NULL,
    item INTEGER NOT NULL,
    UNIQUE (op, item)
) STRICT;

-- A label of '' is the default rate.
CREATE TABLE limited_given (
    partner_no INTEGER NOT NULL,
    rate_label TEXT NOT NULL,
    points INTEGER NOT NULL,
    PRIMARY KEY (partner_no, rate_label)
) STRICT, WITHOUT ROWID;

CREATE TABLE lot (
    fan_no INTEGER NOT NULL,
    source BLOB NOT NULL,
    points_left INTEGER NOT NULL,
    expires_ms INTEGER NOT NULL,
    PRIMARY KEY (fan_no, source)
) STRICT, WITHOUT ROWID;

CREATE TABLE reservation (
    op BLOB PRIMARY KEY,
    fan_no INTEGER NOT NULL,
    points INTEGER NOT NULL,
    until_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reservation_by_fan ON reservation (fan_no, until_ms);

-- Accounts without an owner have owner 0.
CREATE TABLE house_account (
    program_no INTEGER NOT NULL REFERENCES program,
    book TEXT NOT NULL CHECK (book IN ('fan_points', 'status_points')),
    account TEXT NOT NULL,
    owner INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (program_no, book, account, owner)
) STRICT, WITHOUT ROWID;

-- What the API tells of an operation beyond the books.
CREATE TABLE purchase (
    date_us INTEGER PRIMARY KEY REFERENCES operation,
    purchase_id TEXT NOT NULL,
    transaction_type TEXT NOT NULL,
    partner_no INTEGER NOT NULL,
    program_no INTEGER NOT NULL,
    fan_no INTEGER NOT NULL
) STRICT;
CREATE INDEX purchase_by_partner ON purchase (partner_no, date_us);
CREATE INDEX purchase_by_fan ON purchase (fan_no, date_us);

CREATE TABLE purchase_item (
    date_us INTEGER NOT NULL REFERENCES purchase,
    position INTEGER NOT NULL,
    item_id TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    price TEXT NOT NULL,
    currency TEXT NOT NULL,
    rate_label TEXT,
    rate TEXT,
    rate_type TEXT,
    amount INTEGER NOT NULL,
    undone INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (date_us, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE award (
    date_us INTEGER PRIMARY KEY REFERENCES operation,
    action_id TEXT NOT NULL,
    action_category TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    amount INTEGER NOT NULL,
    partner_no INTEGER NOT NULL,
    program_no INTEGER NOT NULL,
    fan_no INTEGER NOT NULL
) STRICT;
CREATE INDEX award_by_partner ON award (partner_no, date_us);
CREATE INDEX award_by_fan ON award (fan_no, date_us);
