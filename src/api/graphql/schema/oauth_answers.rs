//! What clients bring back from providers: parsed, and not yet believed.

use async_graphql::InputObject;
use serde::Deserialize;

use super::input::{self, Faults};
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::values::oauth::{IdTokenAnswer, OAuthAnswer, RedirectAnswer};
use crate::values::secret::Secret;
use crate::values::secret_token::OAuthFlowToken;
use crate::values::user::parse_name;

/// The longest name of a provider, in characters.
pub const PROVIDER_LIMIT: usize = 64;
/// The longest URI: a redirect URI, or the name of an issuer.
pub const URI_LIMIT: usize = 2_000;
const CODE_LIMIT: usize = 4_096;
const STATE_LIMIT: usize = 512;
const ERROR_LIMIT: usize = 200;
const ID_TOKEN_LIMIT: usize = 16 * 1024;
/// In bytes.
const APPLE_USER_LIMIT: usize = 2 * 1024;

/// The parameters with which a provider sent the browser back to the redirect URI.
#[derive(InputObject)]
#[graphql(name = "OAuthAnswerInput")]
pub struct OAuthAnswerInput {
    /// `flowToken` of the `startOAuth` that this sign-in began with. It works once and expires after 10 minutes.
    #[graphql(secret)]
    flow_token: String,
    /// Parameter `code`. Give exactly one of `code` and `error`.
    #[graphql(secret)]
    code: Option<String>,
    /// Parameter `state`.
    #[graphql(secret)]
    state: String,
    /// Parameter `iss` (RFC 9207), if the provider sent it.
    iss: Option<String>,
    /// Parameter `user`, if Apple sent it: with a user's first sign-in. The server takes the name of a new user from it, and
    /// ignores everything else, and what is not as Apple writes it.
    user: Option<String>,
    /// Parameter `error`, if the provider sent it in place of a code, such as `access_denied`.
    error: Option<String>,
}

/// An ID token that an app got from a provider's own library, without a redirect.
#[derive(InputObject)]
pub struct IdTokenAnswerInput {
    /// `flowToken` of the `startIdTokenLogin` that this sign-in began with. It works once and expires after 10 minutes.
    #[graphql(secret)]
    flow_token: String,
    /// The ID token. Its `nonce` must be the one of `startIdTokenLogin`, as it is or as its SHA-256 in hexadecimal.
    #[graphql(secret)]
    id_token: String,
    /// Name of a new user, 1 to 80 characters. Apple gives it to the app with a user's first sign-in only.
    name: Option<String>,
}

/// Where the fields of an answer stand in the input of their mutation.
pub struct AnswerPaths {
    code: &'static str,
    state: &'static str,
    iss: &'static str,
    error: &'static str,
    id_token: &'static str,
    name: &'static str,
}

impl AnswerPaths {
    /// Directly in the input.
    pub const TOP: Self = Self {
        code: "input.code",
        state: "input.state",
        iss: "input.iss",
        error: "input.error",
        id_token: "input.idToken",
        name: "input.name",
    };
    /// In the fields `oauth` and `idToken` of the input.
    const NESTED: Self = Self {
        code: "input.oauth.code",
        state: "input.oauth.state",
        iss: "input.oauth.iss",
        error: "input.oauth.error",
        id_token: "input.idToken.idToken",
        name: "input.idToken.name",
    };
}

impl OAuthAnswerInput {
    /// Parses the parameters. A text that is no flow token is one that the flow does not know.
    pub fn parse(self, paths: &AnswerPaths, faults: &mut Faults) -> Option<OAuthAnswer> {
        let code = match (given(self.code), given(self.error)) {
            (Some(code), None) => faults.check(paths.code, input::limited(code, CODE_LIMIT)).map(|it| Ok(it.into())),
            (None, Some(error)) => faults.check(paths.error, input::limited(error, ERROR_LIMIT)).map(Err),
            (Some(_), Some(_)) => faults.check(paths.error, Err(rule(FieldErrorCode::Invalid, CODE_OR_ERROR))),
            (None, None) => faults.check(paths.code, Err(rule(FieldErrorCode::Required, CODE_OR_ERROR))),
        };
        let state = faults.check(paths.state, input::limited(self.state, STATE_LIMIT));
        let iss = self.iss.map(|iss| input::limited(iss, URI_LIMIT)).transpose();
        let iss = faults.check(paths.iss, iss);
        Some(OAuthAnswer::Redirect(RedirectAnswer {
            flow: OAuthFlowToken::parse(&self.flow_token),
            code: code?,
            state: state?,
            iss: iss?,
            name: self.user.as_deref().and_then(apple_name),
        }))
    }
}

