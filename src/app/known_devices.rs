//! Devices that have signed in before are served first when there is more to hash than can be done.
//!
//! A device is an agent in a network, whoever signs in on it: were it remembered for each account, the quicker answer
//! would tell a stranger at the next table who has an account.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::App;
use crate::tools::password_hasher::{PasswordHasher, Priority};
use crate::tools::user_agent;
use crate::values::caller::Caller;
use crate::values::device_fingerprint::DeviceFingerprint;

const REMEMBERED: Duration = Duration::from_hours(30 * 24);

impl App {
    /// The password hasher for what this caller asks.
    pub async fn hasher_for(&self, caller: &Caller) -> PasswordHasher {
        let is_known = self.cache.get(&key(caller)).await.is_some();
        self.password_hasher.with_priority(if is_known { Priority::High } else { Priority::Low })
    }

    /// Remembers the caller's device: somebody has signed in on it. Opening an account does not count, because anybody
    /// can.
    pub async fn remember_device(&self, caller: &Caller) {
        self.cache.put(&key(caller), b"1", REMEMBERED).await;
    }
}

fn key(caller: &Caller) -> String {
    format!("device:{}", name(&device_print(caller)))
}

/// What tells the caller's device from others.
pub(super) fn device_print(caller: &Caller) -> DeviceFingerprint {
    let parsed = user_agent::parse(&caller.user_agent);
    DeviceFingerprint::of(parsed.browser.as_deref(), parsed.os.as_deref(), caller.address)
}

/// A device's name in the stores.
pub(super) fn name(print: &DeviceFingerprint) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(print.as_bytes())
}
