//! Relay connections: parses the arguments of a page, and builds the page from its rows.

use async_graphql::{OutputType, SimpleObject};

use super::views::{AuditEventView, SessionView, UserView};
use crate::error::Result;
use crate::values::paging::{Cursor, ListScope, Page, PageArguments};

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

/// An item of a list and its cursor.
#[derive(SimpleObject)]
#[graphql(
    concrete(name = "AuditEventEdge", params(AuditEventView)),
    concrete(name = "SessionEdge", params(SessionView)),
    concrete(name = "UserEdge", params(UserView))
)]
pub struct RelayEdge<T: OutputType> {
    /// Cursor of this item, for `after` and `before` with the same filter and order.
    cursor: String,
    /// The item.
    node: T,
}

/// A page of a list.
#[derive(SimpleObject)]
#[graphql(
    concrete(name = "AuditEventConnection", params(AuditEventView)),
    concrete(name = "SessionConnection", params(SessionView))
)]
pub struct RelayConnection<T: OutputType>
where
    RelayEdge<T>: OutputType,
{
    /// Items with their cursors.
    pub edges: Vec<RelayEdge<T>>,
    /// Position of this page in the list.
    pub page_info: PageInfo,
}

impl PageArguments {
    /// Parses the arguments. `scope` names the list that a cursor must belong to.
    ///
    /// # Errors
    /// `VALIDATION_FAILED`.
    pub fn parse(&self, scope: ListScope) -> Result<Page> {
        Ok(Page::parse(self, scope)?)
    }
}

/// Builds a page from its rows, which were read with one row more than its size.
pub fn connection<R, T: OutputType>(
    mut rows: Vec<R>,
    page: &Page,
    cursor: impl Fn(&R) -> Cursor,
    node: impl Fn(R) -> T,
) -> RelayConnection<T>
where
    RelayEdge<T>: OutputType,
{
    let has_more = rows.len() > page.size;
    rows.truncate(page.size);
    if page.backwards {
        rows.reverse();
    }
    let edges: Vec<_> =
        rows.into_iter().map(|row| RelayEdge { cursor: cursor(&row).to_text(page.scope), node: node(row) }).collect();
    let has_from = page.from.is_some();
    let page_info = PageInfo {
        has_next_page: if page.backwards { has_from } else { has_more },
        has_previous_page: if page.backwards { has_more } else { has_from },
        start_cursor: edges.first().map(|edge| edge.cursor.clone()),
        end_cursor: edges.last().map(|edge| edge.cursor.clone()),
    };
    RelayConnection { edges, page_info }
}
