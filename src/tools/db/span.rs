//! The spans of statements. They name the engine, the verb and the table, and hold neither the text nor a value.

use std::fmt;

use futures_util::FutureExt;
use tracing::{Instrument, Span, field};

use super::error::failed;
use crate::error::Result;
use crate::tools::spans;

/// What a statement does, in the words of a trace: `select sessions`.
struct StatementSummary<'a> {
    verb: &'a str,
    table: Option<&'a str>,
}

impl<'a> StatementSummary<'a> {
    /// Takes the verb and the first table out of our own SQL, which is written in lower case.
    fn new(sql: &'a str) -> Self {
        let verb = sql.split_whitespace().next().unwrap_or_default();
        let mut words = sql.split_whitespace();
        let introduced = words.find(|word| matches!(*word, "from" | "into" | "update")).and_then(|_| words.next());
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        // Behind `from` there may be a query in parentheses.
        let name = introduced.and_then(|word| word.split(|c| !is_name(c)).next());
        Self { verb, table: name.filter(|name| !name.is_empty()) }
    }
}

impl fmt::Display for StatementSummary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.verb)?;
        self.table.map_or(Ok(()), |table| write!(f, " {table}"))
    }
}

/// The span of a statement. Where traces are off, the text is not looked at.
pub(super) fn statement(is_sqlite: bool, sql: &str) -> Span {
    let summary = || StatementSummary::new(sql);
    tracing::info_span!(
        target: spans::STEP,
        "sql",
        otel.kind = "client",
        otel.name = %summary(),
        otel.status_code = field::Empty,
        db.system.name = system(is_sqlite),
        db.operation.name = summary().verb,
        db.collection.name = summary().table,
        "error.type" = field::Empty,
    )
}

/// The span of the beginning or the end of a transaction: `begin` includes waiting for a connection, `commit` for the disk.
pub(super) fn transaction(is_sqlite: bool, verb: &'static str) -> Span {
    tracing::info_span!(
        target: spans::STEP,
        "transaction",
        otel.kind = "client",
        otel.name = verb,
        db.system.name = system(is_sqlite),
        db.operation.name = verb,
    )
}

/// Runs a statement in its span. A failure becomes an error of ours.
///
/// Not an `async fn`, which would keep the statement twice: every flow carries several of these.
pub(super) fn run<T>(
    span: Span,
    doing: &'static str,
    statement: impl Future<Output = sqlx::Result<T>>,
) -> impl Future<Output = Result<T>> {
    let failing = span.clone();
    statement.instrument(span).map(move |answer| {
        answer.map_err(|error| {
            spans::fail(&failing, "statement failed");
            failed(doing, error)
        })
    })
}

const fn system(is_sqlite: bool) -> &'static str {
    if is_sqlite { "sqlite" } else { "postgresql" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_told_by_its_verb_and_its_first_table() {
        for (sql, told) in [
            ("select id, email from users where id = $1", "select users"),
            ("insert into sessions (id) values ($1)", "insert sessions"),
            ("update users\n set name = $1", "update users"),
            ("delete from outbox where id = $1", "delete outbox"),
            ("select 1", "select"),
            ("with due as (select id from outbox) update outbox set x = 1", "with outbox"),
            ("select count(*) from (select 1)", "select"),
        ] {
            assert_eq!(StatementSummary::new(sql).to_string(), told);
        }
    }
}
