//! Opening an account.

use crate::app::limits::{self, Attempt, MailCause};
use crate::app::sign_in::authenticated_user::AuthenticatedUser;
use crate::app::sign_in::outcome::LoginOutcome;
use crate::app::sign_in::password;
use crate::app::{App, counters, guesses, known_devices, mail, sign_in};
use crate::error::{Error, ErrorCode, ErrorReason, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::creation_keys::{self, AddressOwner};
use crate::records::outbox::{self, Details, Draft, MailKind};
use crate::records::users::{self, NewUser, User};
use crate::tools::db::Tx;
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::password::{Password, PasswordHash};
use crate::values::secret_token::{AttemptScope, IdempotencyKey, TokenHash};
use crate::values::session::{AuthMethod, LoginClient};
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
    pub client: LoginClient,
    pub key: Option<IdempotencyKey>,
}

/// Opens an account and, unless the address has to be verified first, a session. A client that lost the answer repeats the
/// call with the same key and is logged in, by everything that a login requires.
///
/// # Errors
/// `FORBIDDEN` where registration is closed, `EMAIL_TAKEN`, `RATE_LIMITED`, `OVERLOADED`.
pub async fn register(app: &App, caller: &Caller, new: Application) -> Result<LoginOutcome> {
    let result = open_account(app, caller, new).await;
    counters::count_registration(app, AuthMethod::Password, result.as_ref().map(|registration| registration.result));
    result.map(|registration| registration.outcome)
}

/// What the client learns of a registration, and what the metrics call it.
struct Registration {
    outcome: LoginOutcome,
    result: &'static str,
}

async fn open_account(app: &App, caller: &Caller, new: Application) -> Result<Registration> {
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

    let key = new.key.as_ref().map(|key| key.hash_in(AttemptScope::Register(&new.email)));
    let mut tx = app.db.begin().await?;
    let Some(user) = create(&mut tx, &new, &password_hash, key.clone(), now).await? else {
        let owner = creation_keys::find_owner(&mut tx, &new.email, key.as_ref(), now).await?;
        let owner = owner.filter(|owner| owner.user.deleted_at.is_none());
        let taken = TakenAddress { email: &new.email, owner, sends_mail };
        if taken.is_own() && !app.config.registration.hide_account_existence {
            drop(tx);
            return Ok(Registration { outcome: repeat(app, caller, new, now).await?, result: "REPEATED" });
        }
        let outcome = refuse_taken(app, tx, caller, taken, now).await?;
        return Ok(Registration { outcome, result: ErrorCode::EmailTaken.as_str() });
    };
    audit_log::write(&mut tx, caller, NewAuditEvent::success(AuditAction::UserRegistered).by(user.id), now).await?;
    if sends_mail {
        mail::post(&mut tx, MailKind::VerifyEmail, &user, Details::caused_by(caller), now).await?;
    }
    let outcome = if app.config.requires_verified_email() {
        tx.commit().await?;
        LoginOutcome::EmailVerificationRequired(new.email)
    } else {
        sign_in_new_user(app, tx, caller, NewLogin { user, client: new.client }, now).await?
    };
    Ok(Registration { outcome, result: "REGISTERED" })
}

/// A user who has just registered, and their client.
struct NewLogin {
    user: User,
    client: LoginClient,
}

/// Opens the first session of an account, and commits.
async fn sign_in_new_user(app: &App, mut tx: Tx, caller: &Caller, login: NewLogin, now: Time) -> Result<LoginOutcome> {
    let NewLogin { user, client } = login;
    let (id, delivery) = (user.id, client.token_delivery);
    let authenticated = AuthenticatedUser { user, caller, client, method: AuthMethod::Password, may_send_mail: false };
    let opened = sign_in::open_session(app, &mut tx, authenticated, None, now).await?;
    let event = NewAuditEvent::success(AuditAction::Login).by(id).in_session(opened.session().id);
    let event = event.with("method", AuthMethod::Password.as_str()).with("registration", true);
    audit_log::write(&mut tx, caller, event, now).await?;
    tx.commit().await?;
    Ok(LoginOutcome::SignedIn(Box::new(opened.sign(app)?), delivery))
}

async fn create(
    tx: &mut Tx,
    new: &Application,
    password_hash: &PasswordHash,
    creation_key: Option<TokenHash>,
    now: Time,
) -> Result<Option<User>> {
    let new = NewUser {
        email: &new.email,
        name: new.name.as_deref(),
        locale: new.locale.as_deref(),
        role: Role::User,
        password_hash: Some(password_hash),
        email_verified_at: None,
        creation_key,
        invited_at: None,
    };
    users::create(tx, new, now).await
}

/// Answers a registration that is repeated: as a login would, without another email. It counts as a guess at the account, and
/// a wrong password learns no more than that the address is taken.
async fn repeat(app: &App, caller: &Caller, again: Application, now: Time) -> Result<LoginOutcome> {
    let matched = password::find_match(app, caller, &again.email, &again.password, now).await;
    let matched = matched.map_err(|error| match error {
        Error::Refused(Refusal::InvalidCredentials) => Refusal::EmailTaken.into(),
        other => other,
    })?;
    let (user, client) = (matched.user.clone(), again.client);
    let authenticated = AuthenticatedUser { user, caller, client, method: AuthMethod::Password, may_send_mail: false };
    let outcome = password::accept(app, &matched, authenticated, now).await?;
    guesses::forget_of_device(app, &again.email, caller).await;
    outcome.finish(app)
}

/// An address that cannot be registered.
struct TakenAddress<'a> {
    email: &'a EmailAddress,
    /// Who has it; `None` where the account is deleted, or the address held for its former owner.
    owner: Option<AddressOwner>,
    sends_mail: bool,
}

impl TakenAddress<'_> {
    /// Whether this very call took it, and is repeated.
    fn is_own(&self) -> bool {
        self.owner.as_ref().is_some_and(|owner| owner.was_created_by_key)
    }
}

/// Refuses a taken address. Its owner gets an email; the person who registers learns it only where it is no secret.
async fn refuse_taken(
    app: &App,
    mut tx: Tx,
    caller: &Caller,
    taken: TakenAddress<'_>,
    now: Time,
) -> Result<LoginOutcome> {
    let user = taken.owner.as_ref().map(|owner| owner.user.id);
    let event = NewAuditEvent::failure(AuditAction::RegistrationRefused).about(user);
    audit_log::write(&mut tx, caller, event.with("reason", "EMAIL_TAKEN"), now).await?;
    let is_hidden = app.config.registration.hide_account_existence;
    // Posted also where the account is deleted or the address held. That there is no reader is found out when it leaves.
    if is_hidden && taken.sends_mail {
        let details = Details::caused_by(caller);
        let draft = Draft { kind: MailKind::AccountExists, recipient: taken.email, user, details };
        // A repeated registration needs no other email, and takes the same statements: its time must not tell that the
        // first one succeeded.
        if taken.is_own() {
            outbox::post_settled(&mut tx, draft, now).await?;
        } else {
            outbox::post(&mut tx, draft, now).await?;
        }
    }
    tx.commit().await?;
    if is_hidden {
        Ok(LoginOutcome::EmailVerificationRequired(taken.email.clone()))
    } else {
        Err(Refusal::EmailTaken.into())
    }
}
