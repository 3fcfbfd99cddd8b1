//! Rate limits of addresses, networks and recipients. A flow reserves its attempt here before it does anything.

use aws_lc_rs::digest;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

use super::App;
use crate::config::{Config, RateLimit};
use crate::error::{Refusal, Result};
use crate::tools::rate_limiter::{Decision, ReservationId, Window};
use crate::values::caller::Caller;
use crate::values::client_network::{client_address, network};
use crate::values::email_address::EmailAddress;
use crate::values::time::Time;

/// What is limited by the attempt, whatever its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    /// An attempt to prove an identity. Guesses at an account are counted in addition: see `guesses`.
    Proof,
    /// An attempt to have an email sent to this address, whether or not it has an account.
    Mail(MailCause, EmailAddress),
}

/// Why an email is sent. Each recipient has a limit for each cause, so a flood of verification emails cannot block a
/// password reset: a refused recipient has emails of that very kind already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailCause {
    /// A registration whose answer must not tell whether the address is taken.
    Registration,
    /// The address of an account has to be verified.
    Verification,
    /// A request for a new password.
    PasswordReset,
    /// An account wants to move to the recipient's address.
    EmailChange,
    /// Notice to the present address of an account that it is about to move.
    EmailChangeNotice,
    /// Notice of an action to an address that was never verified.
    UnverifiedNotice,
    /// An invitation or a password reset by an administrator.
    Administrator,
}

impl MailCause {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Registration => "registration",
            Self::Verification => "verification",
            Self::PasswordReset => "password-reset",
            Self::EmailChange => "email-change",
            Self::EmailChangeNotice => "email-change-notice",
            Self::UnverifiedNotice => "unverified-notice",
            Self::Administrator => "administrator",
        }
    }
}

/// A limit for one subject, under the name that its window has in the stores.
#[derive(Debug, Clone)]
pub(super) struct NamedLimit {
    /// The label of the limit in the metrics, and the first part of the name.
    bucket: &'static str,
    name: String,
    limit: RateLimit,
}

impl NamedLimit {
    pub(super) fn new(bucket: &'static str, subject: &str, limit: RateLimit) -> Self {
        Self { bucket, name: format!("{bucket}:{subject}"), limit }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn window(&self) -> Window<'_> {
        Window::new(&self.name, self.limit.attempts, self.limit.period)
    }
}

impl Attempt {
    /// The limits of this attempt: those of the caller's address and network, and for an email that of its recipient.
    fn limits(&self, caller: &Caller, config: &Config) -> Vec<NamedLimit> {
        let client = client_address(caller.address);
        let mut limits = vec![
            NamedLimit::new("auth", &format!("address:{client}"), config.rate_limits.auth),
            NamedLimit::new("auth", &format!("network:{}", network(client)), config.rate_limits.auth_network),
        ];
        if let Self::Mail(cause, recipient) = self {
            limits.push(of_recipient(recipient, *cause, config));
        }
        limits
    }
}

/// Reserves an attempt. It counts before anything is compared or sent, whatever its outcome.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn reserve(app: &App, attempt: &Attempt, caller: &Caller, now: Time) -> Result<()> {
    Ok(take(app, &attempt.limits(caller, &app.config), now).await?)
}

/// Reserves an email that an administrator causes: administrators cannot flood a mailbox either.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn reserve_recipient(app: &App, recipient: &EmailAddress, now: Time) -> Result<()> {
    Ok(take(app, &[of_recipient(recipient, MailCause::Administrator, &app.config)], now).await?)
}

/// Reserves an email that goes with an action already counted; false where the recipient has had enough of its kind.
pub async fn may_send_mail(app: &App, cause: MailCause, recipient: &EmailAddress, now: Time) -> bool {
    take(app, &[of_recipient(recipient, cause, &app.config)], now).await.is_ok()
}

/// Counts one attempt in all of these limits, or in none where one of them is full.
pub(super) async fn take(app: &App, limits: &[NamedLimit], now: Time) -> std::result::Result<(), Refusal> {
    let windows: Vec<_> = limits.iter().map(NamedLimit::window).collect();
    let decision = app.rate_limiter.attempt(&windows, now).await;
    outcome(app, limits, decision).map(drop)
}

/// The outcome of an attempt at these limits. A refusal is counted in the metrics.
pub(super) fn outcome(
    app: &App,
    limits: &[NamedLimit],
    decision: Decision,
) -> std::result::Result<ReservationId, Refusal> {
    decision.outcome.map_err(|full| {
        app.metrics.limit_hit(limits.get(full.window).map_or("other", |limit| limit.bucket));
        full.into()
    })
}

/// The limits of guesses at an account: by everybody together, and by the caller's address.
pub(super) fn of_account(email: &EmailAddress, caller: &Caller, config: &Config) -> Vec<NamedLimit> {
    let (account, client) = (pseudonym(email), client_address(caller.address));
    vec![
        NamedLimit::new("auth", &format!("account:{account}"), config.rate_limits.auth_account),
        NamedLimit::new("auth", &format!("pair:{client}:{account}"), config.rate_limits.auth_pair),
    ]
}

pub(super) fn of_recipient(recipient: &EmailAddress, cause: MailCause, config: &Config) -> NamedLimit {
    let subject = format!("{}:{}", cause.as_str(), pseudonym(recipient));
    NamedLimit::new("email", &subject, config.rate_limits.email)
}

/// Names a mailbox in Redis without telling whose it is: the SHA-256 of the address.
pub(super) fn pseudonym(email: &EmailAddress) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, email.as_str().as_bytes()))
}
