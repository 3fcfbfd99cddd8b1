//! What is measured, and in which order: figures and floors take turns, so that a busy machine disturbs both alike.

use std::io::{self, Write};
use std::time::Duration;

use tokio::time::sleep;

use super::Result;
use super::bare_argon;
use super::client::{Action, Outcome, User};
use super::live;
use super::load::{self, Answer};
use super::median::median;
use super::server::Server;
use super::table::{Demand, Row, Value};

/// What a login may lose to everything that is not Argon2.
const LEAST_LOGIN: f64 = 0.95;
/// How much slower `me` may get while logins flood in.
const MOST_TAIL: f64 = 3.0;
/// How often `me` is asked where its latency is measured: far from what the server can do.
const ME_RATE: f64 = 200.0;
/// How many times more logins are offered than the server can answer.
const OVERLOAD: f64 = 4.0;
/// Connections that keep the server busy; the same number of users.
const USERS: u32 = 16;
/// How long the flood of logins runs before its effect is measured: until the queue is full.
const FLOOD_LEAD: Duration = Duration::from_secs(2);
const WARM_UP: Duration = Duration::from_millis(500);

/// How long everything takes.
pub struct Plan {
    /// How often each figure is measured.
    pub rounds: u32,
    /// How long a round of throughput is.
    pub throughput: Duration,
    login: Duration,
    latency: Duration,
}

impl Plan {
    /// For figures to rely on.
    pub const FULL: Self = Self {
        rounds: 5,
        throughput: Duration::from_millis(1500),
        login: Duration::from_secs(5),
        latency: Duration::from_secs(6),
    };
    /// To see that everything runs.
    pub const QUICK: Self = Self {
        rounds: 1,
        throughput: Duration::from_millis(500),
        login: Duration::from_secs(2),
        latency: Duration::from_secs(3),
    };

    /// Roughly how long one engine takes.
    pub fn seconds(&self) -> u64 {
        let round = 3 * (self.throughput + WARM_UP) + 2 * self.login + 2 * self.latency + 4 * FLOOD_LEAD;
        (round * self.rounds).as_secs()
    }
}

/// Which parts to measure.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "each is one part")]
pub struct Parts {
    /// A thousand subscribers.
    pub live: bool,
    /// How fast requests are, and how quick they stay.
    pub requests: bool,
    /// What counting costs.
    pub limits: bool,
    /// An administrator's pages.
    pub administration: bool,
}

impl Parts {
    /// The part of this name, or all without one.
    pub fn named(name: Option<&str>) -> Self {
        let is = |part| name.is_none_or(|name| name == part);
        let [live, requests, limits, administration] = ["live", "requests", "limits", "administration"].map(is);
        Self { live, requests, limits, administration }
    }
}

/// Measures everything on one server.
pub async fn measure(server: &Server, engine: &'static str, plan: &Plan, parts: Parts) -> Result<Vec<Row>> {
    let mut users = Vec::new();
    for number in 0..USERS {
        users.push(User::register(server.address, number).await?);
    }
    let mut rows = Vec::new();
    if parts.live {
        rows.extend(live::measure(server, engine, &users, plan.rounds).await?);
    }
    if !parts.requests {
        return Ok(rows);
    }
    rows.extend(throughputs(server, engine, &mut users, plan).await?);
    let (logins, row) = login(server, engine, &mut users, plan).await?;
    rows.extend(row);
    rows.extend(latencies(server, engine, &users, (plan, logins)).await?);
    Ok(rows)
}

