//! Providers: what a browser is sent for, and who each says the user to be, where it is honest, wrong or away.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use authgraph::app::oauth::{OAuthProviders, Provider, ProviderAnswer, ProviderFailure, ProviderRequest};
use authgraph::config::{
    AppleKey, ClientAuthenticationSetting, GitHubSettings, MicrosoftTenant, OAuthSettings, OpenIdSettings,
    ProviderProtocol, ProviderSettings,
};
use authgraph::error::ErrorReason;
use authgraph::tools::oauth::CodeVerifier;
use authgraph::tools::oidc::{EndpointOverrides, SigningAlgorithm};
use authgraph::values::oauth::{OAuthPurpose, ProviderIdentity};
use authgraph::values::secret::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Body;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use futures_util::stream;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::support::install_tls;
use crate::support::issuer::{CLIENT, ISSUED_AT, LyingIssuer, NONCE, at, must_be_send};
use crate::support::web_server::{Asked, WebServer, answer, json as json_answer, redirect};

const REDIRECT_URI: &str = "https://app.example/callback";
const FORM_POST_URI: &str = "https://auth.example/oauth/form_post";
const STATE: &str = "state-1";
const APP: &str = "com.example.app";
/// More than any answer here takes, also on a busy machine.
const LONG: Duration = Duration::from_secs(10);

const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";
const OTHER_TENANT: &str = "f8cdef31-a31e-4b4a-93e4-5f571e91255a";
const CONSUMERS: &str = "9188040d-6c67-4c5b-b112-36a304b66dad";
const OBJECT: &str = "00000000-0000-0000-66f3-3332eca7ea81";

/// How a provider is spoken to, given an issuer and what stands behind its endpoints.
type Dialect = fn(OpenIdSettings) -> ProviderProtocol;

