//! What follows from what participants say.

use chrono::{DateTime, Utc};
use order_api::LineProgress;

use super::{ATTEMPTS, Answer};
use crate::domain::order::Order;
use crate::domain::stage::{Ending, Stage};
use crate::domain::step::{Action, Progress};

impl Order {
    pub(super) fn answered(&mut self, number: u32, answer: Answer, now: DateTime<Utc>) {
        let Some(step) = self.steps.iter_mut().find(|step| step.number == number) else { return };
        // An answer to what was given up meanwhile, or was answered before, says nothing new.
        let goes_on = matches!(step.progress, Progress::Stuck { again_at: Some(_), .. });
        if !goes_on && !matches!(step.progress, Progress::Begun { .. }) {
            return;
        }
        let attempts = step.progress.attempts().saturating_add(1);
        let action = step.action;
        match answer {
            Answer::Done => step.progress = Progress::Done,
            Answer::NotYet { why, wait } => {
                step.progress = Progress::Begun { attempts: 0, again_at: now + wait, heard: Some(why) };
            }
            Answer::None { why, .. } if attempts >= ATTEMPTS && !goes_on => {
                step.progress = Progress::Stuck { attempts, why, again_at: None };
            }
            Answer::None { why, wait } | Answer::Unknown { why, wait } if attempts >= ATTEMPTS => {
                step.progress = Progress::Stuck { attempts, why, again_at: Some(now + wait) };
            }
            Answer::None { why, wait } | Answer::Unknown { why, wait } => {
                step.progress = Progress::Begun { attempts, again_at: now + wait, heard: Some(why) };
            }
            Answer::NotNow(why) if self.stays(number, action, &why) => {}
            Answer::Refused(why) | Answer::NotNow(why) => self.refused(number, action, why, now),
        }
    }

    /// Before things are promised a refusal ends the order; after that only people can help.
    fn refused(&mut self, number: u32, action: Action, why: String, now: DateTime<Utc>) {
        let ending = match action {
            Action::Reserve { line } => Some(Ending::Rejected(format!("{}: {why}", self.name(line)))),
            Action::Confirm { line } => {
                Some(Ending::Rejected(format!("{} could not be promised any more: {why}", self.name(line))))
            }
            Action::Authorise => Some(Ending::PaymentFailed(why.clone())),
            _ => None,
        };
        // Money that was not taken in the end need not be given back.
        let is_harmless = matches!((action, &self.stage), (Action::Capture { .. }, Stage::Ended(_)));
        let progress = if ending.is_some() || is_harmless {
            Progress::Refused(why)
        } else {
            Progress::Stuck { attempts: 1, why, again_at: None }
        };
        if let Some(step) = self.steps.iter_mut().find(|step| step.number == number) {
            step.progress = progress;
        }
        if let Some(ending) = ending {
            self.end(ending, now);
        }
    }

    /// What is lent and could not be handed over waits to be fetched, as before, and is not paid. Answers whether it does:
    /// who was quicker to say that it came back has seen it go.
    fn stays(&mut self, check_out: u32, action: Action, why: &str) -> bool {
        let Action::CheckOut { line } = action else { return false };
        let told = format!("{} could not be handed over: {why}", self.name(line));
        let lent = self.lines.get_mut(line).filter(|line| line.is_lent());
        let Some(kept) = lent.filter(|line| line.progress == LineProgress::HandedOver) else { return false };
        kept.progress = LineProgress::Agreed;
        kept.check_out_note = None;
        let unpaid = kept.amount;
        if let Some(step) = self.steps.iter_mut().find(|step| step.number == check_out) {
            step.progress = Progress::Refused(why.to_owned());
        }
        self.take_less(check_out, unpaid);
        if !self.lines.iter().any(|line| matches!(line.progress, LineProgress::HandedOver | LineProgress::Back)) {
            self.wait_to_be_fetched(Some(told));
        }
        true
    }

    /// Takes so much less, in minor units, for the things of one hand-over, which are paid after the last of them is out.
    fn take_less(&mut self, check_out: u32, amount: i64) {
        let mut later = self.steps.iter_mut().filter(|step| step.number > check_out);
        let paid = later.find(|step| !matches!(step.action, Action::CheckOut { .. }));
        let Some(step) = paid.filter(|step| amount > 0 && step.progress == Progress::Waiting) else { return };
        match step.action {
            Action::Capture { amount: all } if all > amount => step.action = Action::Capture { amount: all - amount },
            Action::Capture { .. } => step.progress = Progress::Skipped,
            _ => {}
        }
    }

    fn name(&self, line: usize) -> &str {
        self.lines.get(line).map_or("A line", |line| &line.name)
    }
}
