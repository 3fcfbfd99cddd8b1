//! Nothing secret leaves the process but in its answers and emails: not in the log, whatever its level, not in the metrics, and
//! not in the traces. The test collects every secret of a whole journey and searches for all of them.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use authgraph::tools::clock::Clock;
use authgraph::tools::db::{Db, DbSettings};
use authgraph::tools::mailer::mailbox::Mailbox;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::collector::Collector;
use crate::support::database::{Database, setting};
use crate::support::process::{Process, run_with_input};
use crate::support::provider::{CALLBACK, Person, TestProvider};
use crate::support::provider_client::answer_input;
use crate::support::secrets::Secrets;
use crate::support::socket::Socket;
use crate::support::{Authenticator, STEP, token_in};

const METRICS_TOKEN: &str = "scrape-me-0123456789";
const COLLECTOR_KEY: &str = "collect0r-k3y-0123456789";
const PASSWORD: &str = "Correct-Horse-7";
const CHANGED: &str = "Battery-Staple-8";
const ANN: &str = "ann@example.com";
const ROOT: &str = "root@example.com";

/// What a client may get from a login.
const LOGIN: &str = "__typename ... on MfaRequired { challengeToken } \
    ... on SignedIn { accessToken refreshToken session { id } user { id email } }";

/// A process, the people around it, and the secrets that they have seen.
struct Journey {
    process: Process,
    folder: TempDir,
    database: Database,
    provider: TestProvider,
    collector: Collector,
    secrets: Mutex<Secrets>,
    http: reqwest::Client,
    /// Only for the codes of an authenticator.
    clock: Clock,
}

