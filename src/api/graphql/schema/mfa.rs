//! The second factor.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer};
use super::costs::{MAIL, PASSWORD_HASH, RateBucket, TOKEN_CHECK, WRITE, cost};
use super::guards::{Role, refuses, require_recent_auth, require_user, requires};
use super::signed_in::{SignedIn, TokenDelivery, check_delivery, deliver};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::DateTime;
use crate::app::second_factor::MfaChallenge;
use crate::error::Refusal;
use crate::flows::{enroll_mfa, manage_mfa, verify_mfa};
use crate::values::mfa::BackupCode;
use crate::values::password::Password;
use crate::values::secret_token::ChallengeToken;
use crate::values::session::AuthMethod;

/// By what the second step of a sign-in can be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum MfaMethod {
    /// Six digits of an authenticator app (RFC 6238).
    Totp,
    /// One of the codes that were shown once.
    BackupCode,
}

/// The first step is taken, the second is awaited: call `verifyMfa`. There is no session yet.
#[derive(SimpleObject)]
pub struct MfaRequired {
    /// For `verifyMfa`; works once, for five attempts.
    challenge_token: String,
    /// How long the second step is awaited.
    expires_at: DateTime,
    /// By what it can be taken.
    methods: Vec<MfaMethod>,
}

impl From<MfaChallenge> for MfaRequired {
    fn from(challenge: MfaChallenge) -> Self {
        let methods = challenge.methods.into_iter().filter_map(|method| match method {
            AuthMethod::Totp => Some(MfaMethod::Totp),
            AuthMethod::BackupCode => Some(MfaMethod::BackupCode),
            AuthMethod::Password => None,
        });
        Self {
            challenge_token: challenge.token.expose(),
            expires_at: challenge.expires_at.into(),
            methods: methods.collect(),
        }
    }
}

/// How a user's second factor stands.
#[derive(SimpleObject)]
pub struct MfaStatus {
    /// Whether signing in takes a second step.
    pub enabled: bool,
    /// Since when.
    pub enabled_at: Option<DateTime>,
    /// How many backup codes are left.
    pub backup_codes_remaining: i32,
}

/// The second step of a sign-in.
#[derive(InputObject)]
pub struct VerifyMfaInput {
    /// From `MfaRequired`.
    #[graphql(secret)]
    challenge_token: String,
    /// Six digits of the authenticator app, or a backup code; spaces, dashes and the script of the digits do not matter.
    #[graphql(secret)]
    code: String,
    /// How the refresh token travels back.
    #[graphql(default_with = "TokenDelivery::Body")]
    token_delivery: TokenDelivery,
}

/// What an authenticator app needs. Shown once, and without effect until `confirmMfaEnrollment`.
#[derive(SimpleObject)]
pub struct MfaEnrollment {
    /// The secret in base32, to type where nothing can be scanned.
    secret: String,
    /// The `otpauth:` URI, for apps on the same device.
    otpauth_uri: String,
    /// The URI as a QR code: a `data:` URI of an SVG, for an image.
    qr_code: String,
    /// How long it waits to be confirmed.
    expires_at: DateTime,
}

/// A first code of the new secret.
#[derive(InputObject)]
pub struct ConfirmMfaEnrollmentInput {
    /// Six digits of the authenticator app.
    #[graphql(secret)]
    code: String,
}

/// The second factor is on.
#[derive(SimpleObject)]
pub struct ConfirmMfaEnrollmentPayload {
    /// Each lets its user in once, without the app. Shown only now.
    backup_codes: Vec<String>,
    /// The user as they are now.
    user: UserView,
}

/// What turning the second factor off takes.
#[derive(InputObject)]
pub struct DisableMfaInput {
    /// The account's password; left out only by users who have none.
    #[graphql(secret)]
    password: Option<String>,
    /// Six digits of the authenticator app, or a backup code.
    #[graphql(secret)]
    code: String,
}

/// The second factor is off.
#[derive(SimpleObject)]
pub struct DisableMfaPayload {
    /// The user as they are now.
    user: UserView,
}

/// What new backup codes take.
#[derive(InputObject)]
pub struct RegenerateBackupCodesInput {
    /// Six digits of the authenticator app, or one of the old backup codes.
    #[graphql(secret)]
    code: String,
}

/// New backup codes; the old ones no longer work.
#[derive(SimpleObject)]
pub struct BackupCodesPayload {
    /// Each lets its user in once, without the app. Shown only now.
    backup_codes: Vec<String>,
}

/// The second factor.
#[derive(Default)]
pub struct MfaMutation;

