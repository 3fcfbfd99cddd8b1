//! Somebody is signed in: the tokens, and the two ways they travel.

use async_graphql::{Context, Enum, SimpleObject};

use super::context::{Transport, set_refresh_cookie};
use super::views::{SessionView, UserView};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::DateTime;
use crate::app::sign_in;
use crate::error::FieldFault;

/// How the refresh token travels to the client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum TokenDelivery {
    /// In the answer; for clients with a safe place to keep it.
    Body,
    /// As a cookie that scripts cannot read, for this server only; for browsers. Over a WebSocket it is refused with
    /// `VALIDATION_FAILED`.
    Cookie,
}

/// Somebody is signed in.
#[derive(SimpleObject)]
pub struct SignedIn {
    /// For the header `Authorization: Bearer …` of every request.
    access_token: String,
    /// When to refresh, at the latest.
    access_token_expires_at: DateTime,
    /// For `refresh`, once. Null where it travels as a cookie.
    refresh_token: Option<String>,
    /// How long the refresh token is accepted.
    refresh_token_expires_at: DateTime,
    /// `Bearer` (RFC 6750).
    token_type: &'static str,
    /// The session both tokens belong to.
    session: SessionView,
    /// Who is signed in.
    user: UserView,
}

/// Refuses a delivery that the answer cannot carry. Called before the flow runs: afterwards the tokens would exist and be
/// lost.
///
/// # Errors
/// `VALIDATION_FAILED` for a cookie over a WebSocket.
pub fn check_delivery(ctx: &Context<'_>, delivery: TokenDelivery) -> Result<(), FieldFault> {
    if delivery == TokenDelivery::Cookie && ctx.data_opt::<Transport>() == Some(&Transport::WebSocket) {
        let message =
            "A WebSocket cannot carry cookies. Please send this mutation by POST, or use the token in the body.";
        return Err(FieldFault::new("INVALID", message).at("input.tokenDelivery"));
    }
    Ok(())
}

/// Hands the tokens over in the way the client asked for.
///
/// # Errors
/// A fault where the request has no app.
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