impl IdTokenAnswerInput {
    /// Parses the answer. `provider` is the one that the client says it is of.
    pub fn parse(self, provider: Option<String>, paths: &AnswerPaths, faults: &mut Faults) -> Option<OAuthAnswer> {
        let id_token = faults.check(paths.id_token, input::limited(self.id_token, ID_TOKEN_LIMIT));
        let name = faults.check(paths.name, self.name.as_deref().map_or(Ok(None), parse_name));
        Some(OAuthAnswer::IdToken(IdTokenAnswer {
            flow: OAuthFlowToken::parse(&self.flow_token),
            provider,
            id_token: Secret::from(id_token?),
            name: name?,
        }))
    }
}

const CODE_OR_ERROR: &str = "Please give either code or error.";
const OAUTH_OR_ID_TOKEN: &str = "Please give either oauth or idToken.";

/// Parses the answer in a mutation that takes either kind, or none.
///
/// # Errors
/// `VALIDATION_FAILED`, also for both.
pub fn parse_optional_answer(
    oauth: Option<OAuthAnswerInput>,
    id_token: Option<IdTokenAnswerInput>,
) -> Result<Option<OAuthAnswer>> {
    let mut faults = Faults::default();
    let parsed = match (oauth, id_token) {
        (None, None) => return Ok(None),
        (Some(oauth), None) => oauth.parse(&AnswerPaths::NESTED, &mut faults),
        (None, Some(id_token)) => id_token.parse(None, &AnswerPaths::NESTED, &mut faults),
        (Some(_), Some(_)) => faults.check("input.idToken", Err(rule(FieldErrorCode::Invalid, OAUTH_OR_ID_TOKEN))),
    };
    faults.finish(parsed).map(Some)
}

/// The same in a mutation that needs one.
///
/// # Errors
/// `VALIDATION_FAILED`, also for both and for none.
pub fn parse_answer(oauth: Option<OAuthAnswerInput>, id_token: Option<IdTokenAnswerInput>) -> Result<OAuthAnswer> {
    let missing = || rule(FieldErrorCode::Required, OAUTH_OR_ID_TOKEN).at("input.oauth");
    Ok(parse_optional_answer(oauth, id_token)?.ok_or_else(missing)?)
}

fn rule(code: FieldErrorCode, message: &str) -> FieldFault {
    FieldFault::new(code, message)
}

/// Pages that read their address send an empty text for a parameter that is not there.
fn given(typed: Option<String>) -> Option<String> {
    typed.filter(|text| !text.is_empty())
}

/// The part of Apple's form field `user` that is used. It is not signed, so nothing else of it counts.
#[derive(Deserialize)]
struct AppleUser {
    name: AppleName,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AppleName {
    first_name: Option<String>,
    last_name: Option<String>,
}

/// The name in Apple's form field `user`, by the rules of a user's name. Anything else is no name, and no error: nobody could
/// correct it, and Apple does not send it again.
fn apple_name(user: &str) -> Option<String> {
    if user.len() > APPLE_USER_LIMIT {
        return None;
    }
    let AppleUser { name } = serde_json::from_str(user).ok()?;
    let parts: Vec<String> = [name.first_name, name.last_name].into_iter().flatten().collect();
    parse_name(&parts.join(" ")).ok().flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_comes_as_apple_writes_it() {
        for (user, name) in [
            (json!({ "name": { "firstName": "Ann", "lastName": "Lee" }, "email": "ann@example.com" }), Some("Ann Lee")),
            (json!({ "name": { "firstName": "Ann" } }), Some("Ann")),
            (json!({ "name": { "firstName": null, "lastName": " Lee " } }), Some("Lee")),
            (json!({ "name": { "firstName": "", "lastName": "" } }), None),
            (json!({ "name": {} }), None),
            (json!({ "email": "ann@example.com" }), None),
        ] {
            assert_eq!(apple_name(&user.to_string()).as_deref(), name, "{user}");
        }
    }

    #[test]
    fn what_is_no_name_is_ignored() {
        let long = "x".repeat(81);
        for name in ["Ann\u{1b}[31m", "Ann\u{202e}nnA", "Ann\nLee", "\u{200b}", &*long] {
            assert_eq!(apple_name(&json!({ "name": { "firstName": name } }).to_string()), None, "{name:?}");
        }
        let nested = "[".repeat(2_000);
        let deep = format!("{{\"name\":{{\"firstName\":{}1{}}}}}", "[".repeat(900), "]".repeat(900));
        for user in ["", "Ann", "null", "[]", "{", "{\"name\":\"Ann\"}", "{\"name\":{\"firstName\":1}}", &nested, &deep]
        {
            assert_eq!(apple_name(user), None, "{user}");
        }
    }

    #[test]
    fn more_than_apple_sends_is_not_read() {
        let user = |padding: usize| format!("{{\"name\":{{\"firstName\":\"Ann\"}}}}{}", " ".repeat(padding));
        let bare = user(0).len();

        assert_eq!(apple_name(&user(APPLE_USER_LIMIT - bare)).as_deref(), Some("Ann"));
        assert_eq!(apple_name(&user(APPLE_USER_LIMIT - bare + 1)), None);
    }
}
