//! Reads rows of both engines into what a record wants.

use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;

/// What a row can be read into: a tuple, or a struct with `derive(sqlx::FromRow)`.
pub trait Record: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

impl<T> Record for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> {}

pub(super) fn read_all<T: for<'r> FromRow<'r, R>, R: sqlx::Row>(rows: &[R]) -> sqlx::Result<Vec<T>> {
    rows.iter().map(T::from_row).collect()
}

pub(super) fn read_first<T: for<'r> FromRow<'r, R>, R: sqlx::Row>(rows: &[R]) -> sqlx::Result<Option<T>> {
    rows.first().map(T::from_row).transpose()
}
