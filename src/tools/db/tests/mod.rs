//! What both engines must do alike. `PostgreSQL` joins in where `TEST_DATABASE_URL` names a server.

mod opening;
mod writing;

use std::time::Duration;

use sqlx::types::Json;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::error::Error;
use crate::values::time::Time;

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(transparent)]
struct PersonId(Uuid);

#[derive(Debug, Clone, Copy, PartialEq, sqlx::Type)]
#[sqlx(type_name = "text", rename_all = "SCREAMING_SNAKE_CASE")]
enum Role {
    User,
    HeadOfAll,
}

#[derive(Debug, Clone, PartialEq, sqlx::FromRow)]
struct Person {
    id: PersonId,
    role: Role,
    former_role: Option<Role>,
    name: String,
    nickname: Option<String>,
    verified: bool,
    logins: i32,
    bytes_sent: i64,
    secret: Vec<u8>,
    born_at: Time,
    died_at: Option<Time>,
    tags: Json<Vec<String>>,
}

const PEOPLE: [&str; 2] = [
    "create table people (id blob primary key, role text, former_role text, name text, nickname text, verified integer, logins integer,
        bytes_sent integer, secret blob, born_at text, died_at text, tags text) strict",
    "create table people (id uuid primary key, role text, former_role text, name text, nickname text, verified boolean, logins integer,
        bytes_sent bigint, secret bytea, born_at timestamptz, died_at timestamptz, tags jsonb)",
];

struct World {
    settings: DbSettings,
    db: Db,
}

impl World {
    async fn new(url: String) -> Self {
        let url = url.into();
        let settings = DbSettings {
            url,
            migration_url: None,
            max_connections: 4,
            acquire_timeout: Duration::from_secs(10),
            makes_file: true,
        };
        Self { db: Db::open(&settings).await.unwrap(), settings }
    }

    async fn run(&self, sqlite: &'static str, postgres: &'static str) {
        let sql = if self.db.is_sqlite() { sqlite } else { postgres };
        self.db.query(sql).execute().await.unwrap();
    }

    async fn with_tickets(self) -> Self {
        self.run(
            "create table tickets (n integer, spent_at text)",
            "create table tickets (n bigint, spent_at timestamptz)",
        )
        .await;
        self
    }

    async fn tickets(&self) -> i64 {
        self.db.query("select count(*) from tickets").one::<(i64,)>().await.unwrap().0
    }
}

fn sqlite_url(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("new/folder/test.db").display())
}

#[allow(clippy::disallowed_methods, reason = "a test has no settings; this one says which engines to test")]
fn postgres_url() -> Option<String> {
    std::env::var("TEST_DATABASE_URL").ok()
}

async fn on_sqlite(test: impl AsyncFn(World)) {
    let folder = tempfile::tempdir().unwrap();
    test(World::new(sqlite_url(&folder)).await).await;
}

async fn on_postgres(test: impl AsyncFn(World)) {
    let Some(server) = postgres_url() else { return };
    let server = World::new(server).await.db;
    let name = format!("db_test_{}", Uuid::now_v7().simple());
    server.query_built(format!("create database {name}")).execute().await.unwrap();

    let mut url = url::Url::parse(&postgres_url().unwrap()).unwrap();
    url.set_path(&name);
    test(World::new(url.into()).await).await;

    server.query_built(format!("drop database {name} with (force)")).execute().await.unwrap();
}

async fn on_both(test: impl AsyncFn(World)) {
    on_sqlite(&test).await;
    on_postgres(&test).await;
}

fn time(text: &str) -> Time {
    text.parse().unwrap()
}

#[tokio::test]
async fn every_kind_of_value_comes_back_as_it_went() {
    on_both(async |world| {
        world.run(PEOPLE[0], PEOPLE[1]).await;
        let ann = Person {
            id: PersonId(Uuid::now_v7()),
            role: Role::HeadOfAll,
            former_role: None,
            name: "Ann".into(),
            nickname: None,
            verified: true,
            logins: i32::MIN,
            bytes_sent: i64::MAX,
            secret: vec![0, 255],
            born_at: time("1999-12-31T23:59:59.999999Z"),
            died_at: None,
            tags: Json(vec!["ü".into()]),
        };
        let bob = Person {
            id: PersonId(Uuid::now_v7()),
            role: Role::User,
            former_role: Some(Role::HeadOfAll),
            nickname: Some("bo".into()),
            verified: false,
            died_at: Some(time("2100-01-01T00:00:00Z")),
            ..ann.clone()
        };

        for person in [&ann, &bob] {
            let sql = sql!("insert into people values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)");
            let query = world.db.query(sql).bind(person.id).bind(person.role).bind(person.former_role);
            let query =
                query.bind(person.name.as_str()).bind(&person.nickname).bind(person.verified).bind(person.logins);
            let query = query.bind(person.bytes_sent).bind(person.secret.as_slice()).bind(person.born_at);
            assert_eq!(query.bind(person.died_at).bind(&person.tags).execute().await.unwrap(), 1);
        }

        let sql = sql!("select * from people where id = $1", " and role = $2 and verified = $3");
        for person in [ann, bob] {
            let query = world.db.query(sql).bind(person.id).bind(person.role).bind(person.verified);
            assert_eq!(query.one::<Person>().await.unwrap(), person);
        }
    })
    .await;
}

#[tokio::test]
async fn times_keep_their_microseconds_and_their_order() {
    on_both(async |world| {
        let world = world.with_tickets().await;
        let kept = ["00", "00.000001", "00.1", "00.123", "00.123001", "00.123456", "00.999999", "01", "10.1"]
            .map(|second| time(&format!("2026-01-01T00:00:{second}Z")));
        for (n, at) in kept.iter().enumerate().rev() {
            // Nanoseconds, which nothing keeps.
            let at = *at + chrono::TimeDelta::nanoseconds(999);
            let n = i64::try_from(n).unwrap();
            world.db.query("insert into tickets values ($1, $2)").bind(n).bind(Some(at)).execute().await.unwrap();
        }

        let sorted = world.db.query("select spent_at from tickets order by spent_at").all::<(Time,)>().await.unwrap();
        assert_eq!(sorted, kept.map(|at| (at,)));
        for (earlier, at) in kept.iter().enumerate() {
            let before = world.db.query("select count(*) from tickets where spent_at < $1").bind(at);
            assert_eq!(before.one::<(i64,)>().await.unwrap().0, i64::try_from(earlier).unwrap());
            let same = world.db.query("select count(*) from tickets where spent_at = $1").bind(at);
            assert_eq!(same.one::<(i64,)>().await.unwrap().0, 1);
        }
    })
    .await;
}

#[tokio::test]
async fn preparing_tells_good_from_bad_and_runs_nothing() {
    on_both(async |world| {
        let world = world.with_tickets().await;

        world.db.prepare(sql!("insert into tickets ", "values ($1, null)")).await.unwrap();
        let bad = world.db.prepare("select nothing from nowhere").await;

        assert!(matches!(bad, Err(Error::Fault(_))));
        assert_eq!(world.tickets().await, 0);
    })
    .await;
}
