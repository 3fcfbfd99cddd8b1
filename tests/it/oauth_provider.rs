//! The provider of the tests: it is as strict as a real one, so that a test that passes means something.

use authgraph::tools::http_client::OutboundUrl;
use authgraph::tools::oauth::{
    AuthorizationRequest, ClientAuthentication, CodeExchange, CodeVerifier, OAuthClient, OAuthError, ProviderErrorCode,
    ProviderTokens, fetch_user_info, random_value,
};
use authgraph::tools::oidc::{
    AcceptedIssuers, ExpectedIdToken, ExpectedNonce, IdTokenRefusal, IssuerSettings, OidcError, OpenIdIssuer,
    SigningAlgorithm,
};
use authgraph::values::secret::Secret;
use serde_json::json;
use url::Url;

use crate::support::START;
use crate::support::issuer::loopback_client;
use crate::support::provider::{CALLBACK, Person, TestProvider, Trouble};
use crate::support::provider_tokens::Signature;

/// A relying party of the lower floors.
struct Relying {
    oauth: OAuthClient,
    issuer: OpenIdIssuer,
    state: Secret,
    nonce: Secret,
    verifier: CodeVerifier,
}

async fn relying(provider: &TestProvider) -> Relying {
    let settings = provider.settings();
    let find = |ending: &str| settings.iter().find(|(name, _)| name.ends_with(ending)).unwrap().1.clone();
    let location = OutboundUrl::of_operator(find("_ISSUER").parse().unwrap());
    let issuers = AcceptedIssuers::Named(vec![provider.issuer()]);
    let mut of_issuer = IssuerSettings::new(location, issuers);
    of_issuer.algorithms = vec![SigningAlgorithm::ES256];
    let issuer = OpenIdIssuer::new(of_issuer);
    let metadata = issuer.metadata(&loopback_client(), START).await.unwrap();
    let oauth = OAuthClient {
        client_id: find("ONE_CLIENT_ID"),
        authentication: ClientAuthentication::Basic(find("_CLIENT_SECRET").into()),
        authorization_endpoint: metadata.authorization_endpoint.clone(),
        token_endpoint: metadata.token_endpoint.clone(),
    };
    let (state, nonce) = (random_value().unwrap(), random_value().unwrap());
    Relying { oauth, issuer, state, nonce, verifier: CodeVerifier::random().unwrap() }
}

impl Relying {
    fn url(&self) -> Url {
        let request = AuthorizationRequest {
            redirect_uri: CALLBACK,
            scopes: &["openid", "email"],
            state: &self.state,
            nonce: Some(&self.nonce),
            verifier: &self.verifier,
            extra: &[],
        };
        self.oauth.authorization_url(&request).unwrap()
    }

    async fn exchange(&self, code: &str, redirect_uri: &str) -> Result<ProviderTokens, OAuthError> {
        let code = code.to_owned().into();
        let exchange = CodeExchange { code: &code, redirect_uri, verifier: &self.verifier };
        self.oauth.exchange(&loopback_client(), exchange).await
    }

    async fn verify(&self, tokens: &ProviderTokens) -> Result<String, OidcError> {
        let nonce = ExpectedNonce::Exactly(self.nonce.expose());
        let expected = ExpectedIdToken {
            client_ids: std::slice::from_ref(&self.oauth.client_id),
            nonce,
            access_token: Some(tokens.access_token.expose()),
        };
        let token = tokens.id_token.as_ref().unwrap().expose();
        Ok(self.issuer.verify(&loopback_client(), token, &expected, START).await?.subject)
    }
}

fn ann() -> Person {
    Person::new("ann-1", "ann@example.com").named("Ann")
}

#[tokio::test]
async fn a_right_client_learns_who_signed_in() {
    let provider = TestProvider::start("one").await;
    let relying = relying(&provider).await;

    let callback = provider.sign_in(relying.url().as_str(), &ann());
    let tokens = relying.exchange(callback.code.as_deref().unwrap(), CALLBACK).await;

    let tokens = tokens.unwrap_or_else(|error| panic!("{error}: {:?}", provider.complaints()));
    assert_eq!((callback.state.as_str(), callback.iss), (relying.state.expose(), Some(provider.issuer())));
    assert_eq!(relying.verify(&tokens).await.unwrap(), "ann-1");
    let metadata = relying.issuer.metadata(&loopback_client(), START).await.unwrap();
    let endpoint = metadata.userinfo_endpoint.clone().unwrap();
    let told = fetch_user_info(&loopback_client(), &endpoint, &tokens.access_token, "ann-1").await.unwrap();
    assert_eq!((told.text("email"), told.text("name")), (Some("ann@example.com"), Some("Ann")));
    assert!(provider.complaints().is_empty());
}

