//! A start over a database that is not as it must be, and what the operator is told.

use std::path::Path;
use std::process::Output;
use std::time::{Duration, Instant};

use authgraph::tools::db::{Db, DbSettings};
use sqlx::{Connection, PgConnection};

use crate::settings::PRODUCTION;
use crate::support::process::{Process, run};
use crate::support::{OwnDatabase, Proxy, TestApp};

/// What a start says that ends by itself, and soon.
fn refused(folder: &Path, settings: &[(&str, &str)]) -> String {
    let began = Instant::now();
    let Output { status, stderr, .. } = run(folder, &[], settings);
    let said = String::from_utf8(stderr).unwrap();
    assert!(!status.success(), "{said}");
    assert!(began.elapsed() < Duration::from_secs(20), "it was tried again and again: {said}");
    said
}

/// The one line that says why, in plain words.
fn reason(said: &str) -> &str {
    let mut lines = said.lines().filter(|line| line.contains("DATABASE_URL"));
    let line = lines.next().unwrap_or_else(|| panic!("{said}"));
    assert!(lines.next().is_none(), "told twice: {said}");
    assert!(!line.contains("at line") && !line.contains("returned from"), "words of the driver: {line}");
    line
}

/// The settings of a start over this database.
fn over(url: &str) -> [(&str, &str); 3] {
    [("AUTHGRAPH_ENV", "development"), ("LISTEN", "127.0.0.1:0"), ("DATABASE_URL", url)]
}

#[tokio::test]
async fn a_database_that_does_not_exist_is_told_at_once_and_once() {
    let Some(database) = OwnDatabase::new().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let missing = database.url.replace(&database.name, "authgraph_nowhere");

    let said = refused(folder.path(), &over(&missing));

    assert!(
        reason(&said).contains("there is no database authgraph_nowhere at ") && said.contains("createdb"),
        "{said}"
    );
    assert_eq!(said.matches("does not exist").count(), 0, "{said}");
}

#[tokio::test]
async fn a_user_who_may_not_log_in_is_told_at_once_and_once() {
    let Some(database) = OwnDatabase::new().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut url = url::Url::parse(&database.url).unwrap();
    url.set_username("authgraph_nobody").unwrap();
    url.set_password(Some("hunter2")).unwrap();

    let said = refused(folder.path(), &over(url.as_str()));

    assert!(reason(&said).contains("the user authgraph_nobody") && !said.contains("hunter2"), "{said}");
}

#[tokio::test]
async fn a_database_that_has_no_room_for_every_name_is_refused() {
    let options = "encoding 'LATIN1' lc_collate 'C' lc_ctype 'C'";
    let Some(database) = OwnDatabase::with(options).await else { return };
    let folder = tempfile::tempdir().unwrap();

    let said = refused(folder.path(), &over(&database.url));

    assert!(reason(&said).contains("LATIN1") && said.contains("--encoding=UTF8"), "{said}");
}

#[tokio::test]
async fn a_database_that_is_behind_is_refused_where_the_start_may_not_migrate() {
    let database = OwnDatabase::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("empty.db").display());
    let url = database.as_ref().map_or(&*file, |database| &database.url);
    let settings = [&over(url)[..], &[("DATABASE_MIGRATE", "false")]].concat();

    let said = refused(folder.path(), &settings);

    assert!(said.contains("the database is behind this version: run `authgraph migrate`"), "{said}");
    assert!(run(folder.path(), &["migrate"], &settings).status.success());
    let app = TestApp::start().await.another_instance_with(&[("DATABASE_URL", url)]).await;
    app.app.db.check_migrations().await.unwrap();
}

#[tokio::test]
async fn migrations_run_at_their_own_address_and_never_in_another_database() {
    let Some(database) = OwnDatabase::new().await else { return };
    let Some(other) = OwnDatabase::new().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let migrating_at = |url: &'static str| [&over(&database.url)[..], &[("DATABASE_MIGRATION_URL", url)]].concat();
    let elsewhere: &'static str = other.url.clone().leak();
    // The same server by another name of this machine.
    let here: &'static str = database.url.replace("127.0.0.1", "localhost").leak();

    let said = refused(folder.path(), &migrating_at(elsewhere));

    assert!(said.contains("lead to different places") && said.contains(&other.name), "{said}");
    assert!(!has_tables(&other).await);
    assert!(run(folder.path(), &["migrate"], &migrating_at(here)).status.success());
    assert!(has_tables(&database).await);
}

async fn has_tables(database: &OwnDatabase) -> bool {
    let mut connection = PgConnection::connect(&database.url).await.unwrap();
    let (has_tables,): (bool,) =
        sqlx::query_as("select to_regclass('users') is not null").fetch_one(&mut connection).await.unwrap();
    has_tables
}