/// A path, and what is answered there.
type AnswerAtPath = (&'static str, fn() -> Response);

/// What the endpoints answer that an issuer names.
struct Endpoints {
    id_token: Option<String>,
    user_info: Value,
    /// In place of every answer.
    trouble: Option<AnswerAtPath>,
}

/// A provider: its issuer, and its token and userinfo endpoints.
struct World {
    issuer: LyingIssuer,
    server: WebServer,
    endpoints: Arc<Mutex<Endpoints>>,
}

impl World {
    async fn new() -> Self {
        install_tls();
        let endpoints = Endpoints { id_token: None, user_info: json!({ "sub": "ann" }), trouble: None };
        let endpoints = Arc::new(Mutex::new(endpoints));
        let theirs = Arc::clone(&endpoints);
        let server = WebServer::start(move |asked| respond(asked, &theirs.lock().unwrap())).await;
        Self { issuer: LyingIssuer::start().await, server, endpoints }
    }

    fn settings(&self) -> OpenIdSettings {
        let endpoint = |path| Some(self.server.url(path).parse().unwrap());
        OpenIdSettings {
            issuer: self.issuer.name().parse().unwrap(),
            authentication: ClientAuthenticationSetting::Post("secret-1".to_owned().into()),
            native_client_ids: vec![APP.to_owned()],
            scopes: vec!["openid".to_owned(), "email".to_owned()],
            algorithms: vec![SigningAlgorithm::ES256],
            endpoints: EndpointOverrides {
                token_endpoint: endpoint("/token"),
                userinfo_endpoint: endpoint("/userinfo"),
                ..EndpointOverrides::default()
            },
        }
    }

    fn github(&self) -> ProviderProtocol {
        ProviderProtocol::GitHub(GitHubSettings {
            client_secret: "secret-1".to_owned().into(),
            authorization_endpoint: self.server.url("/login/oauth/authorize").parse().unwrap(),
            token_endpoint: self.server.url("/token").parse().unwrap(),
            api: self.server.url("/api").parse().unwrap(),
        })
    }

    /// Who the user is at a provider whose token has these changes.
    async fn identify(&self, dialect: Dialect, changes: &Value) -> Result<ProviderIdentity, ProviderFailure> {
        let token = self.issuer.token_with(changes);
        self.endpoints.lock().unwrap().id_token = Some(token);
        identify(&open(dialect(self.settings()), LONG), None).await
    }

    /// The same where the token came with an app.
    async fn identify_app(&self, dialect: Dialect, changes: &Value) -> Result<ProviderIdentity, ProviderFailure> {
        let (providers, token) = (open(dialect(self.settings()), LONG), self.issuer.token_with(changes));
        let (token, nonce) = (token.into(), NONCE.to_owned().into());
        must_be_send(only(&providers).identify_by_id_token(&token, &nonce, OAuthPurpose::Login, at(0))).await
    }
}

fn respond(asked: &Asked, endpoints: &Endpoints) -> Response {
    if let Some((path, trouble)) = endpoints.trouble
        && path == asked.path
    {
        return trouble();
    }
    match asked.path.as_str() {
        "/token" => json_answer(
            200,
            &json!({ "access_token": "access-1", "token_type": "Bearer", "id_token": endpoints.id_token }),
        ),
        "/userinfo" => json_answer(200, &endpoints.user_info),
        "/api/user" => {
            json_answer(200, &json!({ "id": 7, "login": "ann", "name": "Ann", "email": "shown@example.com" }))
        }
        "/api/user/emails" => {
            json_answer(200, &json!([{ "email": "ann@example.com", "primary": true, "verified": true }]))
        }
        _ => answer(404, ""),
    }
}

fn open(protocol: ProviderProtocol, time_limit: Duration) -> OAuthProviders {
    open_where(protocol, time_limit, &["127.0.0.0/8"], true)
}

fn open_where(
    protocol: ProviderProtocol,
    time_limit: Duration,
    networks: &[&str],
    is_development: bool,
) -> OAuthProviders {
    let provider = ProviderSettings {
        name: "one".to_owned(),
        display_name: "One".to_owned(),
        client_id: CLIENT.to_owned(),
        protocol,
    };
    let allowed_networks = networks.iter().map(|network| network.parse().unwrap()).collect();
    let settings = OAuthSettings { allowed_networks, providers: vec![provider], ..OAuthSettings::default() };
    OAuthProviders::open_with_limit(&settings, &FORM_POST_URI.parse().unwrap(), is_development, time_limit).unwrap()
}

fn only(providers: &OAuthProviders) -> &Provider {
    providers.find("one").unwrap()
}

async fn identify(providers: &OAuthProviders, iss: Option<&str>) -> Result<ProviderIdentity, ProviderFailure> {
    identify_for(providers, iss, OAuthPurpose::Login).await
}

async fn identify_for(
    providers: &OAuthProviders,
    iss: Option<&str>,
    purpose: OAuthPurpose,
) -> Result<ProviderIdentity, ProviderFailure> {
    let provider = only(providers);
    let answer = ProviderAnswer {
        code: &secret("code-1"),
        iss,
        callback_uri: provider.callback_uri(REDIRECT_URI),
        nonce: &secret(NONCE),
        verifier: &CodeVerifier::random().unwrap(),
        purpose,
    };
    must_be_send(provider.identify(&answer, at(0))).await
}

fn secret(text: &str) -> Secret {
    text.to_owned().into()
}

/// What the client learns, and what the trail holds.
fn failure(outcome: Result<ProviderIdentity, ProviderFailure>) -> (ErrorReason, String) {
    let failure = outcome.unwrap_err();
    (failure.reason, failure.detail)
}

fn refused(detail: &str) -> (ErrorReason, String) {
    (ErrorReason::InvalidIdToken, detail.to_owned())
}

/// Address and the word on it.
fn email_of(identity: ProviderIdentity) -> Option<(String, bool)> {
    identity.email.map(|email| (email.address.to_string(), email.is_verified))
}

fn microsoft(tenant: MicrosoftTenant) -> impl Fn(OpenIdSettings) -> ProviderProtocol {
    move |settings| ProviderProtocol::Microsoft(tenant.clone(), settings)
}

fn apple(settings: OpenIdSettings) -> ProviderProtocol {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem().into();
    ProviderProtocol::Apple(AppleKey { team_id: "TEAM".to_owned(), key_id: "KEY".to_owned(), key }, settings)
}

fn common(settings: OpenIdSettings) -> ProviderProtocol {
    microsoft(MicrosoftTenant::Common)(settings)
}

/// Claims of Microsoft for a tenant.
fn of_tenant(world: &World, tenant: &str) -> Value {
    json!({ "iss": format!("{}/{tenant}/v2.0", world.issuer.name()), "tid": tenant, "oid": OBJECT })
}

/// The metadata of Microsoft leaves the tenant open.
async fn microsoft_world() -> World {
    let world = World::new().await;
    world.issuer.lie(json!({ "issuer": format!("{}/{{tenantid}}/v2.0", world.issuer.name()) }));
    world
}

/// The parameters of the URL that a browser is sent to, without those that OAuth itself has.
async fn extra_parameters(protocol: ProviderProtocol, purpose: OAuthPurpose) -> Vec<(String, String)> {
    let (providers, verifier) = (open(protocol, LONG), CodeVerifier::random().unwrap());
    let provider = only(&providers);
    let request = ProviderRequest {
        callback_uri: provider.callback_uri(REDIRECT_URI),
        state: &secret(STATE),
        nonce: &secret(NONCE),
        verifier: &verifier,
        login_hint: Some("ann@example.com"),
        purpose,
    };
    let url = must_be_send(provider.authorization_url(&request, at(0))).await.unwrap();

    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()));
    let mut parameters: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    for (name, value) in [
        ("response_type", "code"),
        ("client_id", CLIENT),
        ("state", STATE),
        ("code_challenge_method", "S256"),
        ("code_challenge", &challenge),
    ] {
        let before = parameters.len();
        parameters.retain(|parameter| *parameter != (name.to_owned(), value.to_owned()));
        assert_eq!(before - parameters.len(), 1, "{name} in {url}");
    }
    parameters.sort();
    parameters
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test]
async fn each_provider_is_asked_for_what_it_knows() {
    let (world, tenants) = (World::new().await, microsoft_world().await);
    let hint = ("login_hint", "ann@example.com");
    let nonce = ("nonce", NONCE);
    let to = ("redirect_uri", REDIRECT_URI);
    let scope = ("scope", "openid email");
    let max_age = ("max_age", "0");
    let form = ("response_mode", "form_post");
    let (prompt, select) = (("prompt", "login"), ("prompt", "select_account"));
    let github = ("scope", "read:user user:email");

    for (protocol, login, reauthentication) in [
        (
            ProviderProtocol::Google(world.settings()),
            vec![hint, nonce, to, scope],
            vec![hint, nonce, select, to, scope],
        ),
        (common(tenants.settings()), vec![hint, nonce, to, scope], vec![hint, nonce, prompt, to, scope]),
        (
            apple(world.settings()),
            vec![nonce, ("redirect_uri", FORM_POST_URI), form, scope],
            vec![nonce, ("redirect_uri", FORM_POST_URI), form, scope],
        ),
        (
            ProviderProtocol::Oidc(world.settings()),
            vec![hint, nonce, to, scope],
            vec![hint, max_age, nonce, prompt, to, scope],
        ),
        (world.github(), vec![to, github], vec![select, to, github]),
    ] {
        assert_eq!(extra_parameters(protocol.clone(), OAuthPurpose::Login).await, pairs(&login));
        assert_eq!(extra_parameters(protocol.clone(), OAuthPurpose::Link).await, pairs(&login));
        assert_eq!(extra_parameters(protocol, OAuthPurpose::Reauthenticate).await, pairs(&reauthentication));
    }
}

