//! Every code a fan can show: parse, verify, issue
