//! The result of every sign-in: the tokens, and how they are delivered.

use async_graphql::{Context, Enum, SimpleObject};

use super::context::{Transport, set_refresh_cookie};
use super::views::{SessionView, UserView};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::DateTime;
use crate::app::sign_in;
use crate::error::{FieldErrorCode, FieldFault};

/// How the refresh token is returned to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TokenDelivery {
    /// In the field `refreshToken`, for clients that can store it safely.
    Body,
    /// In a cookie that scripts cannot read, for browsers. It is sent to this server only. `VALIDATION_FAILED` over a
    /// WebSocket, which cannot set cookies.
    Cookie,
}

/// Tokens of a signed-in user.
#[derive(SimpleObject)]
pub struct SignedIn {
    /// Access token for the header `Authorization: Bearer …`.
    access_token: String,
    /// When the access token expires. Call `refresh` before.
    access_token_expires_at: DateTime,
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

/// Refuses a cookie over a WebSocket with `VALIDATION_FAILED`. Called before the flow runs: afterwards the tokens would
/// exist and be lost.
pub fn check_delivery(ctx: &Context<'_>, delivery: TokenDelivery) -> Result<(), FieldFault> {
    if delivery == TokenDelivery::Cookie && ctx.data_opt::<Transport>() == Some(&Transport::WebSocket) {
        let message =
            "A WebSocket cannot set cookies. Please send this mutation by POST, or ask for the token in the body.";
        return Err(FieldFault::new(FieldErrorCode::Invalid, message).at("input.tokenDelivery"));
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
    Ok(SignedIn {
        access_token: signed_in.access.expose().to_owned(),
        access_token_expires_at: signed_in.access.expires_at.into(),
        refresh_token,
        refresh_token_expires_at: signed_in.refresh_expires_at.into(),
        token_type: "Bearer",
        session: SessionView { session: signed_in.session, user: signed_in.user.clone(), is_current: true },
        user: UserView(signed_in.user),
    })
}
