//! Writing the emails of the outbox, at the moment they leave.
//!
//! Only then is an email's token made, so that the outbox holds nothing worth stealing; and only then is it decided
//! whether there is anybody to write to, so that the deed that posted the email takes the same time for everybody.

use std::time::Duration;

use url::{Url, form_urlencoded};

use super::App;
use super::limits::MailCause;
use crate::error::{OrFault, Result};
use crate::records::one_time_tokens::{self, Holder, Purpose};
use crate::records::outbox::{self, MailKind, Posted};
use crate::records::users::{self, User};
use crate::records::{email_holds, sessions};
use crate::tools::db::Tx;
use crate::values::mail::{Mail, PrintedName};
use crate::values::time::Time;

/// An email being written.
struct Writing<'a> {
    app: &'a App,
    posted: &'a Posted,
    user: User,
    now: Time,
}

impl App {
    /// Writes an email, or nothing where it is not wanted any more.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn compose_mail(&self, posted: &Posted, now: Time) -> Result<Option<Mail>> {
        let mut tx = self.db.begin().await?;
        // A withdrawal waits for us here, or we for it: nothing that was withdrawn gets a token.
        if !outbox::claim(&mut tx, posted.id, posted.attempts).await? {
            return Ok(None);
        }
        let user = match posted.user_id {
            Some(id) => users::find_in(&mut tx, id).await?,
            None => users::find_by_email_in(&mut tx, &posted.recipient).await?,
        };
        // A deleted account is written to once: about the deletion.
        let may_read = |user: &User| user.deleted_at.is_none() || posted.kind == MailKind::AccountDeleted;
        let Some(user) = user.filter(may_read) else { return Ok(None) };
        let is_verified = user.email_verified_at.is_some();
        let mail = Writing { app: self, posted, user, now }.write(&mut tx).await?;
        tx.commit().await?;
        // Behind the transaction, which must not wait for Redis.
        let may_leave = mail.is_some() && (is_verified || self.may_notify(posted, now).await);
        Ok(mail.filter(|_| may_leave))
    }

    /// Whether an email that only tells of an action may leave to an address that was never verified. That may be a
    /// stranger's, and the holder of the account could have any number of emails sent there.
    async fn may_notify(&self, posted: &Posted, now: Time) -> bool {
        let is_retry = posted.attempts > 1;
        is_retry
            || !posted.kind.is_notice()
            || self.may_send_mail(MailCause::UnverifiedNotice, &posted.recipient, now).await
    }
}

