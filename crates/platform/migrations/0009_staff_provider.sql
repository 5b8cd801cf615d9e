-- Where a partner's people sign in beside their PINs: an OpenID Connect provider, to which the app is a public client.
CREATE TABLE staff_provider (
    partner_no INTEGER PRIMARY KEY,
    issuer TEXT NOT NULL,
    client_id TEXT NOT NULL,
    -- With spaces between them.
    scopes TEXT NOT NULL,
    redirect_uri TEXT,
    ask_consent INTEGER NOT NULL CHECK (ask_consent IN (0, 1))
) STRICT;
