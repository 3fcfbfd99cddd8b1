//! Opening an account.

use crate::app::limits::{self, Attempt, MailCause};
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::{self, NewTokens};
use crate::app::{App, known_devices, mail};
use crate::error::{ErrorReason, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::{self, NewUser, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::session::AuthMethod;
use crate::values::time::Time;
use crate::values::user::Role;

/// The input of a registration. The password keeps the policy.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of RegisterInput")]
pub struct Application {
    pub email: EmailAddress,
    pub password: Password,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub device_name: Option<String>,
}

/// The outcome of a registration.
#[derive(Debug)]
pub enum Registered {
    /// The user is signed in.
    NewTokens(Box<NewTokens>),
    /// An email was posted. Also the answer for a taken address, where the existence of accounts is hidden.
    VerificationSent(EmailAddress),
}

/// Opens an account and, unless the address has to be verified first, a session.
///
/// # Errors
/// `FORBIDDEN` where registration is closed, `EMAIL_TAKEN`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn register(app: &App, caller: &Caller, new: Application) -> Result<Registered> {
    let now = app.clock.now();
    if !app.config.registration.is_open {
        return Err(Refusal::Forbidden { reason: ErrorReason::RegistrationClosed }.into());
    }
    limits::reserve(app, &Attempt::Proof, caller, now).await?;
    let hasher = known_devices::hasher_for(app, caller).await;
    let password_hash = PasswordHash::from(hasher.hash(new.password.expose()).await?);
    // Reserved for a free address and for a taken one alike; otherwise the limit would tell them apart.
    let sends_mail = !app.config.registration.hide_account_existence
        || limits::may_send_mail(app, MailCause::Registration, &new.email, now).await;

    let mut tx = app.db.begin().await?;
    let Some(user) = create(&mut tx, &new, &password_hash, now).await? else {
        return refuse_taken(app, tx, caller, TakenAddress { email: new.email, sends_mail }, now).await;
    };
    audit_log::write(&mut tx, caller, NewAuditEvent::success(AuditAction::UserRegistered).by(user.id), now).await?;
    if sends_mail {
        mail::post(&mut tx, MailKind::VerifyEmail, &user, Details::caused_by(caller), now).await?;
    }
    if app.config.requires_verified_email() {
        tx.commit().await?;
        return Ok(Registered::VerificationSent(new.email));
    }
    let id = user.id;
    let authenticated = AuthenticatedUser { user, caller, device_name: new.device_name, method: AuthMethod::Password };
    let opened = sign_in::open_session(app, &mut tx, authenticated, None, now).await?;
    let event = NewAuditEvent::success(AuditAction::Login).by(id).in_session(opened.session().id);
    audit_log::write(&mut tx, caller, event.with("method", "REGISTRATION"), now).await?;
    tx.commit().await?;
    Ok(Registered::NewTokens(Box::new(opened.sign(app)?)))
}

async fn create(tx: &mut Tx, new: &Application, password_hash: &PasswordHash, now: Time) -> Result<Option<User>> {
    let new = NewUser {
        email: &new.email,
        name: new.name.as_deref(),
        locale: new.locale.as_deref(),
        role: Role::User,
        password_hash: Some(password_hash),
        email_verified_at: None,
        invited_at: None,
    };
    users::create(tx, new, now).await
}

/// An address that cannot be registered.
struct TakenAddress {
    email: EmailAddress,
    sends_mail: bool,
}

/// Refuses a taken address. Its owner gets an email; the person who registers learns it only where it is no secret.
async fn refuse_taken(app: &App, mut tx: Tx, caller: &Caller, taken: TakenAddress, now: Time) -> Result<Registered> {
    let TakenAddress { email, sends_mail } = taken;
    let owner = users::find_by_email_in(&mut tx, &email).await?.filter(|user| user.deleted_at.is_none());
    let owner = owner.map(|user| user.id);
    let event = NewAuditEvent::failure(AuditAction::RegistrationRefused).about(owner);
    audit_log::write(&mut tx, caller, event.with("reason", "EMAIL_TAKEN"), now).await?;
    let is_hidden = app.config.registration.hide_account_existence;
    // Posted also where the account is deleted or the address held. That there is no reader is found out when it leaves.
    if is_hidden && sends_mail {
        let details = Details::caused_by(caller);
        let draft = Draft { kind: MailKind::AccountExists, recipient: &email, user: owner, details };
        outbox::post(&mut tx, draft, now).await?;
    }
    tx.commit().await?;
    if is_hidden { Ok(Registered::VerificationSent(email)) } else { Err(Refusal::EmailTaken.into()) }
}
