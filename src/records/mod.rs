//! The tables, a module for each. All SQL is here, and each function is one question or one change.

pub mod administration;
pub mod audit_chains;
pub mod audit_integrity;
pub mod audit_log;
pub mod audit_search;
pub mod creation_keys;
pub mod database_server;
pub mod email_changes;
pub mod email_holds;
pub mod erasure;
mod id_list;
pub mod known_devices;
pub mod mfa;
pub mod mfa_challenges;
mod new_audit_event;
pub mod oauth_accounts;
pub mod oauth_flows;
pub mod one_time_tokens;
pub mod outbox;
pub mod refresh_tokens;
pub mod seeding;
pub mod sessions;
pub mod statistics;
pub mod unverified_users;
mod user_facets;
pub mod user_list;
pub mod users;
