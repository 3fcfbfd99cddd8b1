//! The schema, and how it is checked and executed.

pub mod account;
pub mod administration;
pub mod brackets;
pub mod context;
pub mod credentials;
pub mod document_check;
pub mod error;
pub mod execution;
pub mod guards;
pub mod input;
pub mod library_errors;
pub mod loaders;
pub mod mfa;
pub mod node;
pub mod operation;
pub mod paging;
pub mod scalars;
pub mod schema;
pub mod session;
pub mod sign_in;
pub mod signed_in;
pub mod user;
pub mod users;
pub mod views;
