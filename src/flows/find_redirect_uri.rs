//! Where a browser goes on that a provider has sent here with a form.

use crate::app::App;
use crate::error::Result;
use crate::records::oauth_flows;
use crate::values::oauth::{ProviderKind, state_hash};

/// The redirect URI of the sign-in with this `state`, which is on the list of the settings. `None` where no sign-in with Apple
/// waits under it. Reads one row and changes nothing.
pub async fn find_redirect_uri(app: &App, state: &str) -> Result<Option<String>> {
    let (hash, now) = (state_hash(state), app.clock.now());
    for provider in app.oauth.iter().filter(|provider| provider.kind() == ProviderKind::Apple) {
        if let Some(uri) = oauth_flows::find_redirect_uri(&app.db, hash.clone(), provider.name(), now).await? {
            // The settings may have changed since the flow began.
            return Ok(Some(uri).filter(|uri| app.config.oauth.redirect_uris.accept(uri)));
        }
    }
    Ok(None)
}
