use service_kit::randomness::Randomness;

use crate::Probability;

/// Chances, from a source of bytes.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) Randomness);

impl Dice {
    /// A number from 0 up to but not including `end`; 0 if that is 0.
    pub(crate) fn below(&self, end: usize) -> usize {
        let roll = u64::from_le_bytes(self.0.bytes());
        // The bias is one part in billions for the small numbers asked for here.
        usize::try_from(roll % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or(0)
    }

    pub(crate) fn happens(&self, probability: Probability) -> bool {
        let roll = u32::from_le_bytes(self.0.bytes());
        f64::from(roll) / (f64::from(u32::MAX) + 1.0) < probability.get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_certain_happens_and_what_is_impossible_does_not() {
        let dice = Dice(Randomness::seeded(7));
        let times = |probability: &str| (0..1_000).filter(|_| dice.happens(probability.parse().unwrap())).count();
        assert_eq!((times("0"), times("1")), (0, 1_000));
        assert!((200..300).contains(&times("0.25")));
    }

    #[test]
    fn numbers_stay_below_their_end() {
        let dice = Dice(Randomness::seeded(7));
        assert!((0..1_000).all(|_| dice.below(3) < 3));
        assert_eq!(dice.below(0), 0);
    }
}
