//! Codes of providers: the URL that asks for one, its exchange, and the questions about the user that follow.

use authgraph::tools::http_client::{HttpClient, HttpError, OutboundUrl, ServerAway};
use authgraph::tools::oauth::{
    AuthorizationRequest, ClientAuthentication, ClientSecretSettings, ClientSecretSigner, CodeExchange, CodeVerifier,
    GitHubUser, OAuthClient, OAuthError, ProviderErrorCode, ProviderTokens, fetch_github_user, fetch_user_info,
    random_value,
};
use authgraph::values::secret::Secret;
use aws_lc_rs::digest::{SHA256, digest};
use axum::response::Response;
use base64::Engine;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::support::issuer::{ISSUED_AT, at, loopback_client, must_be_send};
use crate::support::web_server::{Asked, WebServer, answer, json as json_answer, redirect};

type Provider = Box<dyn Fn(&Asked) -> Response + Send + Sync>;

const REDIRECT_URI: &str = "https://app.example";
/// Letters that must be encoded in a header and in a form.
const CLIENT_ID: &str = "client:1";
const CLIENT_SECRET: &str = "p%ss+wörd /&=";

fn secret(text: &str) -> Secret {
    text.to_owned().into()
}

fn denied(code: &str) -> OAuthError {
    OAuthError::Denied(ProviderErrorCode::read(code))
}

fn client(server: &WebServer, authentication: ClientAuthentication) -> OAuthClient {
    OAuthClient {
        client_id: CLIENT_ID.to_owned(),
        authentication,
        authorization_endpoint: server.url("/authorize?tenant=a").parse().unwrap(),
        token_endpoint: OutboundUrl::of_operator(server.url("/token").parse().unwrap()),
    }
}

async fn exchange(
    http: &HttpClient,
    client: &OAuthClient,
    verifier: &CodeVerifier,
) -> Result<ProviderTokens, OAuthError> {
    let code = secret("code-1");
    must_be_send(client.exchange(http, CodeExchange { code: &code, redirect_uri: REDIRECT_URI, verifier })).await
}

/// What an exchange gives where the token endpoint answers this.
async fn exchange_with(
    answer: impl Fn(&Asked) -> Response + Send + Sync + 'static,
) -> Result<ProviderTokens, OAuthError> {
    let server = WebServer::start(answer).await;
    let client = client(&server, ClientAuthentication::Public);
    exchange(&loopback_client(), &client, &CodeVerifier::random().unwrap()).await
}

/// A provider that checks code, redirect URI and PKCE as RFC 6749 and RFC 7636 say.
async fn strict_provider(challenge: String) -> WebServer {
    WebServer::start(move |asked| {
        let verifier = asked.field("code_verifier").unwrap_or_default();
        let is_right = asked.method == "POST"
            && asked.path == "/token"
            && asked.header("content-type") == Some("application/x-www-form-urlencoded")
            && asked.header("accept") == Some("application/json")
            && asked.header("user-agent").is_some()
            && asked.field("grant_type").as_deref() == Some("authorization_code")
            && asked.field("code").as_deref() == Some("code-1")
            && asked.field("redirect_uri").as_deref() == Some(REDIRECT_URI)
            && BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == challenge;
        if is_right {
            // Some providers write the lifetime as a text.
            let tokens =
                json!({ "access_token": "access-1", "token_type": "Bearer", "id_token": "id-1", "expires_in": "3600" });
            json_answer(200, &tokens)
        } else {
            json_answer(400, &json!({ "error": "invalid_grant", "error_description": "secret" }))
        }
    })
    .await
}

/// The value of a parameter of a URL, which must be there once.
fn parameter(url: &url::Url, name: &str) -> Option<String> {
    let mut values = url.query_pairs().filter(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    let value = values.next();
    assert_eq!(values.next(), None, "{name} twice");
    value
}

#[tokio::test]
async fn the_url_has_state_nonce_and_challenge() {
    let server = WebServer::start(|_| answer(404, "")).await;
    let (state, nonce, verifier) = (random_value().unwrap(), random_value().unwrap(), CodeVerifier::random().unwrap());
    let request = AuthorizationRequest {
        redirect_uri: REDIRECT_URI,
        scopes: &["openid", "email"],
        state: &state,
        nonce: Some(&nonce),
        verifier: &verifier,
        extra: &[("response_mode", "form_post")],
    };

    let url = client(&server, ClientAuthentication::Public).authorization_url(&request).unwrap();

    for (name, value) in [
        ("tenant", "a"),
        ("response_type", "code"),
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("scope", "openid email"),
        ("state", state.expose()),
        ("nonce", nonce.expose()),
        ("code_challenge", &BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()))),
        ("code_challenge_method", "S256"),
        ("response_mode", "form_post"),
    ] {
        assert_eq!(parameter(&url, name).as_deref(), Some(value), "{name}");
    }
    assert!(!url.as_str().contains(verifier.expose()));
}

