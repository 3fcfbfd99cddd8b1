//! The keys under which accounts were created, so that a client that lost the answer can repeat the call.

use std::time::Duration;

use super::users::{self, User};
use crate::error::Result;
use crate::tools::db::{Tx, sql};
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::TokenHash;
use crate::values::time::Time;

/// How long the call that created an account can be repeated.
const REPEATABLE_FOR: Duration = Duration::from_hours(24);

/// The account that has an address.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct AddressOwner {
    /// The account.
    #[sqlx(flatten)]
    pub user: User,
    /// Whether it was created under the key that was asked for, and not too long ago to repeat that call.
    pub was_created_by_key: bool,
}

/// The account of this address, deleted or not, and whether the call that created it is repeated. One statement, with a key
/// or without one, so that the time tells nothing.
pub async fn find_owner(
    tx: &mut Tx,
    email: &EmailAddress,
    key: Option<&TokenHash>,
    now: Time,
) -> Result<Option<AddressOwner>> {
    tx.query(sql!(
        "select ",
        users::columns!(),
        ", coalesce(u.creation_key = $2 and u.created_at > $3, false) as was_created_by_key from users u where u.email = $1"
    ))
    .bind(email.clone())
    .bind(key.cloned())
    .bind(now - REPEATABLE_FOR)
    .optional()
    .await
}
