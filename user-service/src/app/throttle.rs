use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::unsync::Cache;
use vocabulary::SessionId;

use crate::domain::email::Email;

/// How many addresses, and how many accounts, are remembered; those that were quiet for longest go first.
const REMEMBERED: usize = 50_000;

/// How long it takes until an address may fail once more.
const REFILL: TimeDelta = TimeDelta::seconds(3);

/// Wrong passwords that cost an account nothing: people mistype.
const FREE: u32 = 5;

/// The longest that an account makes wait. Who keeps guessing gets 288 tries a day.
const LONGEST: TimeDelta = TimeDelta::minutes(5);

/// After so long without a failure an account begins anew.
const FORGOTTEN: TimeDelta = TimeDelta::hours(1);

/// Makes guessing slow without locking anybody out: an address has a bucket of failures that refills, and an account whose
/// password was wrong several times makes the next attempt wait, twice as long each time. An attempt counts as a failure from
/// when it is let through until it is known to be none, so that many at once get no further than one after the other.
///
/// Each instance counts for itself, in bounded memory: of three instances, a guesser gets three times as much.
pub(crate) struct Throttle {
    /// Failures that an address may have at once; 0 when addresses are not counted.
    burst: u32,
    keys: RandomState,
    state: Mutex<State>,
}

struct State {
    /// When the bucket of an address is full again (the generic cell rate algorithm, as ITU-T I.371 has it).
    full_at: Cache<u64, DateTime<Utc>>,
    failures: Cache<u64, Failures>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: DateTime<Utc>,
    /// Until then no attempt is let through.
    wait_until: DateTime<Utc>,
    /// Whether an attempt has been refused since the last one that was let through.
    is_refusing: bool,
}

/// What is guessed at, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guess<'a> {
    pub(crate) address: Option<IpAddr>,
    /// None when what was typed is nobody's.
    pub(crate) email: Option<&'a Email>,
    /// The session of the account that the device has. Its failures are counted by themselves: whoever else guesses keeps
    /// nobody out who has one, and one that was stolen guesses no faster.
    pub(crate) session: Option<SessionId>,
}

/// Why an attempt has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Throttled {
    #[error("too many failures from this address")]
    Address { wait: TimeDelta, burst: u32, window: TimeDelta },
    /// `is_first` of all that are refused until an attempt is let through again.
    #[error("too many wrong passwords for this account")]
    Account { wait: TimeDelta, is_first: bool },
}

impl Throttle {
    pub(crate) fn new(burst: u32) -> Self {
        let state = State { full_at: Cache::new(REMEMBERED), failures: Cache::new(REMEMBERED) };
        Self { burst, keys: RandomState::new(), state: Mutex::new(state) }
    }

    /// Lets an attempt from this address pass, and counts it as a failure unless [`succeeded`](Self::succeeded) or
    /// [`withdrawn`](Self::withdrawn) is called.
    pub(super) fn admit_address(&self, guess: Guess<'_>, now: DateTime<Utc>) -> Result<(), Throttled> {
        let Some(key) = self.address_key(guess) else { return Ok(()) };
        let mut state = self.state();
        let full_at = state.full_at.get(&key).map_or(now, |full_at| (*full_at).max(now)) + REFILL;
        let window = REFILL * i32::try_from(self.burst).unwrap_or(i32::MAX);
        let wait = (full_at - now) - window;
        if wait > TimeDelta::zero() {
            return Err(Throttled::Address { wait, burst: self.burst, window });
        }
        state.full_at.insert(key, full_at);
        Ok(())
    }

    /// Lets an attempt at this account pass, and counts it as a failure likewise.
    pub(super) fn admit_account(&self, guess: Guess<'_>, now: DateTime<Utc>) -> Result<(), Throttled> {
        let Some(key) = self.account_key(guess) else { return Ok(()) };
        let mut state = self.state();
        let before = state.failures.get(&key).copied().filter(|failures| now < failures.last + FORGOTTEN);
        if let Some(failures) = before.filter(|failures| now < failures.wait_until) {
            state.failures.insert(key, Failures { is_refusing: true, ..failures });
            let (wait, is_first) = (failures.wait_until - now, !failures.is_refusing);
            return Err(Throttled::Account { wait, is_first });
        }
        let count = before.map_or(0, |failures| failures.count).saturating_add(1);
        let wait_until = if count < FREE { now } else { now + delay(count) };
        state.failures.insert(key, Failures { count, last: now, wait_until, is_refusing: false });
        Ok(())
    }

    /// The password was right: gives the address its failure back, and forgets those of the account.
    pub(super) fn succeeded(&self, guess: Guess<'_>) {
        let mut state = self.state();
        self.give_back(&mut state, guess);
        let of_everybody = Guess { session: None, ..guess };
        for key in [guess, of_everybody].into_iter().filter_map(|guess| self.account_key(guess)) {
            state.failures.remove(&key);
        }
    }

    /// Nobody has looked at the password: it counts for nothing.
    pub(super) fn withdrawn(&self, guess: Guess<'_>) {
        let mut state = self.state();
        self.give_back(&mut state, guess);
        if let Some(key) = self.account_key(guess)
            && let Some(failures) = state.failures.get(&key).copied()
        {
            let count = failures.count.saturating_sub(1);
            let wait_until = if count < FREE { failures.last } else { failures.wait_until };
            state.failures.insert(key, Failures { count, wait_until, ..failures });
        }
    }

