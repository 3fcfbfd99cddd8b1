//! An OpenID provider that is as strict as a real one, until a test tells it to lie or to be in trouble.

use std::sync::{Arc, Mutex, MutexGuard};

use authgraph::tools::clock::{Clock, ManualClock};
use serde_json::{Value, json};
use url::Url;

use super::issuer::IssuerKey;
pub use super::provider_desk::Trouble;
use super::provider_desk::{Desk, merge, metadata, respond};
use super::provider_rules::authorize;
use super::provider_tokens::{Lies, id_token};
use super::web_server::WebServer;

/// Where the browser comes back to, unless a test says otherwise.
pub const CALLBACK: &str = "https://app.example/callback";
/// What is registered at the provider. A loopback URI is good with every port (RFC 8252, section 7.3).
pub const REDIRECT_URIS: [&str; 3] = [CALLBACK, "http://127.0.0.1/callback", "com.example.app:/callback"];

/// Somebody with an account at a provider.
#[derive(Debug, Clone)]
pub struct Person {
    pub subject: String,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
}

impl Person {
    /// Somebody whose address the provider has verified.
    pub fn new(subject: &str, email: &str) -> Self {
        Self { subject: subject.to_owned(), email: Some(email.to_owned()), email_verified: true, name: None }
    }

    pub fn named(self, name: &str) -> Self {
        Self { name: Some(name.to_owned()), ..self }
    }

    /// The same with an address that nobody verified.
    pub fn unverified(self) -> Self {
        Self { email_verified: false, ..self }
    }

    /// What the provider tells about this person.
    pub fn claims(&self) -> Value {
        let mut claims = json!({ "sub": self.subject });
        if let Some(email) = &self.email {
            claims["email"] = json!(email);
            claims["email_verified"] = json!(self.email_verified);
        }
        if let Some(name) = &self.name {
            claims["name"] = json!(name);
        }
        claims
    }
}

/// What the browser brings back.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    pub code: Option<String>,
    pub state: String,
    pub iss: Option<String>,
    pub error: Option<String>,
}

impl Callback {
    /// Reads the parameters as a client does.
    fn read(location: &Url) -> Self {
        let find =
            |name: &str| location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        Self { code: find("code"), state: find("state").unwrap(), iss: find("iss"), error: find("error") }
    }
}

/// Listens on a port of its own until it is dropped.
pub struct TestProvider {
    pub name: &'static str,
    server: Mutex<Option<WebServer>>,
    desk: Arc<Mutex<Desk>>,
    asked: Arc<Mutex<Vec<String>>>,
}

impl TestProvider {
    pub async fn start(name: &'static str) -> Self {
        let (desk, asked) = (Arc::new(Mutex::new(Desk::new(name))), Arc::<Mutex<Vec<String>>>::default());
        let (theirs, log) = (Arc::clone(&desk), Arc::clone(&asked));
        let server = WebServer::start(move |request| {
            log.lock().unwrap().push(request.path.clone());
            let mut response = respond(&mut theirs.lock().unwrap(), request);
            // A provider that is stopped answers nothing any more, over no connection.
            response.headers_mut().insert("connection", "close".parse().unwrap());
            response
        })
        .await;
        let this = Self { name, desk, asked, server: Mutex::new(None) };
        this.desk().metadata = metadata(&server.url(""));
        this.desk().iss = Some(server.url(""));
        *this.server.lock().unwrap() = Some(server);
        this
    }

    pub(super) fn desk(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap()
    }

    /// Its name for itself.
    pub fn issuer(&self) -> String {
        self.desk().issuer().to_owned()
    }

    /// What a server needs to use it.
    pub fn settings(&self) -> Vec<(String, String)> {
        let desk = self.desk();
        let name = |ending: &str| format!("OIDC_{}_{ending}", self.name.to_uppercase());
        vec![
            (name("ISSUER"), desk.issuer().to_owned()),
            (name("CLIENT_ID"), desk.client_id()),
            (name("CLIENT_SECRET"), desk.client_secret()),
            (name("NATIVE_CLIENT_IDS"), format!("app-{}", self.name)),
            (name("ID_TOKEN_ALGORITHMS"), "ES256".to_owned()),
            ("OAUTH_REDIRECT_URIS".to_owned(), REDIRECT_URIS.join(",")),
        ]
    }

