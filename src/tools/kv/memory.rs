//! The in-process store: bounded, and tidied by whoever writes to it.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::shelf::Shelf;
use super::windows::{Counted, Windows};
use super::{Decision, ReservationId, Window};

/// A window of a few attempts takes about 300 bytes: 30 MB when somebody fills it.
const ROOM: usize = 100_000;
/// What all values may weigh together, in bytes, with their keys.
const WEIGHT: usize = 32 * 1024 * 1024;

pub(super) struct Memory {
    values: Mutex<Shelf<Instant, Vec<u8>>>,
    windows: Mutex<Windows>,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { values: Mutex::new(Shelf::with_room_for(ROOM, WEIGHT)), windows: Mutex::new(Windows::new(ROOM)) }
    }

    pub(super) fn get(&self, key: &str, now: Instant) -> Option<Vec<u8>> {
        lock(&self.values).find(key, now).cloned()
    }

    pub(super) fn put(&self, key: &str, value: &[u8], lifetime: Duration, now: Instant) {
        // A lifetime past the end of time means: until its place is needed.
        let expires_at = now.checked_add(lifetime).unwrap_or(now + Duration::from_hours(24 * 365));
        let mut values = lock(&self.values);
        values.remove(key);
        values.make_room(key.len() + value.len(), now);
        values.keep(key, (expires_at, key.len() + value.len()), || value.to_vec());
    }

    pub(super) fn delete(&self, key: &str) {
        lock(&self.values).remove(key);
    }

    /// Records two attempts in turn, each in all windows of its own or in none.
    pub(super) fn take_in_turn(
        &self,
        [first, second]: [&[Window<'_>]; 2],
        receipt: &ReservationId,
    ) -> (Counted, Option<Counted>) {
        let mut counted = lock(&self.windows);
        let first = counted.take(first, receipt.clone());
        let second = first.taken.is_granted().then(|| counted.take(second, receipt.clone()));
        (first, second)
    }

    /// The refusal of the next attempt at a window.
    pub(super) fn full(&self, window: &Window<'_>, now: i64) -> Option<Decision> {
        lock(&self.windows).full(window, now)
    }

    /// Forgets what windows have counted.
    pub(super) fn clear(&self, names: &[&str]) {
        let mut counted = lock(&self.windows);
        for name in names {
            counted.clear(name);
        }
    }

    /// Makes an attempt lighter: by so much in each window.
    pub(super) fn give_back(&self, parts: &[(Window<'_>, u32)], receipt: &ReservationId) {
        let mut counted = lock(&self.windows);
        for (window, part) in parts {
            counted.give_back(*window, *part, receipt.at);
        }
    }
}

fn lock<T>(store: &Mutex<T>) -> MutexGuard<'_, T> {
    store.lock().unwrap_or_else(PoisonError::into_inner)
}
