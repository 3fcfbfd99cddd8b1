//! authgraph: a GraphQL authentication server. A house of floors that only call downwards.
//!
//! - [`values`], [`error`]: the words all speak
//! - [`tools`]: what we use, each alone
//! - [`config`]: every setting, in one list
//! - [`records`]: what we remember; only here: SQL
//! - [`app`]: what every flow may use
//! - [`flows`]: what people can do, one deed per file
//! - [`api`]: how the world talks to us; only here: axum and async-graphql
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
