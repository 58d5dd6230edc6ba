use std::collections::BTreeMap;
use std::time::Duration;

use order_api::Order;

use crate::Kind;

/// What one member, or all of them, have seen so far.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    kinds: [Counts; Kind::ALL.len()],
    /// Orders by the state in which they were seen last.
    pub(crate) orders: BTreeMap<&'static str, u64>,
}

/// One kind of request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counts {
    pub(crate) took: Vec<Duration>,
    /// Answered with a 4xx.
    pub(crate) refused: u64,
    /// Answered with a 5xx, or not at all.
    pub(crate) failed: u64,
}

/// What came of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Refused,
    Failed,
}

impl Tally {
    pub(crate) fn note(&mut self, kind: Kind, took: Duration, outcome: Outcome) {
        let counts = &mut self.kinds[kind as usize];
        counts.took.push(took);
        match outcome {
            Outcome::Answered => {}
            Outcome::Refused => counts.refused += 1,
            Outcome::Failed => counts.failed += 1,
        }
    }

    /// Notes how long it took until nothing of an order was under way.
    pub(crate) fn settled(&mut self, took: Duration) {
        self.note(Kind::Settled, took, Outcome::Answered);
    }

    /// Notes how far an order has come that is not looked at again.
    pub(crate) fn ended(&mut self, order: &Order) {
        let state = if order.settled { order.state.as_str() } else { UNDER_WAY };
        *self.orders.entry(state).or_default() += 1;
    }

    pub(crate) fn of(&self, kind: Kind) -> &Counts {
        &self.kinds[kind as usize]
    }

    pub(crate) fn add(&mut self, other: Self) {
        for (own, counts) in self.kinds.iter_mut().zip(other.kinds) {
            own.took.extend(counts.took);
            own.refused += counts.refused;
            own.failed += counts.failed;
        }
        for (state, count) in other.orders {
            *self.orders.entry(state).or_default() += count;
        }
    }
}

/// Orders that had not settled when the time was over.
const UNDER_WAY: &str = "under way";

impl Counts {
    /// The time within which this part of the requests was answered (nearest rank), none if there were none.
    pub(crate) fn percentile(&self, percent: usize) -> Option<Duration> {
        let mut took = self.took.clone();
        took.sort_unstable();
        let rank = (took.len() * percent).div_ceil(100);
        took.get(rank.saturating_sub(1)).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_of_the_nearest_rank() {
        let took = (1..=100).rev().map(Duration::from_millis).collect();
        let counts = Counts { took, ..Counts::default() };
        let percentile = |percent| counts.percentile(percent).unwrap().as_millis();
        assert_eq!([percentile(50), percentile(90), percentile(99), percentile(100)], [50, 90, 99, 100]);
        let one = Counts { took: vec![Duration::from_millis(7)], ..Counts::default() };
        assert_eq!(one.percentile(1), one.percentile(99));
        assert_eq!(Counts::default().percentile(50), None);
    }

    #[test]
    fn tallies_add_up() {
        let mut all = Tally::default();
        for outcome in [Outcome::Answered, Outcome::Refused, Outcome::Failed] {
            let mut one = Tally::default();
            one.note(Kind::List, Duration::from_millis(1), outcome);
            all.add(one);
        }
        let Counts { took, refused, failed } = all.of(Kind::List);
        assert_eq!((took.len(), *refused, *failed), (3, 1, 1));
        assert!(all.of(Kind::Item).took.is_empty());
    }
}
