-- What a club runs beside its books: terminals, vouchers, discount codes, products, payment sessions, people, devices.
-- Texts and whole numbers only, keys made by the program: the same on every database. Dates as in the books.

-- Set when the program deletes a fan: what is personal is gone, the books stay.
ALTER TABLE fan ADD COLUMN deleted_us INTEGER;

-- A terminal belongs to whoever registered it.
CREATE TABLE terminal (
    owner TEXT NOT NULL CHECK (owner IN ('partner', 'program')),
    owner_no INTEGER NOT NULL,
    terminal_id TEXT NOT NULL,
    merchant_country TEXT NOT NULL,
    merchant_location TEXT NOT NULL,
    merchant_name TEXT NOT NULL,
    last_transaction_us INTEGER,
    partner_no INTEGER,
    PRIMARY KEY (owner, owner_no, terminal_id)
) STRICT;
CREATE INDEX terminal_by_partner ON terminal (partner_no);

-- The vouchers that a partner may make.
CREATE TABLE voucher_offer (
    partner_no INTEGER NOT NULL,
    reward_id TEXT NOT NULL,
    points INTEGER NOT NULL CHECK (points > 0),
    PRIMARY KEY (partner_no, reward_id)
) STRICT;

CREATE TABLE voucher (
    voucher_id TEXT PRIMARY KEY,
    partner_no INTEGER NOT NULL,
    reward_id TEXT NOT NULL,
    points INTEGER NOT NULL CHECK (points > 0),
    created_us INTEGER NOT NULL,
    redeemed_us INTEGER,
    fan_no INTEGER
) STRICT;

CREATE TABLE discount_code (
    partner_no INTEGER NOT NULL,
    discount_code TEXT NOT NULL,
    fan_no INTEGER NOT NULL,
    rate_label TEXT,
    created_us INTEGER NOT NULL,
    used_us INTEGER,
    PRIMARY KEY (partner_no, discount_code)
) STRICT;

-- Products that fans bought and that the partner hands over, one row a piece.
CREATE TABLE product_sale (
    group_id TEXT NOT NULL,
    nr INTEGER NOT NULL,
    group_size INTEGER NOT NULL,
    partner_no INTEGER NOT NULL,
    program_no INTEGER NOT NULL,
    fan_no INTEGER NOT NULL,
    reward_id TEXT NOT NULL,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    category TEXT NOT NULL,
    external_product_id TEXT,
    sold_us INTEGER NOT NULL,
    delivered_us INTEGER,
    PRIMARY KEY (group_id, nr)
) STRICT;
CREATE INDEX product_sale_by_partner ON product_sale (partner_no, sold_us);

CREATE TABLE payment_session (
    session_id TEXT PRIMARY KEY,
    partner_no INTEGER NOT NULL,
    program_no INTEGER NOT NULL,
    purchase_id TEXT NOT NULL,
    custom_purchase_id TEXT,
    price TEXT NOT NULL,
    currency TEXT NOT NULL,
    points INTEGER NOT NULL,
    display_price INTEGER NOT NULL,
    callback_url TEXT,
    cancel_url TEXT NOT NULL,
    success_url TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    -- active, completed, declined
    status TEXT NOT NULL,
    ended_us INTEGER
) STRICT;
CREATE INDEX payment_session_by_purchase ON payment_session (partner_no, purchase_id);

-- The newest proof of each fan's phone that this server took, so that none counts twice.
CREATE TABLE live_proof (
    program_no INTEGER NOT NULL,
    pseudonym INTEGER NOT NULL,
    proof_time INTEGER NOT NULL,
    counter INTEGER NOT NULL,
    PRIMARY KEY (program_no, pseudonym)
) STRICT;

-- Calls that tell a partner how a session ended, until they are answered.
CREATE TABLE webhook (
    delivery_id TEXT PRIMARY KEY,
    session_id TEXT NOT NULL,
    url TEXT NOT NULL,
    body TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    due_us INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    -- waiting, delivered, given_up
    state TEXT NOT NULL,
    last_answer TEXT
) STRICT;
CREATE INDEX webhook_by_due ON webhook (state, due_us);

