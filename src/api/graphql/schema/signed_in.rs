//! What clients tell about themselves when they start to log in, and the tokens that they get in the end.

use async_graphql::{Context, Enum, InputObject, SimpleObject};

use super::context::{ContextExt, Transport, set_refresh_cookie};
use super::input::{self, Faults};
use super::views::{SessionView, UserView};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::DateTime;
use crate::app::sign_in;
use crate::error::{FieldErrorCode, FieldFault};
use crate::values::session::{LoginClient, TokenDelivery};

/// How the refresh token is returned to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "TokenDelivery", remote = "TokenDelivery")]
pub enum TokenDeliveryEnum {
    /// In the field `refreshToken`, for clients that can store it safely.
    Body,
    /// In a cookie that scripts cannot read, for browsers. It is sent to this server only. `VALIDATION_FAILED` over a
    /// WebSocket, which cannot set cookies.
    Cookie,
}

/// What a client tells about itself when it starts to log in. The server remembers it until the login is complete.
#[derive(InputObject)]
pub struct ClientInput {
    /// Name of this device in the list of sessions, 1 to 80 characters.
    device_name: Option<String>,
    /// How the refresh token is returned. `refresh` returns the next one in the same way as it got the last one.
    #[graphql(default_with = "TokenDeliveryEnum::Body")]
    token_delivery: TokenDeliveryEnum,
}

impl ClientInput {
    /// Parses what the client tells, and refuses a cookie where none can be set.
    pub fn parse(ctx: &Context<'_>, typed: Option<Self>, faults: &mut Faults) -> Option<LoginClient> {
        let Some(typed) = typed else { return Some(LoginClient::default()) };
        let device_name = faults.check("input.client.deviceName", input::device_name(typed.device_name.as_deref()));
        let token_delivery = typed.token_delivery.into();
        let delivery = faults.check("input.client.tokenDelivery", check_delivery(ctx, token_delivery));
        device_name.zip(delivery).map(|(device_name, ())| LoginClient { device_name, token_delivery })
    }
}

/// Tokens of a signed-in user.
#[derive(SimpleObject)]
pub struct SignedIn {
    /// Access token for the header `Authorization: Bearer …`.
    access_token: String,
    /// When the access token expires. Call `refresh` before.
    access_token_expires_at: DateTime,
    /// Whole seconds until the access token expires, for devices whose clock is wrong.
    access_token_expires_in: i32,
    /// Refresh token for `refresh`. It works once. Null if it is in the cookie.
    refresh_token: Option<String>,
    /// When the refresh token expires.
    refresh_token_expires_at: DateTime,
    /// Always `Bearer` (RFC 6750).
    token_type: &'static str,
    /// The session of both tokens.
    session: SessionView,
    /// The signed-in user.
    user: UserView,
}

/// Whether the answer can set a cookie.
#[must_use]
pub fn can_set_cookie(ctx: &Context<'_>) -> bool {
    ctx.data_opt::<Transport>() != Some(&Transport::WebSocket)
}

/// Refuses a cookie over a WebSocket with `VALIDATION_FAILED`. Called before the flow runs: afterwards the tokens would
/// exist and be lost.
pub fn check_delivery(ctx: &Context<'_>, delivery: TokenDelivery) -> Result<(), FieldFault> {
    if delivery == TokenDelivery::Cookie && !can_set_cookie(ctx) {
        let message =
            "A WebSocket cannot set cookies. Please send this mutation by POST, or use the refresh token in the body.";
        return Err(FieldFault::new(FieldErrorCode::Invalid, message));
    }
    Ok(())
}

/// Returns the tokens in the way that the client asked for.
pub fn deliver(ctx: &Context<'_>, signed_in: sign_in::NewTokens, delivery: TokenDelivery) -> ApiResult<SignedIn> {
    let refresh_token = match delivery {
        TokenDelivery::Body => Some(signed_in.refresh.expose()),
        TokenDelivery::Cookie => {
            set_refresh_cookie(ctx, signed_in.refresh.expose(), signed_in.refresh_expires_at)?;
            None
        }
    };
    // A replayed refresh returns a token that was signed before: what is left of it counts.
    let access_token_left = (signed_in.access.expires_at - ctx.now()?).num_seconds().max(0);
    Ok(SignedIn {
        access_token: signed_in.access.expose().to_owned(),
        access_token_expires_at: signed_in.access.expires_at.into(),
        access_token_expires_in: i32::try_from(access_token_left).unwrap_or(i32::MAX),
        refresh_token,
        refresh_token_expires_at: signed_in.refresh_expires_at.into(),
        token_type: "Bearer",
        session: SessionView { session: signed_in.session, user: signed_in.user.clone(), is_current: true },
        user: UserView(signed_in.user),
    })
}
