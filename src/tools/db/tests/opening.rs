//! Where the database is, and what happens when it is not there.

use std::time::{Duration, Instant};

use super::*;

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_soon() {
    let url = "postgres://nobody@127.0.0.1:1/nothing".to_owned().into();
    let acquire_timeout = Duration::from_millis(200);
    let db = Db::open(&DbSettings { url, migration_url: None, max_connections: 1, acquire_timeout, makes_file: false })
        .await
        .unwrap();
    let asked = Instant::now();

    assert!(matches!(db.query("select 1").execute().await, Err(Error::Refused(Refusal::Unavailable))));
    assert!(matches!(db.begin().await, Err(Error::Refused(Refusal::Unavailable))));
    assert!(matches!(db.ping().await, Err(Error::Refused(Refusal::Unavailable))));

    assert!(asked.elapsed() < Duration::from_secs(2));
}

#[tokio::test]
async fn connections_that_rested_survive_a_restart_of_the_server() {
    on_postgres(async |world| {
        let rested = Db::open(&DbSettings { max_connections: 9, ..world.settings.clone() }).await.unwrap();
        let hold = "select pg_sleep(0.1) is null";
        let _ = tokio::join!(rested.query(hold).execute(), rested.query(hold).execute(), rested.query(hold).execute());
        let other = world.db;
        let end = "select pg_terminate_backend(pid) from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid()";
        let ended = other.query(end).all::<(bool,)>().await.unwrap();
        assert!(ended.len() >= 3);

        tokio::time::sleep(connector::TRUSTED_FOR).await;

        for _ in 0..10 {
            rested.ping().await.unwrap();
        }
    })
    .await;
}

#[tokio::test]
async fn a_url_of_neither_engine_is_a_fault() {
    for url in ["mysql://localhost/x", "", "sqlite::memory:", "postgres://localhost:no-port/x"] {
        let settings = DbSettings {
            url: url.to_owned().into(),
            migration_url: None,
            max_connections: 1,
            acquire_timeout: Duration::from_secs(1),
            makes_file: true,
        };
        assert!(matches!(Db::open(&settings).await, Err(Error::Fault(_))), "{url}");
    }
}

#[test]
fn only_what_cannot_write_goes_to_the_readers() {
    assert!(only_reads("select updated_at from users"));
    assert!(only_reads("with recent as (select 1) select * from recent"));
    assert!(!only_reads("with old as (delete from users returning id) select * from old"));
    assert!(!only_reads("with old as (select 1) insert into archive select * from old"));
    assert!(!only_reads("update users set name = 'select '"));
}
