//! What an administrator's pages cost with a thousand users and with a million: both servers are asked in turn.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::time::Instant;

use serde_json::{Value as Json, json};

use super::Result;
use super::engine::Engine;
use super::http::{Connection, graphql};
use super::median::median;
use super::server::{House, Server};
use super::table::{Demand, Row, Value};

/// How much dearer a page may be with a thousand times as many users.
const MOST_GROWTH: f64 = 1.5;
const ADMIN: &str = "benchmark.administrator@example.com";
const PASSWORD: &str = "Quiet-Harbour-71";
const OLDEST: &str = "{ users(first: 1, orderBy: { field: CREATED_AT, direction: ASC }) { edges { node { email } } } }";
const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) { ... on SignedIn { accessToken } } }";

/// Every page, as an administrator's browser asks for it; `$prefix` is the beginning of an address.
const PAGES: [(&str, &str); 6] = [
    ("a page of users", "{ users(first: 20) { ...page } }"),
    ("a filtered page of users", "{ users(first: 20, filter: { mfaEnabled: true, emailVerified: true }) { ...page } }"),
    ("the last page of users", "{ users(last: 20) { ...page } }"),
    (
        "a search by e-mail prefix",
        "query($prefix: String!) { users(first: 20, filter: { startsWith: $prefix }) { ...page } }",
    ),
    (
        "a filtered page of audit events",
        "{ auditEvents(first: 20, filter: { actions: [LOGIN], outcomes: [FAILURE] }) {
            edges { node { id at action outcome ipAddress } }
        } }",
    ),
    (
        "the dashboard",
        "{ dashboard(days: 7) {
            totals { users verified locked withMfa activeSessions }
            days { date registrations logins failedLogins activeUsers }
        } }",
    ),
];
const PAGE: &str = "fragment page on UserConnection {
    edges { node { id email name role status emailVerified createdAt } }
    pageInfo { hasNextPage }
}";

/// How large the two databases are, and how often each page is asked for.
#[derive(Clone, Copy)]
pub struct Scale {
    small: Size,
    large: Size,
    rounds: usize,
}

#[derive(Clone, Copy)]
struct Size {
    users: u32,
    events: u32,
}

impl Scale {
    /// What is demanded.
    pub const FULL: Self = Self {
        small: Size { users: 1_000, events: 5_000 },
        large: Size { users: 1_000_000, events: 5_000_000 },
        rounds: 200,
    };
    /// To see that everything runs.
    pub const QUICK: Self =
        Self { small: Size { users: 1_000, events: 5_000 }, large: Size { users: 5_000, events: 25_000 }, rounds: 20 };
}

/// Requests every page, on both sizes in turn.
pub async fn measure(engines: (&Engine, &Engine), scale: Scale) -> Result<Vec<Row>> {
    let (small, large) = (Office::open(engines.0, scale.small).await?, Office::open(engines.1, scale.large).await?);
    let (mut visitor, mut guest) = (small.visit().await?, large.visit().await?);
    let mut rows = Vec::new();
    for (name, page) in PAGES {
        let (mut few, mut many) = (Vec::new(), Vec::new());
        for _ in 0..scale.rounds {
            few.push(visitor.ask(page).await?);
            many.push(guest.ask(page).await?);
        }
        let (few, many) = (median(few), median(many));
        rows.push(
            Row::new(engines.0.name(), name, Value::Latency(many))
                .times_floor(many / few)
                .demanding(Demand::AtMost(MOST_GROWTH)),
        );
    }
    Ok(rows)
}

/// A server with as many users and events, and an administrator.
struct Office {
    server: Server,
}

impl Office {
    async fn open(engine: &Engine, size: Size) -> Result<Self> {
        let began = Instant::now();
        let house = House::new(engine)?;
        house.run(&["migrate"], "")?;
        let (users, events) = (size.users.to_string(), size.events.to_string());
        house.run(&["dev", "seed", "--users", &users, "--events", &events], "")?;
        house.run(&["users", "create-admin", "--email", ADMIN, "--password-stdin"], PASSWORD)?;
        let took = began.elapsed().as_secs();
        let _ = writeln!(io::stderr(), "  {users} users and {events} events in {}: {took} s", engine.name());
        Ok(Self { server: Server::start_in(house).await? })
    }

    async fn visit(&self) -> Result<Visitor> {
        Visitor::arrive(self.server.address).await.map_err(|error| self.server.explain(&error))
    }
}

/// The administrator at a server.
struct Visitor {
    connection: Connection,
    bearer: String,
    /// The first characters of an address.
    prefix: String,
}

impl Visitor {
    async fn arrive(address: SocketAddr) -> Result<Self> {
        let mut connection = Connection::open(address).await?;
        let input = json!({ "email": ADMIN, "password": PASSWORD });
        let login = json!({ "query": LOGIN, "variables": { "input": input } });
        let answer: Json = serde_json::from_slice(connection.ask(&graphql(&login, None)).await?)?;
        let token = answer.pointer("/data/login/accessToken").and_then(Json::as_str);
        let bearer = token.ok_or_else(|| format!("signing in: {answer}"))?.to_owned();
        let page = json!({ "query": OLDEST });
        let answer: Json = serde_json::from_slice(connection.ask(&graphql(&page, Some(&bearer))).await?)?;
        let email = answer.pointer("/data/users/edges/0/node/email").and_then(Json::as_str);
        let email = email.ok_or_else(|| format!("listing: {answer}"))?;
        let prefix = email.split('@').next().unwrap_or_default().to_owned();
        Ok(Self { connection, bearer, prefix })
    }

    /// Sends it, and returns the seconds until the answer came.
    async fn ask(&mut self, query: &str) -> Result<f64> {
        let document = if query.contains("...page") { format!("{query} {PAGE}") } else { query.to_owned() };
        let asked = json!({ "query": document, "variables": { "prefix": self.prefix } });
        let request = graphql(&asked, Some(&self.bearer));
        let began = Instant::now();
        let answer = self.connection.ask(&request).await?;
        let took = began.elapsed().as_secs_f64();
        let has_data =
            answer.starts_with(br#"{"data":{""#) && !answer.windows(9).any(|window| window == br#""errors":"#);
        if has_data { Ok(took) } else { Err(format!("{query}: {}", String::from_utf8_lossy(answer)).into()) }
    }
}
