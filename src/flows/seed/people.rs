//! Invented users: names, addresses, and the state of their accounts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use fastrand::Rng;
use uuid::{NoContext, Timestamp, Uuid};

use crate::error::Result;
use crate::records::sessions::{self, Session, SessionDevice};
use crate::records::users::{StoredLock, User};
use crate::tools::user_agent;
use crate::values::caller::Caller;
use crate::values::email_address::EmailAddress;
use crate::values::ids::{SessionId, UserId};
use crate::values::password::PasswordHash;
use crate::values::session::{AuthMethod, SessionEndReason};
use crate::values::time::Time;
use crate::values::user::{AccountLock, LockCause, Role};

const DAY: Duration = Duration::from_hours(24);

/// How long ago the first of them registered.
const FIRST: Duration = Duration::from_hours(400 * 24);

/// How long a session lives without a refresh.
const SESSION_LIFETIME: Duration = Duration::from_hours(7 * 24);

const GIVEN: [&str; 32] = [
    "Anna", "Ben", "Chiara", "David", "Elif", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Kenji", "Lea", "Mateo",
    "Nora", "Omar", "Priya", "Quentin", "Rosa", "Samuel", "Tara", "Ulrike", "Viktor", "Wei", "Ximena", "Yusuf", "Zoe",
    "Amara", "Bogdan", "Carmen", "Dmitri", "Esther", "Fatima",
];

const FAMILY: [&str; 32] = [
    "Schmidt",
    "Rossi",
    "Nowak",
    "Garcia",
    "Smith",
    "Dubois",
    "Jensen",
    "Kowalski",
    "Novak",
    "Silva",
    "Tanaka",
    "Nguyen",
    "Okafor",
    "Patel",
    "Haddad",
    "Yilmaz",
    "Ivanova",
    "Andersson",
    "Virtanen",
    "Papadopoulos",
    "Horvath",
    "Murphy",
    "Martin",
    "Weber",
    "Costa",
    "Kim",
    "Chen",
    "Lopez",
    "Khan",
    "Brown",
    "Moreau",
    "Fischer",
];

/// Reserved for examples (RFC 2606), so that no email is sent to a real address by mistake.
const DOMAINS: [&str; 4] = ["example.com", "example.org", "example.net", "mail.example"];

const LOCALES: [&str; 6] = ["en", "de", "fr", "es", "pt-BR", "ja"];

const AGENTS: [&str; 6] = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_7 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
    "okhttp/5.3.0",
];

/// A batch of all the users.
#[derive(Debug, Clone, Copy)]
pub struct SeededBatch {
    /// The first of them.
    pub first: u64,
    /// How many.
    pub count: u64,
    /// Of how many in all.
    pub of: u64,
    /// How many the database had before.
    pub before: u64,
}

/// An invented user.
pub struct InventedUser {
    pub user: User,
    pub sessions: Vec<Session>,
    pub has_mfa: bool,
}

/// Invents users who registered one after the other in the last 400 days.
///
/// # Errors
/// A fault where no random bytes can be had.
pub fn invent(rng: &mut Rng, batch: SeededBatch, hash: &PasswordHash, now: Time) -> Result<Vec<InventedUser>> {
    let known: Vec<(&str, SessionDevice)> = AGENTS.iter().map(|agent| (*agent, device_of(agent))).collect();
    let number = |n: u64| u32::try_from(n).unwrap_or(u32::MAX);
    (batch.first..batch.first + batch.count)
        .map(|n| {
            let created_at = now - FIRST + FIRST / number(batch.of) * number(n);
            let user = user(rng, n + batch.before, hash, (created_at, now))?;
            let sessions = sessions_of(rng, &user, &known, now)?;
            let has_mfa = user.invited_at.is_none() && chance(rng, 120);
            Ok(InventedUser { user, sessions, has_mfa })
        })
        .collect()
}

