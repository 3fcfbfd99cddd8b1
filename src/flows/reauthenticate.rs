//! Proving one's identity again before a sensitive action.

use crate::app::guesses::{self, CodeContext};
use crate::app::limits::{self, Attempt};
use crate::app::sign_in::oauth_flow::{self, FailedFlow};
use crate::app::sign_in::{oauth_user, second_factor};
use crate::app::viewer::Viewer;
use crate::app::{App, lockout, password_confirmation};
use crate::error::{Error, ErrorReason, FieldErrorCode, FieldFault, Refusal, Result};
use crate::records::sessions::{self, Session};
use crate::records::users::User;
use crate::records::{audit_log, mfa, oauth_accounts};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::oauth::{OAuthAnswer, OAuthPurpose};
use crate::values::password::Password;
use crate::values::session::AuthMethod;
use crate::values::time::Time;
use crate::values::user::Role;

/// What a user gives: what [`methods`] names, and possibly more. A provider may take the place of a password.
#[derive(Debug)]
pub struct Proof {
    /// The account's password.
    pub password: Option<Password>,
    /// A code of the second factor.
    pub code: Option<String>,
    /// The answer of a provider, in place of the password.
    pub oauth: Option<OAuthAnswer>,
}

/// What a user has to give, all of it together: no less than at a login. A code replaces the password, because it is the
/// harder of the two to obtain; for administrators it does not. A provider takes the place of a password that is not there. A
/// user who has nothing to give has to sign in again.
#[must_use]
pub fn methods(user: &User, has_second_factor: bool, has_linked_account: bool) -> Vec<AuthMethod> {
    let first = match (user.password_hash.is_some(), has_linked_account) {
        (true, _) => Some(AuthMethod::Password),
        (false, true) => Some(AuthMethod::Oauth),
        (false, false) => None,
    };
    let first = first.filter(|_| !has_second_factor || user.role == Role::Admin);
    first.into_iter().chain(has_second_factor.then_some(AuthMethod::Totp)).collect()
}

/// Opens the window for sensitive actions on this session, and answers the session as it is then. Everything that is given is
/// checked, whatever the rest is worth, and two proofs get one answer.
///
/// # Errors
/// `VALIDATION_FAILED` for a proof that is missing, `CONFLICT` where the user has none to give, `INVALID_CREDENTIALS`,
/// `INVALID_MFA_CODE` for a code that was given alone, `INVALID_TOKEN`, `OAUTH_FAILED` and `UNAVAILABLE` for the answer of a
/// provider, `RATE_LIMITED`, `OVERLOADED`.
pub async fn reauthenticate(app: &App, caller: &Caller, viewer: &Viewer, proof: &Proof) -> Result<Session> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session().id);
    // A password is asked for where there is one, so that only its absence makes a provider matter.
    let has_linked_account = user.password_hash.is_none() && oauth_user::has_usable_account(app, user.id).await?;
    require_complete(&methods(user, mfa::find(&app.db, user.id).await?.is_some(), has_linked_account), proof)?;
    let provider = match &proof.oauth {
        Some(answer) => Some(require_own_account(app, caller, viewer, answer, now).await?),
        None => None,
    };
    let is_password_right = match &proof.password {
        Some(password) => password_confirmation::find_match(app, viewer, password, now).await?.is_some(),
        None => true,
    };
    let code = match &proof.code {
        Some(typed) => Some(second_factor::verify_code(app, CodeContext::Session(session), user, typed, now).await?),
        None => None,
    };

    let mut tx = app.db.begin().await?;
    // A code is consumed only where the password was right.
    let is_proved = is_password_right
        && match &code {
            Some(code) => second_factor::consume_code(&mut tx, caller, user, code.as_ref(), now).await?.is_some(),
            None => true,
        };
    if !is_proved {
        drop(tx);
        let wrong = WrongProof { has_password: proof.password.is_some(), is_password_right };
        return Err(refuse(app, caller, viewer, wrong, now).await?);
    }
    sessions::note_authenticated(&mut tx, session, now).await?;
    let event = viewer.success(AuditAction::Reauthenticated);
    let event = provider.into_iter().fold(event, |event, provider| event.with("provider", provider));
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    if let Some(provider) = provider {
        app.metrics.oauth(provider, "REAUTHENTICATED");
    }
    guesses::forget_of_session(app, session).await;
    Ok(Session { authenticated_at: now, ..viewer.session().clone() })
}

/// Requires that the provider names the viewer. Answers which provider it is.
///
/// # Errors
/// `INVALID_TOKEN` for the flow, `OAUTH_FAILED`, `UNAVAILABLE`, `RATE_LIMITED`.
async fn require_own_account<'a>(
    app: &'a App,
    caller: &Caller,
    viewer: &Viewer,
    answer: &OAuthAnswer,
    now: Time,
) -> Result<&'a str> {
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let session = Some(viewer.session().id);
    let failed = match oauth_flow::redeem(app, answer, OAuthPurpose::Reauthenticate, session, now).await? {
        Ok(proved) => {
            let linked = oauth_accounts::find(&app.db, proved.account()).await?;
            if linked.is_some_and(|linked| linked.user_id == viewer.user().id) {
                return Ok(proved.provider.name());
            }
            FailedFlow::wrong_account(&proved)
        }
        Err(failed) => failed,
    };
    Err(failed.refuse(app, caller, viewer.failure(AuditAction::Reauthenticated), now).await?)
}

/// Refuses an incomplete proof before any of it is checked.
fn require_complete(methods: &[AuthMethod], proof: &Proof) -> Result<()> {
    if methods.is_empty() {
        return Err(Refusal::conflict(
            ErrorReason::NoProof,
            "This account has nothing to prove it by. Please sign in again.",
        )
        .into());
    }
    let has_first = proof.password.is_some() || proof.oauth.is_some();
    let missing = [
        (AuthMethod::Password, has_first, "input.password", "Please give the password of your account."),
        (AuthMethod::Oauth, has_first, "input.oauth", "Please sign in at a linked provider."),
        (AuthMethod::Totp, proof.code.is_some(), "input.code", "Please give a code of your second factor."),
    ];
    let missing = missing.into_iter().filter(|(method, is_given, ..)| methods.contains(method) && !is_given);
    let fields: Vec<_> =
        missing.map(|(.., path, message)| FieldFault::new(FieldErrorCode::Required, message).at(path)).collect();
    if fields.is_empty() { Ok(()) } else { Err(Refusal::ValidationFailed { fields }.into()) }
}

/// A proof that was refused: of a wrong password or of a wrong code.
struct WrongProof {
    has_password: bool,
    is_password_right: bool,
}

/// Two proofs get one refusal: a person who does not have both must not learn which of them was wrong.
async fn refuse(app: &App, caller: &Caller, viewer: &Viewer, wrong: WrongProof, now: Time) -> Result<Error> {
    let user = viewer.user();
    let failed = viewer.failure(AuditAction::Reauthenticated);
    if !wrong.has_password {
        second_factor::count_wrong_code(app, caller, user, failed, now).await?;
        return Ok(Refusal::InvalidMfaCode { attempts_left: None }.into());
    }
    // Where the password was right, the code was wrong. Both counts run their statements in either case.
    second_factor::notify_of_wrong_codes(app, caller, Some(user).filter(|_| wrong.is_password_right), now).await?;
    let counted = Some(user).filter(|_| !wrong.is_password_right);
    lockout::count_failure(app, caller, counted, failed.with("reason", "INVALID_CREDENTIALS"), now).await?;
    Ok(Refusal::InvalidCredentials.into())
}
