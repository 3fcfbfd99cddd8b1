//! The orders of a list of users: their columns, and the place of a user in one.

use std::collections::BTreeMap;

use crate::records::users::User;
use crate::values::paging::{Cursor, Page, SortKey};
use crate::values::time::Time;
use crate::values::user_filter::{OrderField, UserOrder};

/// The place of users who never signed in among sign-ins; the column `login_order` has the same time.
const NEVER: Time = Time::UNIX_EPOCH;

/// The cursor of a user in a list.
#[must_use]
pub fn place(user: &User, order: UserOrder) -> Cursor {
    let key = match order.field {
        OrderField::CreatedAt => SortKey::At(user.created_at),
        OrderField::LastLoginAt => SortKey::At(user.last_login_at.unwrap_or(NEVER)),
        OrderField::Email => SortKey::Text(user.email.as_str().to_owned()),
    };
    Cursor { key, id: user.id.uuid() }
}

/// Rows of several statements in the order of the list, each once, and at most a page and one more.
pub(super) fn in_order(order: UserOrder, page: &Page, rows: impl Iterator<Item = User>) -> Vec<User> {
    let key = |user: &User| match place(user, order).key {
        SortKey::At(at) => (at, String::new(), user.id.uuid()),
        SortKey::Text(text) => (NEVER, text, user.id.uuid()),
    };
    let sorted: BTreeMap<_, User> = rows.map(|user| (key(&user), user)).collect();
    let (rows, most) = (sorted.into_values(), page.size + 1);
    if order.descending == page.backwards { rows.take(most).collect() } else { rows.rev().take(most).collect() }
}

pub(super) fn column(field: OrderField) -> &'static str {
    match field {
        OrderField::CreatedAt => "u.created_at",
        OrderField::LastLoginAt => "u.login_order",
        OrderField::Email => "u.email",
    }
}
