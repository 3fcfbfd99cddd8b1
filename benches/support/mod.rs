//! What the benchmark is made of: an engine, a server on it, clients, load, subscribers, and the figures.

pub mod administration;
pub mod bare_argon;
pub mod client;
pub mod engine;
pub mod figures;
pub mod follower;
pub mod http;
pub mod limits;
pub mod live;
pub mod load;
pub mod median;
pub mod server;
pub mod table;

use std::error::Error;

/// A benchmark has no user to be kind to: whatever goes wrong ends it, with the reason.
pub type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;
