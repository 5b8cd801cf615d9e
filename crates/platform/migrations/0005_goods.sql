-- A discount code may be good until a time.
ALTER TABLE discount_code ADD COLUMN expires_us INTEGER;

-- A purchase earns any number of points: with these a voucher carries exactly so many.
INSERT INTO voucher_offer (partner_no, reward_id, points) SELECT no, 'voucher-1', 1 FROM partner;
