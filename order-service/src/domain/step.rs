use chrono::{DateTime, Utc};
use order_api::{StepKind, StepState};

/// One thing that an order asks of a participant, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its place in the order's list, from 1; with the order's id it is the key that participants know it by.
    pub(crate) number: u32,
    pub(crate) action: Action,
    pub(crate) progress: Progress,
}

/// What is asked. Lines are named by their position, money is in minor units of the order's currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Action {
    Reserve { line: usize },
    Authorise,
    Confirm { line: usize },
    Capture { amount: i64 },
    CheckOut { line: usize },
    TakeBack { line: usize },
    Release { line: usize },
    Void,
    Refund { amount: i64 },
}

/// How far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Progress {
    Waiting,
    /// Written down before anybody was asked, so that what may have to be undone is known.
    Begun {
        /// Answers that were of no use, one after another.
        attempts: u32,
        /// Not to be asked again before this.
        again_at: DateTime<Utc>,
        /// What was said last.
        heard: Option<String>,
    },
    Done,
    Refused(String),
    Skipped,
    Abandoned,
    /// An administrator has to decide.
    Stuck {
        attempts: u32,
        why: String,
        /// When it is asked for again by itself, where only an answer is missing; none where only people can help.
        again_at: Option<DateTime<Utc>>,
    },
    Accepted,
}

impl Action {
    pub(crate) fn kind(self) -> StepKind {
        match self {
            Self::Reserve { .. } => StepKind::Reserve,
            Self::Authorise => StepKind::Authorise,
            Self::Confirm { .. } => StepKind::Confirm,
            Self::Capture { .. } => StepKind::Capture,
            Self::CheckOut { .. } => StepKind::CheckOut,
            Self::TakeBack { .. } => StepKind::TakeBack,
            Self::Release { .. } => StepKind::Release,
            Self::Void => StepKind::Void,
            Self::Refund { .. } => StepKind::Refund,
        }
    }

    /// The line it is about.
    pub(crate) fn line(self) -> Option<usize> {
        match self {
            Self::Reserve { line }
            | Self::Confirm { line }
            | Self::CheckOut { line }
            | Self::TakeBack { line }
            | Self::Release { line } => Some(line),
            Self::Authorise | Self::Capture { .. } | Self::Void | Self::Refund { .. } => None,
        }
    }

    /// The money that moves, in minor units, where the step itself says how much.
    pub(crate) fn amount(self) -> Option<i64> {
        match self {
            Self::Capture { amount } | Self::Refund { amount } => Some(amount),
            _ => None,
        }
    }

    /// Whether it may be given up before its answer is known: what undoes it leaves a tombstone, by which a late original is
    /// refused. Money that may have been taken has to be known of first.
    pub(super) fn can_be_abandoned(self) -> bool {
        matches!(self, Self::Reserve { .. } | Self::Authorise | Self::Confirm { .. })
    }
}

impl Progress {
    pub(crate) fn state(&self) -> StepState {
        match self {
            Self::Waiting => StepState::Waiting,
            Self::Begun { .. } => StepState::Begun,
            Self::Done => StepState::Done,
            Self::Refused(_) => StepState::Refused,
            Self::Skipped => StepState::Skipped,
            Self::Abandoned => StepState::Abandoned,
            Self::Stuck { .. } => StepState::Stuck,
            Self::Accepted => StepState::Accepted,
        }
    }

    /// When it is asked for again; none while it is not.
    pub(crate) fn again_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Begun { again_at, .. } => Some(*again_at),
            Self::Stuck { again_at, .. } => *again_at,
            _ => None,
        }
    }

    /// Answers that were of no use, one after another.
    pub(crate) fn attempts(&self) -> u32 {
        match self {
            Self::Begun { attempts, .. } | Self::Stuck { attempts, .. } => *attempts,
            _ => 0,
        }
    }

    /// Whether something has still to come of it.
    pub(crate) fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Begun { .. } | Self::Stuck { .. })
    }

    /// Whether it may have happened, as far as this is known or anybody says so.
    pub(super) fn may_have_happened(&self) -> bool {
        matches!(self, Self::Done | Self::Accepted | Self::Abandoned)
    }
}
