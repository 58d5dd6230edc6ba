use chrono::{DateTime, Utc};
use payment_api::{FailureCode, OperationKind, OperationState};
use uuid::Uuid;

use super::step::Step;

/// One thing asked of a payment, and what has come of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    pub(crate) id: Uuid,
    pub(crate) kind: OperationKind,
    pub(crate) step: Step,
    /// Minor units.
    pub(crate) amount: i64,
    pub(crate) state: OperationState,
    pub(crate) failure: Option<String>,
    /// The provider's name for the hold that was taken from; only of captures that are done.
    pub(crate) reference: Option<String>,
    /// How often the provider was asked.
    pub(crate) attempts: i32,
    /// When to ask the provider what became of it; none when there is nothing to ask. Until then it is in somebody's hands.
    pub(crate) ask_at: Option<DateTime<Utc>>,
    pub(crate) created_at: DateTime<Utc>,
}

/// What a provider says of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It happened. The reference is the provider's own name for the hold, if this made one. If it `lapsed`, nothing is held
    /// any more besides.
    Done { reference: Option<String>, lapsed: bool },
    /// It is in the payer's hands, or the provider's, or the operator's.
    Waiting { reference: Option<String>, action_url: Option<String> },
    /// It did not happen, and will not.
    Refused { code: FailureCode, detail: String },
    /// No answer: it may or may not have happened.
    Unknown { reason: String },
}

impl Outcome {
    /// It happened, and made no hold.
    pub(crate) const DONE: Self = Self::Done { reference: None, lapsed: false };
}

impl Operation {
    /// Whether nothing will change any more.
    pub(crate) fn is_settled(&self) -> bool {
        matches!(self.state, OperationState::Done | OperationState::Failed)
    }

    /// Whether the provider may be asked now: nobody else is just doing that.
    pub(crate) fn is_due(&self, now: DateTime<Utc>) -> bool {
        !self.is_settled() && self.ask_at.is_some_and(|at| at <= now)
    }
}