#[tokio::test]
async fn each_provider_says_who_the_user_is() {
    let (world, tenants) = (World::new().await, microsoft_world().await);
    let verified = || Some(("ann@example.com".to_owned(), true));
    let flag = json!({ "email_verified": true, "hd": "example.com", "name": " Ann " });
    let text = json!({ "email_verified": "true", "name": "Ann" });
    let mut claims = of_tenant(&tenants, &TENANT.to_uppercase());
    claims["xms_edov"] = "1".into();
    claims["name"] = "Ann".into();

    for (outcome, subject) in [
        (world.identify(ProviderProtocol::Google, &flag).await, "ann"),
        (world.identify(ProviderProtocol::Oidc, &flag).await, "ann"),
        (world.identify(apple, &text).await, "ann"),
        (tenants.identify(common, &claims).await, &*format!("{TENANT}.{OBJECT}")),
        (identify(&open(world.github(), LONG), None).await, "7"),
    ] {
        let identity = outcome.unwrap();
        assert_eq!((identity.subject.as_str(), identity.name.as_deref()), (subject, Some("Ann")));
        assert_eq!(email_of(identity), verified());
    }
}

#[tokio::test]
async fn the_word_on_an_address_is_that_of_its_provider() {
    let (world, tenants) = (World::new().await, microsoft_world().await);
    let flag = json!({ "email_verified": true });
    let gmail = json!({ "email": "ann@gmail.com", "email_verified": true });
    let mut claims = of_tenant(&tenants, TENANT);
    claims["email_verified"] = true.into();

    let google = world.identify(ProviderProtocol::Google, &flag).await.unwrap();
    let google_own = world.identify(ProviderProtocol::Google, &gmail).await.unwrap();
    let text = world.identify(apple, &json!({ "email_verified": "false" })).await.unwrap();
    let microsoft = tenants.identify(common, &claims).await.unwrap();

    assert_eq!(email_of(google), Some(("ann@example.com".to_owned(), false)));
    assert_eq!(email_of(google_own), Some(("ann@gmail.com".to_owned(), true)));
    assert_eq!(email_of(text), Some(("ann@example.com".to_owned(), false)));
    assert_eq!(email_of(microsoft), Some(("ann@example.com".to_owned(), false)));
    // Microsoft has no more to say on the address, so it is not asked.
    assert_eq!(tenants.server.count("/userinfo"), 0);
}

