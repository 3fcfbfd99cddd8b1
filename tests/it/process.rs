//! The process: what a kill loses, how it stops, what it says to faulty settings.

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use authgraph::tools::db::{Db, DbSettings};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::settings::PRODUCTION;
use crate::support::database::Database;
use crate::support::process::{Process, run};
use crate::support::socket::Socket;

/// Registers people one after the other until the process is gone; answers whom it promised membership.
async fn register_until_killed(process: Arc<Process>, writer: usize, promised: Arc<AtomicUsize>) -> Vec<String> {
    let mut members = Vec::new();
    for number in 0.. {
        let email = format!("member-{writer}-{number}@example.com");
        match process.register(&email).await {
            Some(true) => members.push(email),
            Some(false) => panic!("{email} was refused"),
            None => break,
        }
        promised.fetch_add(1, Ordering::Relaxed);
    }
    members
}

/// The emails that have left, and those that wait to leave.
async fn mails(folder: &Path, database: &Database) -> HashSet<String> {
    let settings = DbSettings {
        url: database.url.clone().into(),
        migration_url: None,
        max_connections: 2,
        acquire_timeout: Duration::from_secs(3),
        makes_file: true,
    };
    let db = Db::open(&settings).await.unwrap();
    let rows: Vec<(String, String)> = db.query("select recipient, state from outbox").all().await.unwrap();
    let (waiting, left): (Vec<_>, Vec<_>) = rows.into_iter().partition(|(_, state)| state == "WAITING");
    let files = std::fs::read_dir(folder.join("data/mailbox")).into_iter().flatten().flatten();
    let delivered: String = files.filter_map(|file| std::fs::read_to_string(file.path()).ok()).collect();
    for (recipient, _) in &left {
        assert!(delivered.contains(recipient), "the email to {recipient} counts as delivered and was never written");
    }
    waiting.into_iter().chain(left).map(|(recipient, _)| recipient).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_process_loses_no_member_and_no_email() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let process = Arc::new(Process::start(folder.path(), &database).await);
    let promised = Arc::new(AtomicUsize::new(0));
    let mut writers = JoinSet::new();
    for writer in 0..8 {
        writers.spawn(register_until_killed(Arc::clone(&process), writer, Arc::clone(&promised)));
    }
    while promised.load(Ordering::Relaxed) < 100 {
        tokio::task::yield_now().await;
    }

    process.kill_now();

    let members: Vec<String> = writers.join_all().await.concat();
    let restarted = Process::start(folder.path(), &database).await;
    for email in &members {
        assert_eq!(restarted.login(email).await, Some(true), "{email}");
    }
    let mails = mails(folder.path(), &database).await;
    assert!(members.iter().all(|email| mails.contains(email)));
    assert!(members.len() >= 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_finishes_what_it_began() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let mut process = Process::start(folder.path(), &database).await;
    let waiting: Vec<_> = (0..20).map(|number| format!("ann-{number}@example.com")).collect();

    let answers = {
        let asked = waiting.iter().map(|email| process.register(email));
        let told = async {
            tokio::task::yield_now().await;
            process.terminate();
        };
        tokio::join!(futures_util::future::join_all(asked), told).0
    };

    assert!(process.ended().await.success());
    assert!(answers.iter().all(|answer| *answer != Some(false)), "a request in flight was refused: {answers:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_told_to_stop_first_sends_its_traffic_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let mut process = Process::start_with(folder.path(), &database, &[("SHUTDOWN_DELAY", "3s")]).await;
    assert_eq!(process.ready().await, (200, "ready".to_owned()));

    process.terminate();

    while process.ready().await.0 == 200 {
        tokio::task::yield_now().await;
    }
    assert_eq!(process.ready().await, (503, "stopping".to_owned()));
    assert_eq!(process.register("ann@example.com").await, Some(true), "a balancer that has not looked yet");
    assert!(process.ended().await.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_line_tells_client_user_and_code() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let log = folder.path().join("log");
    let process = Process::start_logging(folder.path(), &database, &log, &[("LOG_FORMAT", "json")]).await;
    assert_eq!(process.register("ann@example.com").await, Some(true));
    let token = process.access_token("ann@example.com").await;

    let me = process.ask(&json!({ "query": "query Who { me { id } }" }), &token).await;
    process.ask(&json!({ "query": "query Who { me { id } }" }), "stale").await;

    let log = std::fs::read_to_string(log).unwrap();
    let lines = log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let lines: Vec<_> = lines.filter(|line| line["operation"] == "Who").collect();
    let told = |line: &Value| ["client", "user", "code"].map(|field| line[field].clone());
    assert_eq!(told(&lines[0]), [json!("127.0.0.1"), me["data"]["me"]["id"].clone(), json!("OK")], "{log}");
    assert_eq!(told(&lines[1]), [json!("127.0.0.1"), Value::Null, json!("UNAUTHENTICATED")], "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_start_tells_what_runs_and_how() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let log = folder.path().join("log");
    let _process = Process::start_logging(folder.path(), &database, &log, &[("LOG_FORMAT", "json")]).await;

    let log = std::fs::read_to_string(log).unwrap();
    let line = log.lines().find(|line| line.contains("authgraph serves")).unwrap_or_else(|| panic!("{log}"));
    let line: Value = serde_json::from_str(line).unwrap();
    let engine = if database.is_sqlite() { "sqlite" } else { "postgres" };
    assert_eq!([&line["version"], &line["database"]], [env!("CARGO_PKG_VERSION"), engine]);
    assert_eq!([&line["environment"], &line["mail"]], ["development", "files"]);
}

/// A proxy in front that passes on what its client sent, as nginx does without a line of its own.
#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_lets_clients_choose_their_address_is_told_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let log = folder.path().join("log");
    let process = Process::start_logging(folder.path(), &database, &log, &[("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let asked = |address: &'static str| {
        let request = reqwest::Client::new().post(format!("http://{}/graphql", process.address));
        request.header("x-forwarded-for", address).json(&json!({ "query": "{ __typename }" })).send()
    };
    asked("8.8.4.4").await.unwrap();
    assert!(!std::fs::read_to_string(&log).unwrap().contains("X-Forwarded-For"));

    asked("203.0.113.77").await.unwrap();

    let log = std::fs::read_to_string(log).unwrap();
    let told = log.lines().find(|line| line.contains("choose their own address"));
    assert!(told.is_some_and(|line| line.contains("203.0.113.77")), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_tells_nothing_of_its_clients_is_told_in_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let log = folder.path().join("log");
    let process = Process::start_logging(folder.path(), &database, &log, &[("TRUSTED_PROXIES", "127.0.0.1")]).await;

    for _ in 0..100 {
        process.ask(&json!({ "query": "{ __typename }" }), "").await;
    }

    let log = std::fs::read_to_string(log).unwrap();
    assert_eq!(log.matches("sends no X-Forwarded-For").count(), 1, "{log}");
}

#[test]
fn a_trail_that_could_not_be_read_is_not_told_as_broken() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")];

    let output = run(folder.path(), &["audit", "verify"], &settings);

    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(3), "{text}");
    assert!(text.contains("it is unknown whether it is intact"), "{text}");
}

#[test]
fn a_new_key_tells_when_it_signs() {
    let folder = tempfile::tempdir().unwrap();
    let rotate = |algorithm| {
        let output = run(folder.path(), &["keys", "rotate"], &[("JWT_ALGORITHM", algorithm)]);
        String::from_utf8(output.stdout).unwrap()
    };

    let first = rotate("RS256");
    let (kid, keys) = (first.lines().next().unwrap().to_owned(), folder.path().join("data/keys"));
    let file = std::fs::read_dir(&keys).unwrap().next().unwrap().unwrap().path();
    std::fs::rename(file, keys.join(format!("1000000000-{kid}.pem"))).unwrap();

    assert!(first.ends_with("/keys signs.\n"), "{first}");
    for later in ["RS256", "EdDSA"].map(rotate) {
        assert!(later.contains(" signs from ") && later.ends_with("older keys are still accepted.\n"), "{later}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_start_together_share_one_new_folder() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;

    let mut processes: Vec<Process> = (0..3).map(|_| Process::launch(folder.path(), &database)).collect();
    for process in &mut processes {
        process.until_ready().await;
    }

    assert_eq!(processes[0].register("ann@example.com").await, Some(true));
    assert_eq!(processes[1].login("ann@example.com").await, Some(true));
    assert_eq!(processes[2].login("ann@example.com").await, Some(true));
}

#[test]
fn faulty_settings_are_listed_all_at_once_and_secrets_stay_secret() {
    let folder = tempfile::tempdir().unwrap();
    let settings =
        [("AUTHGRAPH_ENV", "production"), ("LISTEN", "nowhere"), ("DATABASE_URL", "mysql://root:hunter2@host")];

    let output = run(folder.path(), &[], &settings);

    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    for name in ["LISTEN: got nowhere", "DATABASE_URL", "PUBLIC_URL", "SMTP_URL", "JWT_KEYS_DIR", "MFA_ENCRYPTION_KEYS"]
    {
        assert!(text.contains(name), "{name} is missing in\n{text}");
    }
    assert!(!text.contains("hunter2"), "{text}");
}

/// What a process in production needs, over files in its folder.
fn production() -> Vec<(&'static str, &'static str)> {
    let own = ["DATABASE_URL", "JWT_KEYS_DIR"];
    let rest = PRODUCTION.iter().copied().filter(|(name, _)| !own.contains(name));
    let files = [("DATABASE_URL", "sqlite://production.db"), ("JWT_KEYS_DIR", "keys")];
    rest.chain(files).chain([("AUTHGRAPH_ENV", "production")]).collect()
}

#[test]
fn a_start_warns_of_what_it_was_told_to_accept() {
    let folder = tempfile::tempdir().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let mut settings = production();
    settings.retain(|(name, _)| *name != "PUBLIC_URL");
    settings.extend([("PUBLIC_URL", "http://auth.example.com"), ("LOCKOUT_ATTEMPTS", "0"), ("LISTEN", &*listen)]);
    settings.push(("ALLOW_INSECURE", "LOCKOUT_ATTEMPTS,PUBLIC_URL"));

    let output = run(folder.path(), &[], &settings);

    let text = String::from_utf8(output.stderr).unwrap();
    let warning = text.lines().find(|line| line.contains("WARN")).unwrap_or_else(|| panic!("{text}"));
    assert!(warning.contains("ALLOW_INSECURE") && warning.contains("LOCKOUT_ATTEMPTS, PUBLIC_URL"), "{text}");
}

#[test]
fn invented_administrators_of_a_production_server_have_no_password_that_everybody_knows() {
    let folder = tempfile::tempdir().unwrap();
    for command in [&["keys", "rotate"][..], &["migrate"]] {
        assert!(run(folder.path(), command, &production()).status.success());
    }
    let seed = ["dev", "seed", "--users", "3", "--events", "3", "--yes"];

    let said = run(folder.path(), &seed, &production());

    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("The password of all users is ") && !said.contains("Seeded-Horse-7"), "{said}");
}

#[test]
fn keys_are_rotated_and_listed_at_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let none: [(&str, &str); 0] = [];

    assert!(run(folder.path(), &["keys", "rotate"], &none).status.success());
    assert!(run(folder.path(), &["keys", "rotate"], &none).status.success());

    let listed = String::from_utf8(run(folder.path(), &["keys", "list"], &none).stdout).unwrap();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains("RS256"), "{listed}");
}

#[test]
fn a_script_may_ask_for_the_first_key_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let none: [(&str, &str); 0] = [];

    for _ in 0..2 {
        assert!(run(folder.path(), &["keys", "rotate", "--if-none"], &none).status.success());
    }

    let listed = String::from_utf8(run(folder.path(), &["keys", "list"], &none).stdout).unwrap();
    assert_eq!(listed.lines().count(), 1, "{listed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_level_writes_what_a_client_sends() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let log = folder.path().join("log");
    let filter = [("LOG", "trace,tungstenite=trace,tungstenite::protocol=trace")];
    let process = Process::start_logging(folder.path(), &database, &log, &filter).await;
    assert_eq!(process.register("ann@example.com").await, Some(true));
    let token = process.access_token("ann@example.com").await;

    let mut socket = Socket::authenticated(process.address, &token).await;
    let payload = json!({ "query": "subscription { securityEvents { id } }", "variables": { "unused": "hunter2" } });
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
    socket.is_silent().await;

    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("sqlx"), "the log is not at its most talkative");
    for secret in [token.as_str(), "hunter2", "Correct-Horse-7"] {
        let line = log.lines().find(|line| line.contains(secret));
        assert_eq!(line, None, "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_a_client_invents_is_not_written_to_the_log() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let log = folder.path().join("log");
    let process = Process::start_logging(folder.path(), &database, &log, &[]).await;
    let invented = reqwest::Method::from_bytes("INVENTED".repeat(1_000).as_bytes()).unwrap();

    let asked = reqwest::Client::new().request(invented, format!("http://{}/health", process.address)).send().await;

    assert_eq!(asked.unwrap().status(), 405);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("405") && !log.contains("INVENTED"), "{log}");
}
