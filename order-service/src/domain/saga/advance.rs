//! What comes next when the steps so far are over.

use chrono::{DateTime, Utc};
use order_api::LineProgress;

use crate::domain::line::Line;
use crate::domain::order::{AGREEING, Order, PAYING};
use crate::domain::stage::{Ending, Stage};
use crate::domain::step::{Action, Progress, Step};

impl Order {
    /// Moves on as far as this goes without asking anybody.
    pub(super) fn advance(&mut self, now: DateTime<Utc>) {
        while self.is_settled() && self.next_stage(now) {}
    }

    /// Goes to the next stage, or adds the steps that are missing in this one. Answers whether it did either.
    fn next_stage(&mut self, now: DateTime<Utc>) -> bool {
        match &self.stage {
            Stage::Pending => {
                self.stage = Stage::Reserved;
                if self.total() + self.deposit_total() > 0 {
                    self.push(Action::Authorise);
                }
            }
            Stage::Reserved => {
                self.stage = Stage::AwaitingApproval;
                self.deadline = Some(self.latest_agreement(now));
            }
            Stage::AwaitingApproval => {
                if self.lines.iter().any(|line| line.progress == LineProgress::Asked) {
                    return false;
                }
                self.stage = Stage::Authorised;
                self.deadline = Some(now + PAYING);
                for line in 0..self.lines.len() {
                    self.push(Action::Confirm { line });
                }
            }
            Stage::Authorised => {
                self.wait_to_be_fetched(None);
                let sold = self.lines.iter().filter(|line| !line.is_lent()).map(|line| line.amount).sum();
                if sold > 0 {
                    self.push(Action::Capture { amount: sold });
                }
            }
            Stage::Confirmed { .. } | Stage::Closed { .. } => return false,
            Stage::Active { reason } => {
                if !self.lines.iter().all(Line::is_over) {
                    self.deadline = self.ends_of_what_is_there().min();
                    return false;
                }
                let reason = reason.clone();
                let any_lent = self.lines.iter().any(Line::is_lent);
                self.stage = if any_lent { Stage::Returned { reason } } else { Stage::Closed { reason } };
                if self.still_held() > 0 {
                    self.push(Action::Void);
                }
            }
            Stage::Returned { reason } => self.stage = Stage::Closed { reason: reason.clone() },
            Stage::Ended(_) => return self.compensate(),
        }
        true
    }

    pub(super) fn push(&mut self, action: Action) {
        let number = self.steps.last().map_or(1, |last| last.number + 1);
        self.steps.push(Step { number, action, progress: Progress::Waiting });
    }

    /// All of it can be fetched, until the last loan would be over.
    pub(super) fn wait_to_be_fetched(&mut self, reason: Option<String>) {
        self.stage = Stage::Confirmed { reason };
        self.deadline = self.ends_of_what_is_there().max();
    }

    /// When the loans would be over of what is still to be fetched.
    fn ends_of_what_is_there(&self) -> impl Iterator<Item = DateTime<Utc>> {
        let there = self.lines.iter().filter(|line| line.progress == LineProgress::Agreed);
        there.filter_map(|line| Some(line.period?.end))
    }

    /// Gives the order up. What has not been begun is not begun any more; what has been, and can be undone whatever came of
    /// it, is let go; of money that may have been taken the answer is awaited.
    pub(super) fn end(&mut self, ending: Ending, now: DateTime<Utc>) {
        self.stage = Stage::Ended(ending);
        self.deadline = None;
        for step in &mut self.steps {
            match step.progress {
                Progress::Waiting => step.progress = Progress::Skipped,
                Progress::Begun { .. } | Progress::Stuck { .. } if step.action.can_be_abandoned() => {
                    step.progress = Progress::Abandoned;
                }
                Progress::Stuck { .. } => {
                    step.progress = Progress::Begun { attempts: 0, again_at: now, heard: None };
                }
                _ => {}
            }
        }
    }

    /// Adds what undoes the steps that may have happened, the last first: money before things. Answers whether there is any.
    fn compensate(&mut self) -> bool {
        let happened = self.steps.iter().rev().filter(|step| step.progress.may_have_happened());
        let nothing_held = self.still_held() == 0;
        let to_undo = happened.filter(|step| {
            // A hold that was captured whole is over by itself.
            !(nothing_held && step.action == Action::Authorise && step.progress == Progress::Done)
        });
        let mut missing: Vec<Action> = to_undo.filter_map(|step| compensation(step.action)).collect();
        for undone in self.steps.iter().filter(|step| is_compensation(step.action)) {
            if let Some(position) = missing.iter().position(|action| *action == undone.action) {
                missing.remove(position);
            }
        }
        let any = !missing.is_empty();
        for action in missing {
            self.push(action);
        }
        any
    }

    /// What is held and was not captured, in minor units.
    fn still_held(&self) -> i64 {
        let captured = self.steps.iter().filter_map(|step| match step.action {
            Action::Capture { amount } if step.progress.may_have_happened() => Some(amount),
            _ => None,
        });
        self.total() + self.deposit_total() - captured.sum::<i64>()
    }

    /// Nobody agrees to a loan that is over.
    fn latest_agreement(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        let ends = self.lines.iter().filter_map(|line| Some(line.period?.end)).min();
        (now + AGREEING).min(ends.unwrap_or(now + AGREEING))
    }
}

/// What undoes an action. A promise is undone with the hold that it came from.
fn compensation(action: Action) -> Option<Action> {
    match action {
        Action::Reserve { line } => Some(Action::Release { line }),
        Action::Authorise => Some(Action::Void),
        Action::Capture { amount } => Some(Action::Refund { amount }),
        Action::Confirm { .. }
        | Action::CheckOut { .. }
        | Action::TakeBack { .. }
        | Action::Release { .. }
        | Action::Void
        | Action::Refund { .. } => None,
    }
}

fn is_compensation(action: Action) -> bool {
    matches!(action, Action::Release { .. } | Action::Void | Action::Refund { .. })
}
