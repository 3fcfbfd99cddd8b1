//! Clients that sign in with a provider. They know the public schema and nothing else.

use authgraph::records::audit_log::{self, AuditEvent};
use serde_json::{Value, json};

use super::answer::{Answer, SignedIn};
use super::app::TestApp;
use super::people::PASSWORD;
use super::provider::{CALLBACK, Callback, Person, TestProvider};
use super::request::GraphQLRequest;

/// The kinds of the emails about provider accounts.
pub const LINKED_MAIL: &str = "provider_linked";
pub const UNLINKED_MAIL: &str = "provider_unlinked";

/// Any answer of a login.
const LOGIN: &str = "__typename
    ... on MfaRequired { challengeToken methods }
    ... on EmailVerificationRequired { email }
    ... on SignedIn { accessToken refreshToken session { id authMethods device { name } }
        user { id email emailVerified name status hasPassword } }";

/// A sign-in that waits for the browser.
#[derive(Debug, Clone)]
pub struct StartedOAuth {
    /// Where the browser is sent.
    pub url: String,
    pub flow: String,
}

/// What `completeOAuth` and its sisters take from a browser that came back.
pub fn answer_input(flow: &str, callback: &Callback) -> Value {
    json!({
        "flowToken": flow, "code": callback.code, "state": callback.state, "iss": callback.iss, "error": callback.error,
    })
}

impl TestApp {
    /// A server with the provider `one`.
    pub async fn with_provider(settings: &[(&str, &str)]) -> (Self, TestProvider) {
        let one = TestProvider::start("one").await;
        let app = Self::with_these(&[&one], settings).await;
        (app, one)
    }

    /// A server with the providers `one` and `two`.
    pub async fn with_two_providers(settings: &[(&str, &str)]) -> (Self, TestProvider, TestProvider) {
        let (one, two) = (TestProvider::start("one").await, TestProvider::start("two").await);
        let app = Self::with_these(&[&one, &two], settings).await;
        (app, one, two)
    }

    async fn with_these(providers: &[&TestProvider], settings: &[(&str, &str)]) -> Self {
        let of_providers: Vec<_> = providers.iter().flat_map(|provider| provider.settings()).collect();
        let of_providers = of_providers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let all: Vec<_> = of_providers.chain(settings.iter().copied()).collect();
        let app = Self::with(&all).await;
        for provider in providers {
            provider.follow(&app.clock);
        }
        app
    }

    pub fn start_oauth_with(&self, input: Value) -> GraphQLRequest {
        let document = "mutation($input: StartOAuthInput!) { startOAuth(input: $input) { url flowToken expiresAt } }";
        self.ask(document).input(input)
    }

    /// Begins a login in a browser.
    pub async fn start_oauth(&self, provider: &str) -> StartedOAuth {
        started(&self.start_oauth_with(json!({ "provider": provider, "redirectUri": CALLBACK })).await)
    }

    /// Begins a linking (`LINK`) or a confirmation (`REAUTHENTICATE`).
    pub async fn start_oauth_by(&self, who: &SignedIn, provider: &str, purpose: &str) -> StartedOAuth {
        let input = json!({ "provider": provider, "redirectUri": CALLBACK, "purpose": purpose });
        started(&self.start_oauth_with(input).by(who).await)
    }

    pub fn complete_oauth_with(&self, input: Value) -> GraphQLRequest {
        self.ask(format!("mutation($input: CompleteOAuthInput!) {{ completeOAuth(input: $input) {{ {LOGIN} }} }}"))
            .input(input)
    }

    pub fn complete_oauth(&self, started: &StartedOAuth, callback: &Callback) -> GraphQLRequest {
        self.complete_oauth_with(answer_input(&started.flow, callback))
    }

    /// A login, from the button to the answer.
    pub async fn log_in_at(&self, provider: &TestProvider, person: &Person) -> Answer {
        self.arrive_from(provider, person).await.await
    }

    /// A login whose last request is not sent yet.
    pub async fn arrive_from(&self, provider: &TestProvider, person: &Person) -> GraphQLRequest {
        let started = self.start_oauth(provider.name).await;
        let callback = provider.sign_in(&started.url, person);
        self.complete_oauth(&started, &callback)
    }

    pub fn start_id_token_login(&self, provider: &str) -> GraphQLRequest {
        self.mutate("startIdTokenLogin", json!({ "provider": provider }), "nonce flowToken expiresAt")
    }

