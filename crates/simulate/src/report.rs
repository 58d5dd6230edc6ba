use std::collections::BTreeMap;
use std::time::Duration;

use crate::tally::Tally;
use crate::{Crowd, Kind};

/// What a crowd has seen of a platform.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    pub crowd: Crowd,
    /// For how long the members lived, once all had joined.
    pub lived: Duration,
    /// Answered requests in that time, a second.
    pub throughput: f64,
    /// In the order of [`Kind::ALL`], those of which there were any.
    pub kinds: Vec<KindReport>,
    /// Orders by the state in which they were seen last.
    pub orders: BTreeMap<&'static str, u64>,
}

/// What a crowd has seen of one kind of request.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KindReport {
    pub kind: Kind,
    pub count: usize,
    /// Answered with a 4xx.
    pub refused: u64,
    /// Answered with a 5xx, or not at all.
    pub failed: u64,
    pub p50: Duration,
    pub p90: Duration,
    pub p99: Duration,
}

impl Report {
    /// `joined` is what was measured before the members began to live.
    pub(crate) fn new(crowd: Crowd, lived: Duration, joined: Tally, tally: Tally) -> Self {
        let requests = Kind::ALL.into_iter().filter(|kind| kind.is_request());
        let answered: usize = requests.map(|kind| tally.of(kind).took.len()).sum();
        let failed: u64 = Kind::ALL.into_iter().map(|kind| tally.of(kind).failed).sum();
        let answered = u32::try_from(answered).unwrap_or(u32::MAX);
        let answered = answered.saturating_sub(u32::try_from(failed).unwrap_or(u32::MAX));
        let throughput = f64::from(answered) / lived.as_secs_f64();
        let mut all = joined;
        all.add(tally);
        let kinds = Kind::ALL.into_iter().filter_map(|kind| kind_report(&all, kind)).collect();
        Self { crowd, lived, throughput, kinds, orders: all.orders }
    }

    /// What it says of one kind; none if there was none.
    pub fn of(&self, kind: Kind) -> Option<&KindReport> {
        self.kinds.iter().find(|report| report.kind == kind)
    }
}

fn kind_report(tally: &Tally, kind: Kind) -> Option<KindReport> {
    let counts = tally.of(kind);
    let [p50, p90, p99] = [50, 90, 99].map(|percent| counts.percentile(percent));
    let (refused, failed) = (counts.refused, counts.failed);
    Some(KindReport { kind, count: counts.took.len(), refused, failed, p50: p50?, p90: p90?, p99: p99? })
}
