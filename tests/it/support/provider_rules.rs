//! What the provider of the tests demands of its clients, as RFC 6749, RFC 7636 and OpenID Connect Core say.

use std::collections::{HashMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use url::Url;

use super::provider::{Person, REDIRECT_URIS};
use super::provider_desk::{Desk, merge};
use super::provider_tokens::id_token;
use super::web_server::Asked;

/// What a code is good for.
struct Grant {
    redirect_uri: String,
    challenge: String,
    nonce: String,
    person: Person,
}

/// What the provider has given out.
#[derive(Default)]
pub(super) struct Issued {
    codes: HashMap<String, Grant>,
    used_codes: HashSet<String>,
    access_tokens: HashMap<String, Person>,
    /// What nobody but client and provider may learn.
    pub secrets: Vec<String>,
    count: usize,
}

impl Issued {
    /// A code for a person whom a browser with this URL belongs to.
    pub(super) fn code_for(&mut self, url: &str, person: &Person) -> String {
        let url = Url::parse(url).unwrap();
        let find = |name| parameter(&url, name).unwrap();
        let grant = Grant {
            redirect_uri: find("redirect_uri"),
            challenge: find("code_challenge"),
            nonce: find("nonce"),
            person: person.clone(),
        };
        self.count += 1;
        let code = format!("code-of-the-provider/{}+{}", self.count, person.subject);
        self.secrets.extend([code.clone(), grant.nonce.clone(), find("state")]);
        self.codes.insert(code.clone(), grant);
        code
    }
}

/// A refusal.
pub(super) struct Refused {
    pub status: u16,
    pub error: &'static str,
    pub why: String,
}

/// Fails with this reason unless the condition holds.
fn demand(holds: bool, error: &'static str, why: impl Into<String>) -> Result<(), Refused> {
    let status = if error == "invalid_client" || error == "invalid_token" { 401 } else { 400 };
    if holds { Ok(()) } else { Err(Refused { status, error, why: why.into() }) }
}

/// The value of a parameter that is there exactly once.
fn parameter(url: &Url, name: &str) -> Result<String, String> {
    let values: Vec<_> = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value).collect();
    let [value] = &values[..] else { return Err(format!("{name} is there {} times", values.len())) };
    if value.is_empty() { Err(format!("{name} is empty")) } else { Ok(value.to_string()) }
}

/// Judges the URL with which a browser comes. Answers where the browser goes on, with `state`.
pub(super) fn authorize(desk: &Desk, url: &str) -> Result<Url, String> {
    let url = Url::parse(url).map_err(|error| error.to_string())?;
    let find = |name| parameter(&url, name);
    let is = |name: &'static str, expected: &str| match find(name)? {
        value if value == expected => Ok(()),
        value => Err(format!("{name} is {value}")),
    };
    if url[..url::Position::AfterPath] != format!("{}/authorize", desk.issuer()) {
        return Err("this is not the authorization endpoint".to_owned());
    }
    is("client_id", &desk.client_id())?;
    is("response_type", "code")?;
    is("code_challenge_method", "S256")?;
    let challenge = BASE64_URL_SAFE_NO_PAD.decode(find("code_challenge")?).unwrap_or_default();
    if challenge.len() != 32 {
        return Err("code_challenge is no SHA-256".to_owned());
    }
    if !find("scope")?.split(' ').any(|scope| scope == "openid") {
        return Err("scope has no openid".to_owned());
    }
    for name in ["state", "nonce"] {
        // 128 bits in Base64.
        if find(name)?.len() < 22 {
            return Err(format!("{name} can be guessed"));
        }
    }
    let redirect_uri = find("redirect_uri")?;
    if !REDIRECT_URIS.contains(&without_loopback_port(&redirect_uri).as_str()) {
        return Err(format!("{redirect_uri} is not registered"));
    }
    let mut location = Url::parse(&redirect_uri).map_err(|error| error.to_string())?;
    location.query_pairs_mut().append_pair("state", &find("state")?);
    Ok(location)
}

