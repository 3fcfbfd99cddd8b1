//! Composing the emails of the outbox at the moment they leave.
//!
//! Only then is the token of an email made, so a copy of the outbox holds nothing worth stealing. And only then is it found
//! out whether there is a user to write to, so the flow that posted the email takes the same time for every address.

use std::time::Duration;

use super::links::link;
use crate::app::App;
use crate::app::limits::{self, MailCause};
use crate::error::Result;
use crate::records::one_time_tokens::{self, Holder, Purpose};
use crate::records::outbox::{self, MailKind, Posted};
use crate::records::users::{self, User};
use crate::records::{email_holds, sessions};
use crate::tools::db::Tx;
use crate::values::mail::{Mail, PrintedName};
use crate::values::time::Time;

/// An email that is being composed.
pub(super) struct Composer<'a> {
    app: &'a App,
    pub(super) posted: &'a Posted,
    pub(super) user: User,
    pub(super) now: Time,
}

/// Composes an email; `None` where it is not wanted any more.
pub async fn compose(app: &App, posted: &Posted, now: Time) -> Result<Option<Mail>> {
    let mut tx = app.db.begin().await?;
    // A withdrawal waits here for us, or we for it: an email that was withdrawn gets no token.
    if !outbox::claim(&mut tx, posted.id, posted.attempts).await? {
        return Ok(None);
    }
    let user = match posted.user_id {
        Some(id) => users::find_in(&mut tx, id).await?,
        None => users::find_by_email_in(&mut tx, &posted.recipient).await?,
    };
    // The only email to a deleted account is the one about its deletion.
    let may_read = |user: &User| user.deleted_at.is_none() || posted.kind == MailKind::AccountDeleted;
    let Some(user) = user.filter(may_read) else { return Ok(None) };
    let is_verified = user.email_verified_at.is_some();
    let mail = Composer { app, posted, user, now }.compose(&mut tx).await?;
    tx.commit().await?;
    // After the transaction, which must not wait for Redis.
    let may_leave = mail.is_some() && (is_verified || may_notify_unverified(app, posted, now).await);
    Ok(mail.filter(|_| may_leave))
}

/// Whether an email may leave to an address that was never verified. It may be a stranger's, and the holder of the account
/// could otherwise cause any number of notices there.
async fn may_notify_unverified(app: &App, posted: &Posted, now: Time) -> bool {
    let is_retry = posted.attempts > 1;
    is_retry
        || !posted.kind.is_notice()
        || limits::may_send_mail(app, MailCause::UnverifiedNotice, &posted.recipient, now).await
}

