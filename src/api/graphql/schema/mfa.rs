//! The second factor: sign-in, enrollment, backup codes.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{RoleEnum, access, refuses, require_recent_auth, require_user};
use super::login_result::{LoginResult, login_result};
use super::signed_in::can_set_cookie;
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::DateTime;
use crate::error::Refusal;
use crate::flows::verify_mfa::MfaProof;
use crate::flows::{disable_mfa, enroll_mfa, regenerate_backup_codes, verify_mfa};
use crate::values::mfa::BackupCode;
use crate::values::password::Password;
use crate::values::secret_token::ChallengeToken;

/// State of a user's second factor.
#[derive(SimpleObject)]
pub struct MfaStatus {
    /// Whether signing in requires a second factor.
    pub enabled: bool,
    /// When it was turned on. Null if it is off.
    pub enabled_at: Option<DateTime>,
    /// Number of unused backup codes.
    pub backup_codes_remaining: i32,
}

/// Input of `verifyMfa`.
#[derive(InputObject)]
pub struct VerifyMfaInput {
    /// `challengeToken` of the `MfaRequired` that the first step returned.
    #[graphql(secret)]
    challenge_token: String,
    /// Six-digit code of the authenticator app, or a backup code. Spaces and dashes are ignored, and digits of any
    /// script are accepted.
    #[graphql(secret)]
    code: String,
}

/// Secret to set up an authenticator app. It is shown once, and takes effect with `confirmMfaEnrollment`.
#[derive(SimpleObject)]
pub struct MfaEnrollment {
    /// The secret in base32, to type into an app.
    secret: String,
    /// The secret as an `otpauth:` URI, to open an app on the same device.
    otpauth_uri: String,
    /// The URI as a QR code: an SVG image in a `data:` URI.
    qr_code: String,
    /// When the enrollment expires if it is not confirmed.
    expires_at: DateTime,
}

/// Input of `confirmMfaEnrollment`.
#[derive(InputObject)]
pub struct ConfirmMfaEnrollmentInput {
    /// Six-digit code of the authenticator app.
    #[graphql(secret)]
    code: String,
}

/// Result of `confirmMfaEnrollment`.
#[derive(SimpleObject)]
pub struct ConfirmMfaEnrollmentPayload {
    /// Backup codes, each for one sign-in without the app. They are shown only here.
    backup_codes: Vec<String>,
    /// The user after the change.
    user: UserView,
}

/// Input of `disableMfa`.
#[derive(InputObject)]
pub struct DisableMfaInput {
    /// The account's password. Only users without a password omit it.
    #[graphql(secret)]
    password: Option<String>,
    /// Six-digit code of the authenticator app, or a backup code.
    #[graphql(secret)]
    code: String,
}

/// Result of `disableMfa`.
#[derive(SimpleObject)]
pub struct DisableMfaPayload {
    /// The user after the change.
    user: UserView,
}

/// Input of `regenerateBackupCodes`.
#[derive(InputObject)]
pub struct RegenerateBackupCodesInput {
    /// Six-digit code of the authenticator app, or a current backup code.
    #[graphql(secret)]
    code: String,
}

/// Result of `regenerateBackupCodes`.
#[derive(SimpleObject)]
pub struct RegenerateBackupCodesPayload {
    /// Backup codes, each for one sign-in without the app. They are shown only here.
    backup_codes: Vec<String>,
    /// The user after the change.
    user: UserView,
}

/// Mutations of the second factor.
#[derive(Default)]
pub struct MfaMutation;

#[Object]
impl MfaMutation {
    /// Complete a login with a second factor. `INVALID_TOKEN` if the challenge is unknown, used or expired. The refresh
    /// token is returned as the first step asked for it; `VALIDATION_FAILED` if that is a cookie, over a WebSocket.
    #[graphql(
        directive = cost::apply(costs::VERIFY_MFA.to_string()),
        directive = rate_limit::apply(RateBucket::Mfa),
        directive = refuses::apply(vec![
            Code::InvalidToken, Code::InvalidMfaCode, Code::AccountLocked, Code::ValidationFailed,
        ]),
    )]
    async fn verify_mfa(&self, ctx: &Context<'_>, input: VerifyMfaInput) -> ApiResult<Option<LoginResult>> {
        let token = ChallengeToken::parse(&input.challenge_token).ok_or(Refusal::UNKNOWN_TOKEN)?;
        let proof = MfaProof { token, code: input.code, can_set_cookie: can_set_cookie(ctx) };
        let outcome = verify_mfa::verify_mfa(ctx.app()?, ctx.caller()?, &proof).await?;
        Ok(Some(login_result(ctx, outcome)?))
    }

    /// Create a secret for an authenticator app. The second factor is off until `confirmMfaEnrollment`. CONFLICT if it
    /// is already on.
    #[graphql(
        guard = "require_recent_auth()",
        directive = cost::apply(costs::START_MFA_ENROLLMENT.to_string()),
        directive = access::apply(RoleEnum::User, true),
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

    /// Turn the second factor on with a code of the new secret. Returns the backup codes. CONFLICT if no enrollment is
    /// waiting.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = cost::apply(costs::CONFIRM_MFA_ENROLLMENT.to_string()),
        directive = rate_limit::apply(RateBucket::Mfa),
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

    /// Turn the second factor off with the password and a code. CONFLICT if it is off.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = cost::apply(costs::DISABLE_MFA.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::InvalidMfaCode, Code::ReauthenticationRequired, Code::Conflict,
            Code::Overloaded,
        ]),
    )]
    async fn disable_mfa(&self, ctx: &Context<'_>, input: DisableMfaInput) -> ApiResult<Option<DisableMfaPayload>> {
        let viewer = viewer(ctx).await?;
        let password = input.password.map(Password::typed);
        disable_mfa::disable_mfa(ctx.app()?, ctx.caller()?, &viewer, password.as_ref(), &input.code).await?;
        Ok(Some(DisableMfaPayload { user: UserView(viewer.user().clone()) }))
    }

    /// Replace all backup codes with new ones. Administrators must call `reauthenticate` first. CONFLICT if the second
    /// factor is off.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = cost::apply(costs::REGENERATE_BACKUP_CODES.to_string()),
        directive = rate_limit::apply(RateBucket::Mfa),
        directive = refuses::apply(vec![Code::InvalidMfaCode, Code::ReauthenticationRequired, Code::Conflict]),
    )]
    async fn regenerate_backup_codes(
        &self,
        ctx: &Context<'_>,
        input: RegenerateBackupCodesInput,
    ) -> ApiResult<Option<RegenerateBackupCodesPayload>> {
        let viewer = viewer(ctx).await?;
        let codes =
            regenerate_backup_codes::regenerate_backup_codes(ctx.app()?, ctx.caller()?, &viewer, &input.code).await?;
        let user = UserView(viewer.user().clone());
        Ok(Some(RegenerateBackupCodesPayload { backup_codes: shown(&codes), user }))
    }
}

fn shown(codes: &[BackupCode]) -> Vec<String> {
    codes.iter().map(BackupCode::expose).collect()
}
