//! The schema, and how it is checked and executed.

pub mod account;
pub mod audit;
pub mod audit_filter;
pub mod audit_words;
pub mod brackets;
pub mod context;
pub mod credentials;
pub mod dashboard;
pub mod document_check;
pub mod error;
pub mod execution;
pub mod guards;
pub mod input;
pub mod library_errors;
pub mod live;
pub mod mfa;
pub mod operation;
pub mod paging;
pub mod scalars;
pub mod schema;
pub mod session;
pub mod sign_in;
pub mod signed_in;
pub mod stream_marker;
pub mod user;
pub mod views;
