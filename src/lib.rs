//! authgraph: a GraphQL authentication server.
//!
//! Each module calls only modules above it in this list. `docs/architecture.md` has the map.
//!
//! - [`values`], [`error`]: types that all modules use, and the two ways to fail
//! - [`tools`]: database, Redis, hashing, tokens, mail: each tool alone
//! - [`config`]: every setting
//! - [`records`]: SQL, and nowhere else
//! - [`app`]: what flows share
//! - [`flows`]: what people and background tasks can do, one flow for each file
//! - [`api`]: HTTP and GraphQL: the only place for axum and async-graphql
//! - [`serve`]: a running server

pub mod api;
pub mod app;
pub mod config;
pub mod error;
pub mod flows;
pub mod records;
pub mod serve;
pub mod tools;
pub mod values;
