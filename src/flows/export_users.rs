//! Exporting accounts as JSON Lines: one object a line, in the words that an import reads.

use serde::Serialize;

use crate::app::App;
use crate::app::described_user::{DescribedUser, describe_users};
use crate::error::{OrFault, Result};
use crate::records::user_list;
use crate::values::paging::{ListScope, Page};
use crate::values::password::PasswordHash;
use crate::values::user_filter::{OrderField, UserFilter, UserOrder};

/// How many accounts are read at once.
const BATCH: usize = 1_000;

/// An account, and its hash where it is asked for.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ExportedUser<'a> {
    #[serde(flatten)]
    user: &'a DescribedUser,
    #[serde(skip_serializing_if = "Option::is_none")]
    password_hash: Option<&'a str>,
}

/// Passes every account that is not deleted to `write`, oldest first, a line for each; password hashes only `with_hashes`.
/// Secrets of authenticator apps are never exported. Answers how many accounts there are.
///
/// # Errors
/// `UNAVAILABLE`, a fault, and the errors of `write`.
pub async fn export_users(app: &App, with_hashes: bool, mut write: impl FnMut(&str) -> Result<()>) -> Result<u64> {
    let (filter, order) = (UserFilter::default(), UserOrder { field: OrderField::CreatedAt, descending: false });
    let scope = ListScope::new("export", &filter, order.field.sorted_by());
    let mut page = Page { scope, size: BATCH, from: None, backwards: false };
    let mut exported = 0;
    loop {
        let mut users = user_list::list(&app.db, &filter, order, &page, app.clock.now()).await?;
        // One more than the page shows that there is a next one.
        let has_more = users.len() > BATCH;
        users.truncate(BATCH);
        for (user, described) in users.iter().zip(describe_users(app, &users).await?) {
            let password_hash = user.password_hash.as_ref().map(PasswordHash::expose).filter(|_| with_hashes);
            let line = ExportedUser { user: &described, password_hash };
            write(&serde_json::to_string(&line).or_fault("writing an account as JSON")?)?;
            exported += 1;
        }
        let Some(last) = users.last().filter(|_| has_more) else { return Ok(exported) };
        page.from = Some(user_list::place(last, order));
    }
}
