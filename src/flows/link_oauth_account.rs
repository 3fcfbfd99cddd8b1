//! Linking a provider account to the user who is signed in, and unlinking it.

use crate::app::limits::{self, Attempt};
use crate::app::sign_in::oauth_flow::{self, ProvedIdentity};
use crate::app::viewer::Viewer;
use crate::app::{App, mail};
use crate::error::{ErrorReason, OrFault, Refusal, Result};
use crate::records::oauth_accounts::{self, LinkedAccount};
use crate::records::outbox::{Details, MailKind};
use crate::records::{audit_log, mfa_challenges, users};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::OAuthAccountId;
use crate::values::oauth::{OAuthAnswer, OAuthPurpose};
use crate::values::time::Time;

/// Another request changed the same link at the same time.
const RACE: Refusal = Refusal::conflict(ErrorReason::Race, "Another request changed this link. Please try again.");

/// Links the provider account of an answer. One that is linked to the user already stays so.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`, `INVALID_TOKEN` for the flow, `OAUTH_FAILED`, `UNAVAILABLE`; `CONFLICT` where it is linked to
/// another user; `RATE_LIMITED`.
pub async fn link_oauth_account(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    answer: OAuthAnswer,
) -> Result<LinkedAccount> {
    let now = app.clock.now();
    viewer.require_recent(app, now)?;
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let session = Some(viewer.session().id);
    let proved = match oauth_flow::redeem(app, &answer, OAuthPurpose::Link, session, now).await? {
        Ok(proved) => proved,
        Err(failed) => {
            let event = viewer.failure(AuditAction::OAuthAccountLinked);
            return Err(failed.refuse(app, caller, event, now).await?);
        }
    };

    let mut tx = app.db.begin().await?;
    // The session may have ended while the provider was asked, and the linking ends with it.
    viewer.hold(&mut tx, now).await?;
    let user = viewer.user();
    let is_new = oauth_accounts::link(&mut tx, user.id, proved.account(), proved.reported_email(), now).await?;
    // Not there: another request has just unlinked it.
    let linked = oauth_accounts::find_in(&mut tx, proved.account()).await?.ok_or(RACE)?;
    if linked.user_id != user.id {
        return refuse_linked_elsewhere(app, tx, caller, viewer, &proved, now).await;
    }
    if is_new {
        let event = viewer.success(AuditAction::OAuthAccountLinked).with("provider", proved.provider.name());
        audit_log::write(&mut tx, caller, event, now).await?;
        let provider = proved.provider.display_name();
        mail::post(&mut tx, MailKind::ProviderLinked, user, details(viewer, caller, provider, now), now).await?;
    }
    tx.commit().await?;
    app.metrics.oauth(proved.provider.name(), "LINKED");
    Ok(linked)
}

async fn refuse_linked_elsewhere(
    app: &App,
    mut tx: Tx,
    caller: &Caller,
    viewer: &Viewer,
    proved: &ProvedIdentity<'_>,
    now: Time,
) -> Result<LinkedAccount> {
    let reason = ErrorReason::LinkedElsewhere;
    app.metrics.oauth(proved.provider.name(), reason.as_str());
    let event = viewer.failure(AuditAction::OAuthAccountLinked).with("reason", "CONFLICT");
    let event = event.with("provider", proved.provider.name()).with("failure", reason.as_str());
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Err(Refusal::conflict(reason, "This provider account is linked to another user.").into())
}

/// Unlinks a provider account of the viewer.
///
/// # Errors
/// `REAUTHENTICATION_REQUIRED`, `NOT_FOUND`; `CONFLICT` where the user could not sign in any more.
pub async fn unlink_oauth_account(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    id: OAuthAccountId,
) -> Result<OAuthAccountId> {
    let now = app.clock.now();
    viewer.require_recent(app, now)?;
    let mut tx = app.db.begin().await?;
    // Held, so that of two accounts that are unlinked at once the second sees that it is the last.
    viewer.hold(&mut tx, now).await?;
    let user = users::find_in(&mut tx, viewer.user().id).await?.or_fault("reading the user of a session")?;
    let (found, others): (Vec<_>, Vec<_>) =
        oauth_accounts::list_of_user_in(&mut tx, user.id).await?.into_iter().partition(|linked| linked.id == id);
    let linked = found.into_iter().next().ok_or(Refusal::NotFound)?;
    // An account at a provider that is not configured any more is no way in.
    let is_last = user.password_hash.is_none() && !others.iter().any(|other| app.oauth.find(&other.provider).is_some());
    if is_last {
        let message = "You could not sign in any more. Please set a password or link another provider first.";
        return Err(Refusal::conflict(ErrorReason::LastLoginMethod, message).into());
    }
    oauth_accounts::unlink(&mut tx, id).await?;
    // A login that waits for its second factor may have begun with this account.
    mfa_challenges::end_all(&mut tx, user.id, now).await?;
    let event = viewer.success(AuditAction::OAuthAccountUnlinked).with("provider", linked.provider.clone());
    audit_log::write(&mut tx, caller, event, now).await?;
    let provider = app.oauth.find(&linked.provider).map_or(&*linked.provider, |provider| provider.display_name());
    mail::post(&mut tx, MailKind::ProviderUnlinked, &user, details(viewer, caller, provider, now), now).await?;
    tx.commit().await?;
    Ok(id)
}

fn details(viewer: &Viewer, caller: &Caller, provider: &str, now: Time) -> Details {
    let details = Details::for_action(viewer.session().device_label(), caller, now);
    Details { provider: Some(provider.to_owned()), ..details }
}
