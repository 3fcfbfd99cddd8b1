//! The world of a test: a running server, people who speak GraphQL, an emailbox, and a clock that stands still.

mod administrators;
mod answer;
mod app;
mod asking;
pub mod database;
mod flows;
pub mod mail_server;
mod mails;
mod mfa;
mod own_database;
mod people;
pub mod process;
mod proxy;
pub mod socket;
mod trail;

pub use answer::{Answer, SignedIn};
pub use app::{START, TestApp};
pub use asking::Asking;
pub use mails::token_in;
pub use mfa::{MfaMember, STEP, codes_of};
pub use own_database::OwnDatabase;
pub use people::PASSWORD;
pub use proxy::{Fault, Line, Side};
