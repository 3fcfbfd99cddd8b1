//! Filling a database with invented users and events, for development and measurements.

mod history;
mod people;

use std::time::Duration;

use fastrand::Rng;
use history::History;
use people::InventedUser;

use crate::app::App;
use crate::error::{Fault, Result};
use crate::records::seeding::{self, SeededAuthenticator};
use crate::records::{audit_chains, statistics};
use crate::tools::totp::TotpSecret;
use crate::values::ids::UserId;
use crate::values::password::{Password, PasswordHash};
use crate::values::time::Time;

/// How far back the events go.
const HISTORY: Duration = Duration::from_hours(90 * 24);

/// How many users or events are invented at once.
const STEP: u64 = seeding::BATCH as u64;

/// How much to invent.
#[derive(Debug, Clone, Copy)]
pub struct SeedSize {
    /// Accounts.
    pub users: u64,
    /// Events of the last 90 days.
    pub events: u64,
}

/// A user whom an event can be about.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    id: UserId,
    created_at: Time,
}

/// Invents users with sessions and second factors, and their events of the last 90 days: chained, counted, and in the
/// proportions of a real server. All users have the same password. `progress` is called with how much of `users + events`
/// is done.
///
/// # Errors
/// `CONFLICT` in production; there only an empty database may be filled, and only `is_confirmed`.
pub async fn seed(
    app: &App,
    size: SeedSize,
    password: &Password,
    is_confirmed: bool,
    mut progress: impl FnMut(u64),
) -> Result<()> {
    let before = seeding::count_users(&app.db).await?.unsigned_abs();
    let may_fill = app.config.is_development() || (is_confirmed && before == 0);
    if !may_fill {
        return Err(Fault::new("In production only an empty database is filled, and only with --yes.").into());
    }
    let now = app.clock.now();
    let hash = PasswordHash::from(app.password_hasher.hash(password.expose()).await?);
    let mut rng = Rng::with_seed(before + 1);
    let mut actors = Vec::new();
    for first in (0..size.users).step_by(seeding::BATCH) {
        let count = STEP.min(size.users - first);
        let batch = people::SeededBatch { first, count, of: size.users, before };
        actors.extend(open_accounts(app, &mut rng, batch, &hash, now).await?);
        progress(first + count);
    }
    let mut history = History::new(actors, (now - HISTORY, now), size.events);
    let chains = audit_chains::heads(&app.db).await?;
    for (first, chain) in (0..size.events).step_by(seeding::BATCH).zip(chains.iter().cycle()) {
        let events = history.next_events(&mut rng, STEP.min(size.events - first));
        let mut tx = app.db.begin().await?;
        seeding::append(&mut tx, chain.shard, &events).await?;
        tx.announce();
        tx.commit().await?;
        progress(size.users + first + events.len() as u64);
    }
    while statistics::fold(&app.db, 10_000).await? > 0 {}
    seeding::analyze(&app.db).await
}

/// Invents a batch of users, and inserts them.
async fn open_accounts(
    app: &App,
    rng: &mut Rng,
    batch: people::SeededBatch,
    hash: &PasswordHash,
    now: Time,
) -> Result<Vec<Actor>> {
    let invented = people::invent(rng, batch, hash, now)?;
    let mut authenticators = Vec::new();
    for InventedUser { user, .. } in invented.iter().filter(|invented| invented.has_mfa) {
        let sealed_secret = app.sealer.seal(TotpSecret::random()?.expose(), user.id.uuid().as_bytes())?;
        authenticators.push(SeededAuthenticator { user_id: user.id, sealed_secret, enabled_at: user.updated_at });
    }
    let actors = invented.iter().map(|invented| Actor { id: invented.user.id, created_at: invented.user.created_at });
    let actors = actors.collect();
    let (users, sessions): (Vec<_>, Vec<_>) =
        invented.into_iter().map(|invented| (invented.user, invented.sessions)).unzip();
    let mut tx = app.db.begin().await?;
    seeding::insert_users(&mut tx, &users).await?;
    seeding::insert_authenticators(&mut tx, &authenticators).await?;
    seeding::insert_sessions(&mut tx, &sessions.concat()).await?;
    tx.commit().await?;
    Ok(actors)
}
