-- Whether a fan agrees that partners tell what they do (scans, gate passages, redemptions). Nobody is asked by default.
ALTER TABLE fan ADD COLUMN engagement_consent INTEGER NOT NULL DEFAULT 0 CHECK (engagement_consent IN (0, 1));
