//! Upgrades: a database of every earlier schema, with rows in every table, is migrated to the newest one and used.
//!
//! A new migration needs no change here, but a fixture beside it: `tests/it/upgrade/<engine>/<number>.sql`, the rows as
//! the version with that migration writes them.

use std::path::Path;

use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::records::{statistics, user_list};
use authgraph::tools::db::Db;
use authgraph::values::user::UserStatus;
use authgraph::values::user_filter::{TextSearch, UserFilter};
use sqlx::migrate::Migrator;
use sqlx::{AssertSqlSafe, Connection, PgConnection, SqliteConnection};

use crate::support::database::Database;
use crate::support::{PASSWORD, START, TestApp};

/// Makes the tables as they were after this migration, and fills them with the rows of its fixture.
async fn fill(database: &Database, migrations: &Migrator, version: i64, rows: String) {
    let rows = AssertSqlSafe(rows);
    if database.is_sqlite() {
        let mut connection = SqliteConnection::connect(&database.url).await.unwrap();
        migrations.run_direct(Some(version), &mut connection, false).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    } else {
        let mut connection = PgConnection::connect(&database.url).await.unwrap();
        migrations.run_direct(Some(version), &mut connection, false).await.unwrap();
        sqlx::raw_sql(rows).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}

/// The tables that have no row.
async fn empty_tables(db: &Db) -> Vec<String> {
    let tables = if db.is_sqlite() {
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%'"
    } else {
        // Partitions count with the table above them.
        "select relname::text from pg_class where relkind in ('r', 'p') and not relispartition \
         and relnamespace = current_schema()::regnamespace"
    };
    let mut empty = Vec::new();
    for (table,) in db.query(tables).all::<(String,)>().await.unwrap() {
        let count = db.query_built(format!("select count(*) from {table}"));
        if count.one::<(i64,)>().await.unwrap() == (0,) {
            empty.push(table);
        }
    }
    empty
}

/// The old user signs in, is found, and is counted; and the old events are part of a whole trail.
async fn use_it(app: &TestApp) {
    let ann = app.login("ann@example.com", PASSWORD).await.ok().signed_in();
    let me = app.ask("{ me { email name } }").by(&ann).await.ok();
    assert_eq!(me.at("/me/name"), "Ann");

    assert_eq!(app.audit_trail().await, ["USER_REGISTERED Success", "LOGIN Success", "LOGIN Success"]);
    let verdict = verify_audit(&app.app, |_| {}).await.unwrap();
    assert!(matches!(verdict, TrailVerdict::Whole { events: 3, .. }), "the chain is broken");

    let totals = statistics::totals(&app.app.db, START).await.unwrap();
    assert_eq!((totals.users, totals.verified, totals.with_mfa, totals.active_sessions), (2, 1, 1, 2));
    // Bob has neither a password nor a provider nor a verified address.
    let invited = UserFilter { statuses: [UserStatus::Invited].into(), ..UserFilter::default() };
    assert_eq!(user_list::count(&app.app.db, &invited, START).await.unwrap(), 1);
    for typed in ["ann", "bücher"] {
        let filter = UserFilter { searches: vec![TextSearch::Anywhere(typed.to_owned())], ..UserFilter::default() };
        assert_eq!(user_list::count(&app.app.db, &filter, START).await.unwrap(), 1, "{typed}");
    }
}

#[tokio::test]
async fn a_database_of_every_version_is_migrated_and_works() {
    let app = TestApp::start().await;
    let engine = if app.world.database.is_sqlite() { "sqlite" } else { "postgres" };
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let migrations = Migrator::new(root.join("migrations").join(engine)).await.unwrap();

    for version in migrations.iter().map(|migration| migration.version) {
        let fixture = root.join(format!("tests/it/upgrade/{engine}/{version:04}.sql"));
        let rows = std::fs::read_to_string(&fixture);
        let rows = rows.unwrap_or_else(|_| panic!("migration {version} has no fixture: {}", fixture.display()));
        let folder = tempfile::tempdir().unwrap();
        let database = Database::fresh(folder.path()).await;
        fill(&database, &migrations, version, rows).await;
        let upgraded = app.another_instance_with(&[("DATABASE_URL", &*database.url)]).await;

        assert!(empty_tables(&upgraded.app.db).await.is_empty(), "the fixture of {version} leaves a table empty");
        upgraded.app.db.migrate().await.unwrap();
        use_it(&upgraded).await;
        upgraded.app.db.close().await;
    }
}
