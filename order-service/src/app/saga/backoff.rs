use chrono::{DateTime, TimeDelta, Utc};
use service_kit::randomness::Randomness;

/// Before the second attempt; each further one waits twice as long.
const FIRST_MS: i64 = 500;
/// Between two looks at what others are working on.
const LOOK_MS: std::ops::RangeInclusive<i64> = 500..=30_000;

/// The wait after this many attempts: half of it by the rule, and the other half by chance, so that those who failed
/// together do not come back together.
pub(super) fn after_failure(attempts: u32, randomness: &Randomness) -> TimeDelta {
    let full = FIRST_MS << attempts.min(10);
    let [chance] = randomness.bytes::<1>();
    TimeDelta::milliseconds(full / 2 + full * i64::from(chance) / 512)
}

/// The wait until something is looked at again that began `since`: an eighth of its age, so that what takes a second is
/// noticed at once, and what takes a day costs little.
pub(super) fn while_waiting(since: DateTime<Utc>, now: DateTime<Utc>) -> TimeDelta {
    TimeDelta::milliseconds(((now - since).num_milliseconds() / 8).clamp(*LOOK_MS.start(), *LOOK_MS.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_never_the_same_for_all() {
        let randomness = Randomness::seeded(7);
        let waits: Vec<_> = (0..100).map(|_| after_failure(3, &randomness).num_milliseconds()).collect();
        assert!(waits.iter().all(|wait| (2_000..4_000).contains(wait)), "{waits:?}");
        assert!(waits.iter().max() > waits.iter().min());
        assert!(after_failure(0, &randomness) < TimeDelta::milliseconds(FIRST_MS));
    }

    #[test]
    fn what_waits_long_is_looked_at_rarely() {
        let begun = DateTime::UNIX_EPOCH;
        assert_eq!(while_waiting(begun, begun), TimeDelta::milliseconds(500));
        assert_eq!(while_waiting(begun, begun + TimeDelta::days(1)), TimeDelta::seconds(30));
    }
}
