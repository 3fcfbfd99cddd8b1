//! Which user a provider's word stands for: the one it is linked to, else the one with the verified address, else a new one.
//!
//! An address that the provider has not verified decides nothing: it neither links, nor becomes the address of an account.

use crate::app::sign_in::oauth_flow::ProvedIdentity;
use crate::app::{App, mail, revocation};
use crate::error::{ErrorReason, OrFault, Refusal, Result};
use crate::records::audit_log::{self, NewAuditEvent};
use crate::records::oauth_accounts::{self, ProviderAccount};
use crate::records::one_time_tokens::{self, Purpose};
use crate::records::outbox::{self, Details, MailKind};
use crate::records::users::{self, NewUser, User};
use crate::tools::db::{Db, Tx};
use crate::values::audit::AuditAction;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::session::SessionEndReason;
use crate::values::time::Time;
use crate::values::user::Role;

/// Which user it is.
pub enum Resolution {
    /// This one, who may log in.
    User {
        /// The user.
        user: User,
        /// Whether the account was opened just now.
        is_new: bool,
    },
    /// Nobody who may log in.
    Refused {
        /// What the client learns.
        refusal: Refusal,
        /// The user who may not, if there is one.
        user: Option<UserId>,
    },
    /// Another request has changed what was read. The transaction must be given up, and everything done again.
    Again,
}

/// A user of whom it was found out before the transaction whether they come with a known device.
#[derive(Debug, Clone, Copy)]
pub struct KnownUser {
    /// The user.
    pub id: UserId,
    /// Whether the device is theirs: wrong passwords of strangers must not keep them out.
    pub is_on_known_device: bool,
}

impl ProvedIdentity<'_> {
    /// The provider account.
    #[must_use]
    pub fn account(&self) -> ProviderAccount<'_> {
        ProviderAccount { provider: self.provider.name(), subject: &self.identity.subject }
    }

    /// The address, if the provider's word on it counts.
    #[must_use]
    pub fn verified_email(&self) -> Option<&EmailAddress> {
        self.identity.email.as_ref().filter(|email| email.is_verified).map(|email| &email.address)
    }

    /// The address, whatever the provider's word on it is worth.
    #[must_use]
    pub fn reported_email(&self) -> Option<&EmailAddress> {
        self.identity.email.as_ref().map(|email| &email.address)
    }
}

/// Whether a user can sign in with an account at a provider that is configured.
pub async fn has_usable_account(app: &App, user: UserId) -> Result<bool> {
    let linked = oauth_accounts::list_of_users(&app.db, &[user]).await?;
    Ok(linked.iter().any(|linked| app.oauth.find(&linked.provider).is_some()))
}

/// The user that [`resolve`] would find now.
pub async fn find(db: &Db, proved: &ProvedIdentity<'_>) -> Result<Option<User>> {
    if let Some(linked) = oauth_accounts::find(db, proved.account()).await? {
        return users::find(db, linked.user_id).await;
    }
    match proved.verified_email() {
        Some(email) => users::find_by_email(db, email).await,
        None => Ok(None),
    }
}

/// Finds the user, links the provider account, or opens an account. The row of the user stays held.
pub async fn resolve(
    app: &App,
    tx: &mut Tx,
    caller: &Caller,
    proved: &ProvedIdentity<'_>,
    known: Option<KnownUser>,
    now: Time,
) -> Result<Resolution> {
    let sign_in = SignIn { app, caller, proved, known, now };
    if let Some(linked) = oauth_accounts::find_in(tx, proved.account()).await? {
        return sign_in.use_link(tx, linked.user_id).await;
    }
    let Some(email) = proved.verified_email() else {
        let refusal = Refusal::OAuthFailed { reason: ErrorReason::EmailUnverified };
        return Ok(Resolution::Refused { refusal, user: None });
    };
    match users::find_by_email_in(tx, email).await? {
        Some(found) => sign_in.link_by_email(tx, found.id, email).await,
        None => sign_in.open_account(tx, email).await,
    }
}

/// One sign-in with a provider, while its user is looked for.
#[derive(Clone, Copy)]
struct SignIn<'a> {
    app: &'a App,
    caller: &'a Caller,
    proved: &'a ProvedIdentity<'a>,
    known: Option<KnownUser>,
    now: Time,
}

