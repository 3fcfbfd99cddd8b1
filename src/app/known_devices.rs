//! Devices that have signed in before. Their passwords are hashed first when there is more to hash than can be done.
//!
//! For that, a device is a user agent in a network, whichever account signs in on it. If it were remembered for each
//! account, the quicker answer would tell a stranger in the same network who has an account.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::App;
use crate::error::Result;
use crate::records;
use crate::tools::password_hasher::{PasswordHasher, Priority};
use crate::tools::user_agent;
use crate::values::caller::Caller;
use crate::values::device_fingerprint::DeviceFingerprint;
use crate::values::ids::UserId;

const LIFETIME: Duration = Duration::from_hours(30 * 24);

/// The password hasher, with the priority that the caller's device has.
pub async fn hasher_for(app: &App, caller: &Caller) -> PasswordHasher {
    let is_known = app.cache.get(&key(caller)).await.is_some();
    app.password_hasher.with_priority(if is_known { Priority::High } else { Priority::Low })
}

/// Remembers the caller's device after a login. A registration does not count, because everyone can register.
pub async fn remember(app: &App, caller: &Caller) {
    app.cache.put(&key(caller), b"1", LIFETIME).await;
}

/// Whether the user has signed in on the caller's device before. The database is asked for unknown users too, so that it
/// takes as long.
///
/// # Errors
/// `UNAVAILABLE`.
pub async fn is_known(app: &App, user: Option<UserId>, caller: &Caller) -> Result<bool> {
    let user = user.unwrap_or_else(|| UserId::from(Uuid::nil()));
    records::known_devices::is_known(&app.db, user, &fingerprint(caller)).await
}

/// The fingerprint of the caller's device.
pub(super) fn fingerprint(caller: &Caller) -> DeviceFingerprint {
    let parsed = user_agent::parse(&caller.user_agent);
    DeviceFingerprint::new(parsed.browser.as_deref(), parsed.os.as_deref(), caller.address)
}

/// The same, for the name of a key.
pub(super) fn fingerprint_text(caller: &Caller) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(fingerprint(caller).as_bytes())
}

fn key(caller: &Caller) -> String {
    format!("device:{}", fingerprint_text(caller))
}
