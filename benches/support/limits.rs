//! What it costs to count: `me` on a server that counts every request and its points, and on one that counts nothing.

use std::io::{self, Write};
use std::net::Ipv4Addr;
use std::time::Duration;

use super::Result;
use super::client::{Action, User};
use super::engine::Engine;
use super::figures::Plan;
use super::http::Connection;
use super::load::{self, Throughput};
use super::server::{House, Server};
use super::table::{Demand, Row, Value};

/// What counting may leave of the throughput.
const LEAST: f64 = 0.85;
/// Limits that no user reaches. In a second each user asks about as often as the usual limits allow in a minute, from an address
/// of their own, so that windows are as full as they are in life.
const COUNTED: [(&str, &str); 4] = [
    ("RATE_LIMIT_REQUESTS", "1000000/1s"),
    ("RATE_LIMIT_BUDGET", "1000000/1s"),
    ("TRUSTED_PROXIES", "1"),
    ("METRICS_AUTH_TOKEN", TOKEN),
];
const TOKEN: &str = "a-benchmark-may-read";
const USERS: u32 = 64;
/// 198.51.100.0, one of the networks for documentation (RFC 5737).
const FIRST_ADDRESS: u32 = 0xc633_6400;
const WARM_UP: Duration = Duration::from_millis(1500);

/// Measures both servers in turn.
pub async fn measure((off, on): (&Engine, &Engine), plan: &Plan) -> Result<[Row; 2]> {
    let mut servers = [Counted::start(House::new(off)?).await?, Counted::start(House::new(on)?.with(&COUNTED)).await?];
    let mut rounds: [Vec<Throughput>; 2] = Default::default();
    for _ in 0..plan.rounds {
        for (server, rounds) in servers.iter_mut().zip(&mut rounds) {
            let lasts = (WARM_UP, plan.throughput);
            rounds.push(load::saturate(&server.server, &mut server.users, Action::Me, lasts).await?);
        }
    }
    servers[1].tell_fallbacks().await?;
    let [off_rounds, on_rounds] = rounds;
    let engine = on.name();
    let floor = Row::new(engine, "`me`, limits off: the floor of the next", Value::of(&off_rounds));
    let row = Row::new(engine, "`me`, limits on", Value::of(&on_rounds));
    Ok([floor, row.against(&on_rounds, &off_rounds).demanding(Demand::AtLeast(LEAST))])
}

/// A server and its users.
struct Counted {
    server: Server,
    users: Vec<User>,
}

impl Counted {
    /// How often Redis was too slow and requests were counted without it: that would be another figure.
    async fn tell_fallbacks(&self) -> Result<()> {
        let ask = format!("GET /metrics HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n\r\n");
        let mut connection = Connection::open(self.server.address).await?;
        let page = String::from_utf8_lossy(connection.ask(ask.as_bytes()).await?).into_owned();
        let fallbacks = page.lines().find(|line| line.starts_with("auth_redis_fallback_total"));
        let _ = writeln!(io::stderr(), "  {}", fallbacks.unwrap_or("there is no metric of fallbacks"));
        Ok(())
    }

    async fn start(house: House) -> Result<Self> {
        let server = Server::start_in(house).await?;
        let mut users = Vec::new();
        for number in 0..USERS {
            let user = User::register(server.address, number).await.map_err(|error| server.explain(&error))?;
            users.push(user.from(Ipv4Addr::from_bits(FIRST_ADDRESS + number).into()));
        }
        Ok(Self { server, users })
    }
}
