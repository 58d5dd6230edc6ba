//! Negative controls: `circuitbreaker-rs` used as its manual says. Each test shows that a defect is real, so that the test
//! of the same name in `breaker_defects` could fail.

use std::convert::Infallible;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use circuitbreaker_rs::{
    BreakerBuilder, BreakerError, BreakerPolicy, CircuitBreaker, DefaultPolicy, HookRegistry, MetricSink, State,
    ThroughputAwarePolicy, TimeBasedPolicy,
};

type Naive<P = DefaultPolicy> = CircuitBreaker<P, io::Error>;

const PROBES: u32 = 5;

fn failure() -> io::Error {
    io::Error::other("the upstream failed")
}

/// Open, and ready to be tried at once.
fn half_opening() -> Naive {
    let breaker = BreakerBuilder::new().cooldown(Duration::ZERO).probe_interval(PROBES).build();
    breaker.force_open();
    breaker
}

/// A call that is admitted and never ends, as one whose future is dropped; whether it was admitted.
fn cancelled_call(breaker: &Naive) -> bool {
    catch_unwind(AssertUnwindSafe(|| breaker.call(|| -> Result<Infallible, _> { resume_unwind(Box::new(())) })))
        .is_err()
}

#[test]
fn cancelled_probes_wedge_it() {
    let breaker = half_opening();
    while cancelled_call(&breaker) {}
    let refused = (0..1000).filter(|_| matches!(breaker.call(|| Ok(())), Err(BreakerError::Open))).count();
    assert_eq!(refused, 1000, "the upstream is well, and nobody will ever find out");
}

#[test]
fn concurrent_probes_pass_the_limit() {
    let breaker = half_opening();
    // The first call of a cycle is admitted beside the counted ones.
    let limit = usize::try_from(PROBES).unwrap() + 1;
    let exceeded = (0..1000).any(|_| {
        race_for_the_last_probe(&breaker);
        (0..1000).filter(|_| cancelled_call(&breaker)).count() > limit
    });
    assert!(exceeded, "the check and the decrement were never torn apart");
}

/// Four threads use up one cycle of probes after another, until one of them is admitted so often in a row that the counter
/// of the cycle must have gone below zero.
fn race_for_the_last_probe(breaker: &Naive) {
    let torn = AtomicBool::new(false);
    let race = || {
        let mut in_a_row = 0;
        while in_a_row < 1000 && !torn.load(Ordering::Relaxed) {
            if cancelled_call(breaker) {
                in_a_row += 1;
            } else {
                in_a_row = 0;
                breaker.force_closed();
                breaker.force_open();
            }
        }
        torn.store(true, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(race);
        }
    });
}

#[test]
fn a_long_good_past_hides_an_outage() {
    let breaker: Naive = BreakerBuilder::new().failure_threshold(0.5).consecutive_failures(u64::MAX).build();
    for _ in 0..1_000_000 {
        breaker.call(|| Ok(())).unwrap();
    }
    for number in 0..10_000 {
        let _ = breaker.call(|| if number % 5 == 0 { Ok(()) } else { Err(failure()) });
    }
    assert_eq!(breaker.current_state(), State::Closed, "8,000 of the last 10,000 calls failed");
}

#[test]
fn late_outcomes_of_old_calls_count() {
    let breaker = half_opening();
    breaker.force_closed();
    let _ = breaker.call(|| -> Result<(), _> {
        breaker.force_open();
        breaker.call(|| Ok(())).expect("the first probe of the new cycle");
        assert_eq!(breaker.current_state(), State::HalfOpen);
        Err(failure())
    });
    assert_eq!(breaker.current_state(), State::Open, "a call from before the outage ended the recovery");
}

#[test]
fn policies_of_its_own_never_trip() {
    let (window, long) = (Duration::from_secs(10), Duration::from_secs(1));
    assert_never_trips(TimeBasedPolicy::new(window, 10, 0.5, 10, long, 3));
    assert_never_trips(ThroughputAwarePolicy::new(0.5, 1, 0.5, 0.1, window, 0.1));
}

fn assert_never_trips<P: BreakerPolicy>(policy: P) {
    let (sink, hooks) = (Arc::new(NoMetrics), Arc::new(HookRegistry::new()));
    let breaker: Naive<P> = CircuitBreaker::new(policy, Duration::ZERO, PROBES, sink, hooks);
    for _ in 0..10_000 {
        let _ = breaker.call(|| -> Result<(), _> { Err(failure()) });
    }
    assert_eq!(breaker.current_state(), State::Closed, "10,000 of 10,000 calls failed");
}

struct NoMetrics;

impl MetricSink for NoMetrics {
    fn record_state_transition(&self, _from: &str, _to: &str) {}
    fn record_error_rate(&self, _rate: f64) {}
    fn record_probe_attempt(&self, _success: bool) {}
    fn record_call(&self, _success: bool, _duration: Duration) {}
}
