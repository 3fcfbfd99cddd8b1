//! The content of an email to one reader. Templates (`tools/mail_templates`) render it, the mailer (`tools/mailer`)
//! sends it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use serde::{Serialize, Serializer};

use super::email_address::EmailAddress;
use super::printable;
use super::time::Time;

/// An email to one person. Templates see the fields under these names.
#[derive(Clone, Serialize, strum::IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs, reason = "the fields are the words of the sentence above them")]
pub enum Mail {
    /// The address was registered; the link verifies it.
    VerifyEmail {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// A new password was requested; the link sets it.
    ResetPassword {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// Someone tried to register, or to move an account to, an address that has an account.
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
    /// To the present address: a change to another address was requested.
    EmailChangeRequested {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        #[serde(serialize_with = "text")]
        new_address: EmailAddress,
    },
    /// To the old address, with a link that undoes the change.
    EmailChanged {
        name: Option<PrintedName>,
        undo_link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
        #[serde(serialize_with = "text")]
        new_address: EmailAddress,
    },
    /// To an old address that was never verified: it gets no link to undo the change and does not learn the new
    /// address.
    UnverifiedEmailChanged { name: Option<PrintedName>, at: Time },
    /// The password was changed. A former address may still be able to take the account back.
    PasswordChanged {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        former_address: Option<EmailAddress>,
        undo_until: Option<Time>,
    },
    /// The account was deleted. Device and address are missing where an administrator did it.
    AccountDeleted { name: Option<PrintedName>, device: Option<PrintedName>, address: Option<IpAddr>, at: Time },
    /// A refresh token was used twice, so its session was ended. Device and address are those of the second use.
    SessionCompromised {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        sessions_link: String,
    },
    /// A sign-in from a device or network that was not used before.
    NewDevice {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        disown_link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// The second factor was turned on.
    MfaEnabled { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// The second factor was turned off.
    MfaDisabled { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// A backup code was used; `remaining` are left.
    BackupCodeUsed { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time, remaining: i64 },
    /// New backup codes replaced all older ones.
    BackupCodesRegenerated { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// Many codes of the second factor were wrong; the first factor was right each time.
    MfaCodesRefused { name: Option<PrintedName>, device: Option<PrintedName>, address: IpAddr, at: Time },
    /// An administrator created an account for the reader, who has to choose a password.
    Invitation {
        name: Option<PrintedName>,
        link: String,
        #[serde(serialize_with = "seconds")]
        valid_for: Duration,
    },
    /// An account at a provider was linked, and can sign in.
    ProviderLinked {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        /// As the operator calls the provider.
        provider: String,
    },
    /// An account at a provider was unlinked, and cannot sign in any more.
    ProviderUnlinked {
        name: Option<PrintedName>,
        device: Option<PrintedName>,
        address: IpAddr,
        at: Time,
        /// As the operator calls the provider.
        provider: String,
    },
    /// An administrator turned the second factor off.
    MfaReset { name: Option<PrintedName>, at: Time, sessions_link: String },
}

/// A rendered email.
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
/// A stranger who registers a foreign address chooses the name in the email that goes there. Unchecked, a name like
/// "You won, see evil.example" would make this server a relay for spam.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PrintedName(String);

impl PrintedName {
    /// Removes invisible characters and line breaks; `None` where the name could be read as a link or a message.
    #[must_use]
    pub fn from_stranger(name: &str) -> Option<Self> {
        printable::name(name).map(Self)
    }
}

impl Mail {
    /// The name of its two templates, and of the email in logs.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        self.into()
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