#[tokio::test]
async fn a_tenant_that_may_not_sign_in_does_not() {
    let world = microsoft_world().await;
    let judge = async |tenant: MicrosoftTenant, claims: Value| {
        world.endpoints.lock().unwrap().id_token = Some(world.issuer.token_with(&claims));
        identify(&open(microsoft(tenant)(world.settings()), LONG), None).await
    };
    let own = || MicrosoftTenant::One(TENANT.to_owned());
    let (organization, other, consumers) =
        (of_tenant(&world, TENANT), of_tenant(&world, OTHER_TENANT), of_tenant(&world, CONSUMERS));

    for (tenant, claims) in [
        (MicrosoftTenant::Common, &organization),
        (MicrosoftTenant::Common, &consumers),
        (MicrosoftTenant::Organizations, &organization),
        (MicrosoftTenant::Consumers, &consumers),
        (own(), &organization),
    ] {
        let subject = judge(tenant.clone(), claims.clone()).await.unwrap().subject;
        assert_eq!(subject, format!("{}.{OBJECT}", claims["tid"].as_str().unwrap()), "{tenant:?}");
    }
    for (tenant, claims) in [
        (MicrosoftTenant::Organizations, &consumers),
        (MicrosoftTenant::Consumers, &organization),
        (own(), &other),
        (own(), &consumers),
    ] {
        assert_eq!(failure(judge(tenant.clone(), claims.clone()).await), refused("WRONG_TENANT"), "{tenant:?}");
    }
}

#[tokio::test]
async fn a_token_of_microsoft_that_does_not_name_its_user_or_tenant_is_refused() {
    let world = microsoft_world().await;
    let changed = |claim: &str, value: Value| {
        let mut claims = of_tenant(&world, TENANT);
        claims[claim] = value;
        claims
    };
    let unhyphenated = TENANT.replace('-', "");

    for (claims, detail) in [
        (changed("oid", json!(null)), "MISSING_CLAIM"),
        (changed("oid", json!("ann")), "MISSING_CLAIM"),
        (changed("oid", json!(OBJECT.replace('-', ""))), "MISSING_CLAIM"),
        (changed("tid", json!(null)), "WRONG_TENANT"),
        (of_tenant(&world, "example-com"), "WRONG_TENANT"),
        (of_tenant(&world, &unhyphenated), "WRONG_TENANT"),
        (changed("tid", json!(OTHER_TENANT)), "WRONG_ISSUER"),
        (changed("iss", json!(format!("https://evil.example/{TENANT}/v2.0"))), "WRONG_ISSUER"),
    ] {
        assert_eq!(failure(world.identify(common, &claims).await), refused(detail), "{claims}");
    }
}

