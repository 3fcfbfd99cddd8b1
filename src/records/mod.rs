//! What we remember. Only here: SQL.

pub mod administration;
pub mod audit_chains;
pub mod audit_integrity;
pub mod audit_log;
pub mod audit_search;
pub mod email_holds;
pub mod erasure;
mod id_list;
pub mod known_devices;
pub mod mfa;
pub mod mfa_challenges;
pub mod oauth_accounts;
pub mod one_time_tokens;
pub mod outbox;
pub mod refresh_tokens;
pub mod search_keys;
pub mod seeding;
pub mod sessions;
pub mod statistics;
pub mod unverified_users;
pub mod user_list;
pub mod users;
