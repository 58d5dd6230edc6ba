//! The saga: what follows from what has happened. RESERVE every line, AUTHORISE price and deposits, wait for owners, CONFIRM
//! every line; at hand-over CHECK OUT and CAPTURE; at return TAKE BACK and VOID what is left of the hold on money.
//!
//! Steps are done one after another. A step is written down as begun before anybody is asked. What was begun is undone by
//! steps of the same list: so nothing is undone twice, and nothing that may have happened is forgotten.

mod advance;
mod answers;
mod people;

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;

use chrono::{DateTime, TimeDelta, Utc};
pub(crate) use order_api::Decision;
use order_api::{OrderState, StepState};

use super::order::{Order, Party};
use super::step::{Action, Progress};

/// Answers that are of no use, one after another, until a step is stuck: an administrator sees it and can decide.
pub(crate) const ATTEMPTS: u32 = 5;

/// Something that has happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Event {
    /// A participant has answered the step with this number, or has not.
    Answered { step: u32, answer: Answer },
    /// Whoever ordered it has given it up.
    Cancelled,
    /// Owners have agreed.
    Approved(Party),
    /// An owner has not agreed.
    Declined { reason: Option<String> },
    /// Things were handed over.
    HandedOver { party: Party, note: Option<String> },
    /// Things came back.
    Returned { party: Party, note: Option<String>, keep: Option<Keep> },
    /// An administrator has decided on a step that is stuck.
    Decided { step: u32, decision: Decision },
    /// Time is up, if it is.
    Looked,
}

/// What a participant has said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Done,
    /// It did not happen and never will, for a reason that people can read.
    Refused(String),
    /// It did not happen, for a reason that people can read, and may later, when somebody else has moved.
    NotNow(String),
    /// The participant has not answered, so it may or may not have happened; asked again in this time, and after
    /// [`ATTEMPTS`] no more unless an administrator says so.
    None {
        why: String,
        wait: TimeDelta,
    },
    /// The participant has answered that nobody knows: whoever moves the money does not answer it. As with no answer, but it
    /// is asked again for ever, because what may have happened to money is never guessed.
    Unknown {
        why: String,
        wait: TimeDelta,
    },
    /// It is being worked on; asked again in this time. This is no failure.
    NotYet {
        why: String,
        wait: TimeDelta,
    },
}

/// A part of the deposit that is not given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Keep {
    /// In minor units of the order's currency, 1 or more.
    pub(crate) amount: i64,
    pub(crate) reason: String,
}

/// What a worker has to ask for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Command {
    pub(crate) step: u32,
    pub(crate) action: Action,
    /// Whether it was asked for before, so that its outcome may be known.
    pub(crate) again: bool,
}

/// The order, or the step, is not where this can happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum WrongState {
    #[error("The order is {}; {what}.", .state.as_str().replace('_', " "))]
    Order { state: OrderState, what: &'static str },
    #[error("Step {step} is {}; only a step that is stuck is decided on.", .state.as_str())]
    Step { step: u32, state: StepState },
    #[error("The deposit of these things is {most} minor units; more cannot be kept.")]
    KeepsTooMuch { most: i64 },
    #[error("What was handed over cannot be undone from here: retry the step, or accept it.")]
    TooLateToUndo,
    #[error("The order has no step {0}.")]
    NoSuchStep(u32),
}

impl Order {
    /// The order after something has happened. What comes twice, late or out of turn changes nothing.
    ///
    /// # Errors
    /// [`WrongState`] for what people ask for where it cannot happen; never for answers and the time.
    pub(crate) fn decide(mut self, event: Event, now: DateTime<Utc>) -> Result<Self, WrongState> {
        match event {
            Event::Answered { step, answer } => self.answered(step, answer, now),
            Event::Cancelled => self.cancel(now)?,
            Event::Approved(party) => self.approve(party)?,
            Event::Declined { reason } => self.decline(reason, now)?,
            Event::HandedOver { party, note } => self.hand_over(party, note.as_deref(), now)?,
            Event::Returned { party, note, keep } => self.take_back(party, note.as_deref(), keep)?,
            Event::Decided { step, decision } => self.settle_stuck(step, decision, now)?,
            Event::Looked => self.look(now),
        }
        self.advance(now);
        Ok(self)
    }

    /// What has to be asked for now, written down as begun; none while nothing is due.
    pub(crate) fn begin(&mut self, now: DateTime<Utc>) -> Option<Command> {
        let step = self.steps.iter_mut().find(|step| step.progress.is_open())?;
        let again = match &step.progress {
            Progress::Waiting => {
                step.progress = Progress::Begun { attempts: 0, again_at: now, heard: None };
                false
            }
            // What is stuck stays so while it is asked for.
            known if known.again_at().is_some_and(|at| at <= now) => true,
            _ => return None,
        };
        Some(Command { step: step.number, action: step.action, again })
    }
}