#[tokio::test]
async fn a_token_that_is_not_of_this_sign_in_is_refused() {
    let world = World::new().await;

    for dialect in [ProviderProtocol::Google as Dialect, apple, ProviderProtocol::Oidc] {
        for (changes, detail) in [
            (json!({ "iss": "https://evil.example" }), "WRONG_ISSUER"),
            (json!({ "aud": "client-2" }), "WRONG_AUDIENCE"),
            (json!({ "aud": [CLIENT, APP] }), "WRONG_AUTHORIZED_PARTY"),
            (json!({ "azp": APP }), "WRONG_AUTHORIZED_PARTY"),
            (json!({ "nonce": "nonce-2" }), "WRONG_NONCE"),
            (json!({ "nonce": null }), "WRONG_NONCE"),
            (json!({ "exp": ISSUED_AT - 60 }), "EXPIRED"),
            (json!({ "at_hash": "of another" }), "WRONG_ACCESS_TOKEN"),
            (json!({ "sub": "ann\0" }), "MISSING_CLAIM"),
        ] {
            assert_eq!(failure(world.identify(dialect, &changes).await), refused(detail), "{changes}");
        }
    }
    world.endpoints.lock().unwrap().id_token = None;
    let without = identify(&open(ProviderProtocol::Oidc(world.settings()), LONG), None).await;
    assert_eq!(failure(without), (ErrorReason::InvalidResponse, "NO_ID_TOKEN".to_owned()));
}

#[tokio::test]
async fn a_token_is_signed_with_an_algorithm_of_the_settings() {
    let world = World::new().await;

    let with_rs256: Dialect =
        |settings| ProviderProtocol::Oidc(OpenIdSettings { algorithms: vec![SigningAlgorithm::RS256], ..settings });

    assert_eq!(failure(world.identify(with_rs256, &json!({})).await), refused("WRONG_ALGORITHM"));
    assert!(world.identify(ProviderProtocol::Oidc, &json!({})).await.is_ok());
}

#[tokio::test]
async fn the_token_of_an_app_is_accepted_from_the_app_alone() {
    let world = World::new().await;
    let hashed =
        digest(&SHA256, NONCE.as_bytes()).as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));

    for (changes, in_a_browser) in [
        (json!({ "aud": APP }), "WRONG_AUDIENCE"),
        (json!({ "azp": APP }), "WRONG_AUTHORIZED_PARTY"),
        (json!({ "nonce": hashed }), "WRONG_NONCE"),
    ] {
        let from_app = world.identify_app(ProviderProtocol::Oidc, &changes).await;
        assert_eq!(from_app.unwrap().subject, "ann", "{changes}");
        let from_browser = world.identify(ProviderProtocol::Oidc, &changes).await;
        assert_eq!(failure(from_browser), refused(in_a_browser), "{changes}");
    }
    for (changes, detail) in [
        (json!({ "aud": "client-2" }), "WRONG_AUDIENCE"),
        (json!({ "azp": "client-2" }), "WRONG_AUTHORIZED_PARTY"),
        (json!({ "nonce": "nonce-2" }), "WRONG_NONCE"),
        (json!({ "iss": "https://evil.example" }), "WRONG_ISSUER"),
    ] {
        assert_eq!(failure(world.identify_app(apple, &changes).await), refused(detail), "{changes}");
    }
    // Without an access token nobody can be asked, and both ways use the same keys.
    assert_eq!(world.server.count("/userinfo"), 0);
}

#[tokio::test]
async fn a_provider_without_id_tokens_takes_none() {
    let world = World::new().await;
    let providers = open(world.github(), LONG);

    let (token, nonce) = (secret("token-1"), secret(NONCE));
    let outcome = only(&providers).identify_by_id_token(&token, &nonce, OAuthPurpose::Login, at(0)).await;

    assert!(!only(&providers).has_id_tokens());
    assert_eq!(failure(outcome), refused("PROVIDER_WITHOUT_ID_TOKENS"));
    assert!(only(&open(apple(world.settings()), LONG)).has_id_tokens());
}

#[tokio::test]
async fn both_ways_in_share_what_is_known_of_the_issuer() {
    let world = World::new().await;
    let (providers, token) =
        (open(ProviderProtocol::Oidc(world.settings()), LONG), world.issuer.token_with(&json!({})));
    world.endpoints.lock().unwrap().id_token = Some(token.clone());

    identify(&providers, None).await.unwrap();
    let (token, nonce) = (token.into(), secret(NONCE));
    only(&providers).identify_by_id_token(&token, &nonce, OAuthPurpose::Login, at(0)).await.unwrap();

    assert_eq!(world.issuer.key_requests(), 1);
}