#[tokio::test]
async fn a_code_is_good_once_for_its_redirect_uri_its_verifier_and_its_client() {
    let provider = TestProvider::start("one").await;
    let mut relying = relying(&provider).await;
    let code = || provider.sign_in(relying.url().as_str(), &ann()).code.unwrap();
    let (used, elsewhere, guessed, stolen) = (code(), code(), code(), code());

    relying.exchange(&used, CALLBACK).await.unwrap();
    let mut refused = vec![relying.exchange(&used, CALLBACK).await.err()];
    refused.push(relying.exchange(&elsewhere, "https://app.example/callback2").await.err());
    refused.push(relying.exchange("unknown", CALLBACK).await.err());
    relying.verifier = CodeVerifier::random().unwrap();
    refused.push(relying.exchange(&guessed, CALLBACK).await.err());
    relying.oauth.authentication = ClientAuthentication::Basic("wrong".to_owned().into());
    refused.push(relying.exchange(&stolen, CALLBACK).await.err());

    let denied = |code: &str| Some(OAuthError::Denied(ProviderErrorCode::read(code)));
    let grant = || denied("invalid_grant");
    assert_eq!(refused, [grant(), grant(), grant(), grant(), denied("invalid_client")]);
    let complaints = provider.complaints();
    let expected = ["was used", "redirect_uri", "is unknown", "verifier is not", "does not authenticate"];
    for (complaint, part) in complaints.iter().zip(expected) {
        assert!(complaint.contains(part), "{complaints:?}");
    }
}

#[tokio::test]
async fn a_client_may_authenticate_in_the_body_but_not_twice() {
    let provider = TestProvider::start("one").await;
    let mut relying = relying(&provider).await;
    let ClientAuthentication::Basic(secret) = relying.oauth.authentication else { panic!("basic") };
    relying.oauth.authentication = ClientAuthentication::Post(secret);

    let code = provider.sign_in(relying.url().as_str(), &ann()).code.unwrap();

    relying.exchange(&code, CALLBACK).await.unwrap();
}

#[tokio::test]
async fn a_browser_with_a_wrong_request_is_not_sent_back() {
    let provider = TestProvider::start("one").await;
    let url = relying(&provider).await.url();
    for (name, wrong) in [
        ("client_id", "another"),
        ("response_type", "token"),
        ("redirect_uri", "https://app.example/callback/"),
        ("redirect_uri", "http://127.0.0.1:99999/callback"),
        ("scope", "email"),
        ("state", "guess"),
        ("nonce", ""),
        ("code_challenge", "short"),
        ("code_challenge_method", "plain"),
    ] {
        let mut changed = url.clone();
        let others = url.query_pairs().filter(|(key, _)| key != name);
        changed.query_pairs_mut().clear().extend_pairs(others).append_pair(name, wrong);

        let visit = std::panic::AssertUnwindSafe(|| provider.sign_in(changed.as_str(), &ann()));

        assert!(std::panic::catch_unwind(visit).is_err(), "{name}={wrong}");
    }
}

#[tokio::test]
async fn it_lies_where_it_is_told_to() {
    let provider = TestProvider::start("one").await;
    let relying = relying(&provider).await;
    let issued = async || {
        let code = provider.sign_in(relying.url().as_str(), &ann()).code.unwrap();
        let tokens = relying.exchange(&code, CALLBACK).await.unwrap();
        match relying.verify(&tokens).await.unwrap_err() {
            OidcError::IdToken(refusal) => refusal,
            other => panic!("{other}"),
        }
    };

    provider.lie(json!({ "aud": "another" }));
    assert_eq!(issued().await, IdTokenRefusal::WrongAudience);
    provider.lie(json!({ "exp": null }));
    assert_eq!(issued().await, IdTokenRefusal::MissingClaim);
    provider.lie(json!({}));
    for (signature, refusal) in [
        (Signature::Forged, IdTokenRefusal::WrongSignature),
        (Signature::Missing, IdTokenRefusal::WrongAlgorithm),
        (Signature::PublicKeyAsSecret, IdTokenRefusal::WrongAlgorithm),
    ] {
        provider.misbehave(|lies| lies.signature = signature);
        assert_eq!(issued().await, refusal);
    }
    provider.misbehave(|lies| {
        lies.signature = Signature::Own;
        lies.header = json!({ "crit": ["exp"] });
    });
    assert_eq!(issued().await, IdTokenRefusal::CriticalHeader);
}

#[tokio::test]
async fn it_is_in_trouble_where_it_is_told_to() {
    let provider = TestProvider::start("one").await;
    let relying = relying(&provider).await;
    let exchanged = async || {
        let code = provider.sign_in(relying.url().as_str(), &ann()).code.unwrap();
        relying.exchange(&code, CALLBACK).await.err().map(|error| error.to_string())
    };

    for trouble in [Trouble::Status(503), Trouble::Html, Trouble::Redirects, Trouble::Endless] {
        provider.trouble("/token", trouble);
        assert!(exchanged().await.is_some(), "{trouble:?}");
    }
    provider.recover();
    assert_eq!(exchanged().await, None);
    provider.stop();
    assert!(exchanged().await.is_some());
}
