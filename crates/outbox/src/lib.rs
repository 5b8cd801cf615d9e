//! The device's database: operations, journal, queue, projections and the audit chain
