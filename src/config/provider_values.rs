//! Parses the settings of OAuth providers.

use ipnet::IpNet;
use url::Url;
use uuid::Uuid;

use super::parse::{ParsedSetting, list, one_of};
use super::{AuthenticationMethod, MicrosoftTenant, Mode};
use crate::tools::oidc::SigningAlgorithm;
use crate::values::redirect_uris::RedirectUris;
use crate::values::secret::Secret;

/// How many values a list may have. Nobody needs more, and every sign-in walks through them.
const LONGEST_LIST: usize = 50;

/// Algorithms with a public key. With `none` and HMAC (`HS256`) anybody who knows the issuer could make ID tokens.
const ALGORITHMS: [(&str, SigningAlgorithm); 9] = [
    ("RS256", SigningAlgorithm::RS256),
    ("RS384", SigningAlgorithm::RS384),
    ("RS512", SigningAlgorithm::RS512),
    ("PS256", SigningAlgorithm::PS256),
    ("PS384", SigningAlgorithm::PS384),
    ("PS512", SigningAlgorithm::PS512),
    ("ES256", SigningAlgorithm::ES256),
    ("ES384", SigningAlgorithm::ES384),
    ("EdDSA", SigningAlgorithm::EdDSA),
];

pub fn redirect_uris(value: &str) -> ParsedSetting<RedirectUris> {
    let uri = |uri: &str| RedirectUris::check(uri).map(|()| uri.to_owned()).map_err(str::to_owned);
    short(list(uri)(value)?).map(RedirectUris::new)
}

pub fn networks(value: &str) -> ParsedSetting<Vec<IpNet>> {
    let network = |text: &str| {
        text.parse().map_err(|_| "networks, separated by commas, like 10.0.0.0/8,192.168.1.7/32,fc00::/7".to_owned())
    };
    short(list(network)(value)?)
}

/// The id that a provider gives to a client, or to a key or a team.
pub fn id(value: &str) -> ParsedSetting<String> {
    let is_id = value.len() <= 255 && value.bytes().all(|byte| byte.is_ascii_graphic());
    if is_id { Ok(value.to_owned()) } else { Err("at most 255 ASCII letters, digits and symbols".to_owned()) }
}

pub fn ids(value: &str) -> ParsedSetting<Vec<String>> {
    short(list(id)(value)?)
}

/// A secret has the characters that RFC 6749, appendix A.2, allows.
pub fn client_secret(value: &str) -> ParsedSetting<Secret> {
    let is_secret = value.len() <= 1000 && value.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic());
    if is_secret { Ok(value.to_owned().into()) } else { Err("at most 1000 ASCII characters".to_owned()) }
}

pub fn display_name(value: &str) -> ParsedSetting<String> {
    let is_name = value.chars().count() <= 64 && !value.chars().any(char::is_control);
    if is_name { Ok(value.to_owned()) } else { Err("a name of at most 64 characters in one line".to_owned()) }
}

/// The address of a provider. `http://` is for development alone, where the HTTP client sends requests to it.
pub fn provider_url(mode: Mode) -> impl Fn(&str) -> ParsedSetting<Url> {
    let (schemes, kind): (&[&str], _) = match mode {
        Mode::Development => (&["https", "http"], "a"),
        Mode::Production => (&["https"], "an https://"),
    };
    move |value| {
        let url = Url::parse(value).ok().filter(|url| schemes.contains(&url.scheme()) && url.has_host());
        let is_plain = |url: &Url| url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let url = url.filter(|url| is_plain(url) && value.len() <= 1000);
        url.ok_or_else(|| format!("{kind} URL without user, password and #, like https://id.example.com"))
    }
}

/// Scopes as RFC 6749, section 3.3, writes them. Without `openid` an issuer answers no ID token.
pub fn scopes(value: &str) -> ParsedSetting<Vec<String>> {
    let scopes: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
    let is_token = |scope: &String| scope.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"\\".contains(&byte));
    let is_right = value.len() <= 1000 && scopes.iter().all(is_token) && scopes.iter().any(|scope| scope == "openid");
    if is_right { Ok(scopes) } else { Err("scopes with openid among them, separated by spaces".to_owned()) }
}

pub fn algorithms(value: &str) -> ParsedSetting<Vec<SigningAlgorithm>> {
    let algorithm = |word: &str| one_of(word, &ALGORITHMS);
    let algorithms = list(algorithm)(value)?;
    if algorithms.is_empty() { Err("at least one algorithm, like RS256".to_owned()) } else { short(algorithms) }
}

pub fn authentication_method(value: &str) -> ParsedSetting<AuthenticationMethod> {
    let words = [
        ("client_secret_basic", AuthenticationMethod::Basic),
        ("client_secret_post", AuthenticationMethod::Post),
        ("none", AuthenticationMethod::None),
    ];
    one_of(value, &words)
}

/// A tenant by its id. A domain name in its place could change its owner.
pub fn microsoft_tenant(value: &str) -> ParsedSetting<MicrosoftTenant> {
    match value {
        "common" => return Ok(MicrosoftTenant::Common),
        "organizations" => return Ok(MicrosoftTenant::Organizations),
        "consumers" => return Ok(MicrosoftTenant::Consumers),
        _ => {}
    }
    let id = Uuid::try_parse(value).ok().map(|id| id.hyphenated().to_string());
    // Other spellings of an id, like {…}, are none of Microsoft's.
    let id = id.filter(|id| id.eq_ignore_ascii_case(value)).map(MicrosoftTenant::One);
    id.ok_or_else(|| "common, organizations, consumers, or the id of a tenant (its GUID)".to_owned())
}

fn short<T>(items: Vec<T>) -> ParsedSetting<Vec<T>> {
    if items.len() <= LONGEST_LIST { Ok(items) } else { Err(format!("at most {LONGEST_LIST} values")) }
}
