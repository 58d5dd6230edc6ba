use std::sync::atomic::{AtomicU64, Ordering};

/// Randomness for choices and jitter, without a lock: `SplitMix64` over a counter. Nothing secret.
#[derive(Debug)]
pub(crate) struct Dice(AtomicU64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed))
    }

    /// One whose numbers are not those of others with the same seed: FNV-1a over the name.
    pub(crate) fn named(seed: u64, name: &str) -> Self {
        const PRIME: u64 = 0x0000_0100_0000_01b3;
        const BASIS: u64 = 0xcbf2_9ce4_8422_2325;
        let mix = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(PRIME);
        Self::new(name.bytes().fold(seed ^ BASIS, mix))
    }

    pub(crate) fn bits(&self) -> u64 {
        const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;
        let mut bits = self.0.fetch_add(GOLDEN, Ordering::Relaxed).wrapping_add(GOLDEN);
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// From 0 up to 1, exclusively.
    pub(crate) fn share(&self) -> f64 {
        let bits = u32::try_from(self.bits() >> 32).unwrap_or_default();
        f64::from(bits) / (f64::from(u32::MAX) + 1.0)
    }

    /// One of `count` places; 0 where there is none.
    pub(crate) fn place(&self, count: usize) -> usize {
        usize::try_from(self.bits() >> 32).unwrap_or_default().checked_rem(count).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_place_comes_up_about_as_often() {
        let dice = Dice::new(7);
        let mut seen = [0_u32; 5];
        (0..10_000).for_each(|_| seen[dice.place(5)] += 1);
        assert!(seen.iter().all(|count| (1_800..2_200).contains(count)), "{seen:?}");
        assert_eq!(dice.place(0), 0);
        assert!((0..1_000).map(|_| dice.share()).all(|share| (0.0..1.0).contains(&share)));
    }
}
