//! Things by key, bounded in number and weight, ordered by when they expire.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

const TIDIED_PER_WRITE: usize = 4;

/// A full shelf gives away the place of what expires first, if it is asked to: the expired before all others.
pub(super) struct Shelf<At, T> {
    room: usize,
    most_weight: usize,
    weight: usize,
    things: HashMap<Arc<str>, Thing<At, T>>,
    by_expiry: BTreeSet<(At, Arc<str>)>,
}

struct Thing<At, T> {
    expires_at: At,
    weight: usize,
    held: T,
}

impl<At: Ord + Copy, T> Shelf<At, T> {
    pub(super) fn with_room_for(room: usize, most_weight: usize) -> Self {
        Self { room, most_weight, weight: 0, things: HashMap::new(), by_expiry: BTreeSet::new() }
    }

    pub(super) fn find(&mut self, key: &str, now: At) -> Option<&mut T> {
        self.things.get_mut(key).filter(|thing| thing.expires_at > now).map(|thing| &mut thing.held)
    }

    /// Finds or makes the thing. It expires then, or when it would have before, whichever is later.
    pub(super) fn keep(&mut self, key: &str, (expires_at, weight): (At, usize), make: impl FnOnce() -> T) -> &mut T {
        let former = self.things.get_key_value(key).map(|(key, former)| (key.clone(), former.expires_at));
        let (key, expires_at) = if let Some((key, former)) = former {
            self.by_expiry.remove(&(former, key.clone()));
            (key, expires_at.max(former))
        } else {
            self.weight += weight;
            (Arc::from(key), expires_at)
        };
        self.by_expiry.insert((expires_at, key.clone()));
        let thing = self.things.entry(key).or_insert_with(|| Thing { expires_at, weight, held: make() });
        thing.expires_at = expires_at;
        &mut thing.held
    }

    pub(super) fn remove(&mut self, key: &str) {
        if let Some((key, thing)) = self.things.remove_entry(key) {
            self.weight -= thing.weight;
            self.by_expiry.remove(&(thing.expires_at, key));
        }
    }

    /// Forgets what expires first until one more thing of this weight has a place.
    pub(super) fn make_room(&mut self, weight: usize, now: At) {
        self.tidy(now);
        while (self.things.len() >= self.room || self.weight + weight > self.most_weight) && self.forget_first() {}
    }

    /// Whether one more thing has a place, once what has expired is forgotten.
    pub(super) fn has_room(&mut self, now: At) -> bool {
        self.tidy(now);
        while self.things.len() >= self.room && self.first_has_expired(now) && self.forget_first() {}
        self.things.len() < self.room
    }

    /// Forgets some of what has expired: more than a write adds, and never so much that a caller would notice.
    fn tidy(&mut self, now: At) {
        for _ in 0..TIDIED_PER_WRITE {
            if !self.first_has_expired(now) || !self.forget_first() {
                return;
            }
        }
    }

    fn first_has_expired(&self, now: At) -> bool {
        self.by_expiry.first().is_some_and(|(expires_at, _)| *expires_at <= now)
    }

    fn forget_first(&mut self) -> bool {
        let Some((_, key)) = self.by_expiry.pop_first() else { return false };
        let forgotten = self.things.remove(&key);
        self.weight -= forgotten.map_or(0, |thing| thing.weight);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf<i64, ()> {
        Shelf::with_room_for(2, 100)
    }

    fn keep(shelf: &mut Shelf<i64, ()>, key: &str, expires_at: i64, now: i64) {
        shelf.make_room(1, now);
        shelf.keep(key, (expires_at, 1), || ());
    }

    #[test]
    fn a_full_shelf_forgets_what_expires_first() {
        let mut shelf = shelf();
        keep(&mut shelf, "soon", 10, 0);
        keep(&mut shelf, "late", 30, 0);
        keep(&mut shelf, "later", 20, 0);

        assert!(shelf.find("soon", 0).is_none());
        assert!(shelf.find("late", 0).is_some() && shelf.find("later", 0).is_some());
    }

    #[test]
    fn a_thing_that_is_used_again_is_kept_longer() {
        let mut shelf = shelf();
        keep(&mut shelf, "busy", 10, 0);
        keep(&mut shelf, "idle", 20, 0);
        shelf.keep("busy", (30, 1), || ());
        keep(&mut shelf, "new", 40, 0);

        assert!(shelf.find("busy", 0).is_some());
        assert!(shelf.find("idle", 0).is_none());
    }

    #[test]
    fn what_has_expired_is_gone_at_the_next_write() {
        let mut shelf = Shelf::<i64, ()>::with_room_for(10, 100);
        for key in ["a", "b", "c"] {
            keep(&mut shelf, key, 10, 0);
        }

        keep(&mut shelf, "d", 20, 10);

        assert_eq!((shelf.things.len(), shelf.by_expiry.len(), shelf.weight), (1, 1, 1));
    }

    #[test]
    fn a_removed_thing_leaves_nothing_behind() {
        let mut shelf = shelf();
        keep(&mut shelf, "a", 10, 0);

        shelf.remove("a");

        assert!(shelf.things.is_empty() && shelf.by_expiry.is_empty() && shelf.weight == 0);
    }

    #[test]
    fn heavy_things_make_room_by_weight() {
        let mut shelf = Shelf::<i64, ()>::with_room_for(10, 100);
        for (key, at) in [("a", 10), ("b", 20), ("c", 30)] {
            shelf.make_room(40, 0);
            shelf.keep(key, (at, 40), || ());
        }

        assert!(shelf.find("a", 0).is_none() && shelf.find("b", 0).is_some() && shelf.weight == 80);
    }

    #[test]
    fn only_what_has_expired_gives_way_to_who_asks_whether_there_is_room() {
        let mut shelf = shelf();
        keep(&mut shelf, "a", 10, 0);
        keep(&mut shelf, "b", 20, 0);

        assert!(!shelf.has_room(9));
        assert!(shelf.has_room(10));
    }
}