#[tokio::test]
async fn a_provider_is_asked_about_the_user_where_its_token_does_not_say_enough() {
    let world = World::new().await;
    let says_all = json!({ "email_verified": false });
    let info = |info: Value| world.endpoints.lock().unwrap().user_info = info;
    info(json!({ "sub": "ann", "email": "new@example.com", "email_verified": true, "name": "Ann" }));

    let unasked = world.identify(ProviderProtocol::Oidc, &says_all).await.unwrap();
    assert_eq!((world.server.count("/userinfo"), email_of(unasked)), (0, Some(("ann@example.com".to_owned(), false))));

    for changes in [json!({ "email": null, "email_verified": true }), json!({ "email_verified": null })] {
        let identity = world.identify(ProviderProtocol::Oidc, &changes).await.unwrap();
        assert_eq!(identity.name.as_deref(), Some("Ann"));
        assert_eq!(email_of(identity), Some(("new@example.com".to_owned(), true)), "{changes}");
    }
    assert_eq!(world.server.count("/userinfo"), 2);
}

#[tokio::test]
async fn two_answers_do_not_add_up_to_a_verified_address() {
    let world = World::new().await;
    for (info, changes, expected) in [
        (json!({ "email_verified": true }), json!({}), "ann@example.com"),
        (json!({ "email": "" , "email_verified": true }), json!({}), "ann@example.com"),
        (json!({ "email": "new@example.com" }), json!({ "email": null, "email_verified": true }), "new@example.com"),
    ] {
        let mut info = info;
        info["sub"] = "ann".into();
        world.endpoints.lock().unwrap().user_info = info.clone();
        let identity = world.identify(ProviderProtocol::Oidc, &changes).await.unwrap();
        assert_eq!(email_of(identity), Some((expected.to_owned(), false)), "{info}");
    }
}

#[tokio::test]
async fn an_answer_about_another_user_is_refused() {
    let world = World::new().await;
    for sub in [json!("ben"), json!(null), json!("")] {
        let info = json!({ "sub": sub, "email": "ben@example.com", "email_verified": true });
        world.endpoints.lock().unwrap().user_info = info;
        let outcome = world.identify(ProviderProtocol::Oidc, &json!({ "email": null })).await;
        assert_eq!(failure(outcome), (ErrorReason::InvalidResponse, "WRONG_SUBJECT".to_owned()), "{sub}");
    }
}

#[tokio::test]
async fn what_does_not_fit_is_dropped() {
    let world = World::new().await;
    for name in [json!("a".repeat(81)), json!("Ann\u{202e}"), json!(" "), json!(7), json!(null)] {
        let changes = json!({ "name": name, "email": "ann@localhost", "email_verified": true });
        let identity = world.identify(ProviderProtocol::Oidc, &changes).await.unwrap();
        assert_eq!(identity, ProviderIdentity { subject: "ann".to_owned(), email: None, name: None }, "{name}");
    }
}

#[tokio::test]
async fn an_identity_is_confirmed_by_a_login_of_the_last_ten_minutes() {
    let world = World::new().await;
    let providers = open(ProviderProtocol::Oidc(world.settings()), LONG);
    let (token, nonce) = (|changes| secret(&world.issuer.token_with(&changes)), secret(NONCE));

    for (login, is_recent) in [
        (json!(ISSUED_AT), true),
        (json!(ISSUED_AT - 660), true),
        (json!(ISSUED_AT - 661), false),
        (json!("yesterday"), false),
        (json!(null), true),
    ] {
        let token = token(json!({ "auth_time": login, "email_verified": true }));
        world.endpoints.lock().unwrap().id_token = Some(token.expose().to_owned());
        let by_code = identify_for(&providers, None, OAuthPurpose::Reauthenticate).await;
        let by_token = only(&providers).identify_by_id_token(&token, &nonce, OAuthPurpose::Reauthenticate, at(0)).await;
        for outcome in [by_code, by_token] {
            assert_eq!(outcome.as_ref().is_ok(), is_recent, "{login}");
            if !is_recent {
                assert_eq!(failure(outcome), refused("STALE_LOGIN"));
            }
        }
        assert!(identify(&providers, None).await.is_ok(), "{login}");
    }
}

