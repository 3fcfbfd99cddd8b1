//! Windows in this process. An attempt that still counts is never forgotten, and memory is bounded all the same.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::ttl_map::TtlMap;
use super::{CLOCK_TOLERANCE, Decision, ReservationId, Window, WindowFull, WindowUsage, microseconds};

/// How many windows the names that find no room share, for each limit. The hash is keyed at random, so a client cannot
/// choose which names share a window.
const SHARED: u64 = 4096;

/// Exact windows for as many names as there is room for. Beyond that, names hash into shared windows: they may be limited
/// too early, never too late. To evict a window that counts would reset its count.
pub(super) struct MemoryWindows {
    own: TtlMap<Attempts>,
    shared: HashMap<(u32, Duration, u64), Attempts>,
    hasher: RandomState,
}

/// The decision of this process.
pub(super) struct LocalDecision {
    pub(super) decision: Decision,
    /// Whether a window that refused is shared with other names, which may be the ones that filled it.
    is_shared: bool,
}

impl LocalDecision {
    /// Whether Redis need not be asked: a window of this very name is full.
    pub(super) const fn is_final(&self) -> bool {
        !self.decision.is_granted() && !self.is_shared
    }
}

/// The attempts of one window, oldest first: their time in microseconds, and their weight.
#[derive(Default)]
struct Attempts {
    times: VecDeque<(i64, u32)>,
    used: u64,
}

enum WindowSlot {
    Own,
    Shared(u64),
}

impl MemoryWindows {
    pub(super) fn with_capacity(capacity: usize) -> Self {
        Self { own: TtlMap::with_capacity(capacity), shared: HashMap::new(), hasher: RandomState::new() }
    }