-- Ed25519 seeds in hexadecimal by what they sign.
CREATE TABLE signing_key (
    purpose TEXT PRIMARY KEY,
    seed TEXT NOT NULL,
    created_us INTEGER NOT NULL
) STRICT;

-- People at a partner. A removed one stays, so that what they did keeps its name.
CREATE TABLE staff (
    partner_no INTEGER NOT NULL,
    staff_id TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('staff', 'supervisor', 'manager')),
    oidc_subject TEXT,
    changed_us INTEGER NOT NULL,
    removed_us INTEGER,
    PRIMARY KEY (partner_no, staff_id)
) STRICT;

-- What a role may do at a partner, where it differs from the defaults.
CREATE TABLE staff_right (
    partner_no INTEGER NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    allowed INTEGER NOT NULL,
    PRIMARY KEY (partner_no, role, action)
) STRICT;

-- One-time tokens, hashed.
CREATE TABLE pairing (
    token_hash TEXT PRIMARY KEY,
    partner_no INTEGER NOT NULL,
    name TEXT NOT NULL,
    store TEXT NOT NULL,
    terminal_id TEXT,
    role TEXT NOT NULL,
    created_us INTEGER NOT NULL,
    expires_us INTEGER NOT NULL,
    used_us INTEGER
) STRICT;

CREATE TABLE device (
    device_id TEXT PRIMARY KEY,
    partner_no INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    store TEXT NOT NULL,
    terminal_id TEXT,
    role TEXT NOT NULL,
    public_key TEXT NOT NULL,
    paired_us INTEGER NOT NULL,
    revoked_us INTEGER,
    last_seen_us INTEGER,
    version TEXT,
    waiting INTEGER,
    oldest_waiting_us INTEGER,
    clock_offset_ms INTEGER
) STRICT;
CREATE INDEX device_by_partner ON device (partner_no);

CREATE TABLE shift_report (
    partner_no INTEGER NOT NULL,
    report_id TEXT NOT NULL,
    device_id TEXT,
    staff_id TEXT NOT NULL,
    opened_us INTEGER NOT NULL,
    closed_us INTEGER NOT NULL,
    received_us INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (partner_no, report_id)
) STRICT;
CREATE INDEX shift_report_by_received ON shift_report (partner_no, received_us);

-- What became of redemptions that were confirmed offline and refused later.
CREATE TABLE review_decision (
    partner_no INTEGER NOT NULL,
    purchase_id TEXT NOT NULL,
    fan_no INTEGER NOT NULL,
    program_no INTEGER NOT NULL,
    decision TEXT NOT NULL CHECK (decision IN ('collect_later', 'forgive', 'void')),
    points INTEGER NOT NULL,
    note TEXT NOT NULL,
    decided_us INTEGER NOT NULL,
    decided_by TEXT NOT NULL,
    PRIMARY KEY (partner_no, purchase_id)
) STRICT;
CREATE INDEX review_decision_by_date ON review_decision (partner_no, decided_us);

CREATE TABLE hold (
    partner_no INTEGER NOT NULL,
    reservation_id TEXT NOT NULL,
    fan_no INTEGER NOT NULL,
    program_no INTEGER NOT NULL,
    points INTEGER NOT NULL,
    until_us INTEGER NOT NULL,
    made_us INTEGER NOT NULL,
    -- NULL while it holds; released or redeemed
    ended TEXT,
    PRIMARY KEY (partner_no, reservation_id)
) STRICT;

CREATE TABLE pass_revocation (
    program_no INTEGER NOT NULL,
    pseudonym INTEGER NOT NULL,
    issued_before INTEGER NOT NULL,
    PRIMARY KEY (program_no, pseudonym)
) STRICT;

-- Changes that are no purchase and no award, for the change feed, which reads all three in the order of their dates.
-- A subject is the id of what changed; without a partner it concerns every partner of the program.
CREATE TABLE change (
    date_us INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    program_no INTEGER,
    partner_no INTEGER,
    fan_no INTEGER,
    subject TEXT NOT NULL,
    detail TEXT
) STRICT;

INSERT INTO voucher_offer (partner_no, reward_id, points)
SELECT no, 'voucher-100', 100 FROM partner
UNION ALL SELECT no, 'voucher-500', 500 FROM partner
UNION ALL SELECT no, 'voucher-1000', 1000 FROM partner;
