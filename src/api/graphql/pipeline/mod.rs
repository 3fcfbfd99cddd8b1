//! What every operation passes on its way to the schema and back.

pub mod charging;
pub mod cost;
pub mod document_limits;
pub mod error_masking;
pub mod extension;
pub mod foresight;
pub mod chosen_operation;
pub mod operation_metrics;
pub mod parser;
pub mod persisted_documents;
pub mod rate_limit_status;
pub mod response_size;
pub mod executable_document;
pub mod subscription_state;
pub mod validation;
pub mod document_fault;