impl Writing<'_> {
    async fn write(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let is_own = self.user.email == self.posted.recipient;
        match self.posted.kind {
            MailKind::VerifyEmail if is_own && self.user.email_verified_at.is_none() => {
                let valid_for = self.app.config.links.verification_lifetime;
                let link = self.link_with_token(tx, Purpose::VerifyEmail, valid_for).await?;
                Ok(Some(Mail::VerifyEmail { name: self.name(), link, valid_for }))
            }
            MailKind::ResetPassword if is_own => {
                let valid_for = self.app.config.links.reset_lifetime;
                let link = self.link_with_token(tx, Purpose::ResetPassword, valid_for).await?;
                Ok(Some(Mail::ResetPassword { name: self.name(), link, valid_for }))
            }
            // Whoever has a password by now needs none any more.
            MailKind::Invitation if is_own && self.user.password_hash.is_none() => {
                let valid_for = self.app.config.links.invitation_lifetime;
                let link = self.link_with_token(tx, Purpose::Invitation, valid_for).await?;
                Ok(Some(Mail::Invitation { name: self.name(), link, valid_for }))
            }
            MailKind::MfaReset => self.mfa_reset(),
            MailKind::AccountExists if is_own => self.account_exists(self.name()).map(Some),
            MailKind::ConfirmEmailChange if !is_own => self.confirm_email_change(tx).await,
            MailKind::EmailChanged if !is_own => self.email_changed(tx).await,
            MailKind::NewDevice if is_own => self.new_device(tx).await,
            MailKind::SessionCompromised => self.session_compromised(),
            MailKind::PasswordChanged => self.password_changed(tx).await,
            MailKind::AccountDeleted => Ok(self.account_deleted()),
            MailKind::EmailChangeRequested
            | MailKind::MfaEnabled
            | MailKind::MfaDisabled
            | MailKind::MfaCodesRefused
            | MailKind::BackupCodesRegenerated
            | MailKind::BackupCodeUsed => Ok(self.notice()),
            MailKind::VerifyEmail
            | MailKind::ResetPassword
            | MailKind::AccountExists
            | MailKind::Invitation
            | MailKind::ConfirmEmailChange
            | MailKind::NewDevice
            | MailKind::EmailChanged => Ok(None),
        }
    }

    /// To the new address; where somebody else has it, its owner is told instead and learns no more than that.
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
            // An address that nobody proved is a text that a stranger may have chosen, and so is a local part that could
            // be read as a message: they are not shown.
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
        // As long as the address is held, and no longer, however late the email leaves.
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
        let valid_for = self.app.config.links.disown_session_lifetime;
        let disown_link = self.link_with_token(tx, Purpose::DisownSession, valid_for).await?;
        Ok(Some(Mail::NewDevice { name: self.name(), device: self.device(), address, at, disown_link, valid_for }))
    }

    /// An email that only tells what was done, where from and when.
    fn notice(&self) -> Option<Mail> {
        let (address, at) = (self.posted.details.address?, self.posted.details.at?);
        let (name, device) = (self.name(), self.device());
        match self.posted.kind {
            MailKind::EmailChangeRequested => {
                let new_address = self.posted.details.new_address.clone()?;
                Some(Mail::EmailChangeRequested { name, device, address, at, new_address })
            }
            MailKind::MfaCodesRefused => Some(Mail::MfaCodesRefused { name, device, address, at }),
            MailKind::BackupCodesRegenerated => Some(Mail::BackupCodesRegenerated { name, device, address, at }),
            MailKind::MfaEnabled => Some(Mail::MfaEnabled { name, device, address, at }),
            MailKind::MfaDisabled => Some(Mail::MfaDisabled { name, device, address, at }),
            MailKind::BackupCodeUsed => {
                let remaining = self.posted.details.remaining?;
                Some(Mail::BackupCodeUsed { name, device, address, at, remaining })
            }
            MailKind::VerifyEmail
            | MailKind::ResetPassword
            | MailKind::AccountExists
            | MailKind::ConfirmEmailChange
            | MailKind::EmailChanged
            | MailKind::PasswordChanged
            | MailKind::AccountDeleted
            | MailKind::Invitation
            | MailKind::MfaReset
            | MailKind::SessionCompromised
            | MailKind::NewDevice => None,
        }
    }

    async fn password_changed(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let (Some(address), Some(at)) = (self.posted.details.address, self.posted.details.at) else { return Ok(None) };
        // A mailbox that the account has left is not told where else it has been.
        let held = if self.user.email == self.posted.recipient {
            email_holds::find_of_user(tx, self.user.id, self.now).await?
        } else {
            None
        };
        let (former_address, undo_until) = held.map(|held| (held.email, held.held_until)).unzip();
        let (name, device) = (self.name(), self.device());
        Ok(Some(Mail::PasswordChanged { name, device, address, at, former_address, undo_until }))
    }

    fn account_deleted(&self) -> Option<Mail> {
        let details = &self.posted.details;
        let (name, device) = (self.name(), self.device());
        Some(Mail::AccountDeleted { name, device, address: details.address, at: details.at? })
    }

    fn session_compromised(&self) -> Result<Option<Mail>> {
        let (Some(address), Some(at)) = (self.posted.details.address, self.posted.details.at) else { return Ok(None) };
        let sessions_link = link(&self.app.config.server.frontend_url, "sessions", None)?;
        let (name, device) = (self.name(), self.device());
        Ok(Some(Mail::SessionCompromised { name, device, address, at, sessions_link }))
    }

    fn mfa_reset(&self) -> Result<Option<Mail>> {
        let Some(at) = self.posted.details.at else { return Ok(None) };
        let sessions_link = link(&self.app.config.server.frontend_url, "sessions", None)?;
        Ok(Some(Mail::MfaReset { name: self.name(), at, sessions_link }))
    }

    fn account_exists(&self, name: Option<PrintedName>) -> Result<Mail> {
        let sign_in_link = link(&self.app.config.server.frontend_url, "sign-in", None)?;
        Ok(Mail::AccountExists { name, sign_in_link, reset_link: None })
    }

    fn name(&self) -> Option<PrintedName> {
        printed_name(&self.user)
    }

    fn device(&self) -> Option<PrintedName> {
        self.posted.details.device.as_deref().and_then(PrintedName::from_stranger)
    }

    /// Makes the email's token. Every attempt makes its own; what a failed attempt made expires unread.
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
        link(&self.app.config.server.frontend_url, page, Some(&token.expose()))
    }
}

fn printed_name(user: &User) -> Option<PrintedName> {
    user.name.as_deref().and_then(PrintedName::from_stranger)
}

/// A page of the frontend, which calls the mutation: scanners that open links consume nothing.
fn link(frontend: &Url, page: &str, token: Option<&str>) -> Result<String> {
    let mut url = frontend.clone();
    if let Some(route) = frontend.fragment() {
        // A hash router: page and query are a part of the fragment, and no server sees them.
        let query =
            token.map(|token| form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish());
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        url.set_fragment(Some(&format!("{}/{page}{query}", route.trim_end_matches('/'))));
        return Ok(url.into());
    }
    url.path_segments_mut().ok().or_fault("building a link to FRONTEND_URL")?.pop_if_empty().push(page);
    if let Some(token) = token {
        url.query_pairs_mut().append_pair("token", token);
    }
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_into_a_hash_router() {
        for (frontend, expected) in [
            ("https://example.com/#/auth", "https://example.com/#/auth/a?token=x-_"),
            ("https://example.com/#/", "https://example.com/#/a?token=x-_"),
            ("https://example.com/app?lang=de#!/", "https://example.com/app?lang=de#!/a?token=x-_"),
        ] {
            assert_eq!(link(&Url::parse(frontend).unwrap(), "a", Some("x-_")).unwrap(), expected);
        }
        let frontend = Url::parse("https://example.com/#/").unwrap();
        assert_eq!(link(&frontend, "a", Some("& #")).unwrap(), "https://example.com/#/a?token=%26+%23");
        assert_eq!(link(&frontend, "sign-in", None).unwrap(), "https://example.com/#/sign-in");
    }

    #[test]
    fn a_link_keeps_the_path_of_the_frontend() {
        let frontend = Url::parse("https://example.com/app/").unwrap();

        assert_eq!(link(&frontend, "sign-in", None).unwrap(), "https://example.com/app/sign-in");
        assert_eq!(link(&frontend, "a", Some("x-_")).unwrap(), "https://example.com/app/a?token=x-_");
    }
}
