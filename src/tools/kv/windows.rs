//! Sliding windows in this process. Nothing that still counts is ever forgotten, and yet memory is bounded.

use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::shelf::Shelf;
use super::{Decision, OVERTAKING, Outcome, ReservationId, Window, WindowUsage, microseconds};

/// How many windows those who find no place of their own share, for each limit. Few enough to be no burden, and who is
/// with whom nobody outside can tell.
const SHARED: u64 = 4096;

/// Windows by name as long as there is room. Whoever comes later shares one with others, and so may be refused for what
/// they did; but nobody is let through who should not be, as would happen if a busy window were forgotten.
pub(super) struct Windows {
    own: Shelf<i64, Attempts>,
    shared: HashMap<(u32, Duration, u64), Attempts>,
    hasher: RandomState,
}

/// What became of an attempt here.
pub(super) struct Counted {
    pub(super) taken: Decision,
    /// Whether a window that refused is shared with others, who may be the ones that filled it.
    pub(super) is_shared: bool,
}

impl Counted {
    /// Whether nobody need be asked any more: a window of the caller's own is full.
    pub(super) const fn is_final(&self) -> bool {
        !self.taken.is_granted() && !self.is_shared
    }
}

/// What attempts weigh, oldest first, by their time in microseconds.
#[derive(Default)]
struct Attempts {
    times: VecDeque<(i64, u32)>,
    used: u64,
}

enum Place {
    Own,
    Shared(u64),
}

impl Windows {
    pub(super) fn new(room: usize) -> Self {
        Self { own: Shelf::with_room_for(room, usize::MAX), shared: HashMap::new(), hasher: RandomState::new() }
    }

    pub(super) fn take(&mut self, windows: &[Window<'_>], receipt: ReservationId) -> Counted {
        let (now, mut is_shared) = (receipt.at, false);
        let mut worst = (0, 0);
        for (index, window) in windows.iter().enumerate() {
            let place = self.place(window, now);
            let wait = self.find(window, &place, now).map_or(0, |attempts| attempts.wait_for(window, now));
            if wait > 0 {
                is_shared |= matches!(place, Place::Shared(_));
            }
            if wait > worst.0 {
                worst = (wait, index);
            }
        }
        let outcome = match worst {
            (0, _) => Outcome::Granted(receipt),
            (wait, window) => Outcome::Refused { retry_after: duration(wait), window },
        };
        if matches!(outcome, Outcome::Granted(_)) {
            windows.iter().filter(|window| window.weight > 0).for_each(|window| self.record(window, now));
        }
        let fills = windows.iter().map(|window| self.fill(window, now)).collect();
        Counted { taken: Decision { outcome, fills }, is_shared }
    }

    /// The refusal of the next attempt, where the window is full and nobody else's.
    pub(super) fn full(&mut self, window: &Window<'_>, now: i64) -> Option<Decision> {
        let attempts = self.own.find(window.name, now)?;
        let wait = attempts.wait_for(window, now);
        let refused = || Outcome::Refused { retry_after: duration(wait), window: 0 };
        (wait > 0).then(|| Decision { outcome: refused(), fills: vec![attempts.fill(window, now)] })
    }

    pub(super) fn give_back(&mut self, window: Window<'_>, part: u32, at: i64) {
        let place = self.place(&window, at);
        if let Some(attempts) = self.find(&window, &place, at) {
            attempts.give_back(at, part);
        }
    }

    /// Forgets what a window has counted. What it shares with others stays: it may be theirs.
    pub(super) fn clear(&mut self, name: &str) {
        self.own.remove(name);
    }

    fn place(&mut self, window: &Window<'_>, now: i64) -> Place {
        if self.own.find(window.name, now).is_some() || self.own.has_room(now) {
            return Place::Own;
        }
        Place::Shared(self.hasher.hash_one(window.name) % SHARED)
    }

    fn find(&mut self, window: &Window<'_>, place: &Place, now: i64) -> Option<&mut Attempts> {
        match place {
            Place::Own => self.own.find(window.name, now),
            Place::Shared(number) => self.shared.get_mut(&(window.limit, window.period, *number)),
        }
    }

    fn record(&mut self, window: &Window<'_>, now: i64) {
        let attempts = match self.place(window, now) {
            Place::Own => {
                let expires_at = now.saturating_add(microseconds(window.period));
                self.own.keep(window.name, (expires_at, 0), Attempts::default)
            }
            Place::Shared(number) => self.shared.entry((window.limit, window.period, number)).or_default(),
        };
        attempts.add(now, window.weight);
    }

    fn fill(&mut self, window: &Window<'_>, now: i64) -> WindowUsage {
        let place = self.place(window, now);
        self.find(window, &place, now).map(|attempts| attempts.fill(window, now)).unwrap_or_default()
    }
}

impl Attempts {
    /// Drops what no longer counts and says how long until there is room, 0 where there is. No wait is longer than the
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
        if self.freeing(excess) > Some(now.saturating_add(microseconds(OVERTAKING))) {
            self.bring_back(now);
        }
        self.freeing(excess).map_or(0, |at| (at.saturating_add(period) - now).min(period))
    }

    /// When that was counted which has to be forgotten until so much is free.
    fn freeing(&self, mut excess: u64) -> Option<i64> {
        let frees = |(_, weight): &&(i64, u32)| {
            excess = excess.saturating_sub(u64::from(*weight));
            excess == 0
        };
        self.times.iter().find(frees).map(|(at, _)| *at)
    }

    /// The clock was set back: what it dated ahead is dated now.
    fn bring_back(&mut self, now: i64) {
        for (at, _) in &mut self.times {
            *at = now.min(*at);
        }
    }

    fn add(&mut self, now: i64, weight: u32) {
        self.used += u64::from(weight);
        // Callers read the clock before they get here, and may overtake each other in between.
        let place = self.times.partition_point(|(at, _)| *at <= now);
        match place.checked_sub(1).and_then(|before| self.times.get_mut(before)) {
            Some((at, present)) if *at == now => *present = present.saturating_add(weight),
            _ => self.times.insert(place, (now, weight)),
        }
    }

    fn give_back(&mut self, at: i64, part: u32) {
        let Some(place) = self.times.iter().rposition(|(time, _)| *time == at) else { return };
        let Some((_, weight)) = self.times.get_mut(place) else { return };
        let part = part.min(*weight);
        *weight -= part;
        self.used -= u64::from(part);
        if *weight == 0 {
            self.times.remove(place);
        }
    }

    fn fill(&self, window: &Window<'_>, now: i64) -> WindowUsage {
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

    fn is_granted(windows: &mut Windows, name: &str, at: i64) -> bool {
        let receipt = ReservationId { name: String::new(), at };
        windows.take(&[Window::of(name, 2, MINUTE)], receipt).taken.is_granted()
    }

    #[test]
    fn a_flood_of_names_neither_frees_a_limited_caller_nor_fills_the_memory() {
        let mut windows = Windows::new(100);
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
    fn who_shares_a_window_is_never_let_through_too_often() {
        let mut windows = Windows::new(0);

        let granted = (0..100).filter(|_| is_granted(&mut windows, "same", 1)).count();

        assert_eq!(granted, 2);
    }

    #[test]
    fn when_the_flood_is_over_everybody_has_a_window_again() {
        let mut windows = Windows::new(10);
        for stranger in 0..1_000 {
            is_granted(&mut windows, &format!("stranger {stranger}"), 1);
        }

        assert!(is_granted(&mut windows, "ann", 1 + 60_000_000));
        assert!(matches!(windows.place(&Window::of("ann", 2, MINUTE), 60_000_002), Place::Own));
    }
}