async fn throughputs(server: &Server, engine: &'static str, users: &mut [User], plan: &Plan) -> Result<Vec<Row>> {
    let (mut floors, mut mes, mut refreshes) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        let lasts = (WARM_UP, plan.throughput);
        floors.push(load::saturate(server, users, Action::Typename, lasts).await?);
        mes.push(load::saturate(server, users, Action::Me, lasts).await?);
        refreshes.push(load::saturate(server, users, Action::Refresh, lasts).await?);
    }
    let floor = Row::new(engine, "`{ __typename }`: the floor of the next two", Value::of(&floors));
    let [me, refresh] = [("`me`", mes), ("`refresh`", refreshes)]
        .map(|(name, figures)| Row::new(engine, name, Value::of(&figures)).against(&figures, &floors));
    Ok(vec![floor, me, refresh])
}

/// The capacity for logins, and its rows.
async fn login(server: &Server, engine: &'static str, users: &mut [User], plan: &Plan) -> Result<(f64, [Row; 2])> {
    let (mut bares, mut logins) = (Vec::new(), Vec::new());
    for _ in 0..plan.rounds {
        bares.push(bare_argon::hash_for(plan.login)?);
        logins.push(load::saturate(server, users, Action::Login, (WARM_UP, plan.login)).await?);
    }
    // The best round: the others were slower because something else kept the cores busy.
    let capacity = logins.iter().map(|login| login.per_second).fold(0.0, f64::max);
    let floor =
        Row::new(engine, "bare Argon2 (64 MiB, t=3, p=4), a thread a core: the floor of `login`", Value::of(&bares));
    let login = Row::new(engine, "`login`", Value::of(&logins))
        .against(&logins, &bares)
        .demanding(Demand::AtLeast(LEAST_LOGIN));
    Ok((capacity, [floor, login]))
}

async fn latencies(
    server: &Server,
    engine: &'static str,
    users: &[User],
    (plan, capacity): (&Plan, f64),
) -> Result<[Row; 2]> {
    let (mut quiets, mut loads) = (Vec::new(), Vec::new());
    let (me, login) = ((ME_RATE, plan.latency), (capacity * OVERLOAD, FLOOD_LEAD + plan.latency));
    for _ in 0..plan.rounds {
        let answers = load::offer(server.address, users.to_vec(), Action::Me, me).await?;
        quiets.push(percentile_99(&answers));

        let measured = async {
            sleep(FLOOD_LEAD).await;
            load::offer(server.address, users.to_vec(), Action::Me, me).await
        };
        let flood = load::offer(server.address, users.to_vec(), Action::Login, login);
        let (answers, flooded) = tokio::try_join!(measured, flood)?;
        loads.push(percentile_99(&answers));
        tell_flood(&flooded, &answers);
    }
    let ratio = median(loads.iter().zip(&quiets).map(|(load, quiet)| load / quiet).collect());
    let quiet = Row::new(engine, "p99 of `me`, 200 a second, quiet", Value::Latency(median(quiets)));
    let name = "p99 of `me`, 200 a second, while logins come at four times capacity";
    let load = Row::new(engine, name, Value::Latency(median(loads)));
    Ok([quiet, load.times_floor(ratio).demanding(Demand::AtMost(MOST_TAIL))])
}

/// What became of the flood: most logins must have been refused, and quickly, or it was none.
fn tell_flood(logins: &[Answer], mes: &[Answer]) {
    let refused: Vec<Answer> = logins.iter().copied().filter(|login| login.outcome == Outcome::Overloaded).collect();
    let _ = writeln!(
        io::stderr(),
        "  {} logins offered, {} refused (p99 {:.1} ms); {} times `me`, p99 {:.2} ms",
        logins.len(),
        refused.len(),
        percentile_99(&refused) * 1e3,
        mes.len(),
        percentile_99(mes) * 1e3
    );
}

/// In seconds; nothing where no request was answered.
fn percentile_99(answers: &[Answer]) -> f64 {
    let mut latencies: Vec<Duration> = answers.iter().map(|answer| answer.latency).collect();
    latencies.sort_unstable();
    let place = (latencies.len() * 99).div_ceil(100).saturating_sub(1);
    latencies.get(place).map_or(0.0, Duration::as_secs_f64)
}