#[tokio::test]
async fn a_code_is_exchanged_with_the_verifier_of_its_challenge_alone() {
    let verifier = CodeVerifier::random().unwrap();
    let server = strict_provider(BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.expose().as_bytes()))).await;
    let (client, http) = (client(&server, ClientAuthentication::Public), loopback_client());

    let tokens = exchange(&http, &client, &verifier).await.unwrap();
    let with_another = exchange(&http, &client, &CodeVerifier::random().unwrap()).await;

    assert_eq!((tokens.access_token.expose(), tokens.id_token.as_ref().unwrap().expose()), ("access-1", "id-1"));
    assert_eq!(with_another.unwrap_err(), denied("invalid_grant"));
    assert!(!format!("{tokens:?}").contains("-1"), "{tokens:?}");
}

#[tokio::test]
async fn a_client_authenticates_in_the_header_or_in_the_body() {
    let server = WebServer::start(|_| json_answer(200, &json!({ "access_token": "a", "token_type": "bearer" }))).await;
    let (http, verifier) = (loopback_client(), CodeVerifier::random().unwrap());
    for way in [ClientAuthentication::Basic, ClientAuthentication::Post] {
        exchange(&http, &client(&server, way(secret(CLIENT_SECRET))), &verifier).await.unwrap();
    }
    exchange(&http, &client(&server, ClientAuthentication::Public), &verifier).await.unwrap();

    let [basic, post, public] = &server.asked()[..] else { panic!("three exchanges") };
    // RFC 6749, section 2.3.1: form-encoded, and then Base64.
    let credentials = BASE64_STANDARD.encode("client%3A1:p%25ss%2Bw%C3%B6rd+%2F%26%3D");
    assert_eq!(basic.header("authorization"), Some(&*format!("Basic {credentials}")));
    assert_eq!((basic.field("client_secret"), post.header("authorization")), (None, None));
    assert_eq!(
        (post.field("client_id").unwrap(), post.field("client_secret").unwrap()),
        (CLIENT_ID.into(), CLIENT_SECRET.into())
    );
    assert_eq!((public.field("client_id").unwrap(), public.field("client_secret")), (CLIENT_ID.into(), None));
}

#[tokio::test]
async fn a_refusal_is_told_by_its_code_whatever_its_status() {
    let github =
        || json!({ "error": "bad_verification_code", "error_description": "The code is wrong.", "error_uri": "x" });
    for status in [200, 400, 401] {
        let outcome = exchange_with(move |_| json_answer(status, &github())).await;
        assert_eq!(outcome.unwrap_err(), denied("bad_verification_code"), "{status}");
    }
    let odd = exchange_with(|_| json_answer(400, &json!({ "error": "<b>no</b>", "error_description": 7 }))).await;
    assert_eq!(odd.unwrap_err(), denied("unknown"));
}

#[tokio::test]
async fn a_provider_in_trouble_is_away_and_not_a_refusal() {
    for status in [429, 500, 503] {
        let outcome = exchange_with(move |_| json_answer(status, &json!({ "error": "invalid_grant" }))).await;
        assert_eq!(outcome.unwrap_err(), OAuthError::Http(HttpError::Away(ServerAway::Status(status))));
    }
}

#[tokio::test]
async fn an_answer_that_is_no_token_is_not_understood() {
    let token = |token_type: &str| json!({ "access_token": "a", "token_type": token_type });
    let (mac, dpop) = (token("mac"), token("DPoP"));
    let answers: [Provider; 8] = [
        Box::new(|_| answer(200, "<html>Sign in</html>")),
        Box::new(|_| answer(404, "<html>Not found</html>")),
        Box::new(|_| answer(200, "")),
        Box::new(|_| answer(400, "")),
        Box::new(|_| json_answer(200, &json!({ "access_token": 7 }))),
        Box::new(|_| redirect("https://elsewhere.example")),
        Box::new(move |_| json_answer(200, &mac)),
        Box::new(move |_| json_answer(200, &dpop)),
    ];
    for answer in answers {
        assert_eq!(exchange_with(answer).await.unwrap_err(), OAuthError::Http(HttpError::NotUnderstood));
    }
    let large = exchange_with(|_| answer(200, vec![b' '; 50 * 1024 * 1024])).await;
    assert_eq!(large.unwrap_err(), OAuthError::Http(HttpError::TooLarge));
}

