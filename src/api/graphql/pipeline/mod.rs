//! What every operation passes on its way to the schema and back; `api/graphql/mod.rs` has the order.

pub mod charging; // checks limits and charges the operation before it runs, returns unused points
pub mod chosen_operation; // which operation of a document runs
pub mod cost; // what an operation costs at most, in points
pub mod document_fault; // what is wrong with a document or with the values of its variables
pub mod document_limits; // bounds the size of a document
pub mod error_masking; // gives every error a code, and hides what must not be public
pub mod executable_document; // the document as the library must get it
pub mod extension; // the one hook into the library's execution
pub mod operation_limits; // measures an operation and checks the limits of one
pub mod operation_metrics; // labels of the metrics of operations
pub mod parser; // text to syntax tree, by the grammar of September 2025
pub mod persisted_documents; // the document of a request, in it or named by it
pub mod rate_limit_status; // what is left to a caller, in headers and extensions
pub mod request_limit; // counts requests that the schema does not see
pub mod response_size; // bounds the size of a response
pub mod spec_errors; // errors of fields as the specification wants them
pub mod subscription_state; // how a subscription tells its transport that it began and ended
pub mod validation; // the rules of GraphQL for documents and variables