    /// Records one attempt in all windows, or in none where any of them is full.
    pub(super) fn attempt(&mut self, windows: &[Window<'_>], reservation: &ReservationId) -> LocalDecision {
        let now = reservation.at;
        let (mut longest, mut fullest, mut is_shared) = (0, 0, false);
        for (index, window) in windows.iter().enumerate() {
            let slot = self.slot(window.name, now);
            let wait = self.find(window, &slot, now).map_or(0, |attempts| attempts.wait_for(window, now));
            is_shared |= wait > 0 && matches!(slot, WindowSlot::Shared(_));
            if wait > longest {
                (longest, fullest) = (wait, index);
            }
        }
        let outcome = if longest == 0 {
            windows.iter().filter(|window| window.weight > 0).for_each(|window| self.record(window, now));
            Ok(reservation.clone())
        } else {
            Err(WindowFull { retry_after: duration(longest), window: fullest })
        };
        let usages = windows.iter().map(|window| self.usage(window, now)).collect();
        LocalDecision { decision: Decision { outcome, usages }, is_shared }
    }

    /// The refusal of the next attempt at a window, where it is full and of this very name.
    pub(super) fn refusal(&mut self, window: &Window<'_>, now: i64) -> Option<Decision> {
        let attempts = self.own.get_mut(window.name, now)?;
        let wait = attempts.wait_for(window, now);
        let full = WindowFull { retry_after: duration(wait), window: 0 };
        (wait > 0).then(|| Decision { outcome: Err(full), usages: vec![attempts.usage(window, now)] })
    }

    /// Makes an attempt lighter: by so much in each window.
    pub(super) fn give_back(&mut self, parts: &[(Window<'_>, u32)], at: i64) {
        for (window, part) in parts {
            let slot = self.slot(window.name, at);
            if let Some(attempts) = self.find(window, &slot, at) {
                attempts.give_back(at, *part);
            }
        }
    }

    /// Forgets what a window has counted. A window that is shared stays: its count may be that of other names.
    pub(super) fn clear(&mut self, name: &str) {
        self.own.remove(name);
    }

    fn slot(&mut self, name: &str, now: i64) -> WindowSlot {
        if self.own.get_mut(name, now).is_some() || self.own.has_room(now) {
            return WindowSlot::Own;
        }
        WindowSlot::Shared(self.hasher.hash_one(name) % SHARED)
    }

    fn find(&mut self, window: &Window<'_>, slot: &WindowSlot, now: i64) -> Option<&mut Attempts> {
        match slot {
            WindowSlot::Own => self.own.get_mut(window.name, now),
            WindowSlot::Shared(number) => self.shared.get_mut(&(window.limit, window.period, *number)),
        }
    }

    fn record(&mut self, window: &Window<'_>, now: i64) {
        let attempts = match self.slot(window.name, now) {
            WindowSlot::Own => {
                let expires_at = now.saturating_add(microseconds(window.period));
                self.own.get_or_insert_until(window.name, expires_at)
            }
            WindowSlot::Shared(number) => self.shared.entry((window.limit, window.period, number)).or_default(),
        };
        attempts.add(now, window.weight);
    }

    fn usage(&mut self, window: &Window<'_>, now: i64) -> WindowUsage {
        let slot = self.slot(window.name, now);
        self.find(window, &slot, now).map(|attempts| attempts.usage(window, now)).unwrap_or_default()
    }
}

impl Attempts {
    /// Forgets what no longer counts and returns how long until there is room, 0 where there is. No wait is longer than the
    /// period, whatever was done to the clock.
    fn wait_for(&mut self, window: &Window<'_>, now: i64) -> i64 {
        let period = microseconds(window.period);
        while let Some((at, weight)) = self.times.front().copied()
            && at.saturating_add(period) <= now
        {
            self.times.pop_front();
            self.used -= u64::from(weight);
        }
        let excess = (self.used + u64::from(window.weight)).saturating_sub(u64::from(window.limit));
        if window.weight == 0 || excess == 0 {
            return 0;
        }
        if self.time_of_last_in_the_way(excess) > Some(now.saturating_add(microseconds(CLOCK_TOLERANCE))) {
            self.redate(now);
        }
        self.time_of_last_in_the_way(excess).map_or(0, |at| (at.saturating_add(period) - now).min(period))
    }

    /// The time of the attempt that has to be forgotten before so much is free.
    fn time_of_last_in_the_way(&self, mut excess: u64) -> Option<i64> {
        let frees = |(_, weight): &&(i64, u32)| {
            excess = excess.saturating_sub(u64::from(*weight));
            excess == 0
        };
        self.times.iter().find(frees).map(|(at, _)| *at)
    }

    /// The clock was set back: what it dated ahead is dated now.
    fn redate(&mut self, now: i64) {
        for (at, _) in &mut self.times {
            *at = now.min(*at);
        }
    }

    fn add(&mut self, now: i64, weight: u32) {
        self.used += u64::from(weight);
        // Callers read the clock before they get here, and may overtake each other in between: not always the last one.
        let index = self.times.partition_point(|(at, _)| *at <= now);
        match index.checked_sub(1).and_then(|before| self.times.get_mut(before)) {
            Some((at, present)) if *at == now => *present = present.saturating_add(weight),
            _ => self.times.insert(index, (now, weight)),
        }
    }

    fn give_back(&mut self, at: i64, part: u32) {
        let Some(index) = self.times.iter().rposition(|(time, _)| *time == at) else { return };
        let Some((_, weight)) = self.times.get_mut(index) else { return };
        let part = part.min(*weight);
        *weight -= part;
        self.used -= u64::from(part);
        if *weight == 0 {
            self.times.remove(index);
        }
    }

    fn usage(&self, window: &Window<'_>, now: i64) -> WindowUsage {
        let newest = self.times.back().map(|(at, _)| at.saturating_add(microseconds(window.period)) - now);
        let used = u32::try_from(self.used).unwrap_or(u32::MAX);
        WindowUsage { used, empty_in: duration(newest.unwrap_or_default().max(0)).min(window.period) }
    }
}

fn duration(microseconds: i64) -> Duration {
    Duration::from_micros(microseconds.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn is_granted(windows: &mut MemoryWindows, name: &str, at: i64) -> bool {
        let reservation = ReservationId { name: String::new(), at };
        windows.attempt(&[Window::new(name, 2, MINUTE)], &reservation).decision.is_granted()
    }

    #[test]
    fn a_flood_of_names_neither_frees_a_limited_name_nor_fills_the_memory() {
        let mut windows = MemoryWindows::with_capacity(100);
        assert!(is_granted(&mut windows, "half", 1) && is_granted(&mut windows, "full", 1));
        assert!(is_granted(&mut windows, "full", 1));

        for stranger in 0..100_000 {
            is_granted(&mut windows, &format!("stranger {stranger}"), 2);
        }

        assert!(!is_granted(&mut windows, "full", 3));
        assert!(is_granted(&mut windows, "half", 3) && !is_granted(&mut windows, "half", 3));
        let attempts: usize = windows.shared.values().map(|attempts| attempts.times.len()).sum();
        assert!(windows.shared.len() <= 4096 && attempts <= 2 * 4096);
    }

    #[test]
    fn names_that_share_a_window_are_never_granted_too_much() {
        let mut windows = MemoryWindows::with_capacity(0);

        let granted = (0..100).filter(|_| is_granted(&mut windows, "same", 1)).count();

        assert_eq!(granted, 2);
    }

    #[test]
    fn after_a_flood_every_name_has_a_window_of_its_own_again() {
        let mut windows = MemoryWindows::with_capacity(10);
        for stranger in 0..1_000 {
            is_granted(&mut windows, &format!("stranger {stranger}"), 1);
        }

        assert!(is_granted(&mut windows, "ann", 1 + 60_000_000));
        assert!(matches!(windows.slot("ann", 60_000_002), WindowSlot::Own));
    }
}