    /// From now on it is as late here as at the server.
    pub fn follow(&self, clock: &ManualClock) {
        self.desk().clock = Clock::Manual(clock.clone());
    }

    /// From now on it is as late here as on this machine.
    pub fn follow_machine(&self) {
        self.desk().clock = Clock::System;
    }

    /// Everything that nobody else may learn, of all sign-ins so far.
    pub fn secrets(&self) -> Vec<String> {
        let desk = self.desk();
        let client_secret = desk.client_secret();
        desk.issued.secrets.iter().cloned().chain([client_secret]).collect()
    }

    /// What it had to refuse, and why.
    pub fn complaints(&self) -> Vec<String> {
        self.desk().complaints.clone()
    }

    /// How often a path was asked for.
    pub fn count(&self, path: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == path).count()
    }

    /// A browser is sent to this URL, and the person there signs in and agrees.
    #[track_caller]
    pub fn sign_in(&self, url: &str, person: &Person) -> Callback {
        let mut location = self.visit(url);
        let mut desk = self.desk();
        let code = desk.issued.code_for(url, person);
        location.query_pairs_mut().append_pair("code", &code);
        if let Some(iss) = desk.iss.clone() {
            location.query_pairs_mut().append_pair("iss", &iss);
        }
        drop(desk);
        Callback::read(&location)
    }

    /// A browser is sent to this URL and comes back with an error.
    #[track_caller]
    pub fn deny(&self, url: &str, error: &str) -> Callback {
        let mut location = self.visit(url);
        location.query_pairs_mut().append_pair("error", error).append_pair("iss", &self.issuer());
        Callback::read(&location)
    }

    /// Where a browser that comes with this URL goes on, so far with the state alone.
    #[track_caller]
    fn visit(&self, url: &str) -> Url {
        let outcome = authorize(&self.desk(), url);
        outcome.unwrap_or_else(|why| panic!("the provider {} refuses the browser: {why} in {url}", self.name))
    }

    /// An ID token that the provider's library gives to an app.
    pub fn id_token_for_app(&self, nonce: &str, person: &Person) -> String {
        id_token(&self.desk(), &format!("app-{}", self.name), nonce, person, None)
    }

    /// From now on its ID tokens have these claims; null takes a claim away.
    pub fn lie(&self, claims: Value) {
        self.desk().lies.claims = claims;
    }

    /// Changes in another way what it issues.
    pub fn misbehave(&self, how: impl FnOnce(&mut Lies)) {
        how(&mut self.desk().lies);
    }

    /// From now on the metadata has these fields.
    pub fn announce(&self, fields: &Value) {
        merge(&mut self.desk().metadata, fields);
    }

    /// From now on addresses are told by the user info alone, as `oidc-provider` does.
    pub fn tell_email_in_user_info(&self) {
        self.desk().email_in_user_info = true;
    }

    /// From now on this is the `iss` that comes with a code.
    pub fn send_iss(&self, iss: Option<&str>) {
        self.desk().iss = iss.map(str::to_owned);
    }

    /// From now on a new key signs, and the old one is not published any more.
    pub fn rotate_keys(&self, kid: &str) {
        self.desk().keys = vec![IssuerKey::new(kid)];
    }

    /// From now on this path is in trouble.
    pub fn trouble(&self, path: &'static str, trouble: Trouble) {
        self.desk().trouble = Some((path, trouble));
    }

    /// Everything is well again.
    pub fn recover(&self) {
        self.desk().trouble = None;
    }

    /// From now on connections are refused.
    pub fn stop(&self) {
        self.server.lock().unwrap().take();
    }
}