/// `http://127.0.0.1:1234/callback` is registered as `http://127.0.0.1/callback`.
fn without_loopback_port(uri: &str) -> String {
    let Some((port, path)) = uri.strip_prefix("http://127.0.0.1:").and_then(|rest| rest.split_once('/')) else {
        return uri.to_owned();
    };
    if port.parse::<u16>().is_ok() { format!("http://127.0.0.1/{path}") } else { uri.to_owned() }
}

/// The token endpoint.
pub(super) fn exchange(desk: &mut Desk, asked: &Asked) -> Result<Value, Refused> {
    authenticate(desk, asked)?;
    let field = |name: &str| asked.field(name).unwrap_or_default();
    demand(field("grant_type") == "authorization_code", "unsupported_grant_type", "grant_type is wrong")?;
    let code = field("code");
    demand(!desk.issued.used_codes.contains(&code), "invalid_grant", "the code was used")?;
    let grant = desk.issued.codes.remove(&code);
    let Some(grant) = grant else { return demand(false, "invalid_grant", "the code is unknown").map(|()| Value::Null) };
    desk.issued.used_codes.insert(code);
    demand(field("redirect_uri") == grant.redirect_uri, "invalid_grant", "redirect_uri is not that of the code")?;
    let verifier = field("code_verifier");
    demand((43..=128).contains(&verifier.len()), "invalid_grant", "the verifier has a wrong length")?;
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()));
    demand(challenge == grant.challenge, "invalid_grant", "the verifier is not that of the challenge")?;

    let access_token = format!("access-token-of-the-provider-{}", desk.issued.count);
    desk.issued.access_tokens.insert(access_token.clone(), grant.person.clone());
    let id_token = id_token(desk, &desk.client_id(), &grant.nonce, &grant.person, Some(&access_token));
    desk.issued.secrets.extend([verifier, access_token.clone(), id_token.clone()]);
    Ok(json!({
        "access_token": access_token, "token_type": "Bearer", "expires_in": 3600, "id_token": id_token,
        "refresh_token": "refresh-token-of-the-provider", "scope": "openid email",
    }))
}

/// Is it really the client?
fn authenticate(desk: &Desk, asked: &Asked) -> Result<(), Refused> {
    demand(asked.method == "POST", "invalid_request", "the token endpoint takes POST")?;
    let content_type = asked.header("content-type");
    demand(content_type == Some("application/x-www-form-urlencoded"), "invalid_request", "the body is no form")?;
    let in_body = asked.field("client_secret").map(|secret| (asked.field("client_id").unwrap_or_default(), secret));
    let in_header = asked.header("authorization").map(|header| basic_credentials(header).unwrap_or_default());
    demand(in_body.is_none() || in_header.is_none(), "invalid_request", "the client authenticates twice")?;
    let right = (desk.client_id(), desk.client_secret());
    demand(in_body.or(in_header) == Some(right), "invalid_client", "the client does not authenticate")
}

/// Both are form-encoded before they are put together (RFC 6749, section 2.3.1).
fn basic_credentials(header: &str) -> Option<(String, String)> {
    let decoded = String::from_utf8(BASE64_STANDARD.decode(header.strip_prefix("Basic ")?).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    let decode = |text: &str| {
        let form = format!("value={text}");
        let mut fields = url::form_urlencoded::parse(form.as_bytes());
        fields.next().map(|(_, value)| value.into_owned())
    };
    Some((decode(id)?, decode(secret)?))
}

/// The user info endpoint.
pub(super) fn user_info(desk: &Desk, asked: &Asked) -> Result<Value, Refused> {
    let token = asked.header("authorization").and_then(|header| header.strip_prefix("Bearer ")).unwrap_or_default();
    match desk.issued.access_tokens.get(token) {
        Some(person) => {
            let mut claims = person.claims();
            merge(&mut claims, &desk.lies.user_info);
            Ok(claims)
        }
        None => demand(false, "invalid_token", "the access token is unknown").map(|()| Value::Null),
    }
}
