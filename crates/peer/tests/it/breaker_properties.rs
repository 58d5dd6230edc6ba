//! Whatever callers do, and in whatever order: the breaker never admits more probes than it has, never lets a call through
//! while open, and is never wedged.

use std::time::Duration;

use peer::breaker::{Breaker, BreakerSettings, BreakerState, Permit, Verdict};
use proptest::prelude::*;
use tokio::time::{Instant, advance};

#[derive(Clone, Debug)]
enum Action {
    Call,
    Answered(usize),
    Settle(usize, Verdict),
    HangUp(usize),
    Wait(Duration),
}

fn action() -> impl Strategy<Value = Action> {
    let verdict = prop_oneof![Just(Verdict::Success), Just(Verdict::Throttled), Just(Verdict::Failure)];
    prop_oneof![
        4 => Just(Action::Call),
        1 => any::<usize>().prop_map(Action::Answered),
        4 => (any::<usize>(), verdict).prop_map(|(at, verdict)| Action::Settle(at, verdict)),
        1 => any::<usize>().prop_map(Action::HangUp),
        2 => (0u64..5_000).prop_map(|ms| Action::Wait(Duration::from_millis(ms))),
    ]
}

fn settings() -> BreakerSettings {
    BreakerSettings {
        minimum_calls: 4,
        streak: 3,
        probes: 2,
        probe_deadline: Duration::from_secs(3),
        slow_after: Duration::from_secs(2),
        open_longest: Duration::from_secs(8),
        slow_start: Duration::from_secs(2),
        slow_start_floor: 1,
        ..BreakerSettings::default()
    }
}

struct Call {
    permit: Permit,
    at: Instant,
    /// The half-open cycle it probes for, if it is a probe.
    cycle: Option<usize>,
}

struct World {
    breaker: Breaker,
    calls: Vec<Call>,
    closed_until: Instant,
    cycles: usize,
    last: BreakerState,
}

impl World {
    fn new(seed: u64) -> Self {
        let breaker = Breaker::new("upstream", settings(), seed).unwrap();
        Self { breaker, calls: Vec::new(), closed_until: Instant::now(), cycles: 0, last: BreakerState::Closed }
    }

    async fn act(&mut self, action: Action) -> Result<(), TestCaseError> {
        match action {
            Action::Call => self.call()?,
            Action::Answered(at) => {
                let count = self.calls.len();
                if let Some(call) = self.calls.get_mut(at % count.max(1)) {
                    call.permit.answered(call.at.elapsed());
                }
            }
            Action::Settle(at, verdict) => {
                if let Some(call) = self.take(at) {
                    call.permit.settle(verdict);
                }
            }
            Action::HangUp(at) => drop(self.take(at)),
            Action::Wait(time) => advance(time).await,
        }
        self.observe();
        Ok(())
    }

    fn take(&mut self, at: usize) -> Option<Call> {
        let count = self.calls.len();
        (count > 0).then(|| self.calls.swap_remove(at % count))
    }

    fn call(&mut self) -> Result<(), TestCaseError> {
        let now = Instant::now();
        let admitted = self.breaker.try_acquire();
        let was_open = self.last == BreakerState::Open;
        self.observe();
        match admitted {
            Ok(permit) => {
                prop_assert!(now >= self.closed_until || !was_open, "admitted while open");
                let cycle = (self.last == BreakerState::HalfOpen).then_some(self.cycles);
                self.calls.push(Call { permit, at: now, cycle });
            }
            Err(refused) => {
                prop_assert!(refused.retry_after > Duration::ZERO);
                prop_assert!(self.last != BreakerState::Closed || self.breaker.snapshot().slow_start);
            }
        }
        let this_cycle = self.calls.iter().filter(|call| call.cycle == Some(self.cycles));
        let probing = this_cycle.filter(|call| call.at.elapsed() < settings().probe_deadline).count();
        prop_assert!(probing <= 2, "{probing} probes at once");
        Ok(())
    }

    fn observe(&mut self) {
        let seen = self.breaker.snapshot();
        if seen.state == BreakerState::HalfOpen && self.last != BreakerState::HalfOpen {
            self.cycles += 1;
        }
        if let Some(wait) = seen.retry_after_ms {
            self.closed_until = Instant::now() + Duration::from_millis(wait);
        }
        self.last = seen.state;
    }

    /// However it came to this, a healthy upstream is fully back in the end.
    async fn must_recover(mut self) -> Result<(), TestCaseError> {
        // Half of the calls are never heard of again, the others hang up.
        let forgotten: Vec<Call> = self.calls.drain(..).step_by(2).collect();
        for _ in 0..20 {
            advance(settings().open_longest).await;
            if let Ok(permit) = self.breaker.try_acquire() {
                permit.settle(Verdict::Success);
            }
        }
        prop_assert_eq!(self.breaker.state(), BreakerState::Closed);
        prop_assert!((0..100).all(|_| self.breaker.try_acquire().is_ok()));
        drop(forgotten);
        Ok(())
    }

    fn history_is_legal(&self) -> Result<(), TestCaseError> {
        let history = self.breaker.snapshot().history;
        for pair in history.windows(2) {
            prop_assert_eq!(pair[0].to, pair[1].from);
            let legal = matches!(
                (pair[1].from, pair[1].to),
                (BreakerState::Closed | BreakerState::HalfOpen, BreakerState::Open)
                    | (BreakerState::Open, BreakerState::HalfOpen)
                    | (BreakerState::HalfOpen, BreakerState::Closed)
            );
            prop_assert!(legal, "{:?}", pair[1]);
        }
        Ok(())
    }
}

fn on_a_paused_clock<T>(story: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(story)
}

proptest! {
    #[test]
    fn no_story_breaks_the_limits_or_wedges_it(seed: u64, story in prop::collection::vec(action(), 0..300)) {
        on_a_paused_clock(async {
            let mut world = World::new(seed);
            for action in story {
                world.act(action).await?;
            }
            world.history_is_legal()?;
            world.must_recover().await
        })?;
    }

    #[test]
    fn an_upstream_that_answers_is_never_cut_off(gaps in prop::collection::vec(0u64..1_999, 1..300)) {
        on_a_paused_clock(async {
            let breaker = Breaker::new("upstream", settings(), 7).unwrap();
            for gap in gaps {
                let permit = breaker.try_acquire();
                prop_assert!(permit.is_ok());
                advance(Duration::from_millis(gap)).await;
                permit.unwrap().settle(Verdict::Success);
            }
            Ok(())
        })?;
    }

    #[test]
    fn an_upstream_that_fails_is_always_cut_off(seed: u64, successes in 0u32..100) {
        on_a_paused_clock(async {
            let breaker = Breaker::new("upstream", settings(), seed).unwrap();
            for _ in 0..successes {
                breaker.try_acquire().unwrap().settle(Verdict::Success);
            }
            let mut failures = 0;
            while let Ok(permit) = breaker.try_acquire() {
                permit.settle(Verdict::Failure);
                failures += 1;
            }
            prop_assert!(failures <= settings().streak, "{failures} failures went by");
            Ok(())
        })?;
    }
}