#[tokio::test]
async fn a_signed_client_secret_is_good_for_five_minutes() {
    let pair = rcgen::KeyPair::generate().unwrap();
    let settings = |key: String| ClientSecretSettings {
        issuer: "TEAM".to_owned(),
        client_id: CLIENT_ID.to_owned(),
        audience: "https://appleid.apple.com".to_owned(),
        key_id: "KEY".to_owned(),
        key: key.into(),
    };

    let made = ClientSecretSigner::open(settings(pair.serialize_pem())).unwrap().make(at(0)).unwrap();

    let mut validation = Validation::new(Algorithm::ES256);
    validation.set_audience(&["https://appleid.apple.com"]);
    validation.validate_exp = false;
    let key = DecodingKey::from_ec_pem(pair.public_key_pem().as_bytes()).unwrap();
    let token = jsonwebtoken::decode::<Value>(made.expose(), &key, &validation).unwrap();
    let expected = json!({
        "iss": "TEAM", "sub": CLIENT_ID, "aud": "https://appleid.apple.com", "iat": ISSUED_AT, "exp": ISSUED_AT + 300,
    });
    assert_eq!((token.header.kid.as_deref(), token.claims), (Some("KEY"), expected));
    for wrong in [String::new(), "no key".to_owned(), pair.public_key_pem()] {
        assert!(ClientSecretSigner::open(settings(wrong)).is_err());
    }
}

#[tokio::test]
async fn what_is_said_of_another_user_is_refused() {
    let server = WebServer::start(|asked| match asked.header("authorization") {
        Some("Bearer access-1") => json_answer(200, &json!({ "sub": "ann", "email": "ann@example.com" })),
        _ => json_answer(401, &json!({ "error": "invalid_token" })),
    });
    let (server, http) = (server.await, loopback_client());
    let endpoint = OutboundUrl::of_operator(server.url("/userinfo").parse().unwrap());
    let fetch = async |token: &str, subject: &str| fetch_user_info(&http, &endpoint, &secret(token), subject).await;

    assert_eq!(fetch("access-1", "ann").await.unwrap().text("email"), Some("ann@example.com"));
    assert_eq!(fetch("access-1", "ben").await.unwrap_err(), OAuthError::WrongSubject);
    for wrong in ["access-2", "two\r\nlines"] {
        assert_eq!(fetch(wrong, "ann").await.unwrap_err(), OAuthError::Http(HttpError::NotUnderstood), "{wrong}");
    }
}

#[tokio::test]
async fn the_address_of_a_github_user_is_the_primary_one_if_it_is_verified() {
    let email = |email: &str, primary: bool, verified: bool| json!({ "email": email, "primary": primary, "verified": verified });
    let others = [email("old@example.com", false, true), email("new@example.com", false, false)];
    let all = |primary: Value| json_answer(200, &json!([others[0], others[1], primary]));
    for (emails, verified) in [
        (all(email("ann@example.com", true, true)), Some("ann@example.com")),
        (all(email("ann@example.com", true, false)), None),
        (json_answer(200, &json!([])), None),
        (json_answer(404, &json!({ "message": "Not Found" })), None),
        (json_answer(403, &json!({ "message": "Forbidden" })), None),
    ] {
        assert_eq!(github_user(emails).await.unwrap().verified_email.as_deref(), verified);
    }
    let html = github_user(answer(200, "<html>")).await;
    assert_eq!(html.unwrap_err(), OAuthError::Http(HttpError::NotUnderstood));
}

/// The user of a server of GitHub Enterprise that answers this to the question about addresses.
async fn github_user(emails: Response) -> Result<GitHubUser, OAuthError> {
    let (parts, body) = emails.into_parts();
    let body = axum::body::to_bytes(body, 10_000).await.unwrap();
    let server = WebServer::start(move |asked| match asked.path.as_str() {
        "/api/v3/user" => {
            json_answer(200, &json!({ "id": 7, "login": "ann", "name": null, "email": "shown@example.com" }))
        }
        "/api/v3/user/emails" => Response::from_parts(parts.clone(), body.clone().into()),
        _ => answer(404, ""),
    });
    let server = server.await;
    let api = OutboundUrl::of_operator(server.url("/api/v3").parse().unwrap());
    fetch_github_user(&loopback_client(), &api, &secret("access-1")).await
}
