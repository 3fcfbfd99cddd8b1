//! Many who write at once, and those who stop half-way.

use tokio::task::{JoinSet, yield_now};

use super::*;

#[tokio::test]
async fn fifty_transactions_of_two_processes_on_one_row_all_commit() {
    on_both(async |world| {
        let world = world.with_tickets().await;
        world.db.query("insert into tickets values (0, null)").execute().await.unwrap();
        let other_process = Db::open(&world.settings).await.unwrap();
        let mut tasks = JoinSet::new();
        for n in 0..50 {
            let db = if n % 2 == 0 { world.db.clone() } else { other_process.clone() };
            tasks.spawn(async move {
                let mut tx = db.begin().await?;
                let (before,) = tx.query("select n from tickets").one::<(i64,)>().await?;
                let (after,) = tx.query("update tickets set n = n + 1 returning n").one::<(i64,)>().await?;
                assert!(after > before);
                tx.commit().await
            });
        }

        assert!(tasks.join_all().await.iter().all(Result::is_ok));

        assert_eq!(world.db.query("select n from tickets").one::<(i64,)>().await.unwrap(), (50,));
    })
    .await;
}

#[tokio::test]
async fn of_two_hundred_who_spend_one_ticket_one_wins() {
    on_both(async |world| {
        let world = world.with_tickets().await;
        world.db.query("insert into tickets values (7, null)").execute().await.unwrap();
        let mut tasks = JoinSet::new();
        for _ in 0..200 {
            let db = world.db.clone();
            tasks.spawn(async move {
                let spend = db.query("update tickets set spent_at = $1 where spent_at is null returning n");
                spend.bind(time("2026-01-01T00:00:00Z")).optional::<(i64,)>().await.unwrap()
            });
        }

        let won: Vec<_> = tasks.join_all().await.into_iter().flatten().collect();

        assert_eq!(won, [(7,)]);
    })
    .await;
}

/// However far a cancelled transaction came, what is written after it on the same connection is kept.
#[tokio::test]
async fn a_dropped_transaction_leaves_nothing_behind() {
    on_both(async |world| {
        let world = world.with_tickets().await;
        let alone = DbSettings { max_connections: 1, ..world.settings.clone() };
        let alone = Db::open(&alone).await.unwrap();
        let mut kept = 0;
        for steps in 0..200 {
            let lost = async {
                let mut tx = alone.begin().await.unwrap();
                tx.query("insert into tickets values (-1, null)").execute().await.unwrap();
                tx.query("insert into tickets values (-2, null)").execute().await.unwrap();
            };
            let cancel = async {
                for _ in 0..steps {
                    yield_now().await;
                }
            };
            tokio::select! { biased; () = lost => (), () = cancel => () }

            alone.query("insert into tickets values (1, null)").execute().await.unwrap();
            kept += 1;
            assert_eq!(world.tickets().await, kept, "cancelled after {steps} steps");
        }
    })
    .await;
}

/// What is told at WARN and above on this thread.
#[derive(Clone, Default)]
struct Warnings(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Warnings {
    fn write(&mut self, text: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(text)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// A commit that was sent was rolled back afterwards, and the server warned of it.
#[tokio::test]
async fn a_client_that_hangs_up_during_a_commit_causes_no_warning() {
    let warnings = Warnings::default();
    let writer = warnings.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::WARN).with_writer(move || writer.clone());
    let _told = tracing::subscriber::set_default(log.finish());
    on_both(async |world| {
        let world = world.with_tickets().await;
        for steps in 0..60 {
            let mut tx = world.db.begin().await.unwrap();
            tx.query("insert into tickets values (1, null)").execute().await.unwrap();
            let hung_up = async {
                for _ in 0..steps {
                    yield_now().await;
                }
            };
            tokio::select! { biased; _ = tx.commit() => (), () = hung_up => () }
        }

        while world.tickets().await < 59 {
            yield_now().await;
        }
    })
    .await;

    let told = String::from_utf8(warnings.0.lock().unwrap().clone()).unwrap();
    assert_eq!(told, "");
}

#[tokio::test]
async fn a_transaction_in_which_a_statement_failed_is_not_said_to_be_committed() {
    on_postgres(async |world| {
        let world = world.with_tickets().await;
        let mut tx = world.db.begin().await.unwrap();
        tx.query("insert into tickets values (1, null)").execute().await.unwrap();
        assert!(tx.query("select 1 / 0").execute().await.is_err());

        assert!(tx.commit().await.is_err());

        assert_eq!(world.tickets().await, 0);
    })
    .await;
}

#[tokio::test]
async fn a_full_disk_does_not_stop_the_writer_for_good() {
    on_sqlite(async |world| {
        let world = world.with_tickets().await;
        world.db.query("pragma max_page_count = 8").execute().await.unwrap();
        let mut tx = world.db.begin().await.unwrap();
        let full = tx.query("insert into tickets values (zeroblob(1000000), null)").execute().await;
        assert!(matches!(full, Err(Error::Refused(Refusal::Unavailable))));
        drop(tx);

        let mut tx = world.db.begin().await.unwrap();
        tx.query("insert into tickets values (1, null)").execute().await.unwrap();
        tx.commit().await.unwrap();

        assert_eq!(world.tickets().await, 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_together_migrate_once() {
    on_both(async |world| {
        let url = world.settings.url.expose().replace("test.db", "not-there-yet.db").into();
        let settings = DbSettings { url, ..world.settings };
        let mut processes = JoinSet::new();
        for _ in 0..16 {
            let settings = settings.clone();
            processes.spawn(async move { Db::open(&settings).await?.migrate().await });
        }

        for migrated in processes.join_all().await {
            migrated.unwrap();
        }

        let db = Db::open(&settings).await.unwrap();
        let count = db.query("select count(*), count(distinct version) from _sqlx_migrations");
        let (applied, versions) = count.one::<(i64, i64)>().await.unwrap();
        assert!(applied > 0 && applied == versions);
    })
    .await;
}
