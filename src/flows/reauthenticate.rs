//! Proving again that it is still you, before a sensitive deed.

use crate::app::App;
use crate::app::guesses::CodePlace;
use crate::app::viewer::Viewer;
use crate::error::{Error, FieldFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::mfa;
use crate::records::sessions::{self, Session};
use crate::records::users::User;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::password::Password;
use crate::values::session::AuthMethod;
use crate::values::time::Time;
use crate::values::user::Role;

/// By what a user proves it: what [`methods`] names, and what else they give.
#[derive(Debug)]
pub struct Proof {
    /// The account's password.
    pub password: Option<Password>,
    /// A code of the second factor.
    pub code: Option<String>,
}

/// What a user has to give, all of it together: no less than at a sign-in. A code stands for the password too, because it
/// is the harder of the two to come by; for administrators it does not. There is nothing to ask of a user who has neither:
/// they sign in again.
#[must_use]
pub fn methods(user: &User, has_second_factor: bool) -> Vec<AuthMethod> {
    let takes_password = user.password_hash.is_some() && (!has_second_factor || user.role == Role::Admin);
    let password = takes_password.then_some(AuthMethod::Password);
    password.into_iter().chain(has_second_factor.then_some(AuthMethod::Totp)).collect()
}

/// Opens the window for sensitive deeds on this session, and answers the session as it is then. Everything that is given
/// is judged, whatever the rest is worth, and two proofs get one answer.
///
/// # Errors
/// `VALIDATION_FAILED` for a proof that is missing, `CONFLICT` where the user has none to give, `INVALID_CREDENTIALS`,
/// `INVALID_MFA_CODE` for a code that was given alone, `RATE_LIMITED`, `OVERLOADED`.
pub async fn reauthenticate(app: &App, caller: &Caller, viewer: &Viewer, proof: &Proof) -> Result<Session> {
    let now = app.clock.now();
    let (user, session) = (viewer.user(), viewer.session().id);
    demand(&methods(user, mfa::find(&app.db, user.id).await?.is_some()), proof)?;
    let is_right = match &proof.password {
        Some(password) => app.judge_password((user, session), password, now).await?.is_some(),
        None => true,
    };
    let code = match &proof.code {
        Some(typed) => Some(app.verify_code(CodePlace::Session(session), user, typed, now).await?),
        None => None,
    };

    let mut tx = app.db.begin().await?;
    let is_proved = is_right
        && match &code {
            Some(code) => app.consume_code(&mut tx, caller, user, code.as_ref(), now).await?.is_some(),
            None => true,
        };
    if !is_proved {
        drop(tx);
        return Err(refuse(app, caller, viewer, (proof, is_right), now).await?);
    }
    sessions::note_authenticated(&mut tx, session, now).await?;
    let event = NewAuditEvent::success(AuditAction::Reauthenticated).by(user.id).in_session(session);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
    app.forget_confirmations(session).await;
    Ok(Session { authenticated_at: now, ..viewer.session().clone() })
}

/// Refuses a proof that is not whole before anything of it is judged.
fn demand(methods: &[AuthMethod], proof: &Proof) -> Result<()> {
    if methods.is_empty() {
        return Err(Refusal::Conflict("This account has nothing to prove it by. Please sign in again.").into());
    }
    let missing = [
        (AuthMethod::Password, proof.password.is_some(), "input.password", "Please give the password of your account."),
        (AuthMethod::Totp, proof.code.is_some(), "input.code", "Please give a code of your second factor."),
    ];
    let missing = missing.into_iter().filter(|(method, is_given, ..)| methods.contains(method) && !is_given);
    let fields: Vec<_> = missing.map(|(.., path, message)| FieldFault::new("REQUIRED", message).at(path)).collect();
    if fields.is_empty() { Ok(()) } else { Err(Refusal::ValidationFailed { fields }.into()) }
}

/// One answer for two proofs: which of them was wrong is for nobody who has not got both.
async fn refuse(
    app: &App,
    caller: &Caller,
    viewer: &Viewer,
    (proof, is_right): (&Proof, bool),
    now: Time,
) -> Result<Error> {
    let user = viewer.user();
    let failed = NewAuditEvent::failure(AuditAction::Reauthenticated).by(user.id).in_session(viewer.session().id);
    if proof.password.is_none() {
        return Ok(app.refuse_code(caller, (user, failed), None, now).await?.into());
    }
    // Where the password was right it was the code. Both counts run their statements in any case.
    app.note_wrong_code(caller, Some(user).filter(|_| is_right), now).await?;
    let counted = Some(user).filter(|_| !is_right);
    app.count_failure(caller, counted, failed.with("reason", "INVALID_CREDENTIALS"), now).await?;
    Ok(Refusal::InvalidCredentials.into())
}