#[tokio::test]
async fn a_database_of_an_unreleased_version_is_refused_with_what_to_do() {
    let database = OwnDatabase::new().await;
    let folder = tempfile::tempdir().unwrap();
    let file = format!("sqlite://{}", folder.path().join("unreleased.db").display());
    let url = database.as_ref().map_or(file, |database| database.url.clone());
    assert!(run(folder.path(), &["migrate"], &over(&url)).status.success());
    let acquire_timeout = Duration::from_secs(5);
    let db = Db::open(&DbSettings {
        url: url.clone().into(),
        migration_url: None,
        max_connections: 1,
        acquire_timeout,
        makes_file: false,
    })
    .await
    .unwrap();
    db.query("update _sqlx_migrations set checksum = $1 where version = 1")
        .bind(vec![0_u8; 48])
        .execute()
        .await
        .unwrap();

    for migrates in ["true", "false"] {
        let said = refused(folder.path(), &[&over(&url)[..], &[("DATABASE_MIGRATE", migrates)]].concat());
        assert!(
            reason(&said).contains("made by an unreleased version") && said.contains("remove the database"),
            "{said}"
        );
        assert!(!said.contains("previously applied"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_is_named_while_it_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let url = "postgres://ann:hunter2@127.0.0.1:1/authgraph";
    let settings = [("DATABASE_URL", url)];
    let file = std::fs::File::create(&log).unwrap();

    let mut process = Process::launch_logging(folder.path(), file, &settings);
    let said = until(&log, "127.0.0.1:1: Connection refused").await;
    process.terminate();

    assert!(process.ended().await.success());
    assert!(said.contains("DATABASE_URL") && !said.contains("hunter2"), "{said}");
}

/// The log, as soon as it holds this.
async fn until(log: &Path, text: &str) -> String {
    let began = Instant::now();
    loop {
        let said = std::fs::read_to_string(log).unwrap();
        if said.contains(text) {
            return said;
        }
        assert!(began.elapsed() < Duration::from_secs(30), "no {text} in {said}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[test]
fn production_makes_no_database_file_but_by_the_command_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("not-mounted/authgraph.db");
    let url = format!("sqlite://{}", file.display());
    let keys = folder.path().join("keys").display().to_string();
    let mut settings = PRODUCTION.to_vec();
    settings.retain(|(name, _)| !["DATABASE_URL", "JWT_KEYS_DIR"].contains(name));
    settings.extend([("AUTHGRAPH_ENV", "production"), ("DATABASE_URL", &url), ("JWT_KEYS_DIR", &keys)]);
    settings.push(("LISTEN", "127.0.0.1:0"));
    assert!(run(folder.path(), &["keys", "rotate"], &settings).status.success());

    let said = refused(folder.path(), &settings);

    assert!(reason(&said).contains("not-mounted/authgraph.db") && said.contains("authgraph migrate"), "{said}");
    assert!(!file.parent().unwrap().exists());
    assert!(run(folder.path(), &["migrate"], &settings).status.success());
    assert!(file.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outage_and_its_end_are_told_once_and_a_start_says_nothing_of_the_driver() {
    let world = TestApp::start().await;
    if world.world.database.is_sqlite() {
        return;
    }
    let (proxy, url) = Proxy::before(&world.world.database.url, 5432).await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let process = Process::start_logging(folder.path(), &world.world.database, &log, &[("DATABASE_URL", &*url)]).await;

    proxy.cut();
    for _ in 0..3 {
        assert_eq!(process.register("ann@example.com").await, Some(false));
    }
    proxy.restore();
    assert_eq!(process.register("bob@example.com").await, Some(true));

    let said = until(&log, "the database is back").await;
    let told = |text: &str| said.matches(text).count();
    assert_eq!((told("the database is away"), told("the database is back")), (1, 1), "{said}");
    assert_eq!((told("_sqlx_migrations"), told("sqlx::postgres::notice")), (0, 0), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redis_that_cannot_be_reached_is_told_at_the_start() {
    let world = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let settings = [("REDIS_URL", "redis://:hunter2@127.0.0.1:1")];

    let _process = Process::start_logging(folder.path(), &world.world.database, &log, &settings).await;

    let said = std::fs::read_to_string(&log).unwrap();
    assert_eq!(said.matches("Redis is away").count(), 1, "{said}");
    let warnings: Vec<&str> = said.lines().take_while(|line| !line.contains("authgraph serves")).collect();
    let warnings: Vec<&str> = warnings.into_iter().filter(|line| line.contains("Redis is away")).collect();
    assert!(warnings.len() == 1 && warnings[0].contains("127.0.0.1:1") && !said.contains("hunter2"), "{said}");
}
