use std::collections::VecDeque;
use std::time::Duration;

use serde::Serialize;
use tokio::time::Instant;

use super::BalanceSettings;
use crate::breaker::{Outcome, Tally, Verdict, Window};

/// Changes kept for `/ops/upstreams`.
const HISTORY: usize = 16;

/// An instance that was well for so long begins again with the first ejection time.
const FORGIVEN_AFTER: Duration = Duration::from_mins(1);

/// Whether an instance gets calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InstanceState {
    /// It gets its share.
    Ready,
    /// It says itself that it should get none, or does not answer when asked.
    NotReady,
    /// It failed its calls.
    Ejected,
}

/// Why an instance is in its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum InstanceReason {
    /// It was configured or found.
    Found,
    /// Too many failures in a row.
    Streak { failures: u32 },
    /// It failed far more often than its peers.
    Outlier { calls: u32, failures: u32 },
    /// It failed again as soon as it was back.
    FailedOnReturn,
    /// Its ejection is over.
    EjectionOver,
    /// It answered the readiness check with this status.
    Answered { status: u16 },
    /// It did not accept a connection for the readiness check.
    Unreachable,
    /// It did not answer the readiness check in time.
    Silent,
}

/// What a readiness check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    Ready {
        status: u16,
    },
    NotReady(InstanceReason),
    /// No answer: not enough alone, for one may be lost.
    Silent,
}

/// One instance's health, without a lock and without a clock of its own.
#[derive(Debug)]
pub(super) struct Health {
    ejected_until: Option<Instant>,
    unready: bool,
    silences: u32,
    ejections: u32,
    /// Back from an ejection, and not yet proven.
    probation: bool,
    window: Window,
    streak: u32,
    last: Change,
    history: VecDeque<Change>,
}

/// A change of state.
#[derive(Clone, Copy, Debug)]
pub(super) struct Change {
    pub(super) to: InstanceState,
    pub(super) reason: InstanceReason,
    pub(super) at: Instant,
}

impl Health {
    pub(super) fn new(now: Instant) -> Self {
        let found = Change { to: InstanceState::Ready, reason: InstanceReason::Found, at: now };
        Self {
            ejected_until: None,
            unready: false,
            silences: 0,
            ejections: 0,
            probation: false,
            window: Window::new(now),
            streak: 0,
            last: found,
            history: VecDeque::from([found]),
        }
    }

    pub(super) fn state(&self) -> InstanceState {
        match (self.ejected_until, self.unready) {
            (Some(_), _) => InstanceState::Ejected,
            (None, true) => InstanceState::NotReady,
            (None, false) => InstanceState::Ready,
        }
    }

    pub(super) fn last(&self) -> Change {
        self.last
    }

    /// Oldest first.
    pub(super) fn history(&self) -> impl Iterator<Item = &Change> {
        self.history.iter()
    }

    pub(super) fn ejected_until(&self) -> Option<Instant> {
        self.ejected_until
    }

    /// The last ten seconds.
    pub(super) fn tally(&mut self, now: Instant) -> Tally {
        self.window.total(now)
    }

    pub(super) fn streak(&self) -> u32 {
        self.streak
    }

    /// Counts a call. What other instances would have answered as well, such as 429, says nothing about this one.
    pub(super) fn record(&mut self, verdict: Verdict, now: Instant) {
        let failed = matches!(verdict, Verdict::Failure | Verdict::PartialFailure);
        let verdict = if failed { Verdict::Failure } else { Verdict::Success };
        self.window.add(Outcome { verdict, slow: false }, now);
        self.streak = if failed { self.streak.saturating_add(1) } else { 0 };
        if !failed {
            self.probation = false;
        }
    }

    /// Whether its own calls give a reason to look at it more closely: cheap, asked after every failure.
    pub(super) fn is_suspect(&mut self, settings: &BalanceSettings, now: Instant) -> bool {
        self.ejected_until.is_none()
            && (self.probation
                || self.streak >= settings.eject_after
                || self.tally(now).calls >= settings.minimum_calls)
    }

    /// The reason to eject it, if there is one, beside what its peers did in the same time.
    pub(super) fn fault(&mut self, peers: Tally, settings: &BalanceSettings, now: Instant) -> Option<InstanceReason> {
        if self.probation && self.streak > 0 {
            return Some(InstanceReason::FailedOnReturn);
        }
        if self.streak >= settings.eject_after {
            return Some(InstanceReason::Streak { failures: self.streak });
        }
        let Tally { calls, failures, .. } = self.tally(now);
        let rate = |failures: u32, calls: u32| f64::from(failures) / f64::from(calls.max(1));
        let excess = rate(failures, calls) - rate(peers.failures, peers.calls);
        let is_outlier = calls >= settings.minimum_calls && excess >= settings.failure_excess;
        is_outlier.then_some(InstanceReason::Outlier { calls, failures })
    }

    pub(super) fn eject(&mut self, reason: InstanceReason, settings: &BalanceSettings, now: Instant) {
        let was_well = now.saturating_duration_since(self.last.at) >= FORGIVEN_AFTER;
        self.ejections = if was_well && !self.probation { 0 } else { self.ejections };
        let factor = 2_u32.saturating_pow(self.ejections);
        self.ejections = self.ejections.saturating_add(1);
        self.ejected_until = Some(now + settings.eject_first.saturating_mul(factor).min(settings.eject_longest));
        self.note(reason, now);
    }

    /// Ends an ejection whose time is over; `true` when that changed something.
    pub(super) fn pass_time(&mut self, now: Instant) -> bool {
        if self.ejected_until.is_none_or(|until| now < until) {
            return false;
        }
        self.ejected_until = None;
        self.probation = true;
        self.streak = 0;
        self.window = Window::new(now);
        self.note(InstanceReason::EjectionOver, now);
        true
    }

    /// Takes in what a readiness check found; `true` when that changed something.
    pub(super) fn checked(&mut self, found: Found, now: Instant) -> bool {
        const SILENCES: u32 = 2;
        let (unready, reason) = match found {
            Found::Ready { status } => {
                self.silences = 0;
                (false, InstanceReason::Answered { status })
            }
            Found::NotReady(reason) => (true, reason),
            Found::Silent => {
                self.silences = self.silences.saturating_add(1);
                (self.unready || self.silences >= SILENCES, InstanceReason::Silent)
            }
        };
        if unready == self.unready {
            return false;
        }
        self.unready = unready;
        self.note(reason, now);
        true
    }

    fn note(&mut self, reason: InstanceReason, now: Instant) {
        self.last = Change { to: self.state(), reason, at: now };
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.history.push_back(self.last);
    }
}
