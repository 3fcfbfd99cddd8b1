//! The schema, and how it is checked and executed.

pub mod account;
pub mod admission;
pub mod allowance;
pub mod context;
pub mod cost;
pub mod credentials;
pub mod document_check;
pub mod documents;
pub mod error;
pub mod execution;
pub mod guards;
pub mod input;
pub mod lexicon;
pub mod library_errors;
pub mod mfa;
pub mod operation;
pub mod paging;
pub mod scalars;
pub mod schema;
pub mod session;
pub mod sign_in;
pub mod signed_in;
pub mod user;
pub mod views;
