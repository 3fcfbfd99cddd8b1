//! Relay connections: parses the arguments of a page, and builds the page from its rows.

use async_graphql::{Object, OutputType, SimpleObject};

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
pub struct RelayConnection<T: OutputType> {
    edges: Vec<RelayEdge<T>>,
    page_info: PageInfo,
}

impl<T: OutputType> RelayConnection<T> {
    /// Items with their cursors.
    #[must_use]
    pub fn edges(&self) -> &[RelayEdge<T>] {
        &self.edges
    }

    /// Items without their cursors.
    #[must_use]
    pub fn nodes(&self) -> Vec<&T> {
        self.edges.iter().map(|edge| &edge.node).collect()
    }

    /// Position of this page in the list.
    #[must_use]
    pub const fn page_info(&self) -> &PageInfo {
        &self.page_info
    }
}

/// A page of audit events.
pub struct AuditEventConnection(pub RelayConnection<AuditEventView>);

/// A page of a list.
#[Object]
impl AuditEventConnection {
    /// Items with their cursors.
    async fn edges(&self) -> &[RelayEdge<AuditEventView>] {
        self.0.edges()
    }

    /// Items without their cursors.
    async fn nodes(&self) -> Vec<&AuditEventView> {
        self.0.nodes()
    }

    /// Position of this page in the list.
    async fn page_info(&self) -> &PageInfo {
        self.0.page_info()
    }
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
) -> RelayConnection<T> {
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
