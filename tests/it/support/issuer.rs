//! An OpenID issuer that lies as a test tells it to. It really signs.

use std::sync::{Arc, Mutex};

use authgraph::tools::http_client::{HttpClient, HttpClientSettings, OutboundUrl};
use authgraph::tools::oidc::{
    AcceptedIssuers, ExpectedIdToken, ExpectedNonce, IssuerSettings, OidcError, OpenIdIssuer, SigningAlgorithm,
    VerifiedIdToken,
};
use authgraph::values::time::Time;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::web_server::{Asked, WebServer, answer, json as json_answer};

/// When tokens are issued, in seconds.
pub const ISSUED_AT: i64 = 1_800_000_000;
/// The client that tokens are for.
pub const CLIENT: &str = "client-1";
/// The nonce of the sign-in.
pub const NONCE: &str = "nonce-1";
/// The path of the metadata.
pub const METADATA: &str = "/.well-known/openid-configuration";

/// A key of an issuer.
#[derive(Clone)]
pub struct IssuerKey {
    kid: String,
    algorithm: Algorithm,
    pub signing: EncodingKey,
    pub jwk: Value,
}

impl IssuerKey {
    /// On the curve P-256.
    pub fn new(kid: &str) -> Self {
        Self::of(kid, Algorithm::ES256)
    }

    pub fn of(kid: &str, algorithm: Algorithm) -> Self {
        let pair = match algorithm {
            Algorithm::ES256 => rcgen::KeyPair::generate(),
            Algorithm::ES384 => rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384),
            _ => rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048),
        };
        let pem = pair.unwrap().serialize_pem();
        let signing = match algorithm {
            Algorithm::ES256 | Algorithm::ES384 => EncodingKey::from_ec_pem(pem.as_bytes()),
            _ => EncodingKey::from_rsa_pem(pem.as_bytes()),
        };
        let signing = signing.unwrap();
        let mut jwk = serde_json::to_value(Jwk::from_encoding_key(&signing, algorithm).unwrap()).unwrap();
        jwk["kid"] = kid.into();
        jwk["use"] = "sig".into();
        Self { kid: kid.to_owned(), algorithm, signing, jwk }
    }

    pub fn header(&self) -> Value {
        json!({ "alg": self.algorithm, "kid": self.kid })
    }

    /// A token with these claims.
    pub fn sign(&self, claims: &Value) -> String {
        sign(&self.header(), claims, &self.signing, self.algorithm)
    }
}

/// What the issuer publishes.
struct Published {
    /// `None` while it is away.
    keys: Option<Vec<Value>>,
    /// Fields that differ from the true metadata.
    lies: Value,
}

pub struct LyingIssuer {
    pub server: WebServer,
    pub key: IssuerKey,
    pub http: HttpClient,
    published: Arc<Mutex<Published>>,
}

impl LyingIssuer {
    pub async fn start() -> Self {
        let key = IssuerKey::new("key-1");
        let published = Published { keys: Some(vec![key.jwk.clone()]), lies: json!({}) };
        let published = Arc::new(Mutex::new(published));
        let theirs = Arc::clone(&published);
        let server = WebServer::start(move |asked| respond(asked, &theirs.lock().unwrap())).await;
        Self { server, key, http: loopback_client(), published }
    }

    /// Its name.
    pub fn name(&self) -> String {
        self.server.url("")
    }

    /// From now on the metadata has these fields.
    pub fn lie(&self, lies: Value) {
        self.published.lock().unwrap().lies = lies;
    }

    /// From now on these keys are published.
    pub fn publish(&self, keys: &[&IssuerKey]) {
        self.published.lock().unwrap().keys = Some(keys.iter().map(|key| key.jwk.clone()).collect());
    }

    /// From now on every answer is 503.
    pub fn go_away(&self) {
        self.published.lock().unwrap().keys = None;
    }

    /// How often the keys were asked for.
    pub fn key_requests(&self) -> usize {
        self.server.count("/keys")
    }

    /// The claims of a good token.
    pub fn claims(&self) -> Value {
        json!({
            "iss": self.name(), "sub": "ann", "aud": CLIENT, "nonce": NONCE,
            "iat": ISSUED_AT, "exp": ISSUED_AT + 300, "email": "ann@example.com",
        })
    }

    /// A good token with some claims that differ; null takes a claim away.
    pub fn token_with(&self, changes: &Value) -> String {
        let mut claims = self.claims();
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        self.key.sign(&claims)
    }

    /// What a server knows of this issuer.
    pub fn settings(&self) -> IssuerSettings {
        let location = OutboundUrl::of_operator(self.name().parse().unwrap());
        let mut settings = IssuerSettings::new(location, AcceptedIssuers::Named(vec![self.name()]));
        settings.algorithms = vec![SigningAlgorithm::ES256];
        settings
    }

    /// What becomes of a token that has just been issued.
    pub async fn judge(&self, settings: IssuerSettings, token: &str) -> Result<VerifiedIdToken, OidcError> {
        self.verify(&OpenIdIssuer::new(settings), token, 0).await
    }

    /// What becomes of a token at a server that knows the issuer, so many seconds after the start.
    pub async fn verify(&self, relying: &OpenIdIssuer, token: &str, later: i64) -> Result<VerifiedIdToken, OidcError> {
        let nonce = ExpectedNonce::Exactly(NONCE);
        let expected = ExpectedIdToken { client_ids: &[CLIENT.to_owned()], nonce, access_token: Some("access-1") };
        must_be_send(relying.verify(&self.http, token, &expected, at(later))).await
    }
}

/// A flow runs on any thread, so what it waits for must be able to move.
pub fn must_be_send<T: Send>(value: T) -> T {
    value
}

/// So many seconds after the tokens were issued.
pub fn at(later: i64) -> Time {
    Time::from_timestamp(ISSUED_AT + later, 0).unwrap()
}

/// A client that may reach the servers of a test by the operator's URLs.
pub fn loopback_client() -> HttpClient {
    let allowed_networks = vec!["127.0.0.0/8".parse().unwrap()];
    HttpClient::open(&HttpClientSettings { allowed_networks, plain_http: true, ..HttpClientSettings::default() })
        .unwrap()
}

/// A token with this header and these claims, whatever they are.
pub fn sign(header: &Value, claims: &Value, key: &EncodingKey, algorithm: Algorithm) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let message = format!("{}.{}", part(header), part(claims));
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn respond(asked: &Asked, published: &Published) -> axum::response::Response {
    let Some(keys) = &published.keys else { return answer(503, "away") };
    let name = format!("http://{}", asked.header("host").unwrap());
    match asked.path.as_str() {
        METADATA => {
            let mut metadata = json!({
                "issuer": name, "authorization_endpoint": format!("{name}/authorize"),
                "token_endpoint": format!("{name}/token"), "userinfo_endpoint": format!("{name}/userinfo"),
                "jwks_uri": format!("{name}/keys"),
            });
            for (field, value) in published.lies.as_object().unwrap() {
                metadata[field] = value.clone();
            }
            json_answer(200, &metadata)
        }
        "/keys" => json_answer(200, &json!({ "keys": keys })),
        _ => answer(404, ""),
    }
}
