//! How a login ends or continues: one result for every way in.

use async_graphql::{Context, SimpleObject, Union};

use super::session::AuthMethodEnum;
use super::signed_in::{SignedIn, deliver};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::{DateTime, EmailAddressScalar};
use crate::app::sign_in::outcome::LoginOutcome;
use crate::app::sign_in::second_factor::MfaChallenge;
use crate::values::session::AuthMethod;

pub use interface::LoginStep;

/// How a login ends or continues. Newer servers may add members; all of them but `SignedIn` are a `LoginStep`, whose
/// message clients can show.
#[derive(Union)]
pub enum LoginResult {
    /// The user is signed in.
    SignedIn(Box<SignedIn>),
    /// A second factor is required.
    MfaRequired(MfaRequired),
    /// The email address must be verified first.
    EmailVerificationRequired(EmailVerificationRequired),
}

/// The macro generates a method for the field without a description.
#[allow(missing_docs, reason = "the macro does not hand the description of the field on to the method it makes")]
mod interface {
    use async_graphql::Interface;

    use super::{EmailVerificationRequired, MfaRequired};

    /// Something is required before the user is signed in. Clients that do not know the type show its message.
    #[derive(Interface)]
    #[graphql(field(name = "message", ty = "&&'static str", desc = "What to tell the user."))]
    pub enum LoginStep {
        /// A second factor is required.
        MfaRequired(MfaRequired),
        /// The email address must be verified first.
        EmailVerificationRequired(EmailVerificationRequired),
    }
}

/// The password was right and a second factor is required. Call `verifyMfa` to sign in.
#[derive(SimpleObject)]
pub struct MfaRequired {
    /// What to tell the user.
    message: &'static str,
    /// Token for `verifyMfa`. It works once, and allows five attempts.
    challenge_token: String,
    /// When the challenge token expires.
    expires_at: DateTime,
    /// Kinds of code that `verifyMfa` accepts, any one of them; never PASSWORD.
    methods: Vec<AuthMethodEnum>,
}

/// The email address must be verified before the user can sign in. A verification email was sent. If the server hides
/// which addresses have accounts, `register` returns the same result for a taken address.
#[derive(SimpleObject)]
pub struct EmailVerificationRequired {
    /// What to tell the user.
    message: &'static str,
    /// Address the email was sent to.
    email: EmailAddressScalar,
}

impl From<MfaChallenge> for MfaRequired {
    fn from(challenge: MfaChallenge) -> Self {
        let takes_backup_code = challenge.methods.contains(&AuthMethod::BackupCode);
        Self {
            message: if takes_backup_code {
                "Please enter the code of your authenticator app, or a backup code."
            } else {
                "Please enter the code of your authenticator app."
            },
            challenge_token: challenge.token.expose(),
            expires_at: challenge.expires_at.into(),
            methods: challenge.methods.into_iter().map(Into::into).collect(),
        }
    }
}

/// Shows the outcome of a login. A refresh token goes the way that its client chose.
pub fn login_result(ctx: &Context<'_>, outcome: LoginOutcome) -> ApiResult<LoginResult> {
    Ok(match outcome {
        LoginOutcome::SignedIn(tokens, delivery) => LoginResult::SignedIn(Box::new(deliver(ctx, *tokens, delivery)?)),
        LoginOutcome::MfaRequired(challenge) => LoginResult::MfaRequired(challenge.into()),
        LoginOutcome::EmailVerificationRequired(email) => {
            LoginResult::EmailVerificationRequired(EmailVerificationRequired {
                message: "Please verify your email address with the link in the email that was sent to you.",
                email: (&email).into(),
            })
        }
    })
}
