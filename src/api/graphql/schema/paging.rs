//! Relay connections: the arguments of a page, and a page made of the rows that were read for it.

use async_graphql::{OutputType, SimpleObject};

use crate::error::Result;
use crate::values::paging::{Cursor, ListScope, Page, PageArguments};

pub use crate::values::paging::PageArguments as ConnectionArguments;

/// Where a page stands in its list.
#[derive(SimpleObject)]
#[graphql(name = "PageInfo")]
pub struct PageInfo {
    /// Whether there is more behind this page. Paging back, this is only known to be so, never not.
    pub has_next_page: bool,
    /// Whether there is more before this page. Paging on, this is only known to be so, never not.
    pub has_previous_page: bool,
    /// The cursor of the first edge.
    pub start_cursor: Option<String>,
    /// The cursor of the last edge.
    pub end_cursor: Option<String>,
}

/// One entry of a page, before it has its name in the schema.
pub struct PageEdge<T> {
    /// Names the entry's place, for `after` and `before`.
    pub cursor: String,
    /// The entry.
    pub node: T,
}

/// A page, before it has its name in the schema.
pub trait Connection<T: OutputType>: Sized {
    /// Names a page.
    fn of(edges: Vec<PageEdge<T>>, page_info: PageInfo) -> Self;
}

impl PageArguments {
    /// Reads the arguments of a connection; `scope` names the list that a cursor must belong to.
    ///
    /// # Errors
    /// `VALIDATION_FAILED`.
    pub fn parse(&self, scope: ListScope) -> Result<Page> {
        Ok(Page::parse(self, scope)?)
    }
}

/// Makes a page of rows that were read one more than its size.
pub fn connection<R, T: OutputType, C: Connection<T>>(
    mut rows: Vec<R>,
    page: &Page,
    place: impl Fn(&R) -> Cursor,
    node: impl Fn(R) -> T,
) -> C {
    let has_more = rows.len() > page.size;
    rows.truncate(page.size);
    if page.backwards {
        rows.reverse();
    }
    let edges: Vec<PageEdge<T>> = rows
        .into_iter()
        .map(|row| {
            let cursor = place(&row).to_text(page.scope);
            PageEdge { cursor, node: node(row) }
        })
        .collect();
    let has_from = page.from.is_some();
    let page_info = PageInfo {
        has_next_page: if page.backwards { has_from } else { has_more },
        has_previous_page: if page.backwards { has_more } else { has_from },
        start_cursor: edges.first().map(|edge| edge.cursor.clone()),
        end_cursor: edges.last().map(|edge| edge.cursor.clone()),
    };
    C::of(edges, page_info)
}
