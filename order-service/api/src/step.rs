use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use vocabulary::Money;

/// One thing that an order asks of the inventory or of the payment service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Step {
    /// Its place in the order's list, from 1.
    pub number: u32,
    pub kind: StepKind,
    /// What is done, in a few words.
    #[schema(example = "Set aside 1 of Cordless drill")]
    pub title: String,
    pub state: StepState,
    /// What came of it, in a sentence; null before there is anything to say.
    pub outcome: Option<String>,
    /// The money it is about; null if it is about none.
    pub amount: Option<Money>,
    /// How often it was asked without a usable answer.
    pub attempts: u32,
    /// When it is asked next; null unless it is under way.
    pub next_attempt_at: Option<DateTime<Utc>>,
}

/// What a step asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepKind {
    /// Sets things aside.
    Reserve,
    /// Holds the price and the deposit.
    Authorise,
    /// Promises what was set aside.
    Confirm,
    /// Takes money that is held.
    Capture,
    /// Notes that things were handed over.
    CheckOut,
    /// Notes that things came back.
    TakeBack,
    /// Gives up what was set aside or promised.
    Release,
    /// Releases the money that is still held.
    Void,
    /// Gives back money that was taken.
    Refund,
}

/// How far a step has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// Its turn has not come.
    Waiting,
    /// It was asked for, or is about to be asked again.
    Begun,
    /// It happened.
    Done,
    /// It was refused for good; what came before it is undone.
    Refused,
    /// It is not needed any more.
    Skipped,
    /// It was given up under way; whatever came of it is undone by a later step.
    Abandoned,
    /// It failed too often, or cannot be; an administrator has to decide.
    Stuck,
    /// An administrator has said that it counts as done.
    Accepted,
}
