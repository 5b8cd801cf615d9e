-- Whose turn it is to write, when the last one ended, and how often the configuration was changed. A writer holds
-- this row from the beginning of its transaction: processes that share a database write one after the other.
CREATE TABLE writing_turn (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    last_us INTEGER NOT NULL,
    configuration INTEGER NOT NULL
) STRICT;
INSERT INTO writing_turn (one, last_us, configuration) SELECT 1, coalesce(max(date_us), 0), 1 FROM operation;

-- The last group that each process committed: after a broken connection it tells whether a commit arrived.
CREATE TABLE committed_group (
    writer BLOB PRIMARY KEY,
    group_no INTEGER NOT NULL,
    date_us INTEGER NOT NULL
) STRICT;

-- What groups of operations moved in accounts that many of them share; folded into house_account from time to time.
CREATE TABLE house_posting (
    no INTEGER PRIMARY KEY,
    program_no INTEGER NOT NULL,
    book TEXT NOT NULL,
    account TEXT NOT NULL,
    owner INTEGER NOT NULL,
    amount INTEGER NOT NULL
) STRICT;

CREATE VIEW house_balance AS
SELECT program_no, book, account, owner, CAST(sum(amount) AS INTEGER) AS amount
FROM (SELECT program_no, book, account, owner, amount FROM house_account
      UNION ALL
      SELECT program_no, book, account, owner, amount FROM house_posting) AS parts
GROUP BY program_no, book, account, owner;
