//! Learning which Argon2 parameters stored hashes have, so that comparing an old one takes as long as a new one.

use crate::app::App;
use crate::error::Result;
use crate::records::users;

/// Reads the parameters in use: at the start and every hour, because logins renew old hashes and other instances may have
/// other settings.
///
/// # Errors
/// `UNAVAILABLE`, or a fault; the known parameters then stay as they are.
pub async fn learn_hash_costs(app: &App) -> Result<()> {
    app.password_hasher.learn_parameters(&users::hash_parameters(&app.db).await?);
    Ok(())
}
