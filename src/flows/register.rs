//! Becoming a member.

use crate::app::App;
use crate::app::charges::Prepaid;
use crate::app::entrant::AuthenticatedUser;
use crate::app::limits::{Attempt, MailCause};
use crate::app::sign_in::NewTokens;
use crate::error::{Refusal, Result};
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

/// What a stranger says of themselves, parsed; the password keeps the policy.
#[derive(Debug)]
#[allow(missing_docs, reason = "the words of RegisterInput")]
pub struct Application {
    pub email: EmailAddress,
    pub password: Password,
    pub name: Option<String>,
    pub locale: Option<String>,
    pub device_name: Option<String>,
}

/// How a registration ends.
#[derive(Debug)]
pub enum Registered {
    /// At once in.
    NewTokens(Box<NewTokens>),
    /// An email is on its way; also the answer for a taken address, where the existence of accounts is hidden.
    VerificationSent(EmailAddress),
}

/// Opens an account and, unless the address has to be verified first, a session.
///
/// # Errors
/// `FORBIDDEN` where registration is closed, `EMAIL_TAKEN`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn register(app: &App, caller: &Caller, prepaid: &Prepaid, new: Application) -> Result<Registered> {
    let now = app.clock.now();
    if !app.config.registration.is_open {
        return Err(Refusal::Forbidden.into());
    }
    app.reserve_once(&Attempt::Proof, prepaid, caller, now).await?;
    let password_hash = PasswordHash::from(app.hasher_for(caller).await.hash(new.password.expose()).await?);

    // Drawn on for a free address and for a taken one alike, or the limit would tell them apart.
    let sends_mail = !app.config.registration.hide_account_existence
        || app.may_send_mail(MailCause::Registration, &new.email, now).await;
    let mut tx = app.db.begin().await?;
    let Some(user) = create(&mut tx, &new, &password_hash, now).await? else {
        return refuse_taken(app, tx, caller, (&new, sends_mail), now).await;
    };
    audit_log::write(&mut tx, caller, NewAuditEvent::success(AuditAction::UserRegistered).by(user.id), now).await?;
    let mail = Draft {
        kind: MailKind::VerifyEmail,
        recipient: &user.email,
        user: Some(user.id),
        details: Details::caused_by(caller),
    };
    if sends_mail {
        outbox::post(&mut tx, mail, now).await?;
    }
    if app.config.requires_verified_email() {
        tx.commit().await?;
        app.mail_posted.notify_one();
        return Ok(Registered::VerificationSent(new.email));
    }
    let entrant = AuthenticatedUser { user, caller, device_name: new.device_name, method: AuthMethod::Password };
    let opened = app.open_session(&mut tx, entrant, None, now).await?;
    let event = NewAuditEvent::success(AuditAction::Login).by(opened.session().user_id).in_session(opened.session().id);
    audit_log::write(&mut tx, caller, event.with("method", "REGISTRATION"), now).await?;
    tx.commit().await?;
    app.mail_posted.notify_one();
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
    };
    users::create(tx, new, now).await
}

/// The address is taken. Its owner learns of the attempt; the stranger learns it only where that is no secret.
async fn refuse_taken(
    app: &App,
    mut tx: Tx,
    caller: &Caller,
    (new, sends_mail): (&Application, bool),
    now: Time,
) -> Result<Registered> {
    let owner = users::find_by_email_in(&mut tx, &new.email).await?.filter(|user| user.deleted_at.is_none());
    let owner_id = owner.map(|user| user.id);
    let event = NewAuditEvent::failure(AuditAction::RegistrationRefused).about(owner_id);
    audit_log::write(&mut tx, caller, event.with("reason", "EMAIL_TAKEN"), now).await?;
    let is_hidden = app.config.registration.hide_account_existence;
    // Also where the account is deleted or the address held: there is then no one to write to, which is found out later.
    if is_hidden && sends_mail {
        let draft = Draft {
            kind: MailKind::AccountExists,
            recipient: &new.email,
            user: owner_id,
            details: Details::caused_by(caller),
        };
        outbox::post(&mut tx, draft, now).await?;
    }
    tx.commit().await?;
    app.mail_posted.notify_one();
    if is_hidden { Ok(Registered::VerificationSent(new.email.clone())) } else { Err(Refusal::EmailTaken.into()) }
}
