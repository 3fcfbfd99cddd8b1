//! What every operation passes on its way to the schema and back.

pub mod charging;
pub mod cost;
pub mod document_limits;
pub mod error_masking;
pub mod extension;
pub mod operation;
pub mod operation_limits;
pub mod operation_metrics;
pub mod parser;
pub mod persisted_documents;
pub mod rate_limit_status;
pub mod request_limit;
pub mod response_size;
pub mod runnable;
pub mod stream_marker;
pub mod validation;