impl Composer<'_> {
    async fn compose(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let is_own = self.user.email == self.posted.recipient;
        match self.posted.kind {
            MailKind::VerifyEmail if is_own && self.user.email_verified_at.is_none() => self.verify_email(tx).await,
            MailKind::ResetPassword if is_own => self.reset_password(tx).await,
            // A user who has a password by now needs no invitation.
            MailKind::Invitation if is_own && self.user.password_hash.is_none() => self.invitation(tx).await,
            MailKind::MfaReset => self.mfa_reset(),
            MailKind::AccountExists if is_own => self.account_exists(self.name()).map(Some),
            MailKind::ConfirmEmailChange if !is_own => self.confirm_email_change(tx).await,
            MailKind::EmailChanged if !is_own => self.email_changed(tx).await,
            MailKind::NewDevice if is_own => self.new_device(tx).await,
            MailKind::SessionCompromised => self.session_compromised(),
            MailKind::PasswordChanged => self.password_changed(tx).await,
            MailKind::AccountDeleted => Ok(self.account_deleted()),
            MailKind::EmailChangeRequested
            | MailKind::ProviderLinked
            | MailKind::ProviderUnlinked
            | MailKind::MfaEnabled
            | MailKind::MfaDisabled
            | MailKind::MfaCodesRefused
            | MailKind::BackupCodesRegenerated
            | MailKind::BackupCodeUsed => Ok(self.notice()),
            // Not wanted any more: the address or the account has changed since the email was posted.
            MailKind::VerifyEmail
            | MailKind::ResetPassword
            | MailKind::AccountExists
            | MailKind::Invitation
            | MailKind::ConfirmEmailChange
            | MailKind::NewDevice
            | MailKind::EmailChanged => Ok(None),
        }
    }

    async fn verify_email(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let valid_for = self.app.config.links.verification_lifetime;
        let link = self.link_with_token(tx, Purpose::VerifyEmail, valid_for).await?;
        Ok(Some(Mail::VerifyEmail { name: self.name(), link, valid_for }))
    }

    async fn reset_password(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let valid_for = self.app.config.links.reset_lifetime;
        let link = self.link_with_token(tx, Purpose::ResetPassword, valid_for).await?;
        Ok(Some(Mail::ResetPassword { name: self.name(), link, valid_for }))
    }

    async fn invitation(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let valid_for = self.app.config.links.invitation_lifetime;
        let link = self.link_with_token(tx, Purpose::Invitation, valid_for).await?;
        Ok(Some(Mail::Invitation { name: self.name(), link, valid_for }))
    }

    /// To the new address. If another user has it, that user learns only that the address has an account.
    async fn confirm_email_change(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let new_address = self.posted.recipient.clone();
        // A change ends with the session that asked for it.
        let Some(session) = self.posted.details.session else { return Ok(None) };
        if !sessions::is_living(tx, session, self.now).await? {
            return Ok(None);
        }
        if users::is_free(tx, &new_address, self.user.id, self.now).await? {
            let valid_for = self.app.config.links.verification_lifetime;
            let link = self.link_with_token(tx, Purpose::ConfirmEmailChange, valid_for).await?;
            // Not shown: an address that was never proved, which is a text that a stranger may have chosen, and a local part
            // that could be read as a message.
            let is_shown = self.user.email_verified_at.is_some() && self.user.email.is_plain();
            let former_address = is_shown.then(|| self.user.email.clone());
            let (name, undo_for) = (self.name(), self.app.config.links.email_change_undo_lifetime);
            let mail = Mail::ConfirmEmailChange { name, link, valid_for, new_address, former_address, undo_for };
            return Ok(Some(mail));
        }
        let owner = users::find_by_email_in(tx, &new_address).await?.filter(|owner| owner.deleted_at.is_none());
        owner.map(|owner| self.account_exists(printed_name(&owner))).transpose()
    }

    async fn email_changed(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let Some(new_address) = self.posted.details.new_address.clone() else { return Ok(None) };
        if !email_holds::is_held_for(tx, &self.posted.recipient, self.user.id).await? {
            return Ok(self.posted.details.at.map(|at| Mail::UnverifiedEmailChanged { name: self.name(), at }));
        }
        // Valid as long as the address is held and no longer, however late the email leaves.
        let held_until = self.posted.posted_at + self.app.config.links.email_change_undo_lifetime;
        let Some(valid_for) = (held_until - self.now).to_std().ok().filter(|left| !left.is_zero()) else {
            return Ok(None);
        };
        let undo_link = self.link_with_token(tx, Purpose::UndoEmailChange, valid_for).await?;
        Ok(Some(Mail::EmailChanged { name: self.name(), undo_link, valid_for, new_address }))
    }

    async fn new_device(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let details = &self.posted.details;
        let (Some(address), Some(at)) = (details.address, details.at) else { return Ok(None) };
        let valid_for = self.app.config.links.email_change_undo_lifetime;
        let disown_link = self.link_with_token(tx, Purpose::DisownSession, valid_for).await?;
        Ok(Some(Mail::NewDevice { name: self.name(), device: self.device(), address, at, disown_link, valid_for }))
    }

    fn account_exists(&self, name: Option<PrintedName>) -> Result<Mail> {
        Ok(Mail::AccountExists { name, sign_in_link: self.link("sign-in")? })
    }

    pub(super) fn name(&self) -> Option<PrintedName> {
        printed_name(&self.user)
    }

    pub(super) fn device(&self) -> Option<PrintedName> {
        self.posted.details.device.as_deref().and_then(PrintedName::from_stranger)
    }

    /// A link to a page of the frontend.
    pub(super) fn link(&self, page: &str) -> Result<String> {
        link(&self.app.config.frontend_url(), page, None)
    }

    /// Makes the token of the email. Each attempt to deliver makes its own; that of a failed attempt expires unread.
    async fn link_with_token(&self, tx: &mut Tx, purpose: Purpose, lifetime: Duration) -> Result<String> {
        let session_id = self.posted.details.session;
        let holder = Holder { user_id: self.user.id, email: self.posted.recipient.clone(), session_id };
        let token = one_time_tokens::issue(tx, purpose, &holder, lifetime, self.now).await?;
        let page = match purpose {
            Purpose::VerifyEmail => "verify-email",
            Purpose::ResetPassword => "reset-password",
            Purpose::ConfirmEmailChange => "confirm-email-change",
            Purpose::UndoEmailChange => "undo-email-change",
            Purpose::DisownSession => "disown-session",
            Purpose::Invitation => "accept-invitation",
        };
        link(&self.app.config.frontend_url(), page, Some(&token.expose()))
    }
}

fn printed_name(user: &User) -> Option<PrintedName> {
    user.name.as_deref().and_then(PrintedName::from_stranger)
}
