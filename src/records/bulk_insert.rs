//! Many rows in one statement.

use crate::error::Result;
use crate::tools::db::{SqlQuery, Tx};

/// How many rows one statement takes: 16 values each, and `SQLite` binds 32,766 of them at most.
pub const BATCH: usize = 500;

/// The statement that inserts so many rows.
pub(super) fn statement(table: &str, columns: &str, rows: usize) -> String {
    let width = columns.split(',').count();
    let row = |n: usize| {
        let places: Vec<String> = (1..=width).map(|place| format!("${}", n * width + place)).collect();
        format!("({})", places.join(", "))
    };
    let values: Vec<String> = (0..rows).map(row).collect();
    format!("insert into {table} ({columns}) values {}", values.join(", "))
}

/// Inserts rows, [`BATCH`] at a time.
pub(super) async fn insert<R>(
    tx: &mut Tx,
    table: &str,
    columns: &str,
    rows: &[R],
    bind: impl for<'q> Fn(SqlQuery<'q>, &R) -> SqlQuery<'q>,
) -> Result<()> {
    for rows in rows.chunks(BATCH) {
        let text = statement(table, columns, rows.len());
        rows.iter().fold(tx.query_built(text), &bind).execute().await?;
    }
    Ok(())
}