impl SignIn<'_> {
    /// A user whom the provider account is linked to.
    async fn use_link(self, tx: &mut Tx, id: UserId) -> Result<Resolution> {
        users::hold(tx, id).await?;
        // The link may have been removed while we waited for the row.
        let linked = oauth_accounts::find_in(tx, self.proved.account()).await?;
        if linked.is_none_or(|linked| linked.user_id != id) {
            return Ok(Resolution::Again);
        }
        let user = users::find_in(tx, id).await?.or_fault("reading the user of a provider account")?;
        if let Some(refusal) = self.bar(&user) {
            return Ok(Resolution::Refused { refusal, user: Some(id) });
        }
        oauth_accounts::note_use(tx, self.proved.account(), self.proved.reported_email(), self.now).await?;
        Ok(Resolution::User { user, is_new: false })
    }

    /// A user with the address that the provider has verified.
    async fn link_by_email(self, tx: &mut Tx, id: UserId, email: &EmailAddress) -> Result<Resolution> {
        users::hold(tx, id).await?;
        let user = users::find_in(tx, id).await?.or_fault("reading the user of an address")?;
        // The account may have moved to another address while we waited for the row.
        if user.email != *email {
            return Ok(Resolution::Again);
        }
        if let Some(refusal) = self.bar(&user) {
            return Ok(Resolution::Refused { refusal, user: Some(id) });
        }
        if user.email_verified_at.is_none() {
            self.claim(tx, &user).await?;
        }
        if !self.link(tx, id).await? {
            return Ok(Resolution::Again);
        }
        let event = NewAuditEvent::success(AuditAction::OAuthAccountLinked).by(id);
        audit_log::write(tx, self.caller, event.with("provider", self.proved.provider.name()), self.now).await?;
        let user = users::find_in(tx, id).await?.or_fault("reading a user who was linked")?;
        let provider = Some(self.proved.provider.display_name().to_owned());
        let details = Details { provider, ..mail::request_details(self.caller, self.now) };
        mail::post(tx, MailKind::ProviderLinked, &user, details, self.now).await?;
        Ok(Resolution::User { user, is_new: false })
    }

    /// Makes an account its owner's, whose address was never verified: whoever opened it need not be the owner of the
    /// mailbox, and must keep no way in.
    async fn claim(self, tx: &mut Tx, user: &User) -> Result<()> {
        let now = self.now;
        // An account that waits for its invitation to be accepted has nothing that a stranger could have set.
        let is_untouched = user.invited_at.is_some() && user.last_login_at.is_none();
        if !is_untouched {
            revocation::drop_unverified_holder(tx, user.id, now).await?;
        }
        users::revoke_password(tx, user.id, now).await?;
        // The emails first: one that is being composed makes its token before the tokens are revoked, or not at all.
        outbox::withdraw_but_undo(tx, user.id, now).await?;
        one_time_tokens::revoke_but_undo(tx, user.id, now).await?;
        one_time_tokens::revoke(tx, user.id, Purpose::UndoEmailChange, now).await?;
        let ended = revocation::end_sessions(tx, user.id, None, SessionEndReason::EmailClaimed, now).await?;
        users::verify_email(tx, user.id, &user.email, now).await?;
        if !is_untouched {
            let named = User { name: self.proved.identity.name.clone(), ..user.clone() };
            users::update_profile(tx, &named, now).await?;
        }
        let event = NewAuditEvent::success(AuditAction::EmailVerified).by(user.id).with_ended(&ended);
        let event = event.with("provider", self.proved.provider.name()).with("firstProof", !is_untouched);
        audit_log::write(tx, self.caller, event, now).await
    }

    /// Nobody has the address.
    async fn open_account(self, tx: &mut Tx, email: &EmailAddress) -> Result<Resolution> {
        if !self.app.config.registration.is_open {
            let refusal = Refusal::Forbidden { reason: ErrorReason::RegistrationClosed };
            return Ok(Resolution::Refused { refusal, user: None });
        }
        let new = NewUser {
            email,
            name: self.proved.identity.name.as_deref(),
            locale: None,
            role: Role::User,
            password_hash: None,
            email_verified_at: Some(self.now),
            creation_key: None,
            invited_at: None,
        };
        let Some(user) = users::create(tx, new, self.now).await? else {
            // Another request has taken the address meanwhile, or it is held for its former owner.
            let is_taken = users::find_by_email_in(tx, email).await?.is_some();
            let held = Resolution::Refused { refusal: Refusal::EmailTaken, user: None };
            return Ok(if is_taken { Resolution::Again } else { held });
        };
        if !self.link(tx, user.id).await? {
            return Ok(Resolution::Again);
        }
        let event = NewAuditEvent::success(AuditAction::UserRegistered).by(user.id);
        audit_log::write(tx, self.caller, event.with("provider", self.proved.provider.name()), self.now).await?;
        Ok(Resolution::User { user, is_new: true })
    }

    /// Links the provider account, which signs in with it at once. False where another request has linked it meanwhile.
    async fn link(self, tx: &mut Tx, user: UserId) -> Result<bool> {
        let (account, email) = (self.proved.account(), self.proved.reported_email());
        let is_linked = oauth_accounts::link(tx, user, account, email, self.now).await?;
        if is_linked {
            oauth_accounts::note_use(tx, account, email, self.now).await?;
        }
        Ok(is_linked)
    }

    /// Why this user may not log in.
    fn bar(self, user: &User) -> Option<Refusal> {
        if user.deleted_at.is_some() {
            return Some(Refusal::OAuthFailed { reason: ErrorReason::Deleted });
        }
        let is_at_home = self.known.is_some_and(|known| known.id == user.id && known.is_on_known_device);
        let lock = match user.lock_by_admin(self.now) {
            None if is_at_home => None,
            None => user.lock_at_most(self.now, self.app.config.lockout.duration),
            by_admin => by_admin,
        };
        lock.map(|lock| lock.refusal(self.now))
    }
}
