//! Two kinds of load: clients that ask again as soon as they are answered, and requests that come at a rate whatever
//! becomes of the ones before.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio::time::sleep_until;

use super::Result;
use super::client::{Action, Client, Outcome, User};
use super::server::Server;

/// More requests in flight than this and the load itself is broken.
const MOST_IN_FLIGHT: usize = 512;

/// How fast, and at what price.
#[derive(Debug, Clone, Copy)]
pub struct Throughput {
    /// Requests answered per second.
    pub per_second: f64,
    /// CPU time in the server for each.
    pub cpu: Duration,
}

/// An answer under open load.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// From the moment its request was due until it was there.
    pub latency: Duration,
    /// What it said.
    pub outcome: Outcome,
}

/// Every user asks over one connection, again as soon as answered. What is answered within `warm_up` does not count.
pub async fn saturate(
    server: &Server,
    users: &mut [User],
    action: Action,
    (warm_up, lasts): (Duration, Duration),
) -> Result<Throughput> {
    let mut clients = JoinSet::new();
    let counting_from = Instant::now() + warm_up;
    let until = counting_from + lasts;
    for (place, user) in users.iter().enumerate() {
        let mut client = Client::connect(server.address, user).await?;
        clients.spawn(async move {
            let mut answered = 0_u32;
            while Instant::now() < until {
                client.perform(action).await?;
                answered += u32::from((counting_from..until).contains(&Instant::now()));
            }
            Result::Ok((place, client.into_user(), answered))
        });
    }
    sleep_until(counting_from.into()).await;
    let cpu_before = server.cpu_time()?;
    sleep_until(until.into()).await;
    let cpu = server.cpu_time()?.saturating_sub(cpu_before);

    let mut answered = 0;
    while let Some(client) = clients.join_next().await {
        let (place, user, count) = client??;
        if let Some(kept) = users.get_mut(place) {
            *kept = user;
        }
        answered += count;
    }
    if answered == 0 {
        return Err(format!("{action:?}: no request was answered").into());
    }
    Ok(Throughput { per_second: f64::from(answered) / lasts.as_secs_f64(), cpu: cpu / answered })
}

/// Requests come at `rate` a second, and none waits for another: each takes a connection that is idle or opens one.
pub async fn offer(
    address: SocketAddr,
    users: Vec<User>,
    action: Action,
    (rate, lasts): (f64, Duration),
) -> Result<Vec<Answer>> {
    let mut connected = Vec::new();
    for user in &users {
        connected.push(Client::connect(address, user).await?);
    }
    let idle = Arc::new(Mutex::new(connected));
    let mut requests = JoinSet::new();
    let mut answers = Vec::new();
    let (begun, interval) = (Instant::now(), Duration::from_secs_f64(1.0 / rate));
    let mut due = Duration::ZERO;
    for user in users.into_iter().cycle() {
        if due >= lasts {
            break;
        }
        sleep_until((begun + due).into()).await;
        due += interval;
        while let Some(answered) = requests.try_join_next() {
            answers.push(answered??);
        }
        if requests.len() >= MOST_IN_FLIGHT {
            return Err(format!("{action:?}: {MOST_IN_FLIGHT} requests are in flight").into());
        }
        let idle = Arc::clone(&idle);
        requests.spawn(async move { ask(address, user, action, &idle).await });
    }
    while let Some(answered) = requests.join_next().await {
        answers.push(answered??);
    }
    Ok(answers)
}

async fn ask(address: SocketAddr, user: User, action: Action, idle: &Mutex<Vec<Client>>) -> Result<Answer> {
    // The clock starts here: when the generator itself is late, the server is not to blame.
    let began = Instant::now();
    let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut client = match taken {
        Some(client) => client,
        None => Client::connect(address, &user).await?,
    };
    let outcome = client.perform(action).await?;
    let latency = began.elapsed();
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(client);
    Ok(Answer { latency, outcome })
}
