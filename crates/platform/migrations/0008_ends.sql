-- Payment sessions whose time is over are ended (`status` is then: expired), and their callers told. Which are still
-- open is asked every few seconds.
CREATE INDEX payment_session_open ON payment_session (expires_us) WHERE status = 'active';

-- A badge that nobody earns any more; whoever has it keeps it.
ALTER TABLE badge_rule ADD COLUMN ended_us INTEGER;
