use std::time::Duration;

use peer::breaker::{Breaker, BreakerSettings, BreakerState, Permit, Reason, Verdict};
use tokio::time::advance;

fn breaker(settings: &BreakerSettings) -> Breaker {
    Breaker::new("upstream", settings.clone(), 7).unwrap()
}

fn trip(breaker: &Breaker) {
    while let Ok(permit) = breaker.try_acquire() {
        permit.settle(Verdict::Failure);
    }
    assert_eq!(breaker.state(), BreakerState::Open);
}

async fn wait_until_half_open(breaker: &Breaker) -> Duration {
    let wait = breaker.try_acquire().unwrap_err().retry_after;
    advance(wait).await;
    wait
}

async fn recover(breaker: &Breaker, settings: &BreakerSettings) {
    wait_until_half_open(breaker).await;
    for _ in 0..settings.probes {
        breaker.try_acquire().unwrap().settle(Verdict::Success);
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn answers_429_count_in_the_rate_but_not_in_the_streak() {
    let settings = BreakerSettings::default();
    let breaker = breaker(&settings);
    for _ in 1..settings.minimum_calls {
        breaker.try_acquire().unwrap().settle(Verdict::Throttled);
    }
    assert_eq!((breaker.state(), breaker.snapshot().streak), (BreakerState::Closed, 0));
    breaker.try_acquire().unwrap().settle(Verdict::Throttled);
    assert_eq!(breaker.snapshot().reason, Reason::FailureRate { calls: 20, failures: 20 });
}

#[tokio::test(start_paused = true)]
async fn a_success_ends_a_streak_and_a_429_does_not() {
    let settings = BreakerSettings { streak: 3, ..BreakerSettings::default() };
    let breaker = breaker(&settings);
    let verdicts = [Verdict::Failure, Verdict::Failure, Verdict::Success, Verdict::Failure, Verdict::Failure];
    for verdict in verdicts.into_iter().chain([Verdict::Throttled]) {
        breaker.try_acquire().unwrap().settle(verdict);
    }
    assert_eq!(breaker.state(), BreakerState::Closed);
    breaker.try_acquire().unwrap().settle(Verdict::Failure);
    assert_eq!(breaker.snapshot().reason, Reason::Streak { failures: 3 });
}

#[tokio::test(start_paused = true)]
async fn hang_ups_leave_no_trace() {
    let breaker = breaker(&BreakerSettings::default());
    for _ in 0..1000 {
        drop(breaker.try_acquire().unwrap());
    }
    assert_eq!(breaker.snapshot().window.calls, 0);
}

#[tokio::test(start_paused = true)]
async fn failures_are_forgotten_after_ten_seconds() {
    let settings = BreakerSettings { streak: u32::MAX, ..BreakerSettings::default() };
    let breaker = breaker(&settings);
    for _ in 1..settings.minimum_calls {
        breaker.try_acquire().unwrap().settle(Verdict::Failure);
    }
    advance(Duration::from_secs(10)).await;
    breaker.try_acquire().unwrap().settle(Verdict::Failure);
    assert_eq!((breaker.state(), breaker.snapshot().window.calls), (BreakerState::Closed, 1));
}

#[tokio::test(start_paused = true)]
async fn open_times_double_up_to_the_longest_with_jitter() {
    let settings = BreakerSettings::default();
    let breaker = breaker(&settings);
    trip(&breaker);
    for expected in [1, 2, 4, 8, 16, 30, 30].map(Duration::from_secs) {
        let waited = wait_until_half_open(&breaker).await;
        assert!(expected / 2 <= waited && waited <= expected, "{waited:?} for {expected:?}");
        breaker.try_acquire().unwrap().settle(Verdict::Failure);
    }
}

#[tokio::test(start_paused = true)]
async fn two_callers_of_one_upstream_do_not_come_back_at_the_same_moment() {
    let waits = [1, 2].map(|seed| {
        let breaker = Breaker::new("upstream", BreakerSettings::default(), seed).unwrap();
        trip(&breaker);
        breaker.try_acquire().unwrap_err().retry_after
    });
    assert_ne!(waits[0], waits[1]);
}

#[tokio::test(start_paused = true)]
async fn a_relapse_goes_on_with_longer_open_times_and_a_steady_recovery_begins_anew() {
    let settings = BreakerSettings { slow_start: Duration::ZERO, ..BreakerSettings::default() };
    let breaker = breaker(&settings);
    trip(&breaker);
    recover(&breaker, &settings).await;
    trip(&breaker);
    assert!(breaker.try_acquire().unwrap_err().retry_after >= settings.open_first);
    recover(&breaker, &settings).await;
    advance(Duration::from_secs(10)).await;
    trip(&breaker);
    assert!(breaker.try_acquire().unwrap_err().retry_after <= settings.open_first);
}

#[tokio::test(start_paused = true)]
async fn probes_answered_429_or_slowly_do_not_close_it() {
    let settings = BreakerSettings::default();
    let breaker = breaker(&settings);
    trip(&breaker);
    wait_until_half_open(&breaker).await;
    for _ in 0..settings.probes {
        breaker.try_acquire().unwrap().settle(Verdict::Throttled);
    }
    assert_eq!(breaker.snapshot().reason, Reason::FailureRate { calls: 3, failures: 3 });

    wait_until_half_open(&breaker).await;
    let probes: Vec<Permit> = (0..settings.probes).map(|_| breaker.try_acquire().unwrap()).collect();
    for mut probe in probes {
        probe.answered(settings.slow_after);
        probe.settle(Verdict::Success);
    }
    assert_eq!(breaker.snapshot().reason, Reason::SlowRate { calls: 3, slow: 3 });
}

#[tokio::test(start_paused = true)]
async fn probes_that_still_stream_at_their_deadline_have_shown_enough() {
    let settings = BreakerSettings::default();
    let breaker = breaker(&settings);
    trip(&breaker);
    wait_until_half_open(&breaker).await;
    let mut streams: Vec<Permit> = (0..settings.probes).map(|_| breaker.try_acquire().unwrap()).collect();
    for stream in &mut streams {
        stream.answered(Duration::from_millis(5));
    }
    advance(settings.probe_deadline).await;
    let _next = breaker.try_acquire().unwrap();
    assert_eq!(breaker.state(), BreakerState::Closed);
}

#[tokio::test(start_paused = true)]
async fn after_closing_load_comes_back_slowly() {
    let settings = BreakerSettings { slow_start_floor: 0, ..BreakerSettings::default() };
    let breaker = breaker(&settings);
    trip(&breaker);
    recover(&breaker, &settings).await;
    let admitted = || (0..1000).filter(|_| breaker.try_acquire().is_ok()).count();
    for expected in [100usize, 280, 460, 640, 820] {
        let admitted = admitted();
        assert!(admitted.abs_diff(expected) <= 1, "{admitted} instead of {expected} of 1000");
        advance(Duration::from_secs(1)).await;
    }
    assert_eq!(admitted(), 1000);
    assert!(!breaker.snapshot().slow_start);
}

#[tokio::test(start_paused = true)]
async fn who_asks_little_does_not_notice_the_slow_start() {
    let settings = BreakerSettings::default();
    let breaker = breaker(&settings);
    trip(&breaker);
    recover(&breaker, &settings).await;
    for _ in 0..settings.slow_start.as_secs() {
        assert!((0..settings.slow_start_floor).all(|_| breaker.try_acquire().is_ok()));
        advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_snapshot_tells_state_reason_and_history() {
    let settings = BreakerSettings { slow_start: Duration::ZERO, ..BreakerSettings::default() };
    let breaker = breaker(&settings);
    trip(&breaker);
    recover(&breaker, &settings).await;
    advance(Duration::from_millis(1500)).await;
    let seen = serde_json::to_value(breaker.snapshot()).unwrap();
    assert_eq!(seen["name"], "upstream");
    assert_eq!(seen["state"], "closed");
    assert_eq!(seen["reason"]["kind"], "probes_succeeded");
    assert_eq!(seen["in_state_ms"], 1500);
    assert_eq!(seen["refused_total"], 2);
    let history: Vec<_> = seen["history"].as_array().unwrap().iter().map(|turn| turn["to"].clone()).collect();
    assert_eq!(history, ["closed", "open", "half_open", "closed"]);
    assert_eq!(seen["history"][1]["reason"], serde_json::json!({"kind": "streak", "failures": 5}));
}

#[test]
fn settings_that_contradict_themselves_are_refused_by_name() {
    let fine = BreakerSettings::default();
    let wrong = [
        BreakerSettings { failure_rate: 0.0, ..fine.clone() },
        BreakerSettings { slow_rate: f64::NAN, ..fine.clone() },
        BreakerSettings { probes: 0, ..fine.clone() },
        BreakerSettings { open_first: Duration::from_mins(1), ..fine.clone() },
        BreakerSettings { slow_start: Duration::MAX, ..fine },
    ];
    for settings in wrong {
        let error = Breaker::new("inventory", settings, 7).unwrap_err().to_string();
        assert!(error.starts_with("upstream inventory: "), "{error}");
    }
}