#[tokio::test]
async fn the_answer_of_another_issuer_is_not_exchanged() {
    let world = World::new().await;
    let providers = open(ProviderProtocol::Oidc(world.settings()), LONG);
    world.endpoints.lock().unwrap().id_token = Some(world.issuer.token_with(&json!({ "email_verified": true })));
    let mismatch = |detail: &str| (ErrorReason::IssuerMismatch, detail.to_owned());

    let wrong = identify(&providers, Some("https://other.example")).await;
    assert_eq!((failure(wrong), world.server.asked().len()), (mismatch("WRONG_ISS"), 0));
    assert!(identify(&providers, Some(&world.issuer.name())).await.is_ok());
    assert!(identify(&providers, None).await.is_ok());

    world.issuer.lie(json!({ "authorization_response_iss_parameter_supported": true }));
    let providers = open(ProviderProtocol::Oidc(world.settings()), LONG);
    let before = world.server.asked().len();
    let missing = identify(&providers, None).await;
    assert_eq!((failure(missing), world.server.asked().len()), (mismatch("MISSING_ISS"), before));
    assert!(identify(&providers, Some(&world.issuer.name())).await.is_ok());
}

#[tokio::test]
async fn the_answer_of_another_github_is_not_exchanged() {
    let world = World::new().await;
    let providers = open(world.github(), LONG);
    let own = world.server.url("/login/oauth");
    let port = world.server.address.port();

    for other in [
        "https://github.com/login/oauth".to_owned(),
        format!("https://127.0.0.1:{port}/login/oauth"),
        format!("http://127.0.0.1:{port}@evil.example"),
        "github.com".to_owned(),
        String::new(),
    ] {
        let outcome = identify(&providers, Some(&other)).await;
        assert_eq!(failure(outcome), (ErrorReason::IssuerMismatch, "WRONG_ISS".to_owned()), "{other}");
    }
    assert_eq!(world.server.asked().len(), 0);
    assert_eq!(identify(&providers, Some(&own)).await.unwrap().subject, "7");
}

#[tokio::test]
async fn a_code_that_the_provider_refuses_is_refused_with_its_error_code() {
    let world = World::new().await;
    world.endpoints.lock().unwrap().trouble = Some(("/token", || {
        json_answer(200, &json!({ "error": "bad_verification_code", "error_description": "secret" }))
    }));
    for protocol in [world.github(), ProviderProtocol::Oidc(world.settings()), apple(world.settings())] {
        let outcome = identify(&open(protocol, LONG), None).await;
        assert_eq!(failure(outcome), (ErrorReason::CodeRefused, "bad_verification_code".to_owned()));
    }
    world.endpoints.lock().unwrap().trouble =
        Some(("/token", || json_answer(401, &json!({ "error": "invalid_client" }))));
    let outcome = identify(&open(world.github(), LONG), None).await;
    assert_eq!(failure(outcome), (ErrorReason::CodeRefused, "invalid_client".to_owned()));
}

#[tokio::test]
async fn a_provider_in_trouble_is_told_by_a_stable_word() {
    let world = World::new().await;
    let changes = json!({ "email": null });
    let unavailable = |detail: &str| (ErrorReason::ProviderUnavailable, detail.to_owned());
    let invalid = |detail: &str| (ErrorReason::InvalidResponse, detail.to_owned());
    let troubles: [(fn() -> Response, _); 6] = [
        (|| json_answer(503, &json!({ "error": "invalid_grant" })), unavailable("STATUS_503")),
        (|| answer(429, ""), unavailable("STATUS_429")),
        (|| answer(200, "<html>Sign in</html>"), invalid("NOT_UNDERSTOOD")),
        (|| answer(404, "<html>Not found</html>"), invalid("NOT_UNDERSTOOD")),
        (|| redirect("http://127.0.0.1:1/"), invalid("NOT_UNDERSTOOD")),
        (|| answer(200, vec![b' '; 50 * 1024 * 1024]), invalid("TOO_LARGE")),
    ];

    for (trouble, expected) in troubles {
        for path in ["/token", "/userinfo"] {
            world.endpoints.lock().unwrap().trouble = Some((path, trouble));
            assert_eq!(failure(world.identify(ProviderProtocol::Oidc, &changes).await), expected, "{path}");
        }
        for path in ["/token", "/api/user"] {
            world.endpoints.lock().unwrap().trouble = Some((path, trouble));
            assert_eq!(failure(identify(&open(world.github(), LONG), None).await), expected, "{path}");
        }
    }
}

