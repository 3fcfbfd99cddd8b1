//! What an operation costs, estimated from its document before it runs.

mod introspection_lists;
mod operation_cost;
mod selection_cost;
mod table;

pub use self::operation_cost::OperationCost;
pub use self::table::{CostTable, FieldCost, Repetition};