    fn give_back(&self, state: &mut State, guess: Guess<'_>) {
        if let Some(key) = self.address_key(guess)
            && let Some(full_at) = state.full_at.get(&key).copied()
        {
            state.full_at.insert(key, full_at - REFILL);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address_key(&self, guess: Guess<'_>) -> Option<u64> {
        let address = guess.address.filter(|_| self.burst > 0)?;
        Some(self.keys.hash_one(household(address)))
    }

    fn account_key(&self, guess: Guess<'_>) -> Option<u64> {
        match guess.session {
            Some(session) => Some(self.keys.hash_one(session)),
            None => guess.email.map(|email| self.keys.hash_one(email.as_str())),
        }
    }
}

/// One second at first, twice as long with each further failure.
fn delay(failures: u32) -> TimeDelta {
    let doublings = failures.saturating_sub(FREE).min(16);
    TimeDelta::seconds(1 << doublings).min(LONGEST)
}

/// What one customer of a network is given: an address of version 4, the first 64 bits of one of version 6 (RFC 6177).
pub(super) fn household(address: IpAddr) -> u128 {
    match address.to_canonical() {
        IpAddr::V4(address) => u128::from(u32::from(address)),
        IpAddr::V6(address) => u128::from(address) & !u128::from(u64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: DateTime<Utc> = DateTime::UNIX_EPOCH;

    fn from(address: &str) -> Guess<'static> {
        Guess { address: Some(address.parse().unwrap()), email: None, session: None }
    }

    fn at(email: &Email) -> Guess<'_> {
        Guess { address: None, email: Some(email), session: None }
    }

    #[test]
    fn a_bucket_refills_and_successes_cost_nothing() {
        let throttle = Throttle::new(3);
        for _ in 0..10 {
            throttle.admit_address(from("192.0.2.1"), NOW).unwrap();
            throttle.succeeded(from("192.0.2.1"));
        }
        for _ in 0..3 {
            throttle.admit_address(from("192.0.2.1"), NOW).unwrap();
        }
        let refused = throttle.admit_address(from("192.0.2.1"), NOW).unwrap_err();
        assert_eq!(refused, Throttled::Address { wait: REFILL, burst: 3, window: REFILL * 3 });
        assert!(throttle.admit_address(from("::ffff:192.0.2.1"), NOW).is_err(), "the same address");
        throttle.admit_address(from("192.0.2.2"), NOW).unwrap();
        throttle.admit_address(from("192.0.2.1"), NOW + REFILL).unwrap();
        assert!(throttle.admit_address(from("192.0.2.1"), NOW + REFILL).is_err());
    }

    #[test]
    fn a_customer_of_version_6_has_one_bucket() {
        let throttle = Throttle::new(1);
        throttle.admit_address(from("2001:db8:1:2::1"), NOW).unwrap();
        assert!(throttle.admit_address(from("2001:db8:1:2:ffff::9"), NOW).is_err());
        throttle.admit_address(from("2001:db8:1:3::1"), NOW).unwrap();
    }

    #[test]
    fn an_account_makes_wait_longer_with_each_failure_and_never_for_good() {
        let throttle = Throttle::new(0);
        let email: Email = "ada@example.org".parse().unwrap();
        let guess = at(&email);
        for _ in 0..FREE {
            throttle.admit_account(guess, NOW).unwrap();
        }
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..11 {
            let Err(Throttled::Account { wait, is_first: true }) = throttle.admit_account(guess, now) else {
                panic!("one at a time");
            };
            let again = throttle.admit_account(guess, now).unwrap_err();
            assert_eq!(again, Throttled::Account { wait, is_first: false });
            waits.push(wait.num_seconds());
            now += wait;
            throttle.admit_account(guess, now).unwrap();
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        for _ in 0..FREE {
            throttle.admit_account(guess, now + FORGOTTEN).unwrap();
        }
        assert!(throttle.admit_account(guess, now + FORGOTTEN).is_err(), "an hour gives no more than the first time");
    }

    #[test]
    fn an_attempt_that_was_withdrawn_counts_for_nothing() {
        let throttle = Throttle::new(0);
        let email: Email = "ada@example.org".parse().unwrap();
        for _ in 0..FREE * 2 {
            throttle.admit_account(at(&email), NOW).unwrap();
            throttle.withdrawn(at(&email));
        }
        for _ in 0..FREE {
            throttle.admit_account(at(&email), NOW).unwrap();
        }
        assert!(throttle.admit_account(at(&email), NOW).is_err());
    }

    #[test]
    fn a_session_waits_for_its_own_failures_only_and_its_success_ends_all_waiting() {
        let throttle = Throttle::new(0);
        let email: Email = "ada@example.org".parse().unwrap();
        let device = Guess { session: Some(vocabulary::Id::new(uuid::Uuid::nil())), ..at(&email) };
        for guess in [at(&email), device] {
            for _ in 0..FREE {
                throttle.admit_account(guess, NOW).unwrap();
            }
            assert!(throttle.admit_account(guess, NOW).is_err());
        }
        throttle.succeeded(device);
        for guess in [at(&email), device] {
            throttle.admit_account(guess, NOW).unwrap();
        }
    }

    #[test]
    fn a_right_password_ends_the_waiting() {
        let throttle = Throttle::new(0);
        let email: Email = "ada@example.org".parse().unwrap();
        let guess = at(&email);
        (0..FREE).for_each(|_| throttle.admit_account(guess, NOW).unwrap());
        assert!(throttle.admit_account(guess, NOW).is_err());
        throttle.succeeded(guess);
        throttle.admit_account(guess, NOW).unwrap();
    }
}
