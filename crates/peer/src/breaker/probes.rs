use tokio::time::Instant;

use super::tally::Tally;
use super::{BreakerSettings, Outcome, Reason, Verdict};

/// The calls that find out whether the upstream is back: one half-open cycle's worth. A place is taken by a call in
/// flight or by an outcome; a call that ends without one gives its place back.
#[derive(Debug)]
pub(super) struct Probes {
    in_flight: Vec<Probe>,
    done: Tally,
    last_id: u64,
}

#[derive(Debug)]
struct Probe {
    id: ProbeId,
    deadline: Instant,
    /// Set once the answer's headers are there: whether they were slow.
    answered: Option<bool>,
}

/// Names one probe of one cycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProbeId(u64);

/// What a cycle found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Undecided,
    Recovered,
    StillFailing(Reason),
}

impl Probes {
    pub(super) fn new() -> Self {
        Self { in_flight: Vec::new(), done: Tally::default(), last_id: 0 }
    }

    /// Takes a place, if one is left.
    pub(super) fn begin(&mut self, settings: &BreakerSettings, now: Instant) -> Option<ProbeId> {
        let taken = self.in_flight.len() + usize::try_from(self.done.calls).unwrap_or(usize::MAX);
        if taken >= usize::try_from(settings.probes).unwrap_or(usize::MAX) {
            return None;
        }
        self.last_id += 1;
        let id = ProbeId(self.last_id);
        self.in_flight.push(Probe { id, deadline: now + settings.probe_deadline, answered: None });
        Some(id)
    }

    /// Notes that the headers of a probe's answer came, well, and whether slowly.
    pub(super) fn answered(&mut self, id: ProbeId, slow: bool) {
        if let Some(probe) = self.in_flight.iter_mut().find(|probe| probe.id == id) {
            probe.answered = Some(slow);
        }
    }

    /// Gives a place back without an outcome.
    pub(super) fn abandon(&mut self, id: ProbeId) {
        self.in_flight.retain(|probe| probe.id != id);
    }

    /// Counts an outcome. A probe whose place was reclaimed meanwhile is no longer heard.
    pub(super) fn finish(&mut self, id: ProbeId, outcome: Outcome, settings: &BreakerSettings) -> Finding {
        let Some(at) = self.in_flight.iter().position(|probe| probe.id == id) else { return Finding::Undecided };
        self.in_flight.swap_remove(at);
        self.done.add(outcome);
        if outcome.verdict == Verdict::Failure {
            return Finding::StillFailing(Reason::ProbeFailed);
        }
        self.finding(settings)
    }

    /// Reclaims the places of probes past their deadline. One whose answer has begun and still streams has shown what it
    /// was to show; a hung one has shown nothing.
    pub(super) fn reclaim(&mut self, settings: &BreakerSettings, now: Instant) -> Finding {
        let done = &mut self.done;
        self.in_flight.retain(|probe| {
            let overdue = probe.deadline <= now;
            if let (true, Some(slow)) = (overdue, probe.answered) {
                done.add(Outcome { verdict: Verdict::Success, slow });
            }
            !overdue
        });
        self.finding(settings)
    }

    pub(super) fn tally(&self) -> Tally {
        self.done
    }

    fn finding(&self, settings: &BreakerSettings) -> Finding {
        if self.done.calls < settings.probes {
            return Finding::Undecided;
        }
        self.done.breach(settings).map_or(Finding::Recovered, Finding::StillFailing)
    }
}
