//! The integration tests: a real server on a loopback port, spoken to over HTTP as any client would.
//!
//! `cargo test` needs no service. With `TEST_DATABASE_URL` and `TEST_REDIS_URL` the same tests run on PostgreSQL and
//! Redis, each in a schema and under a key prefix of its own.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that meets what it does not expect should fail there and then"
)]

mod access_token;
mod account_returned;
mod account_returned_again;
mod administration;
mod annotations;
mod architecture;
mod audit_chain;
mod audit_events;
mod audit_export;
mod audit_verify;
mod browsers;
mod budget;
mod change_email;
mod change_password;
mod clocks;
mod connections;
mod counted;
mod cursors;
mod delete_account;
mod documents;
mod edge;
mod email_holds;
mod environment;
mod erasure;
mod error_words;
mod event_details;
mod event_stream;
mod failover;
mod faults;
mod file_modes;
mod fuzz;
mod guards;
mod handbook;
mod http_client;
mod ibm_costs;
mod invitation;
mod keep_alive;
mod last_admin;
mod lasting_actions;
mod layers;
mod limits;
mod links;
mod live_events;
mod live_processes;
mod loaders;
mod lockout;
mod login;
mod login_steps;
mod mail_delivery;
mod mail_dialects;
mod mail_servers;
mod mail_snapshots;
mod mailbox_door;
mod metrics;
mod mfa_challenge;
mod mfa_codes;
mod mfa_enrollment;
mod mfa_gate;
mod mfa_journey;
mod mfa_limits;
mod mfa_proofs;
mod mfa_sealing;
mod networks;
mod new_device;
mod node;
mod oauth_exchange;
mod oidc_keys;
mod oidc_tokens;
mod outage;
mod outbox;
mod outbox_operation;
mod overload;
mod owners;
mod partial_answers;
mod payloads;
mod pending_email;
mod playground;
mod playground_operations;
mod process;
mod profile;
mod readiness;
mod redis;
mod refresh;
mod refresh_cookie;
mod refresh_race;
mod register;
mod repeats;
mod replays;
mod reset_password;
mod same_work;
mod schema;
mod secrets_in_urls;
mod serving;
mod session_list;
mod sessions;
mod settings;
mod settings_safety;
mod socket_endings;
mod socket_limits;
mod socket_operations;
mod socket_protocol;
mod starting;
mod statements;
mod statistics;
mod support;
mod sweep;
mod timing;
mod token_reasons;
mod under_a_path;
mod unverified;
mod upgrade;
mod user_list;
mod user_search;
mod validation;
mod verify_email;
mod ways_around;
