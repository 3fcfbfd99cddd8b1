//! Filling a database with invented people and what they did, to develop and to measure on.

mod history;
mod people;

use std::time::Duration;

use fastrand::Rng;
use history::History;
use people::Invented;

use crate::app::App;
use crate::error::{Refusal, Result};
use crate::records::seeding::{self, Authenticator};
use crate::records::{audit_chains, statistics};
use crate::tools::totp::TotpSecret;
use crate::values::ids::UserId;
use crate::values::password::{Password, PasswordHash};
use crate::values::time::Time;

/// How far back the events go.
const HISTORY: Duration = Duration::from_hours(90 * 24);

/// How many people are invented, or events told, at once.
const STEP: u64 = seeding::BATCH as u64;

/// How much to invent.
#[derive(Debug, Clone, Copy)]
pub struct Wanted {
    /// Accounts.
    pub users: u64,
    /// Events of the last 90 days.
    pub events: u64,
}

/// Who an event can be about.
#[derive(Debug, Clone, Copy)]
pub struct Actor {
    id: UserId,
    created_at: Time,
}

/// Invents people with sessions and second factors, and what happened to them in the last 90 days: chained, counted, and
/// in the proportions of a real server. Everybody has the same password. `progress` learns how much of `users + events`
/// is done.
///
/// # Errors
/// `CONFLICT` in production; there only an empty database may be filled, and only `on_purpose`.
pub async fn seed(
    app: &App,
    wanted: Wanted,
    password: &Password,
    on_purpose: bool,
    mut progress: impl FnMut(u64),
) -> Result<()> {
    let before = seeding::count_users(&app.db).await?.unsigned_abs();
    let may_fill = app.config.is_development() || (on_purpose && before == 0);
    if !may_fill {
        return Err(Refusal::Conflict("In production only an empty database is filled, and only with --yes.").into());
    }
    let now = app.clock.now();
    let hash = PasswordHash::from(app.password_hasher.hash(password.expose()).await?);
    let mut rng = Rng::with_seed(before + 1);
    let mut actors = Vec::new();
    for first in (0..wanted.users).step_by(seeding::BATCH) {
        let count = STEP.min(wanted.users - first);
        let span = people::Span { first, count, of: wanted.users, before };
        actors.extend(open_accounts(app, &mut rng, span, &hash, now).await?);
        progress(first + count);
    }
    let mut history = History::new(actors, (now - HISTORY, now), wanted.events);
    let chains = audit_chains::heads(&app.db).await?;
    for (first, chain) in (0..wanted.events).step_by(seeding::BATCH).zip(chains.iter().cycle()) {
        let events = history.tell(&mut rng, STEP.min(wanted.events - first));
        let mut tx = app.db.begin().await?;
        seeding::append(&mut tx, chain.shard, &events).await?;
        tx.announce();
        tx.commit().await?;
        progress(wanted.users + first + events.len() as u64);
    }
    while statistics::fold(&app.db, 10_000).await? > 0 {}
    seeding::analyze(&app.db).await
}

/// Invents a batch of people, and writes them down.
async fn open_accounts(
    app: &App,
    rng: &mut Rng,
    span: people::Span,
    hash: &PasswordHash,
    now: Time,
) -> Result<Vec<Actor>> {
    let invented = people::invent(rng, span, hash, now)?;
    let mut authenticators = Vec::new();
    for Invented { user, .. } in invented.iter().filter(|invented| invented.has_mfa) {
        let sealed_secret = app.sealer.seal(TotpSecret::random()?.expose(), user.id.uuid().as_bytes())?;
        authenticators.push(Authenticator { user_id: user.id, sealed_secret, enabled_at: user.updated_at });
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
