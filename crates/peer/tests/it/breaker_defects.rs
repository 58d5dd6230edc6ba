//! One test for each defect of `circuitbreaker-rs`; `naive` shows most of them in the crate itself.

use std::sync::Barrier;
use std::time::Duration;

use peer::breaker::{Breaker, BreakerSettings, BreakerState, Permit, Reason, Refused, Verdict};
use tokio::time::advance;

const PROBES: u32 = 3;

fn settings() -> BreakerSettings {
    BreakerSettings { probes: PROBES, slow_start: Duration::ZERO, ..BreakerSettings::default() }
}

fn breaker() -> Breaker {
    Breaker::new("upstream", settings(), 7).unwrap()
}

fn settle_all(breaker: &Breaker, verdict: Verdict, calls: u32) {
    for _ in 0..calls {
        breaker.try_acquire().unwrap().settle(verdict);
    }
}

/// Opens the breaker and lets its open time pass: the next call is a probe.
async fn ready_to_probe() -> Breaker {
    let breaker = breaker();
    settle_all(&breaker, Verdict::Failure, settings().streak);
    assert_eq!(breaker.state(), BreakerState::Open);
    advance(settings().open_first).await;
    breaker
}

#[tokio::test(start_paused = true)]
async fn cancelled_probes_do_not_wedge_it() {
    let breaker = ready_to_probe().await;
    for _ in 0..1000 {
        let probes: Vec<Permit> = (0..PROBES).map(|_| breaker.try_acquire().unwrap()).collect();
        assert_eq!(breaker.try_acquire().unwrap_err(), Refused { retry_after: Duration::from_secs(1) });
        drop(probes);
    }
    assert_eq!(breaker.state(), BreakerState::HalfOpen, "cancelled probes are no verdict");
    settle_all(&breaker, Verdict::Success, PROBES);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[test]
fn ten_thousand_concurrent_calls_get_no_more_probes_than_there_are() {
    const THREADS: usize = 8;
    let soon = Duration::from_millis(1);
    let breaker = Breaker::new("upstream", BreakerSettings { open_first: soon, ..settings() }, 7).unwrap();
    settle_all(&breaker, Verdict::Failure, settings().streak);
    while breaker.try_acquire().is_err() {
        std::thread::yield_now();
    }

    let barrier = Barrier::new(THREADS);
    let storm = || {
        barrier.wait();
        (0..10_000 / THREADS).filter_map(|_| breaker.try_acquire().ok()).collect::<Vec<_>>()
    };
    let admitted: Vec<Permit> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..THREADS).map(|_| scope.spawn(storm)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(admitted.len(), usize::try_from(PROBES).unwrap());
}

#[tokio::test(start_paused = true)]
async fn probes_are_counted_afresh_in_every_cycle() {
    let breaker = ready_to_probe().await;
    for _ in 0..5 {
        let mut others: Vec<Permit> = (1..PROBES).map(|_| breaker.try_acquire().unwrap()).collect();
        breaker.try_acquire().unwrap().settle(Verdict::Failure);
        assert_eq!(breaker.state(), BreakerState::Open);
        advance(settings().open_longest).await;
        // Probes of the cycle before may still be out; they neither take a place in this one nor give one back.
        let fresh: Vec<Permit> = (0..PROBES).map(|_| breaker.try_acquire().unwrap()).collect();
        others.pop().unwrap().settle(Verdict::Failure);
        drop(others);
        assert!(breaker.try_acquire().is_err());
        assert_eq!(breaker.state(), BreakerState::HalfOpen);
        drop(fresh);
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_good_past_does_not_hide_an_outage() {
    let rates_only = BreakerSettings { streak: u32::MAX, ..settings() };
    let breaker = Breaker::new("upstream", rates_only, 7).unwrap();
    settle_all(&breaker, Verdict::Success, 1_000_000);
    advance(Duration::from_secs(10)).await;
    let calls = (0..).take_while(|number| {
        let admitted = breaker.try_acquire();
        let verdict = if number % 5 == 0 { Verdict::Success } else { Verdict::Failure };
        admitted.map(|permit| permit.settle(verdict)).is_ok()
    });
    assert_eq!(calls.count(), 20, "it opens as soon as there are enough calls for a rate");
}

#[tokio::test(start_paused = true)]
async fn late_outcomes_of_old_calls_do_not_count() {
    let breaker = breaker();
    let old: Vec<Permit> = (0..20).map(|_| breaker.try_acquire().unwrap()).collect();
    settle_all(&breaker, Verdict::Failure, settings().streak);
    advance(settings().open_first).await;
    let probe = breaker.try_acquire().unwrap();
    for (number, permit) in old.into_iter().enumerate() {
        permit.settle(if number % 2 == 0 { Verdict::Success } else { Verdict::Failure });
    }
    assert_eq!(breaker.state(), BreakerState::HalfOpen, "neither closed by old successes nor opened by old failures");
    assert_eq!(breaker.snapshot().window.calls, 0);
    probe.settle(Verdict::Success);
    assert_eq!(breaker.snapshot().window.calls, 1);
}

#[tokio::test(start_paused = true)]
async fn outcomes_from_before_an_outage_do_not_count_after_it() {
    let breaker = breaker();
    let old: Vec<Permit> = (0..100).map(|_| breaker.try_acquire().unwrap()).collect();
    settle_all(&breaker, Verdict::Failure, settings().streak);
    advance(settings().open_first).await;
    settle_all(&breaker, Verdict::Success, PROBES);
    for permit in old {
        permit.settle(Verdict::Failure);
    }
    assert_eq!((breaker.state(), breaker.snapshot().window.calls), (BreakerState::Closed, 0));
}

#[tokio::test(start_paused = true)]
async fn a_hung_probe_gives_its_place_back_at_its_deadline_and_is_not_heard_after_it() {
    let breaker = ready_to_probe().await;
    let hung: Vec<Permit> = (0..PROBES).map(|_| breaker.try_acquire().unwrap()).collect();
    assert!(breaker.try_acquire().is_err());
    advance(settings().probe_deadline).await;
    let probe = breaker.try_acquire().unwrap();
    for permit in hung {
        permit.settle(Verdict::Failure);
    }
    assert_eq!(breaker.state(), BreakerState::HalfOpen);
    probe.settle(Verdict::Success);
    settle_all(&breaker, Verdict::Success, PROBES - 1);
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn slow_calls_open_it() {
    let breaker = breaker();
    let calls: Vec<Permit> = (0..settings().minimum_calls).map(|_| breaker.try_acquire().unwrap()).collect();
    advance(settings().slow_after).await;
    for permit in calls {
        permit.settle(Verdict::Success);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
    assert_eq!(breaker.snapshot().reason, Reason::SlowRate { calls: 20, slow: 20 });
}

#[tokio::test(start_paused = true)]
async fn failures_open_it_by_their_rate_alone() {
    let breaker = breaker();
    for _ in 0..10 {
        settle_all(&breaker, Verdict::Success, 1);
        settle_all(&breaker, Verdict::Failure, 1);
    }
    assert_eq!(breaker.snapshot().reason, Reason::FailureRate { calls: 20, failures: 10 });
}