impl Journey {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::fresh(folder.path()).await;
        let (collector, provider) = (Collector::start().await, TestProvider::start("one").await);
        provider.follow_machine();
        let (endpoint, headers) = (collector.endpoint(), format!("api-key={COLLECTOR_KEY}"));
        let (redis, prefix) = (setting("TEST_REDIS_URL").unwrap_or_default(), uuid::Uuid::now_v7().to_string());
        let of_provider = provider.settings();
        let mut settings: Vec<_> = of_provider.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        settings.extend([
            ("LOG", "trace"),
            ("LOG_FORMAT", "json"),
            ("METRICS_AUTH_TOKEN", METRICS_TOKEN),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", &endpoint),
            ("OTEL_EXPORTER_OTLP_HEADERS", &headers),
            ("RATE_LIMIT_EMAIL", "0"),
            ("RATE_LIMIT_REQUESTS", "10000/1m"),
            ("REDIS_URL", &redis),
            ("REDIS_KEY_PREFIX", &prefix),
        ]);
        let log = folder.path().join("log");
        let process = Process::start_logging(folder.path(), &database, &log, &settings).await;
        let mut secrets = Secrets::default();
        secrets.add("a setting", METRICS_TOKEN);
        secrets.add("a setting", COLLECTOR_KEY);
        let (http, secrets) = (reqwest::Client::new(), Mutex::new(secrets));
        Self { process, folder, database, provider, collector, secrets, http, clock: Clock::System }
    }

    fn note(&self, seen: &str, secret: &str) {
        self.secrets.lock().unwrap().add(seen, secret);
    }

    /// Sends any body, and answers what came back. The secrets of both are remembered.
    async fn send(&self, body: &Value, headers: &[(&str, &str)]) -> Value {
        let mut request = self.http.post(format!("http://{}/graphql", self.process.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = request.json(body).send().await.unwrap();
        for cookie in response.headers().get_all("set-cookie") {
            let pair = cookie.to_str().unwrap().split(';').next().unwrap();
            self.note("a cookie", pair.split_once('=').unwrap().1);
        }
        let answer: Value = response.json().await.unwrap_or_default();
        let mut secrets = self.secrets.lock().unwrap();
        secrets.add_from(body);
        secrets.add_from(&answer["data"]);
        answer
    }

    /// Runs a mutation as the holder of a token, or as a stranger.
    async fn mutate(&self, field: &str, input: Value, payload: &str, token: &str) -> Value {
        let query = document(field, payload);
        let authorization = format!("Bearer {token}");
        let headers = [("authorization", &*authorization)];
        let headers = if token.is_empty() { &[][..] } else { &headers[..] };
        self.send(&json!({ "query": query, "variables": { "input": input } }), headers).await["data"][field].clone()
    }

    /// The same, where anything but a success is a mistake of the test.
    async fn do_it(&self, field: &str, input: Value, payload: &str, token: &str) -> Value {
        let done = self.mutate(field, input, payload, token).await;
        assert!(done.is_object(), "{field}: {}", self.last_lines());
        done
    }

    async fn query(&self, query: &str, token: &str) -> Value {
        let answer = self.send(&json!({ "query": query }), &[("authorization", &format!("Bearer {token}"))]).await;
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }

    async fn login(&self, email: &str, password: &str) -> Value {
        self.do_it("login", json!({ "email": email, "password": password }), LOGIN, "").await
    }

    /// The token of the newest email of this kind to an address. It may still be on its way.
    async fn mailed(&self, email: &str, kind: &str) -> String {
        let (mailbox, began) = (Mailbox::open(self.folder.path().join("data/mailbox")).unwrap(), Instant::now());
        loop {
            for summary in mailbox.list(Some(email), 500).await.unwrap() {
                let mail = mailbox.read(summary.id).await.unwrap().unwrap();
                if mail.kind == kind {
                    let token = token_in(&mail);
                    self.note("an email", &token);
                    return token;
                }
            }
            assert!(began.elapsed() < Duration::from_secs(30), "no {kind} to {email}: {}", self.last_lines());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn code(&self, secret: &str, steps: u32) -> String {
        let authenticator = Authenticator { secret: secret.to_owned() };
        authenticator.code_at(self.clock.now() + STEP * steps)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn last_lines(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().rev().take(8).collect();
        lines.join("\n")
    }

    /// Keys and hashes that no client sees.
    async fn note_what_is_stored(&self) {
        let data = self.folder.path().join("data");
        let pem = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "pem");
        for path in files(&data.join("keys")).into_iter().filter(pem) {
            let text = std::fs::read_to_string(path).unwrap();
            text.lines().filter(|line| line.len() > 40).for_each(|line| self.note("a signing key", line));
        }
        self.note("the key of sealed secrets", std::fs::read_to_string(data.join("mfa.key")).unwrap().trim());
        let settings = DbSettings {
            migration_url: None,
            url: self.database.url.clone().into(),
            max_connections: 2,
            acquire_timeout: Duration::from_secs(3),
            makes_file: false,
        };
        let db = Db::open(&settings).await.unwrap();
        let hashes: Vec<(String,)> =
            db.query("select password_hash from users where password_hash is not null").all().await.unwrap();
        for (hash,) in hashes {
            self.note("a password hash", &hash);
            self.note("a password hash", hash.rsplit('$').next().unwrap());
        }
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

fn document(field: &str, payload: &str) -> String {
    let first = field[..1].to_uppercase();
    format!("mutation($input: {first}{}Input!) {{ {field}(input: $input) {{ {payload} }} }}", &field[1..])
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// From the registration to a verified address; sessions in bodies and in cookies; a stolen refresh token.
async fn account(journey: &Journey) -> String {
    let client = json!({ "deviceName": "Phone", "tokenDelivery": "BODY" });
    let input = json!({ "email": ANN, "password": PASSWORD, "name": "Ann", "client": client });
    journey.do_it("register", input, LOGIN, "").await;
    journey.do_it("verifyEmail", json!({ "token": journey.mailed(ANN, "verify_email").await }), "email", "").await;
    journey.mutate("login", json!({ "email": ANN, "password": "Wrong-Guess-99" }), LOGIN, "").await;
    let session = journey.login(ANN, PASSWORD).await;

    let refresh = json!({ "refreshToken": session["refreshToken"], "idempotencyKey": "attempt-0123456789" });
    let tokens = "accessToken refreshToken";
    journey.do_it("refresh", refresh, tokens, "").await;
    let stolen = json!({ "refreshToken": session["refreshToken"], "idempotencyKey": "another-0123456789" });
    journey.mutate("refresh", stolen, tokens, "").await;

    let client = json!({ "tokenDelivery": "COOKIE" });
    let input = json!({ "email": ANN, "password": PASSWORD, "client": client });
    let in_cookie = format!("{{ {LOGIN} }}");
    let body = json!({
        "query": format!("mutation($input: LoginInput!) {{ login(input: $input) {in_cookie} }}"),
        "variables": { "input": input },
    });
    let response = journey.http.post(format!("http://{}/graphql", journey.process.address)).json(&body).send();
    let cookie = response.await.unwrap().headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    journey.note("a cookie", cookie.split_once('=').unwrap().1);
    let refresh = "mutation { refresh(input: {}) { accessToken refreshToken } }";
    journey.send(&json!({ "query": refresh }), &[("cookie", &cookie)]).await;
    text(&journey.login(ANN, PASSWORD).await["accessToken"]).to_owned()
}

/// A second factor: its secret, its codes, and the codes for emergencies.
async fn second_factor(journey: &Journey, token: &str) {
    let shown = journey.query("mutation { startMfaEnrollment { secret otpauthUri qrCode } }", token).await;
    let secret = text(&shown["startMfaEnrollment"]["secret"]).to_owned();
    let confirmed =
        journey.do_it("confirmMfaEnrollment", json!({ "code": journey.code(&secret, 0) }), "backupCodes", token).await;
    let challenge = async || text(&journey.login(ANN, PASSWORD).await["challengeToken"]).to_owned();
    let verify = |challenge: String, code: &str| json!({ "challengeToken": challenge, "code": code });

    let waiting = challenge().await;
    journey.mutate("verifyMfa", verify(waiting.clone(), "314159"), LOGIN, "").await;
    // The next code is accepted early, and no code twice.
    journey.do_it("verifyMfa", verify(waiting, &journey.code(&secret, 1)), LOGIN, "").await;
    let backup_code = text(&confirmed["backupCodes"][0]).to_owned();
    let verified = journey.do_it("verifyMfa", verify(challenge().await, &backup_code), LOGIN, "").await;
    let token = text(&verified["accessToken"]);
    let another = confirmed["backupCodes"][1].clone();
    let renewed = journey.do_it("regenerateBackupCodes", json!({ "code": another }), "backupCodes", token).await;
    let input = json!({ "password": PASSWORD, "code": renewed["backupCodes"][0] });
    journey.do_it("disableMfa", input, "user { id }", token).await;
}

/// New passwords and new addresses, with the links of emails.
async fn credentials(journey: &Journey) {
    let token = text(&journey.login(ANN, PASSWORD).await["accessToken"]).to_owned();
    let input = json!({ "currentPassword": PASSWORD, "newPassword": CHANGED });
    journey.do_it("changePassword", input, "endedSessionCount", &token).await;
    let token = text(&journey.login(ANN, CHANGED).await["accessToken"]).to_owned();
    journey.mutate("reauthenticate", json!({ "password": "Wrong-Guess-98" }), "session { id }", &token).await;
    journey.do_it("reauthenticate", json!({ "password": CHANGED }), "session { id }", &token).await;
    let (input, new) = (json!({ "newEmail": "new@example.com" }), "new@example.com");
    journey.do_it("requestEmailChange", input, "user { id }", &token).await;
    let confirm = journey.mailed(new, "confirm_email_change").await;
    let undo = async || journey.mailed(ANN, "email_changed").await;
    journey.do_it("confirmEmailChange", json!({ "token": confirm }), "email", "").await;
    journey.do_it("undoEmailChange", json!({ "token": undo().await }), "email", "").await;
    journey.do_it("requestPasswordReset", json!({ "email": ANN }), "email", "").await;
    // The undo has sent such an email, too, which the newer one makes void.
    let mut is_reset = false;
    for _ in 0..200 {
        let reset = journey.mailed(ANN, "reset_password").await;
        let input = json!({ "token": reset, "newPassword": "Paper-Clip-9-new" });
        is_reset = journey.mutate("resetPassword", input, "email", "").await.is_object();
        if is_reset {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(is_reset, "{}", journey.last_lines());
}

/// Logins with a provider, in a browser and in an app; one whose ID token lies.
async fn provider(journey: &Journey) {
    let ann = Person::new("ann-1", "annie@example.com").named("Ann Miller");
    let start = json!({ "provider": "one", "redirectUri": CALLBACK });
    for lie in [json!({}), json!({ "nonce": "a-wrong-nonce-of-the-provider" })] {
        journey.provider.lie(lie);
        let started = journey.do_it("startOAuth", start.clone(), "url flowToken", "").await;
        let callback = journey.provider.sign_in(text(&started["url"]), &ann);
        let answer = answer_input(text(&started["flowToken"]), &callback);
        journey.mutate("completeOAuth", answer, LOGIN, "").await;
    }
    journey.provider.lie(json!({}));
    let started = journey.do_it("startIdTokenLogin", json!({ "provider": "one" }), "nonce flowToken", "").await;
    let id_token = journey.provider.id_token_for_app(text(&started["nonce"]), &ann);
    let input = json!({ "provider": "one", "flowToken": started["flowToken"], "idToken": id_token });
    let session = journey.do_it("loginWithIdToken", input, LOGIN, "").await;
    let token = text(&session["accessToken"]);
    journey.do_it("setPassword", json!({ "newPassword": "Stapler-Ink-10" }), "user { id }", token).await;
    for secret in journey.provider.secrets() {
        journey.note("the provider", &secret);
    }
}

/// What administrators do to others.
async fn administration(journey: &Journey) {
    let (data, url) = (journey.folder.path().join("data").display().to_string(), &*journey.database.url);
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", url), ("DATA_DIR", &*data)];
    let create = ["users", "create-admin", "--email", ROOT, "--password-stdin"];
    let made = run_with_input(journey.folder.path(), &create, &settings, PASSWORD);
    assert!(made.status.success(), "{made:?}");
    let session = journey.login(ROOT, PASSWORD).await;
    let token = text(&session["accessToken"]);
    let input = json!({ "email": "guest@example.com", "name": "Guest" });
    let guest = journey.do_it("createUser", input, "user { id }", token).await["user"]["id"].clone();
    journey.mailed("guest@example.com", "invitation").await;
    // Refused, since the guest has no second factor.
    journey.mutate("resetUserMfa", json!({ "userId": guest }), "user { id }", token).await;
    for action in ["lockUser", "unlockUser", "sendUserPasswordReset", "deleteUser", "restoreUser"] {
        journey.do_it(action, json!({ "userId": guest }), "user { id }", token).await;
    }
    journey.query("{ settings { name } users(first: 5) { nodes { email } } }", token).await;
    journey.query("{ auditEvents(first: 50) { nodes { id action metadata } } }", token).await;
}

/// A socket: it is opened with a token, and carries operations with secrets.
async fn socket(journey: &Journey) {
    let token = text(&journey.login(ROOT, PASSWORD).await["accessToken"]).to_owned();
    let mut socket = Socket::authenticated(journey.process.address, &token).await;
    socket.subscribe("1", "subscription { securityEvents { id action } }").await;
    let login = document("login", LOGIN);
    let input = json!({ "email": ROOT, "password": PASSWORD });
    let mut other = Socket::authenticated(journey.process.address, &token).await;
    let answer = other.run("2", &login, json!({ "input": input })).await;
    journey.secrets.lock().unwrap().add_from(&answer);
    assert!(answer["data"]["login"]["accessToken"].is_string(), "{answer}");
    let mut refused = Socket::open(journey.process.address).await;
    journey.note("a wrong token", "not-a-token-0123456789");
    refused.init("not-a-token-0123456789").await;
    refused.closed().await;
}

/// Requests that are refused, with secrets where they should not be.
async fn mistakes(journey: &Journey) {
    let inline =
        format!("mutation {{ login(input: {{ email: \"{ANN}\", password: \"Inline-Secret-11\" }}) {{ {LOGIN} }} }}");
    journey.send(&json!({ "query": inline }), &[]).await;
    journey.send(&json!({ "query": inline.replace("password:", "secret:") }), &[]).await;
    journey.send(&json!({ "query": inline.replace(" }) {", " ) {") }), &[]).await;
    journey.note("a mistake", "Inline-Secret-11");
    let login = document("login", LOGIN);
    for wrong in
        [json!({ "email": 1, "password": "Typed-Wrong-12" }), json!({ "email": ANN, "password": ["Typed-Wrong-13"] })]
    {
        journey.send(&json!({ "query": login, "variables": { "input": wrong } }), &[]).await;
    }
    for secret in ["Typed-Wrong-12", "Typed-Wrong-13", "Broken-Body-14", "In-The-Url-15", "Basic-Header-16", "short-17"]
    {
        journey.note("a mistake", secret);
    }
    journey.mutate("register", json!({ "email": "x@example.com", "password": "short-17" }), LOGIN, "").await;
    journey.send(&json!({ "query": "{ me { id } }" }), &[("authorization", "Basic Basic-Header-16")]).await;
    let base = format!("http://{}", journey.process.address);
    let broken = journey.http.post(format!("{base}/graphql")).header("content-type", "application/json");
    broken.body("{\"query\": \"Broken-Body-14").send().await.unwrap();
    for path in [
        "/graphql?query={me{id}}&token=In-The-Url-15",
        "/account/verify-email?token=In-The-Url-15",
        "/x?y=In-The-Url-15",
    ] {
        journey.http.get(format!("{base}{path}")).send().await.unwrap();
    }
    let wrong = journey.http.get(format!("{base}/metrics")).bearer_auth("not-the-scrape-token-18").send();
    wrong.await.unwrap();
    journey.note("a mistake", "not-the-scrape-token-18");
}

async fn metrics(journey: &Journey) -> String {
    let request = journey.http.get(format!("http://{}/metrics", journey.process.address));
    request.bearer_auth(METRICS_TOKEN).send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_of_a_whole_journey_is_in_the_log_the_metrics_or_the_traces() {
    let mut journey = Journey::start().await;
    let token = account(&journey).await;
    second_factor(&journey, &token).await;
    credentials(&journey).await;
    provider(&journey).await;
    administration(&journey).await;
    socket(&journey).await;
    mistakes(&journey).await;
    let metrics = metrics(&journey).await;
    journey.note_what_is_stored().await;

    journey.process.terminate();
    assert!(journey.process.ended().await.success());

    let (secrets, traces, log) = (journey.secrets.lock().unwrap(), journey.collector.bytes(), journey.log());
    assert!(secrets.kinds().len() > 20, "{:?}", secrets.kinds());
    assert!(log.contains("\"level\":\"DEBUG\""), "the log tells too little");
    assert!(metrics.contains("auth_login_total") && !journey.collector.trace().0.is_empty());
    let mut found = Vec::new();
    for (place, told) in [("log", log.as_bytes()), ("metrics", metrics.as_bytes()), ("traces", &*traces)] {
        found.extend(secrets.found_in(told).into_iter().map(|secret| format!("{place}: {secret}")));
        if String::from_utf8_lossy(told).contains("@example.com") {
            found.push(format!("{place}: an email address"));
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// The search finds what it should: otherwise the test above would prove nothing.
#[test]
fn the_search_finds_a_secret_in_every_form() {
    let mut secrets = Secrets::default();
    secrets.add_from(&json!({ "accessToken": "aaaa.bbbb.c2lnbmF0dXJl", "code": "271828", "x": [{ "newPassword": "Correct-Horse/7" }] }));
    for leak in [
        "…Correct-Horse/7…",
        "?p=Correct%2DHorse%2F7",
        "Q29ycmVjdC1Ib3JzZS83",
        "436f72726563742d486f7273652f37",
        "[67, 111, 114, 114, 101, 99, 116, 45, 72, 111, 114, 115, 101, 47, 55]",
        "signed c2lnbmF0dXJl",
        "code=\"271828\"",
    ] {
        assert!(!secrets.found_in(leak.as_bytes()).is_empty(), "{leak}");
    }
    for harmless in ["Correct-Horse/8", "1271828", "0.271828", "nothing"] {
        assert!(secrets.found_in(harmless.as_bytes()).is_empty(), "{harmless}");
    }
}
