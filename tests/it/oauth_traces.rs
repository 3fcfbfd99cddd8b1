//! What a sign-in with a provider leaves behind: events, figures, no secrets, and no more than the limits allow.

use std::time::Duration;

use authgraph::records::audit_log;
use authgraph::values::audit::{AuditAction, AuditOutcome};
use serde_json::{Value, json};

use crate::support::database::Database;
use crate::support::process::Process;
use crate::support::provider::{CALLBACK, Callback, Person, TestProvider};
use crate::support::provider_client::{StartedOAuth, answer_input};
use crate::support::{Answer, TestApp};

const ANN: &str = "ann@example.com";

fn ann() -> Person {
    Person::new("ann-1", ANN).named("Ann Miller")
}

/// Every row of a table as one text, in lower case: binary columns in hexadecimal.
async fn dump(app: &TestApp, table: &str) -> String {
    let db = &app.app.db;
    let text = if db.is_sqlite() {
        let columns: Vec<(String,)> =
            db.query_built(format!("select name from pragma_table_info('{table}')")).all().await.unwrap();
        let columns: Vec<_> = columns.iter().map(|(name,)| format!("quote({name})")).collect();
        format!("select {} from {table}", columns.join(" || ' ' || "))
    } else {
        format!("select t::text from {table} t")
    };
    let rows: Vec<(String,)> = db.query_built(text).all().await.unwrap();
    assert!(!rows.is_empty(), "{table} is empty");
    rows.iter().map(|(row,)| row.to_lowercase()).collect::<Vec<_>>().join("\n")
}