fn user(rng: &mut Rng, n: u64, hash: &PasswordHash, (created_at, now): (Time, Time)) -> Result<User> {
    let mut pick = |from: &[&'static str]| rng.choice(from).copied().unwrap_or_default();
    let (given, family, domain, locale) = (pick(&GIVEN), pick(&FAMILY), pick(&DOMAINS), pick(&LOCALES));
    let email = EmailAddress::parse(&format!("{given}.{family}.{n}@{domain}"))?;
    let later = |rng: &mut Rng, most: Duration| created_at + between(rng, most.min(age(created_at, now)));
    let updated_at = later(rng, FIRST);
    // The first users are administrators; then every status is there once, also in a small database.
    let is_invited = n == 5 || (n >= 8 && chance(rng, 20));
    let is_deleted = n == 7 || (n >= 8 && chance(rng, 20));
    let user = User {
        id: UserId::from(id_of(created_at)),
        email,
        email_verified_at: chance(rng, 800).then(|| later(rng, DAY)),
        name: chance(rng, 850).then(|| format!("{given} {family}")),
        locale: chance(rng, 600).then(|| locale.to_owned()),
        // A handful in a small database, and one in twenty thousand in a large one.
        role: if n < 5 || rng.u64(..20_000) == 0 { Role::Admin } else { Role::User },
        password_hash: chance(rng, 900).then(|| hash.clone()).or_else(|| (n < 5).then(|| hash.clone())),
        stored_lock: lock(rng, n, now),
        created_at,
        updated_at,
        last_login_at: chance(rng, 900).then(|| later(rng, FIRST)),
        invited_at: None,
        deleted_at: is_deleted.then_some(updated_at),
        erased_at: None,
    };
    if !is_invited {
        return Ok(user);
    }
    // Nothing happened yet.
    let nothing = User { email_verified_at: None, password_hash: None, last_login_at: None, ..user };
    Ok(User { invited_at: Some(created_at), stored_lock: StoredLock::default(), ..nothing })
}

/// Two of a thousand are locked by an administrator, one of them without an end, and one by wrong passwords.
fn lock(rng: &mut Rng, n: u64, now: Time) -> StoredLock {
    let end = now + between(rng, 30 * DAY);
    let (cause, until) = match rng.u64(..1_000) {
        0 => (LockCause::Administrator, Some(end)),
        1 => (LockCause::Administrator, None),
        2 => (LockCause::WrongPasswords, Some(now + between(rng, DAY / 96))),
        _ if n == 6 => (LockCause::Administrator, None),
        _ => return StoredLock::default(),
    };
    // An administrator who is locked is no help to a person who tries the server.
    if n < 5 { StoredLock::default() } else { StoredLock::new(AccountLock { cause, until }) }
}

fn device_of(agent: &str) -> SessionDevice {
    let parsed = user_agent::parse(agent);
    SessionDevice { name: None, browser: parsed.browser, os: parsed.os }
}

/// Up to three sessions of the last two weeks: some are alive, some expired, some were ended.
fn sessions_of(rng: &mut Rng, user: &User, known: &[(&str, SessionDevice)], now: Time) -> Result<Vec<Session>> {
    if user.deleted_at.is_some() || user.invited_at.is_some() {
        return Ok(Vec::new());
    }
    let count = [0, 0, 0, 1, 1, 1, 1, 2, 2, 3].get(usize::try_from(rng.u64(..10)).unwrap_or(0)).copied().unwrap_or(0);
    (0..count)
        .map(|_| {
            let opened_at = now - between(rng, (14 * DAY).min(age(user.created_at, now)));
            let caller = caller(rng);
            let known = known.iter().find(|(agent, _)| *agent == caller.user_agent);
            let device = known.map_or_else(SessionDevice::default, |(_, device)| device.clone());
            let times = (opened_at, opened_at + SESSION_LIFETIME);
            let mut session = sessions::new(user.id, device, &caller, vec![AuthMethod::Password], times)?;
            session.id = SessionId::from(id_of(opened_at));
            session.last_seen_at = opened_at + between(rng, age(opened_at, now).min(SESSION_LIFETIME));
            if session.expires_at <= now {
                (session.ended_at, session.end_reason) = (Some(session.expires_at), Some(SessionEndReason::Expired));
            } else if chance(rng, 250) {
                (session.ended_at, session.end_reason) = (Some(session.last_seen_at), Some(SessionEndReason::Logout));
            }
            Ok(session)
        })
        .collect()
}

/// A client: mostly alone at its address, sometimes at one that many share. The addresses are reserved for tests and examples
/// (RFC 2544, RFC 3849).
pub fn caller(rng: &mut Rng) -> Caller {
    let low = |rng: &mut Rng| u16::try_from(rng.u64(..65_536)).unwrap_or_default();
    let address = match rng.u64(..10) {
        0..=6 => IpAddr::V4(Ipv4Addr::from_bits(0xc612_0000 | u32::try_from(rng.u64(..131_072)).unwrap_or_default())),
        7 => IpAddr::V4(Ipv4Addr::from_bits(0xc612_0000 | u32::try_from(rng.u64(..32)).unwrap_or_default())),
        _ => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, low(rng), low(rng), 0, 0, 0, 1)),
    };
    let user_agent = rng.choice(&AGENTS).copied().unwrap_or_default().to_owned();
    Caller { address, user_agent, correlation_id: Uuid::now_v7().to_string() }
}

/// An identifier as it would have been made at that time.
pub fn id_of(at: Time) -> Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    Uuid::new_v7(Timestamp::from_unix(NoContext, seconds, at.timestamp_subsec_nanos()))
}

fn age(since: Time, now: Time) -> Duration {
    (now - since).to_std().unwrap_or_default()
}

/// Any length of time up to `most`, in whole microseconds.
/// True in so many of a thousand throws.
fn chance(rng: &mut Rng, per_mille: u64) -> bool {
    rng.u64(..1_000) < per_mille
}

fn between(rng: &mut Rng, most: Duration) -> Duration {
    Duration::from_micros(rng.u64(..u64::try_from(most.as_micros()).unwrap_or_default().saturating_add(1)))
}
