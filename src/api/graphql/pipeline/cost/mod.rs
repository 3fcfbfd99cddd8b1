//! What an operation costs, estimated from its document before it runs.

mod operation;
mod parts;
mod table;

pub use self::operation::OperationCost;
pub use self::table::CostTable;
