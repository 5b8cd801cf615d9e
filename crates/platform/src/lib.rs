//! The platform server: the FanPoints GraphQL API on SQLite
