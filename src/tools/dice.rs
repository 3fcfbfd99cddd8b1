//! Throws that fall the same way every time: for invented people, never for anything secret.

/// A row of throws (`SplitMix64`, <https://doi.org/10.1145/2714064.2660195>).
#[derive(Debug, Clone)]
pub struct Dice(u64);

impl Dice {
    /// The row of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number below `sides`; 0 where there are none.
    pub const fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^= bits >> 31;
        // The high half of the product is as even as the bits are.
        ((bits as u128 * sides as u128) >> 64) as u64
    }

    /// True in so many of a thousand throws.
    pub const fn chance(&mut self, per_mille: u64) -> bool {
        self.below(1_000) < per_mille
    }

    /// One of them; `None` of none.
    pub fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        from.get(usize::try_from(self.below(from.len() as u64)).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_side_falls_about_as_often() {
        let mut dice = Dice::new(1);
        let mut fallen = [0_u32; 6];
        for _ in 0..6_000 {
            fallen[usize::try_from(dice.below(6)).unwrap()] += 1;
        }

        assert!(fallen.iter().all(|times| (900..1_100).contains(times)), "{fallen:?}");
        assert_eq!(Dice::new(7).below(1_000), Dice::new(7).below(1_000));
    }
}
