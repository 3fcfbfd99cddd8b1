//! The GraphQL API: the schema, and the pipeline that every operation passes.
//!
//! What an operation meets, in this order:
//!
//! 1. `pipeline::persisted_documents`: the document is in the request, or named by its hash or id.
//! 2. `pipeline::document_limits` and `pipeline::parser`: size, tokens and nesting are bounded while it is parsed.
//! 3. `pipeline::validation`: all rules of GraphQL against the schema. A valid document may be cached.
//! 4. `pipeline::chosen_operation`: which operation of the document runs.
//! 5. `pipeline::validation::coercion`: the values of the variables fit their types.
//! 6. `pipeline::executable_document`: the document as the library must get it.
//! 7. `pipeline::extension`: from here on inside the library, with `pipeline::cost` (what it costs at most) and
//!    `pipeline::charging` (rate limits, concurrency, points).
//! 8. `schema`: `schema::guards` allow or refuse each field, and the resolvers call one flow each.
//! 9. `pipeline::spec_errors` and `pipeline::response_size`: errors as the specification wants them; a bounded
//!    response.
//! 10. `pipeline::charging` again: unused points are returned.
//! 11. `pipeline::error_masking`: every error has a code and reveals nothing; then `pipeline::operation_metrics`.
//!
//! Imports point downwards: `schema` > `pipeline` > `scalars`, `error`, `error_types`, `viewer_cell` (a test holds it).

pub mod error; // errors of the API
pub mod error_types; // their codes and reasons, as the schema publishes them
pub mod pipeline; // what every operation passes, before and after its resolvers
pub mod scalars; // the scalars of the schema
pub mod schema; // what clients see
pub mod viewer_cell; // the viewer of a request, read at most once