fn hex(text: &str) -> String {
    text.bytes().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Sign-ins that succeed and that fail, in every way in which the provider says something.
async fn use_it_in_every_way(app: &TestApp, one: &TestProvider) {
    let session = app.log_in_at(one, &ann()).await.signed_in();
    app.linked(&session, one, &Person::new("ann-2", "second@elsewhere.example")).await;
    one.tell_email_in_user_info();
    app.log_in_at(one, &ann()).await.signed_in();
    one.lie(json!({ "nonce": "a-wrong-nonce-of-the-provider" }));
    app.log_in_at(one, &ann()).await.code();
    let started = app.start_oauth("one").await;
    app.complete_oauth(&started, &one.deny(&started.url, "odd_error")).await.code();
    let waiting = app.start_oauth("one").await;
    one.sign_in(&waiting.url, &ann());
    let codeless = Callback { code: Some("a-wrong-code".to_owned()), ..one.sign_in(&waiting.url, &ann()) };
    app.complete_oauth(&waiting, &codeless).await.code();
    app.start_oauth("one").await;
}

#[tokio::test]
async fn nothing_secret_of_a_sign_in_is_stored() {
    let (app, one) = TestApp::with_provider(&[]).await;
    use_it_in_every_way(&app, &one).await;
    let secrets = one.secrets();
    assert!(secrets.len() > 20, "{secrets:?}");

    for table in ["oauth_flows", "oauth_accounts", "audit_events", "sessions"] {
        let stored = dump(&app, table).await;
        for secret in &secrets {
            let is_there = stored.contains(&secret.to_lowercase()) || stored.contains(&hex(secret));
            assert!(!is_there, "{secret} in {table}: {stored}");
        }
        assert!(!stored.contains("of-the-provider"), "{table}: {stored}");
        if table != "oauth_accounts" {
            assert!(!stored.contains(ANN) && !stored.contains("elsewhere.example"), "an address in {table}: {stored}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_secret_of_a_sign_in_is_logged() {
    let (folder, one) = (tempfile::tempdir().unwrap(), TestProvider::start("one").await);
    one.follow_machine();
    let (database, log) = (Database::fresh(folder.path()).await, folder.path().join("log"));
    let settings = one.settings();
    let mut settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    settings.extend([("LOG", "debug"), ("LOG_FORMAT", "json")]);
    let process = Process::start_logging(folder.path(), &database, &log, &settings).await;
    let ask = async |document: &str, input: Value| {
        process.ask(&json!({ "query": document, "variables": { "input": input } }), "").await["data"].clone()
    };
    let complete = "mutation($input: CompleteOAuthInput!) { completeOAuth(input: $input) { __typename } }";
    let start = "mutation($input: StartOAuthInput!) { startOAuth(input: $input) { url flowToken } }";

    for lie in [json!({}), json!({ "nonce": "a-wrong-nonce-of-the-provider" })] {
        one.lie(lie);
        let started = ask(start, json!({ "provider": "one", "redirectUri": CALLBACK })).await;
        let callback = one.sign_in(started["startOAuth"]["url"].as_str().unwrap(), &ann());
        ask(complete, answer_input(started["startOAuth"]["flowToken"].as_str().unwrap(), &callback)).await;
    }

    assert_eq!(one.count("/token"), 2, "{:?}", one.complaints());
    let log = std::fs::read_to_string(log).unwrap();
    for secret in one.secrets() {
        assert!(!log.contains(&secret), "{secret} is in the log");
    }
    assert!(!log.contains("of-the-provider") && !log.contains(ANN));
}

#[tokio::test]
async fn the_trail_tells_provider_and_method() {
    let (app, one) = TestApp::with_provider(&[]).await;

    let session = app.log_in_at(&one, &ann()).await.signed_in();

    let events = audit_log::list_latest(&app.app.db, 10).await.unwrap();
    let find = |action| events.iter().find(|event| event.action == action).unwrap();
    let login = find(AuditAction::Login);
    assert_eq!((&login.metadata["provider"], &login.metadata["method"]), (&json!("one"), &json!("OAUTH")));
    assert_eq!(login.outcome, AuditOutcome::Success);
    for event in [login, find(AuditAction::UserRegistered)] {
        assert_eq!(event.actor_id.map(|id| id.to_string()), Some(session.user.clone()));
        assert_eq!(event.metadata["provider"], "one");
    }
}

#[tokio::test]
async fn a_failed_login_is_told_with_our_word_alone() {
    let (app, one) = TestApp::with_provider(&[]).await;
    one.lie(json!({ "aud": "another-client-of-the-provider" }));

    app.log_in_at(&one, &ann()).await.code();

    let event = app.last_event().await;
    assert_eq!(
        (event.action, event.outcome, event.reason()),
        (AuditAction::Login, AuditOutcome::Failure, Some("OAUTH_FAILED"))
    );
    assert_eq!((&event.metadata["provider"], &event.metadata["failure"]), (&json!("one"), &json!("WRONG_AUDIENCE")));
    assert!(!event.metadata.to_string().contains("of-the-provider"), "{}", event.metadata.0);
}

/// The series of sign-ins at providers.
async fn figures(app: &TestApp, token: &str) -> Vec<(String, f64)> {
    let request = reqwest::Client::new().get(app.url("/metrics")).bearer_auth(token).send().await.unwrap();
    let answer = Answer::read(request).await;
    let series = answer.text.lines().filter_map(|line| line.strip_prefix("auth_oauth_total"));
    series
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(name, value)| (name.to_owned(), value.parse().unwrap()))
        .collect()
}

#[tokio::test]
async fn sign_ins_are_counted_by_provider_and_result() {
    let token = "scrape-me-0123456789";
    let (app, one) = TestApp::with_provider(&[("METRICS_AUTH_TOKEN", token)]).await;
    app.log_in_at(&one, &ann()).await.signed_in();
    app.log_in_at(&one, &ann()).await.signed_in();
    let started = app.start_oauth("one").await;
    app.complete_oauth(&started, &one.deny(&started.url, "access_denied")).await.code();
    app.log_in_at(&one, &Person::new("eve-1", "eve@example.com").unverified()).await.code();
    // What clients make up is no label.
    for n in 0..5 {
        let input = json!({ "provider": format!("made-up-{n}"), "redirectUri": CALLBACK });
        app.start_oauth_with(input).await.code();
    }

    let figures = figures(&app, token).await;

    let of = |result: &str| {
        let name = format!("{{provider=\"one\",result=\"{result}\"}}");
        figures.iter().find(|(series, _)| *series == name).unwrap_or_else(|| panic!("no {result}: {figures:?}")).1
    };
    let counts = ["STARTED", "SIGNED_IN", "ACCESS_DENIED", "EMAIL_UNVERIFIED"].map(|result| of(result).to_string());
    assert_eq!(counts, ["4", "2", "1", "1"]);
    assert!(figures.iter().all(|(series, _)| series.starts_with("{provider=\"one\",")), "{figures:?}");
}

#[tokio::test]
async fn completions_are_attempts_like_any_login() {
    let (app, one) = TestApp::with_provider(&[("RATE_LIMIT_AUTH", "5/1m")]).await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());
    let unknown = format!("agf_{}", "A".repeat(43));
    for _ in 0..3 {
        assert_eq!(app.complete_oauth_with(answer_input(&unknown, &callback)).await.code(), "INVALID_TOKEN");
    }
    for _ in 0..2 {
        assert_eq!(app.login_with_id_token("one", &unknown, "a.b.c").await.code(), "INVALID_TOKEN");
    }

    assert_eq!(app.complete_oauth(&started, &callback).await.code(), "RATE_LIMITED");
    assert_eq!(app.login_with_id_token("one", &unknown, "a.b.c").await.code(), "RATE_LIMITED");

    app.wait(Duration::from_mins(1));
    app.complete_oauth(&started, &callback).await.signed_in();
}

#[tokio::test]
async fn flows_are_no_more_than_requests_and_are_swept() {
    let (app, _one) = TestApp::with_provider(&[("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    let input = json!({ "provider": "one", "redirectUri": CALLBACK });
    for _ in 0..3 {
        app.start_oauth_with(input.clone()).await.ok();
    }

    assert_eq!(app.start_oauth_with(input).await.code(), "RATE_LIMITED");

    assert_eq!(app.rows("oauth_flows").await, 3);
    app.wait(Duration::from_hours(25));
    authgraph::flows::sweep::sweep(&app.app, &tokio_util::sync::CancellationToken::new()).await.unwrap();
    assert_eq!(app.rows("oauth_flows").await, 0);
}

#[tokio::test]
async fn linkings_and_confirmations_are_attempts_too() {
    let (app, one) = TestApp::with_provider(&[("RATE_LIMIT_AUTH", "5/1m"), ("TRUSTED_PROXIES", "1")]).await;
    let session = app.log_in_at(&one, &ann()).await.signed_in();
    let link = app.start_oauth_by(&session, "one", "LINK").await;
    let confirmation = app.start_oauth_by(&session, "one", "REAUTHENTICATE").await;
    let unknown = StartedOAuth { flow: format!("agf_{}", "A".repeat(43)), ..link.clone() };
    let of_link = one.sign_in(&link.url, &Person::new("ann-2", "second@elsewhere.example"));
    let of_confirmation = one.sign_in(&confirmation.url, &ann());
    for _ in 0..5 {
        let linking = app.link_oauth(&session, &unknown, &of_link).from("198.51.100.7").await;
        let confirming = app.reauthenticate_by(&session, &unknown, &of_confirmation).from("198.51.100.8").await;
        assert_eq!([linking.code(), confirming.code()], ["INVALID_TOKEN"; 2]);
    }

    let linking = app.link_oauth(&session, &link, &of_link);
    assert_eq!(linking.from("198.51.100.7").await.code(), "RATE_LIMITED");
    let confirming = app.reauthenticate_by(&session, &confirmation, &of_confirmation);
    assert_eq!(confirming.from("198.51.100.8").await.code(), "RATE_LIMITED");

    // Neither flow is used up.
    app.link_oauth(&session, &link, &of_link).from("198.51.100.9").await.ok();
    app.reauthenticate_by(&session, &confirmation, &of_confirmation).from("198.51.100.9").await.ok();
}
