//! The command line: what containers, scripts and shells ask it, and its exit codes.

use std::process::Output;

use serde_json::{Value, json};

use crate::settings::PRODUCTION;
use crate::support::OwnDatabase;
use crate::support::database::Database;
use crate::support::process::{Process, run};

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_healthcheck_succeeds_while_the_server_is_ready_and_not_before_or_after() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::fresh(folder.path()).await;
    let mut process = Process::start_with(folder.path(), &database, &[("SHUTDOWN_DELAY", "2s")]).await;
    // As in a container, the server listens everywhere and the check knows the same settings.
    let everywhere = format!("0.0.0.0:{}", process.address.port());
    let settings = [("AUTHGRAPH_ENV", "development"), ("LISTEN", &*everywhere), ("DATABASE_URL", "sqlite://unused.db")];

    let ready = run(folder.path(), &["healthcheck"], &settings);
    assert_eq!((ready.status.code(), stdout(&ready).contains("ready")), (Some(0), true), "{ready:?}");
    assert_eq!(run(folder.path(), &["healthcheck", "--live"], &settings).status.code(), Some(0));

    process.terminate();
    while process.ready().await.0 == 200 {
        tokio::task::yield_now().await;
    }
    let stopping = run(folder.path(), &["healthcheck"], &settings);
    assert_eq!((stopping.status.code(), stderr(&stopping).contains("stopping")), (Some(1), true), "{stopping:?}");
    assert_eq!(run(folder.path(), &["healthcheck", "--live"], &settings).status.code(), Some(0));

    process.ended().await;
    assert_eq!(run(folder.path(), &["healthcheck"], &settings).status.code(), Some(1));
    assert!(!folder.path().join("unused.db").exists(), "a check opens no database");
}

#[test]
fn a_healthcheck_with_wrong_settings_is_unhealthy_and_no_other_code() {
    let folder = tempfile::tempdir().unwrap();

    let output = run(folder.path(), &["healthcheck"], &[("AUTHGRAPH_ENV", "development"), ("LISTEN", "nowhere")]);

    assert_eq!(output.status.code(), Some(1), "{output:?}");
}

#[test]
fn settings_check_names_every_fault_and_keeps_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("AUTHGRAPH_ENV", "production"), ("DATABASE_URL", "mysql://root:hunter2@host")];

    for arguments in [&["settings", "check"][..], &["settings", "check", "--json"]] {
        let output = run(folder.path(), arguments, &settings);

        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(["DATABASE_URL", "PUBLIC_URL", "SMTP_URL"].iter().all(|name| stdout(&output).contains(name)));
        assert!(!stdout(&output).contains("hunter2"));
    }
}

#[test]
fn settings_check_finds_what_only_opening_finds() {
    let folder = tempfile::tempdir().unwrap();

    let settings = [&[("AUTHGRAPH_ENV", "production")], PRODUCTION].concat();

    let output = run(folder.path(), &["settings", "check"], &settings);

    // The folder of keys is not there.
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    assert!(stdout(&output).contains("authgraph failed: "), "{output:?}");
}

#[test]
fn settings_check_writes_nothing_and_warns_of_several_instances_over_a_file() {
    let folder = tempfile::tempdir().unwrap();

    let output = run(folder.path(), &["settings", "check", "--instances", "3"], &[("AUTHGRAPH_ENV", "development")]);

    assert!(output.status.success(), "{output:?}");
    assert!(stdout(&output).contains("Several instances need PostgreSQL"));
    assert!(stdout(&output).contains("Several instances need Redis"));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn settings_check_computes_without_a_server_too() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")];

    let output = run(folder.path(), &["settings", "check", "--instances", "4", "--json"], &settings);

    let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert!(output.status.success());
    assert_eq!(report["postgres"]["needed"], 68);
    assert_eq!(report["postgres"]["available"], Value::Null);
}

#[test]
fn settings_check_counts_connections_to_each_server_of_redis() {
    let folder = tempfile::tempdir().unwrap();
    let urls = "redis://127.0.0.1:1,127.0.0.1:2";
    for (mode, url, server) in [
        ("single", "redis://127.0.0.1:1", "the server"),
        ("cluster", urls, "each node"),
        ("sentinel", urls, "the master"),
    ] {
        let settings = [("AUTHGRAPH_ENV", "development"), ("REDIS_URL", url), ("REDIS_MODE", mode)];

        let output = run(folder.path(), &["settings", "check", "--instances", "3", "--json"], &settings);

        let report: Value = serde_json::from_str(&stdout(&output)).unwrap();
        let expected = json!({ "perInstance": 2, "needed": 6, "server": server, "isReachable": false });
        assert_eq!(report["redis"], expected, "{output:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_check_compares_with_what_the_server_accepts() {
    let Some(database) = OwnDatabase::new().await else { return };
    database.alter("connection limit 44").await;
    let folder = tempfile::tempdir().unwrap();
    let settings =
        [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", &*database.url), ("DATABASE_MAX_CONNECTIONS", "10")];
    let check = |instances| run(folder.path(), &["settings", "check", "--instances", instances, "--json"], &settings);

    let (enough, short) = (check("4"), check("5"));

    assert_eq!((enough.status.code(), short.status.code()), (Some(0), Some(1)), "{short:?}");
    let report: Value = serde_json::from_str(&stdout(&short)).unwrap();
    assert_eq!((&report["postgres"]["needed"], &report["postgres"]["available"]), (&55.into(), &44.into()));
}

#[test]
fn a_database_that_is_away_has_an_exit_code_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", "postgres://nobody@127.0.0.1:1/nothing")];

    for arguments in [&["users", "list"][..], &["users", "show", "ann@example.com"], &["outbox", "list"]] {
        let output = run(folder.path(), arguments, &settings);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}: {output:?}");
    }
    assert_eq!(run(folder.path(), &["users", "unknown"], &settings).status.code(), Some(2));
}

#[test]
fn shells_and_man_know_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let printed = |arguments: &[&str]| stdout(&run(folder.path(), arguments, &[]));

    for shell in ["bash", "zsh", "fish"] {
        let script = printed(&["completions", shell]);
        assert!(script.contains("healthcheck") && script.contains("create-admin"), "{shell}");
    }
    let page = printed(&["man"]);
    assert!(page.starts_with(".ie") || page.starts_with(".TH"), "{page:.80}");
    for section in ["AUTHGRAPH USERS LOCK", "AUTHGRAPH SETTINGS CHECK", "AUTHGRAPH AUDIT EXPORT"] {
        assert!(page.contains(section), "{section} is missing");
    }
}
