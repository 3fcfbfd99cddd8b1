//! What an email says to its one reader; how it looks is for the templates, how it travels for the mailer.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::email_address::EmailAddress;
use super::printable;
use super::time::Time;

/// An email to one person. Templates see the fields under these names.
#[derive(Clone, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are the words of the sentence above them")]
pub enum Mail {
    /// Somebody registered with this address: is it theirs?
    VerifyEmail {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// Somebody asked for a new password.
    ResetPassword {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// Somebody tried to register, or to move an account to, an address that has an account.
    AccountExists { name: Option<PrintedName>, sign_in_link: String },
    /// To the new address of an account: is it theirs?
    ConfirmEmailChange {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
        #[serde(serialize_with = "text")]
        new_address: EmailAddress,
        /// The present address, if its mailbox was proved: it can take the account back for `undo_for`.
        former_address: Option<EmailAddress>,
        #[serde(serialize_with = "seconds")]
        undo_for: Duration,
    },
    /// To the present address: somebody wants to move the account away from it.
    EmailChangeRequested {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        #[serde(serialize_with = "text")]
        new_address: EmailAddress,
    },
    /// To the old address, with the way back.
    EmailChanged {
        name: Option<PrintedName>,
        undo_link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
        #[serde(serialize_with = "text")]
        new_address: EmailAddress,
    },
    /// To an old address that was never verified: no way back, and not where the account went.
    UnverifiedEmailChanged { name: Option<PrintedName>, at: Time },
    /// The password is another one now. A former address may still be able to take the account back.
    PasswordChanged {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        former_address: Option<EmailAddress>,
        undo_until: Option<Time>,
    },
    /// The account is deleted; where from is left out where an administrator did it.
    AccountDeleted { name: Option<PrintedName>, device: Option<PrintedName>, address: Option<IpAddr>, at: Time },
    /// A refresh token was used twice, so its session is over; device and address are of the second use.
    SessionCompromised {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        sessions_link: String,
    },
    /// Somebody signed in from a device or network that was not used before.
    NewDevice {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        disown_link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// The second factor is on.
    MfaEnabled { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// The second factor is off.
    MfaDisabled { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// A backup code was used; `remaining` are left.
    BackupCodeUsed { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time, remaining: i64 },
    /// New backup codes took the place of all older ones.
    BackupCodesRegenerated { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// Many codes of the second factor were wrong; the first factor was right each time.
    MfaCodesRefused { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// An administrator opened an account for the reader, who has to choose a password.
    Invitation {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// An administrator turned the second factor off.
    MfaReset { name: Option<PrintedName>, at: Time, sessions_link: String },
}

/// An email as it will be read.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// Which email it is: [`Mail::kind`].
    pub kind: String,
    /// One line.
    pub subject: String,
    /// The HTML form.
    pub html: String,
    /// The same, for readers without HTML.
    pub text: String,
}

/// The name of a person or a device, fit for an email.
///
/// Whoever registers an address that is not theirs chooses the name in the email that goes there. Without this,
/// a name like "You won, see evil.example" would make us a relay for spam under our own good reputation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PrintedName(String);

impl PrintedName {
    /// Takes out what is invisible or turns the line; `None` where the name could be read as a link or a message.
    #[must_use]
    pub fn from_stranger(name: &str) -> Option<Self> {
        printable::name(name).map(Self)
    }
}

impl Mail {
    /// The name of its two templates, and of the email in logs.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::VerifyEmail { .. } => "verify_email",
            Self::ResetPassword { .. } => "reset_password",
            Self::AccountExists { .. } => "account_exists",
            Self::ConfirmEmailChange { .. } => "confirm_email_change",
            Self::EmailChangeRequested { .. } => "email_change_requested",
            Self::EmailChanged { .. } => "email_changed",
            Self::UnverifiedEmailChanged { .. } => "unverified_email_changed",
            Self::AccountDeleted { .. } => "account_deleted",
            Self::BackupCodesRegenerated { .. } => "backup_codes_regenerated",
            Self::MfaCodesRefused { .. } => "mfa_codes_refused",
            Self::PasswordChanged { .. } => "password_changed",
            Self::SessionCompromised { .. } => "session_compromised",
            Self::NewDevice { .. } => "new_device",
            Self::MfaEnabled { .. } => "mfa_enabled",
            Self::MfaDisabled { .. } => "mfa_disabled",
            Self::BackupCodeUsed { .. } => "backup_code_used",
            Self::Invitation { .. } => "invitation",
            Self::MfaReset { .. } => "mfa_reset",
        }
    }
}

// Links carry tokens.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Email({})", self.kind())
    }
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Rendered({})", self.kind)
    }
}

fn seconds<S: Serializer>(span: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(span.as_secs())
}

fn text<S: Serializer>(address: &EmailAddress, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(address.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_email_never_shows_its_link_in_a_log() {
        let mail = Mail::AccountExists { name: None, sign_in_link: "https://secret".into() };

        assert_eq!(format!("{mail:?}"), "Email(account_exists)");
    }
}
