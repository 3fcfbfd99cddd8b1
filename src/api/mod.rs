//! How the world talks to the server. Only this folder knows axum and async-graphql.

/// The schema, and the pipeline that every operation passes.
pub mod graphql;
/// The routes, and the layers in front of them.
pub mod http;
/// The state behind every route.
pub mod state;
