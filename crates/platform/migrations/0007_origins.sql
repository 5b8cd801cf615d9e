-- The paired device that booked an operation. Operations of other credentials have no row.
CREATE TABLE origin (
    date_us INTEGER PRIMARY KEY REFERENCES operation,
    device_id TEXT NOT NULL REFERENCES device
) STRICT;