#[Object]
impl MfaMutation {
    /// Take the second step of a sign-in.
    #[graphql(
        directive = cost::apply(TOKEN_CHECK, Some(RateBucket::Mfa)),
        directive = refuses::apply(vec![
            Code::InvalidToken, Code::InvalidMfaCode, Code::AccountLocked, Code::ValidationFailed,
        ]),
    )]
    async fn verify_mfa(&self, ctx: &Context<'_>, input: VerifyMfaInput) -> ApiResult<Option<SignedIn>> {
        check_delivery(ctx, input.token_delivery)?;
        let token = ChallengeToken::parse(&input.challenge_token).ok_or(Refusal::InvalidToken)?;
        let signed_in = verify_mfa::verify_mfa(ctx.app()?, ctx.caller()?, &token, &input.code).await?;
        Ok(Some(deliver(ctx, signed_in, input.token_delivery)?))
    }

    /// Begin to turn the second factor on: shows a new secret, which has no effect before a code of it confirms.
    #[graphql(
        guard = "require_recent_auth()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::User, true),
        directive = refuses::apply(vec![Code::Conflict]),
    )]
    async fn start_mfa_enrollment(&self, ctx: &Context<'_>) -> ApiResult<Option<MfaEnrollment>> {
        let viewer = viewer(ctx).await?;
        let started = enroll_mfa::start_mfa_enrollment(ctx.app()?, ctx.caller()?, &viewer).await?;
        Ok(Some(MfaEnrollment {
            secret: started.secret,
            otpauth_uri: started.uri,
            qr_code: started.qr_code,
            expires_at: started.expires_at.into(),
        }))
    }

    /// Turn the second factor on with a code of the secret just shown. Answers the backup codes.
    #[graphql(
        guard = "require_user()",
        directive = requires::apply(Role::User, false),
        directive = cost::apply(TOKEN_CHECK + MAIL, Some(RateBucket::Mfa)),
        directive = refuses::apply(vec![Code::InvalidMfaCode, Code::Conflict]),
    )]
    async fn confirm_mfa_enrollment(
        &self,
        ctx: &Context<'_>,
        input: ConfirmMfaEnrollmentInput,
    ) -> ApiResult<Option<ConfirmMfaEnrollmentPayload>> {
        let viewer = viewer(ctx).await?;
        let codes = enroll_mfa::confirm_mfa_enrollment(ctx.app()?, ctx.caller()?, &viewer, &input.code).await?;
        let user = UserView(viewer.user().clone());
        Ok(Some(ConfirmMfaEnrollmentPayload { backup_codes: shown(&codes), user }))
    }

    /// Turn the second factor off with the password and a code.
    #[graphql(
        guard = "require_user()",
        directive = requires::apply(Role::User, false),
        directive = cost::apply(PASSWORD_HASH + TOKEN_CHECK + MAIL, Some(RateBucket::Auth)),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::InvalidMfaCode, Code::ReauthenticationRequired, Code::Conflict, Code::Overloaded,
        ]),
    )]
    async fn disable_mfa(&self, ctx: &Context<'_>, input: DisableMfaInput) -> ApiResult<Option<DisableMfaPayload>> {
        let viewer = viewer(ctx).await?;
        let password = input.password.map(Password::typed);
        manage_mfa::disable_mfa(ctx.app()?, ctx.caller()?, &viewer, password.as_ref(), &input.code).await?;
        Ok(Some(DisableMfaPayload { user: UserView(viewer.user().clone()) }))
    }

    /// Make new backup codes; all older ones stop working. Administrators call `reauthenticate` first.
    #[graphql(
        guard = "require_user()",
        directive = requires::apply(Role::User, false),
        directive = cost::apply(TOKEN_CHECK, Some(RateBucket::Mfa)),
        directive = refuses::apply(vec![Code::InvalidMfaCode, Code::ReauthenticationRequired, Code::Conflict]),
    )]
    async fn regenerate_backup_codes(
        &self,
        ctx: &Context<'_>,
        input: RegenerateBackupCodesInput,
    ) -> ApiResult<Option<BackupCodesPayload>> {
        let viewer = viewer(ctx).await?;
        let codes = manage_mfa::regenerate_backup_codes(ctx.app()?, ctx.caller()?, &viewer, &input.code).await?;
        Ok(Some(BackupCodesPayload { backup_codes: shown(&codes) }))
    }
}

fn shown(codes: &[BackupCode]) -> Vec<String> {
    codes.iter().map(BackupCode::expose).collect()
}
