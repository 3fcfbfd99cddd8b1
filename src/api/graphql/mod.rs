//! The schema, and how it is checked and executed.

pub mod error;
pub mod pipeline;
pub mod scalars;
pub mod schema;
