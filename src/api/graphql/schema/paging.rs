//! Relay connections: parses the arguments of a page, and builds the page from its rows.

use async_graphql::{OutputType, SimpleObject};

use crate::error::Result;
use crate::values::paging::{Cursor, Page, PageArguments, Scope};

pub use crate::values::paging::PageArguments as ConnectionArguments;

/// Position of a page in its list.
#[derive(SimpleObject)]
#[graphql(name = "PageInfo")]
pub struct PageInfo {
    /// Whether more items follow. False when paging backwards without `before`.
    pub has_next_page: bool,
    /// Whether items come before this page. False when paging forwards without `after`.
    pub has_previous_page: bool,
    /// Cursor of the first item. Null if the page is empty.
    pub start_cursor: Option<String>,
    /// Cursor of the last item. Null if the page is empty.
    pub end_cursor: Option<String>,
}

/// An item of a page, before it becomes an edge of the schema.
pub struct PageEdge<T> {
    /// Position of the item in the list.
    pub cursor: String,
    /// The item.
    pub node: T,
}

/// A connection type of the schema.
pub trait RelayConnection<T: OutputType>: Sized {
    /// Builds the connection from a page.
    fn from_page(edges: Vec<PageEdge<T>>, page_info: PageInfo) -> Self;
}

impl PageArguments {
    /// Parses the arguments. `scope` names the list that a cursor must belong to.
    ///
    /// # Errors
    /// `VALIDATION_FAILED`.
    pub fn parse(&self, scope: Scope) -> Result<Page> {
        Ok(Page::parse(self, scope)?)
    }
}

/// Builds a connection from the rows of a page, read with one row more than its size.
pub fn connection<R, T: OutputType, C: RelayConnection<T>>(
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
    C::from_page(edges, page_info)
}
