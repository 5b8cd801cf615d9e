//! The platform client and the loop that delivers what is queued
