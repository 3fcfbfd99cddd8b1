//! Spreads waits, so that many instances do not all act at the same moment.

use std::time::Duration;

use aws_lc_rs::rand;

/// Between three quarters and all of `wait`, at random.
#[must_use]
pub fn jittered(wait: Duration) -> Duration {
    let mut random = [0; 2];
    if rand::fill(&mut random).is_err() {
        return wait;
    }
    let share = f64::from(u16::from_le_bytes(random)) / f64::from(u16::MAX);
    wait.mul_f64(1.0 - share / 4.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jittered_wait_is_never_longer_and_at_most_a_quarter_shorter() {
        let wait = Duration::from_secs(1);

        for _ in 0..1_000 {
            assert!((wait * 3 / 4..=wait).contains(&jittered(wait)));
        }
    }
}
