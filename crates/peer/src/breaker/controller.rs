use std::collections::VecDeque;
use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use tokio::time::Instant;

use super::backoff::Backoff;
use super::probes::{Finding, ProbeId, Probes};
use super::slow_start::SlowStart;
use super::tally::{Tally, WINDOW, Window};
use super::{BreakerSettings, BreakerState, Outcome, Reason, Verdict};

/// Transitions kept for `/ops/breakers`.
const HISTORY: usize = 16;

/// What a refused caller is told while probes are under way or the slow start is: they take about this long.
const SHORT_WAIT: Duration = Duration::from_secs(1);

/// The state machine, without locks and without a clock of its own.
#[derive(Debug)]
pub(super) struct Controller {
    settings: BreakerSettings,
    phase: Phase,
    /// Grows with every transition; outcomes of calls admitted under another epoch are not heard.
    epoch: u64,
    backoff: Backoff,
    /// How the present phase began.
    last: Transition,
    /// Oldest first, `last` included.
    history: VecDeque<Transition>,
}

#[derive(Debug)]
enum Phase {
    Closed { window: Window, streak: u32, slow_start: Option<SlowStart> },
    Open { until: Instant },
    HalfOpen { probes: Probes },
}

/// A change of state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Transition {
    pub(super) from: BreakerState,
    pub(super) to: BreakerState,
    pub(super) reason: Reason,
    pub(super) at: Instant,
}

/// The right to make one call, and under which epoch it was given.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grant {
    pub(super) epoch: u64,
    pub(super) probe: Option<ProbeId>,
}

impl Controller {
    pub(super) fn new(settings: BreakerSettings, seed: u64, now: Instant) -> Self {
        let started =
            Transition { from: BreakerState::Closed, to: BreakerState::Closed, reason: Reason::Started, at: now };
        Self {
            phase: Phase::Closed { window: Window::new(now), streak: 0, slow_start: None },
            epoch: 0,
            backoff: Backoff::new(SmallRng::seed_from_u64(seed)),
            last: started,
            history: VecDeque::from([started]),
            settings,
        }
    }

    /// Admits a call or says how long to stay away.
    pub(super) fn admit(&mut self, now: Instant) -> Result<Grant, Duration> {
        if let Phase::Open { until } = self.phase {
            if now < until {
                return Err(until - now);
            }
            self.turn(Phase::HalfOpen { probes: Probes::new() }, Reason::OpenTimeOver, now);
        }
        if let Phase::HalfOpen { probes } = &mut self.phase {
            let finding = probes.reclaim(&self.settings, now);
            self.conclude(finding, now);
        }
        match &mut self.phase {
            Phase::Open { until } => Err(*until - now),
            Phase::HalfOpen { probes } => {
                let probe = probes.begin(&self.settings, now).ok_or(SHORT_WAIT)?;
                Ok(Grant { epoch: self.epoch, probe: Some(probe) })
            }
            Phase::Closed { slow_start, .. } => {
                if slow_start.as_ref().is_some_and(|ramp| ramp.is_over(&self.settings, now)) {
                    *slow_start = None;
                }
                let admits = slow_start.as_mut().is_none_or(|ramp| ramp.admits(&self.settings, now));
                if admits { Ok(Grant { epoch: self.epoch, probe: None }) } else { Err(SHORT_WAIT) }
            }
        }
    }

    /// Counts an outcome, unless it comes too late to say anything about the present.
    pub(super) fn record(&mut self, grant: Grant, outcome: Outcome, now: Instant) {
        if grant.epoch != self.epoch {
            return;
        }
        match (&mut self.phase, grant.probe) {
            (Phase::HalfOpen { probes }, Some(id)) => {
                let finding = probes.finish(id, outcome, &self.settings);
                self.conclude(finding, now);
            }
            (Phase::Closed { window, streak, .. }, None) => {
                window.add(outcome, now);
                *streak = match outcome.verdict {
                    Verdict::Success => 0,
                    Verdict::Failure => streak.saturating_add(1),
                    Verdict::Throttled | Verdict::PartialFailure => *streak,
                };
                if let Some(reason) = self.reason_to_open(now) {
                    self.open(reason, now);
                }
            }
            _ => {}
        }
    }

    /// Notes that a probe's answer has begun.
    pub(super) fn answered(&mut self, grant: Grant, slow: bool) {
        if let (Phase::HalfOpen { probes }, Some(id), true) = (&mut self.phase, grant.probe, grant.epoch == self.epoch)
        {
            probes.answered(id, slow);
        }
    }

    /// Takes a probe's place back without an outcome.
    pub(super) fn abandon(&mut self, grant: Grant) {
        if let (Phase::HalfOpen { probes }, Some(id), true) = (&mut self.phase, grant.probe, grant.epoch == self.epoch)
        {
            probes.abandon(id);
        }
    }

    pub(super) fn epoch(&self) -> u64 {
        self.epoch
    }

    pub(super) fn is_slow_starting(&self) -> bool {
        matches!(self.phase, Phase::Closed { slow_start: Some(_), .. })
    }

    pub(super) fn last_transition(&self) -> Transition {
        self.last
    }

    /// Oldest first.
    pub(super) fn history(&self) -> impl Iterator<Item = &Transition> {
        self.history.iter()
    }

    /// How long an open breaker stays open yet.
    pub(super) fn open_for(&self, now: Instant) -> Option<Duration> {
        match self.phase {
            Phase::Open { until } => Some(until.saturating_duration_since(now)),
            Phase::Closed { .. } | Phase::HalfOpen { .. } => None,
        }
    }

    /// The outcomes the present state rests on, and how many failures came last in a row.
    pub(super) fn counts(&mut self, now: Instant) -> (Tally, u32) {
        match &mut self.phase {
            Phase::Closed { window, streak, .. } => (window.total(now), *streak),
            Phase::HalfOpen { probes } => (probes.tally(), 0),
            Phase::Open { .. } => (Tally::default(), 0),
        }
    }

    fn reason_to_open(&mut self, now: Instant) -> Option<Reason> {
        let (tally, streak) = self.counts(now);
        if streak >= self.settings.streak {
            return Some(Reason::Streak { failures: streak });
        }
        if tally.calls < self.settings.minimum_calls { None } else { tally.breach(&self.settings) }
    }

    fn conclude(&mut self, finding: Finding, now: Instant) {
        match finding {
            Finding::Undecided => {}
            Finding::StillFailing(reason) => self.open(reason, now),
            Finding::Recovered => {
                let slow_start = (!self.settings.slow_start.is_zero()).then(|| SlowStart::new(now));
                let closed = Phase::Closed { window: Window::new(now), streak: 0, slow_start };
                self.turn(closed, Reason::ProbesSucceeded, now);
            }
        }
    }

    fn open(&mut self, reason: Reason, now: Instant) {
        if self.was_steady(now) {
            self.backoff.reset();
        }
        let until = now + self.backoff.next(&self.settings);
        self.turn(Phase::Open { until }, reason, now);
    }

    /// Whether the recovery before this failure had lasted: otherwise the open times go on growing.
    fn was_steady(&self, now: Instant) -> bool {
        let lasted = now.saturating_duration_since(self.last.at);
        self.last.to == BreakerState::Closed && lasted >= self.settings.slow_start + WINDOW
    }

    fn turn(&mut self, phase: Phase, reason: Reason, now: Instant) {
        self.last = Transition { from: self.last.to, to: phase.state(), reason, at: now };
        self.phase = phase;
        self.epoch += 1;
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(self.last);
    }
}

impl Phase {
    fn state(&self) -> BreakerState {
        match self {
            Self::Closed { .. } => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}
