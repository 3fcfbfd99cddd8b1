//! Learning which Argon2 parameters stored hashes have, so that old and new ones are compared in the same time.

use crate::app::App;
use crate::error::Result;
use crate::records::users;

/// Reads the parameters in use: at the start, and again now and then, because logins renew old hashes and other instances
/// may have other settings.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; what was known stays known.
pub async fn learn_hash_costs(app: &App) -> Result<()> {
    app.password_hasher.learn_parameters(&users::hash_parameters(&app.db).await?);
    Ok(())
}
