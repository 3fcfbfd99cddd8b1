//! Logging in with what a provider says.

use crate::app::limits::{self, Attempt};
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::oauth_flow::{self, ProvedIdentity};
use crate::app::sign_in::oauth_user::{self, KnownUser, Resolution};
use crate::app::sign_in::outcome::{FirstFactorOutcome, LoginOutcome};
use crate::app::sign_in::{self, email_verification};
use crate::app::{App, counters, known_devices};
use crate::error::{Error, ErrorReason, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::ids::UserId;
use crate::values::oauth::{OAuthAnswer, OAuthPurpose};
use crate::values::session::{AuthMethod, LoginClient};
use crate::values::time::Time;

/// How often it is looked again for the user, where other requests change them at the same time.
const ATTEMPTS: usize = 5;

/// Logs in the user whom the provider names, or opens an account.
///
/// # Errors
/// `INVALID_TOKEN` for the flow, `OAUTH_FAILED`, `UNAVAILABLE` where the provider is away, `ACCOUNT_LOCKED`, `EMAIL_TAKEN` for
/// an address that is held for its former owner, `FORBIDDEN` where registration is closed, `RATE_LIMITED`.
pub async fn complete_oauth(
    app: &App,
    caller: &Caller,
    answer: OAuthAnswer,
    client: LoginClient,
) -> Result<LoginOutcome> {
    let result = redeem_and_accept(app, caller, answer, client).await;
    counters::count_login(app, AuthMethod::Oauth, &result);
    result
}

async fn redeem_and_accept(
    app: &App,
    caller: &Caller,
    answer: OAuthAnswer,
    client: LoginClient,
) -> Result<LoginOutcome> {
    let now = app.clock.now();
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let proved = match oauth_flow::redeem(app, &answer, OAuthPurpose::Login, None, now).await? {
        Ok(proved) => proved,
        Err(failed) => return Err(failed.refuse(app, caller, NewAuditEvent::failure(AuditAction::Login), now).await?),
    };

    // Read and counted before the transaction, which must not wait for Redis.
    let user = oauth_user::find(&app.db, &proved).await?;
    let is_on_known_device = known_devices::is_known(app, user.as_ref().map(|user| user.id), caller).await?;
    let may_send_mail = match &user {
        Some(user) => email_verification::reserve_mail(app, user, now).await,
        None => false,
    };
    let known = user.map(|user| KnownUser { id: user.id, is_on_known_device });
    let login = OAuthLogin { app, caller, proved: &proved, client: &client, known, may_send_mail, now };
    for _ in 0..ATTEMPTS {
        if let Some(outcome) = login.attempt().await? {
            app.metrics.oauth(proved.provider.name(), result(&outcome));
            if matches!(outcome, FirstFactorOutcome::SignedIn(..)) {
                known_devices::remember(app, caller).await;
            }
            return outcome.finish(app);
        }
    }
    app.metrics.oauth(proved.provider.name(), ErrorReason::Race.as_str());
    Err(Refusal::conflict(ErrorReason::Race, "Another request changed the account at the same time. Please try again.")
        .into())
}

/// A login with what a provider has said.
struct OAuthLogin<'a> {
    app: &'a App,
    caller: &'a Caller,
    proved: &'a ProvedIdentity<'a>,
    client: &'a LoginClient,
    known: Option<KnownUser>,
    may_send_mail: bool,
    now: Time,
}

impl OAuthLogin<'_> {
    /// Finds the user and opens a session or the next step, in one transaction. `None` where another request changed the
    /// user meanwhile.
    async fn attempt(&self) -> Result<Option<FirstFactorOutcome>> {
        let Self { app, caller, proved, may_send_mail, now, .. } = *self;
        let mut tx = app.db.begin().await?;
        let (user, is_new) = match oauth_user::resolve(app, &mut tx, caller, proved, self.known, now).await? {
            Resolution::User { user, is_new } => (user, is_new),
            Resolution::Again => return Ok(None),
            Resolution::Refused { refusal, user } => {
                // Nothing of the transaction stays; the refusal has its own.
                drop(tx);
                return Err(self.refuse(refusal, user).await?);
            }
        };
        let id = user.id;
        let client = self.client.clone();
        let authenticated = AuthenticatedUser { user, caller, client, method: AuthMethod::Oauth, may_send_mail };
        let outcome = sign_in::complete_first_factor(app, &mut tx, authenticated, now).await?;
        let event = outcome.event(id).with("method", AuthMethod::Oauth.as_str());
        audit_log::write(&mut tx, caller, event.with("provider", proved.provider.name()), now).await?;
        tx.commit().await?;
        if is_new {
            counters::count_registration(app, AuthMethod::Oauth, Ok("REGISTERED"));
        }
        Ok(Some(outcome))
    }

    /// The provider named somebody, who may not log in.
    async fn refuse(&self, refusal: Refusal, user: Option<UserId>) -> Result<Error> {
        let Self { app, caller, proved, now, .. } = *self;
        let (provider, code) = (proved.provider.name(), refusal.code().as_str());
        let reason = match &refusal {
            Refusal::OAuthFailed { reason } | Refusal::Forbidden { reason } => Some(reason.as_str()),
            _ => None,
        };
        app.metrics.oauth(provider, reason.unwrap_or(code));
        let event = NewAuditEvent::failure(AuditAction::Login).about(user);
        let event = event.with("reason", code).with("provider", provider);
        let event = match reason {
            Some(reason) => event.with("failure", reason),
            None => event,
        };
        let mut tx = app.db.begin().await?;
        audit_log::write(&mut tx, caller, event, now).await?;
        tx.commit().await?;
        Ok(refusal.into())
    }
}

/// The word in the metrics.
const fn result(outcome: &FirstFactorOutcome) -> &'static str {
    match outcome {
        FirstFactorOutcome::SignedIn(..) => "SIGNED_IN",
        FirstFactorOutcome::SecondFactorRequired(_) => "MFA_REQUIRED",
        FirstFactorOutcome::VerificationRequired(_) => "EMAIL_VERIFICATION_REQUIRED",
    }
}
