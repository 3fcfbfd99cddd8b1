//! The in-process store: bounded, and tidied by whoever writes to it.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Taken, Window, microseconds};
use crate::values::time::Time;

/// A window of a few attempts takes about 300 bytes: 30 MB when somebody fills it.
const ROOM: usize = 100_000;
const TIDIED_PER_WRITE: usize = 4;

pub(super) struct Memory {
    values: Mutex<Shelf<Instant, Vec<u8>>>,
    windows: Mutex<Shelf<i64, Attempts>>,
}

/// The times of attempts in microseconds, oldest first.
type Attempts = VecDeque<i64>;

impl Memory {
    pub(super) fn new() -> Self {
        Self { values: Mutex::new(Shelf::with_room_for(ROOM)), windows: Mutex::new(Shelf::with_room_for(ROOM)) }
    }

    pub(super) fn get(&self, key: &str, now: Instant) -> Option<Vec<u8>> {
        lock(&self.values).find(key, now).cloned()
    }

    pub(super) fn put(&self, key: &str, value: &[u8], lifetime: Duration, now: Instant) {
        // A lifetime past the end of time means: until its place is needed.
        let expires_at = now.checked_add(lifetime).unwrap_or(now + Duration::from_hours(24 * 365));
        let mut values = lock(&self.values);
        values.remove(key);
        *values.keep(key, expires_at, now) = value.to_vec();
    }

    pub(super) fn delete(&self, key: &str) {
        lock(&self.values).remove(key);
    }

    pub(super) fn take(&self, windows: &[Window<'_>], now: Time) -> Taken {
        let now = now.timestamp_micros();
        let mut counted = lock(&self.windows);
        let wait = windows.iter().map(|window| wait_for(window, counted.find(window.name, now), now)).max();
        if let Some(wait) = wait.filter(|&wait| wait > 0) {
            return Taken::Refused { retry_after: Duration::from_micros(wait.unsigned_abs()) };
        }
        for window in windows {
            let attempts = counted.keep(window.name, now.saturating_add(microseconds(window.period)), now);
            // Callers read the clock before they get here, and may overtake each other in between.
            let place = attempts.partition_point(|&at| at <= now);
            attempts.insert(place, now);
        }
        Taken::Granted
    }

    /// Takes back one attempt of this time, which somebody who counts for all has refused.
    pub(super) fn give_back(&self, windows: &[Window<'_>], now: Time) {
        let now = now.timestamp_micros();
        let mut counted = lock(&self.windows);
        for window in windows {
            let Some(attempts) = counted.find(window.name, now) else { continue };
            if let Some(place) = attempts.iter().rposition(|&at| at == now) {
                attempts.remove(place);
            }
        }
    }
}

/// Drops the attempts that no longer count and says how long until there is room, 0 where there is.
fn wait_for(window: &Window<'_>, attempts: Option<&mut Attempts>, now: i64) -> i64 {
    let Some(attempts) = attempts else { return 0 };
    let period = microseconds(window.period);
    while attempts.front().is_some_and(|at| at.saturating_add(period) <= now) {
        attempts.pop_front();
    }
    let limit = usize::try_from(window.limit).unwrap_or(usize::MAX);
    let blocking = attempts.len().checked_sub(limit).and_then(|index| attempts.get(index));
    blocking.map_or(0, |at| at.saturating_add(period) - now)
}

fn lock<T>(shelf: &Mutex<T>) -> MutexGuard<'_, T> {
    shelf.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Things by key, ordered by when they expire. A full shelf gives away the place of what expires first: the expired
/// before all others.
struct Shelf<At, T> {
    room: usize,
    things: HashMap<Arc<str>, (At, T)>,
    by_expiry: BTreeSet<(At, Arc<str>)>,
}

impl<At: Ord + Copy, T: Default> Shelf<At, T> {
    fn with_room_for(room: usize) -> Self {
        Self { room, things: HashMap::new(), by_expiry: BTreeSet::new() }
    }

    fn find(&mut self, key: &str, now: At) -> Option<&mut T> {
        self.things.get_mut(key).filter(|(expires_at, _)| *expires_at > now).map(|(_, thing)| thing)
    }

    /// Finds or makes the thing. It expires then, or when it would have before, whichever is later.
    fn keep(&mut self, key: &str, expires_at: At, now: At) -> &mut T {
        self.tidy(now);
        let (key, expires_at) = match self.things.get_key_value(key) {
            Some((key, (former, _))) => {
                self.by_expiry.remove(&(*former, key.clone()));
                (key.clone(), expires_at.max(*former))
            }
            None => (Arc::from(key), expires_at),
        };
        while self.by_expiry.len() >= self.room && self.forget_first() {}
        self.by_expiry.insert((expires_at, key.clone()));
        let (at, thing) = self.things.entry(key).or_insert_with(|| (expires_at, T::default()));
        *at = expires_at;
        thing
    }

    fn remove(&mut self, key: &str) {
        if let Some((key, (expires_at, _))) = self.things.remove_entry(key) {
            self.by_expiry.remove(&(expires_at, key));
        }
    }

    /// Forgets some of what has expired: more than a write adds, and never so much that a caller would notice.
    fn tidy(&mut self, now: At) {
        for _ in 0..TIDIED_PER_WRITE {
            if self.by_expiry.first().is_none_or(|(expires_at, _)| *expires_at > now) || !self.forget_first() {
                return;
            }
        }
    }

    fn forget_first(&mut self) -> bool {
        self.by_expiry.pop_first().is_some_and(|(_, key)| self.things.remove(&key).is_some())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_shelf_forgets_what_expires_first() {
        let mut shelf = Shelf::<i64, ()>::with_room_for(2);
        shelf.keep("soon", 10, 0);
        shelf.keep("late", 30, 0);
        shelf.keep("later", 20, 0);

        assert!(shelf.find("soon", 0).is_none());
        assert!(shelf.find("late", 0).is_some() && shelf.find("later", 0).is_some());
    }

    #[test]
    fn a_thing_that_is_used_again_is_kept_longer() {
        let mut shelf = Shelf::<i64, ()>::with_room_for(2);
        shelf.keep("busy", 10, 0);
        shelf.keep("idle", 20, 0);
        shelf.keep("busy", 30, 0);
        shelf.keep("new", 40, 0);

        assert!(shelf.find("busy", 0).is_some());
        assert!(shelf.find("idle", 0).is_none());
    }

    #[test]
    fn what_has_expired_is_gone_at_the_next_write() {
        let mut shelf = Shelf::<i64, ()>::with_room_for(10);
        for key in ["a", "b", "c"] {
            shelf.keep(key, 10, 0);
        }

        shelf.keep("d", 20, 10);

        assert_eq!((shelf.things.len(), shelf.by_expiry.len()), (1, 1));
    }

    #[test]
    fn a_removed_thing_leaves_nothing_behind() {
        let mut shelf = Shelf::<i64, ()>::with_room_for(10);
        shelf.keep("a", 10, 0);

        shelf.remove("a");

        assert!(shelf.things.is_empty() && shelf.by_expiry.is_empty());
    }
}