    pub fn login_with_id_token(&self, provider: &str, flow: &str, id_token: &str) -> GraphQLRequest {
        let document = "mutation($input: LoginWithIdTokenInput!) { loginWithIdToken(input: $input)";
        let input = json!({ "flowToken": flow, "provider": provider, "idToken": id_token });
        self.ask(format!("{document} {{ {LOGIN} }} }}")).input(input)
    }

    /// Links what a browser brought back.
    pub fn link_oauth(&self, who: &SignedIn, started: &StartedOAuth, callback: &Callback) -> GraphQLRequest {
        let input = json!({ "oauth": answer_input(&started.flow, callback) });
        self.mutate("linkOAuthAccount", input, "oauthAccount { id email provider { name } } user { id }").by(who)
    }

    /// Links the account of a person at a provider. The last request is not sent yet.
    pub async fn linking(&self, who: &SignedIn, provider: &TestProvider, person: &Person) -> GraphQLRequest {
        let started = self.start_oauth_by(who, provider.name, "LINK").await;
        let callback = provider.sign_in(&started.url, person);
        self.link_oauth(who, &started, &callback)
    }

    /// The same to its end. Answers the id of the linked account.
    pub async fn linked(&self, who: &SignedIn, provider: &TestProvider, person: &Person) -> String {
        let answer = self.linking(who, provider, person).await.await.ok();
        answer.text_at("/linkOAuthAccount/oauthAccount/id").to_owned()
    }

    pub fn unlink_oauth(&self, who: &SignedIn, id: &str) -> GraphQLRequest {
        let payload = "oauthAccountId user { id oauthAccounts { id } }";
        self.mutate("unlinkOAuthAccount", json!({ "oauthAccountId": id }), payload).by(who)
    }

    pub fn set_password(&self, who: &SignedIn, new: &str) -> GraphQLRequest {
        let payload = "endedSessionIds endedSessionCount user { hasPassword }";
        self.mutate("setPassword", json!({ "newPassword": new }), payload).by(who)
    }

    /// Confirms an identity by what a browser brought back.
    pub fn reauthenticate_by(&self, who: &SignedIn, started: &StartedOAuth, callback: &Callback) -> GraphQLRequest {
        let input = json!({ "oauth": answer_input(&started.flow, callback) });
        self.mutate("reauthenticate", input, "session { recentAuthUntil reauthenticationMethods }").by(who)
    }

    /// The provider accounts of a user, the oldest first: `["one"]`.
    pub async fn providers_of(&self, who: &SignedIn) -> Vec<String> {
        let answer = self.ask("{ me { oauthAccounts { provider { name } } } }").by(who).await.ok();
        let accounts = answer.at("/me/oauthAccounts").as_array().unwrap();
        accounts.iter().map(|account| account["provider"]["name"].as_str().unwrap().to_owned()).collect()
    }

    /// A user whom an administrator does not know to have a password: opened by a provider.
    pub async fn passwordless(&self, provider: &TestProvider, person: &Person) -> SignedIn {
        self.log_in_at(provider, person).await.signed_in()
    }

    /// The password of the tests does not open this account.
    pub async fn assert_no_password(&self, email: &str) {
        assert_eq!(self.login(email, PASSWORD).await.code(), "INVALID_CREDENTIALS");
    }

    /// The newest event of the audit trail.
    pub async fn last_event(&self) -> AuditEvent {
        audit_log::list_latest(&self.app.db, 1).await.unwrap().pop().unwrap()
    }

    /// How many rows a table has.
    pub async fn rows(&self, table: &str) -> i64 {
        let (count,): (i64,) = self.app.db.query_built(format!("select count(*) from {table}")).one().await.unwrap();
        count
    }
}

#[track_caller]
fn started(answer: &Answer) -> StartedOAuth {
    let text = |path: &str| answer.text_at(path).to_owned();
    StartedOAuth { url: text("/startOAuth/url"), flow: text("/startOAuth/flowToken") }
}

impl Answer {
    /// Code and reason of the only error: `"OAUTH_FAILED STATE_MISMATCH"`.
    #[track_caller]
    pub fn refusal(&self) -> String {
        format!("{} {}", self.code(), self.extension("reason").as_str().unwrap_or_default()).trim_end().to_owned()
    }
}
