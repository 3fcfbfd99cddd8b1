//! Many ids in one statement.

use uuid::Uuid;

use crate::tools::db::{SqlQuery, SqlValue};

/// Ids that are bound one by one. The list is filled up to one of five lengths, so that the engine prepares few texts.
pub(super) struct IdList<T>(Vec<T>);

const LENGTHS: [usize; 5] = [1, 5, 20, 50, 100];

impl<T: Copy + From<Uuid> + SqlValue> IdList<T> {
    /// The ids, the last of them repeated.
    pub(super) fn new(ids: &[T]) -> Self {
        let length = LENGTHS.into_iter().find(|length| *length >= ids.len()).unwrap_or(ids.len());
        let mut filled = ids.to_vec();
        filled.resize(length, ids.last().copied().unwrap_or(T::from(Uuid::nil())));
        Self(filled)
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// `$3, $4, $5`: where they stand in the text, from the number of the first.
    pub(super) fn placeholders(&self, first: usize) -> String {
        (first..first + self.0.len()).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
    }

    /// Binds them, in the order of their placeholders.
    pub(super) fn bind<'q>(&self, query: SqlQuery<'q>) -> SqlQuery<'q> {
        self.0.iter().fold(query, |query, id| query.bind(*id))
    }
}
