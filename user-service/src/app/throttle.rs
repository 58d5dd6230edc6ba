use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use quick_cache::unsync::Cache;

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
/// password was wrong several times makes the next attempt wait, twice as long each time.
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
}

/// What is guessed at, and from where.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Guess<'a> {
    pub(crate) address: Option<IpAddr>,
    /// None when what was typed is nobody's.
    pub(crate) email: Option<&'a Email>,
}

/// Why an attempt has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Throttled {
    #[error("too many failures from this address")]
    Address { wait: TimeDelta, burst: u32, window: TimeDelta },
    #[error("too many wrong passwords for this account")]
    Account { wait: TimeDelta },
}

impl Throttle {
    pub(crate) fn new(burst: u32) -> Self {
        let state = State { full_at: Cache::new(REMEMBERED), failures: Cache::new(REMEMBERED) };
        Self { burst, keys: RandomState::new(), state: Mutex::new(state) }
    }

    /// Lets an attempt from this address pass, and counts it as a failure until [`succeeded`](Self::succeeded) is called.
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

    /// Lets an attempt at this account pass. Where it was guessed at before, one attempt passes at a time.
    pub(super) fn admit_account(&self, guess: Guess<'_>, now: DateTime<Utc>) -> Result<(), Throttled> {
        let Some(key) = self.account_key(guess) else { return Ok(()) };
        let mut state = self.state();
        let Some(failures) = state.failures.get(&key).copied() else { return Ok(()) };
        if now < failures.wait_until {
            return Err(Throttled::Account { wait: failures.wait_until - now });
        }
        if failures.last + FORGOTTEN <= now {
            state.failures.remove(&key);
        } else if failures.count >= FREE {
            state.failures.insert(key, Failures { wait_until: now + delay(failures.count), ..failures });
        }
        Ok(())
    }

    /// Gives the address its failure back, and forgets those of the account.
    pub(super) fn succeeded(&self, guess: Guess<'_>) {
        let mut state = self.state();
        if let Some(key) = self.address_key(guess)
            && let Some(full_at) = state.full_at.get(&key).copied()
        {
            state.full_at.insert(key, full_at - REFILL);
        }
        if let Some(key) = self.account_key(guess) {
            state.failures.remove(&key);
        }
    }

    /// Counts a wrong password.
    pub(super) fn failed(&self, guess: Guess<'_>, now: DateTime<Utc>) {
        let Some(key) = self.account_key(guess) else { return };
        let mut state = self.state();
        let count = state.failures.get(&key).map_or(0, |failures| failures.count).saturating_add(1);
        let wait_until = if count < FREE { now } else { now + delay(count) };
        state.failures.insert(key, Failures { count, last: now, wait_until });
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn address_key(&self, guess: Guess<'_>) -> Option<u64> {
        let address = guess.address.filter(|_| self.burst > 0)?;
        Some(self.keys.hash_one(household(address)))
    }

    fn account_key(&self, guess: Guess<'_>) -> Option<u64> {
        guess.email.map(|email| self.keys.hash_one(email.as_str()))
    }
}

/// One second at first, twice as long with each further failure.
fn delay(failures: u32) -> TimeDelta {
    let doublings = failures.saturating_sub(FREE).min(16);
    TimeDelta::seconds(1 << doublings).min(LONGEST)
}

/// What one customer of a network is given: an address of version 4, the first 64 bits of one of version 6 (RFC 6177).
fn household(address: IpAddr) -> u128 {
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
        Guess { address: Some(address.parse().unwrap()), email: None }
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
        let guess = Guess { address: None, email: Some(&email) };
        let mut now = NOW;
        let mut waits = Vec::new();
        for _ in 0..16 {
            if let Err(Throttled::Account { wait }) = throttle.admit_account(guess, now) {
                waits.push(wait.num_seconds());
                now += wait;
                throttle.admit_account(guess, now).unwrap();
                assert!(throttle.admit_account(guess, now).is_err(), "one at a time");
            }
            throttle.failed(guess, now);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]);
        throttle.admit_account(guess, now + FORGOTTEN).unwrap();
        throttle.admit_account(guess, now + FORGOTTEN).unwrap();
    }

    #[test]
    fn a_right_password_ends_the_waiting() {
        let throttle = Throttle::new(0);
        let email: Email = "ada@example.org".parse().unwrap();
        let guess = Guess { address: None, email: Some(&email) };
        (0..FREE).for_each(|_| throttle.failed(guess, NOW));
        assert!(throttle.admit_account(guess, NOW).is_err());
        throttle.succeeded(guess);
        throttle.admit_account(guess, NOW).unwrap();
    }
}
