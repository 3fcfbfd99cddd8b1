//! How a login ends or continues, whichever way the user came in.

use super::second_factor::MfaChallenge;
use super::{NewTokens, OpenedSession};
use crate::app::App;
use crate::error::Result;
use crate::records::audit_log::NewAuditEvent;
use crate::values::audit::AuditAction;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::session::TokenDelivery;

/// How a login ends or continues. Every flow that lets a user in answers it, and one function of the API shows it.
#[derive(Debug)]
pub enum LoginOutcome {
    /// The user is signed in, and gets the refresh token in this way.
    SignedIn(Box<NewTokens>, TokenDelivery),
    /// The login waits for the second factor.
    MfaRequired(MfaChallenge),
    /// The address must be verified first. Also the answer of a registration for a taken address, where the existence of
    /// accounts is hidden.
    EmailVerificationRequired(EmailAddress),
}

impl LoginOutcome {
    /// The word in the metrics.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::SignedIn(..) => "SIGNED_IN",
            Self::MfaRequired(_) => "MFA_REQUIRED",
            Self::EmailVerificationRequired(_) => "EMAIL_VERIFICATION_REQUIRED",
        }
    }
}

/// The outcome of a first factor, in a transaction that is not committed yet.
#[derive(Debug)]
#[must_use = "a user is not signed in before the other steps are considered"]
pub enum FirstFactorOutcome {
    /// Nothing else is required, and the user is signed in.
    SignedIn(Box<OpenedSession>, TokenDelivery),
    /// The login waits for the second factor.
    SecondFactorRequired(MfaChallenge),
    /// The address must be verified first.
    VerificationRequired(EmailAddress),
}

impl FirstFactorOutcome {
    /// The audit event of the outcome.
    pub fn event(&self, user: UserId) -> NewAuditEvent {
        match self {
            Self::SignedIn(opened, _) => {
                NewAuditEvent::success(AuditAction::Login).by(user).in_session(opened.session().id)
            }
            Self::SecondFactorRequired(_) => NewAuditEvent::success(AuditAction::MfaChallenged).by(user),
            Self::VerificationRequired(_) => NewAuditEvent::success(AuditAction::EmailVerificationRequired).by(user),
        }
    }

    /// What the flow answers after its commit. Signs the access token.
    ///
    /// # Errors
    /// A fault of the signer.
    pub fn finish(self, app: &App) -> Result<LoginOutcome> {
        Ok(match self {
            Self::SignedIn(opened, delivery) => LoginOutcome::SignedIn(Box::new(opened.sign(app)?), delivery),
            Self::SecondFactorRequired(challenge) => LoginOutcome::MfaRequired(challenge),
            Self::VerificationRequired(email) => LoginOutcome::EmailVerificationRequired(email),
        })
    }
}
