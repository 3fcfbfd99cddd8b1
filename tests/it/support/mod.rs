//! The world of a test: a running server, users who speak GraphQL, a mailbox, and a clock that stands still.

mod administrators;
mod answer;
mod app;
pub mod collector;
pub mod database;
mod database_actions;
pub mod issuer;
pub mod mail_server;
mod mails;
mod mfa;
mod own_database;
mod people;
pub mod process;
pub mod provider;
pub mod provider_client;
mod provider_desk;
mod provider_rules;
pub mod provider_tokens;
mod proxy;
mod refusals;
mod request;
pub mod secrets;
pub mod socket;
mod tampering;
pub mod web_server;

pub use answer::{Answer, SignedIn};
pub use app::{START, TestApp};
pub use mails::token_in;
pub use mfa::{Authenticator, MfaMember, STEP, codes_of};
pub use own_database::OwnDatabase;
pub use people::PASSWORD;
pub use proxy::{Fault, Proxy, Side};
pub use request::GraphQLRequest;

/// Lets tests make clients of reqwest, which is built without a default for its cryptography. The server's own client does
/// not need it.
pub fn install_tls() {
    // Whoever comes second finds it installed.
    _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}
