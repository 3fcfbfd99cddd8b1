//! What a thousand subscribers cost, and how soon the last of them receives an event.

use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::Result;
use super::client::{Action, Client, PASSWORD, User, access_token};
use super::follower::Follower;
use super::median::median;
use super::server::Server;
use super::table::{Demand, Row, Value};

/// Whose sockets they are: a limit of sockets for each user is far above, so one is enough.
const ADMIN: &str = "live@example.com";
const SUBSCRIBERS: usize = 1_000;
/// Before memory is read: the allocator has memory of its own to settle, and the first sockets warm up what all share.
const WARM_UP: usize = 100;
const SETTLING: Duration = Duration::from_secs(1);
/// KiB.
const MOST_MEMORY: f64 = 40.0;
/// Milliseconds.
const MOST_DELAY: f64 = 1_000.0;

/// Measures it on a server that has done nothing else yet, or its memory would be hidden in what was freed before.
pub async fn measure(server: &Server, engine: &'static str, users: &[User], rounds: u32) -> Result<Vec<Row>> {
    server.create_admin(ADMIN, PASSWORD)?;
    let token = access_token(server.address, ADMIN).await?;
    let mut followers = Follower::open_many(server.address, &token, WARM_UP).await?;
    sleep(SETTLING).await;
    let before = server.memory()?;
    followers.extend(Follower::open_many(server.address, &token, SUBSCRIBERS).await?);
    sleep(SETTLING).await;
    #[allow(clippy::cast_precision_loss, reason = "far below 2^52")]
    let memory = server.memory()?.saturating_sub(before) as f64 / SUBSCRIBERS as f64;

    let user = users.first().ok_or("there is no user")?;
    let mut action = Client::connect(server.address, user).await?;
    let mut delays = Vec::new();
    for _ in 0..rounds {
        let begun = Instant::now();
        action.perform(Action::Rename).await?;
        let (received, last) = Follower::all_receive(followers).await?;
        followers = received;
        delays.push(last.duration_since(begun).as_secs_f64());
    }
    let memory = Row::new(engine, "memory of a subscriber, of 1,000 (KiB)", Value::Memory(memory));
    let name = "from a mutation's request until the last of 1,100 subscribers received it (ms)";
    let delay = Row::new(engine, name, Value::Latency(median(delays)));
    Ok(vec![memory.demanding(Demand::AtMost(MOST_MEMORY)), delay.demanding(Demand::AtMost(MOST_DELAY))])
}
