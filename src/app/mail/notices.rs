//! Emails that only report an action and ask nothing of their reader.

use super::compose::Composer;
use crate::error::Result;
use crate::records::email_holds;
use crate::records::outbox::MailKind;
use crate::tools::db::Tx;
use crate::values::mail::Mail;

impl Composer<'_> {
    /// What was done, from where and when.
    pub(super) fn notice(&self) -> Option<Mail> {
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
            MailKind::ProviderLinked => {
                let provider = self.posted.details.provider.clone()?;
                Some(Mail::ProviderLinked { name, device, address, at, provider })
            }
            MailKind::ProviderUnlinked => {
                let provider = self.posted.details.provider.clone()?;
                Some(Mail::ProviderUnlinked { name, device, address, at, provider })
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

    pub(super) async fn password_changed(&self, tx: &mut Tx) -> Result<Option<Mail>> {
        let (Some(address), Some(at)) = (self.posted.details.address, self.posted.details.at) else { return Ok(None) };
        // A mailbox that the account has left does not learn of the account's other addresses.
        let held = if self.user.email == self.posted.recipient {
            email_holds::find_of_user(tx, self.user.id, self.now).await?
        } else {
            None
        };
        let (former_address, undo_until) = held.map(|held| (held.email, held.held_until)).unzip();
        let (name, device) = (self.name(), self.device());
        Ok(Some(Mail::PasswordChanged { name, device, address, at, former_address, undo_until }))
    }

    pub(super) fn account_deleted(&self) -> Option<Mail> {
        let details = &self.posted.details;
        let (name, device) = (self.name(), self.device());
        Some(Mail::AccountDeleted { name, device, address: details.address, at: details.at? })
    }

    pub(super) fn session_compromised(&self) -> Result<Option<Mail>> {
        let (Some(address), Some(at)) = (self.posted.details.address, self.posted.details.at) else { return Ok(None) };
        let (name, device) = (self.name(), self.device());
        Ok(Some(Mail::SessionCompromised { name, device, address, at, sessions_link: self.link("sessions")? }))
    }

    pub(super) fn mfa_reset(&self) -> Result<Option<Mail>> {
        let Some(at) = self.posted.details.at else { return Ok(None) };
        Ok(Some(Mail::MfaReset { name: self.name(), at, sessions_link: self.link("sessions")? }))
    }
}