#[tokio::test]
async fn an_issuer_in_trouble_is_told_by_a_stable_word() {
    let world = World::new().await;
    world.issuer.lie(json!({ "issuer": "https://other.example" }));
    let other = world.identify(ProviderProtocol::Oidc, &json!({})).await;
    assert_eq!(failure(other), (ErrorReason::InvalidResponse, "METADATA_WRONG_ISSUER".to_owned()));

    world.issuer.go_away();
    let away = world.identify(ProviderProtocol::Oidc, &json!({})).await;
    let from_app = world.identify_app(ProviderProtocol::Oidc, &json!({})).await;
    for outcome in [away, from_app] {
        assert_eq!(failure(outcome), (ErrorReason::ProviderUnavailable, "STATUS_503".to_owned()));
    }
    assert_eq!(world.server.asked().len(), 0);
}

#[tokio::test]
async fn a_provider_that_never_ends_its_answer_is_given_up() {
    let world = World::new().await;
    world.endpoints.lock().unwrap().id_token = Some(world.issuer.token_with(&json!({ "email": null })));
    let endless = || answer(200, Body::from_stream(stream::pending::<Result<Vec<u8>, std::io::Error>>()));
    let limit = Duration::from_millis(500);

    for (path, protocol) in [
        ("/token", ProviderProtocol::Oidc(world.settings())),
        ("/userinfo", ProviderProtocol::Oidc(world.settings())),
        ("/api/user/emails", world.github()),
    ] {
        world.endpoints.lock().unwrap().trouble = Some((path, endless));
        // The client gives up each request by itself, but much later.
        let providers = open(protocol, limit);
        let outcome = tokio::time::timeout(Duration::from_secs(5), identify(&providers, None)).await.unwrap();
        assert_eq!(failure(outcome), (ErrorReason::ProviderUnavailable, "TIMEOUT".to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_private_address_is_reached_where_the_settings_permit_it() {
    let world = World::new().await;
    for (networks, is_development) in [(vec![], true), (vec!["10.0.0.0/8"], true), (vec!["127.0.0.0/8"], false)] {
        for protocol in [ProviderProtocol::Oidc(world.settings()), world.github()] {
            let outcome = identify(&open_where(protocol, LONG, &networks, is_development), None).await;
            assert_eq!(failure(outcome), (ErrorReason::InvalidResponse, "REFUSED_URL".to_owned()));
        }
    }
    assert_eq!((world.server.asked().len(), world.issuer.server.asked().len()), (0, 0));
}

#[tokio::test]
async fn apple_gets_a_client_secret_that_is_signed_for_the_exchange() {
    let (world, pair) = (World::new().await, rcgen::KeyPair::generate().unwrap());
    world.endpoints.lock().unwrap().id_token = Some(world.issuer.token_with(&json!({ "email_verified": "true" })));
    let key = AppleKey { team_id: "TEAM".to_owned(), key_id: "KEY".to_owned(), key: pair.serialize_pem().into() };

    identify(&open(ProviderProtocol::Apple(key, world.settings()), LONG), None).await.unwrap();

    let asked = world.server.asked();
    let exchange = asked.iter().find(|asked| asked.path == "/token").unwrap();
    assert_eq!(exchange.field("redirect_uri").as_deref(), Some(FORM_POST_URI));
    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&[world.issuer.name()]);
    validation.validate_exp = false;
    let key = DecodingKey::from_ec_pem(pair.public_key_pem().as_bytes()).unwrap();
    let token = jsonwebtoken::decode::<Value>(exchange.field("client_secret").unwrap(), &key, &validation).unwrap();
    let expected =
        json!({ "iss": "TEAM", "sub": CLIENT, "aud": world.issuer.name(), "iat": ISSUED_AT, "exp": ISSUED_AT + 300 });
    assert_eq!((token.header.kid.as_deref(), token.claims), (Some("KEY"), expected));
}

#[tokio::test]
async fn every_other_provider_gets_the_secret_of_the_settings() {
    let world = World::new().await;
    identify(&open(world.github(), LONG), None).await.unwrap();
    world.identify(ProviderProtocol::Google, &json!({ "email_verified": true })).await.unwrap();

    let secrets: Vec<_> = world.server.asked().iter().filter_map(|asked| asked.field("client_secret")).collect();

    assert_eq!(secrets, ["secret-1", "secret-1"]);
}

#[test]
fn a_server_without_providers_needs_nothing() {
    let providers = OAuthProviders::open(&OAuthSettings::default(), &FORM_POST_URI.parse().unwrap(), false).unwrap();

    assert!(providers.find("google").is_none() && providers.iter().next().is_none());
}
