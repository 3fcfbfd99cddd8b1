//! How the world talks to us. Only here: axum and async-graphql.

pub mod graphql;
pub mod http;
pub mod service;
