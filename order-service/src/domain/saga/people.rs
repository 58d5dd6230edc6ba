//! What people may ask for, and where.

use chrono::{DateTime, Utc};
use order_api::LineProgress;

use super::{Decision, Keep, WrongState};
use crate::domain::order::{Order, Party};
use crate::domain::stage::{Ending, Stage};
use crate::domain::step::{Action, Progress};

const NOTHING_THERE: &str = "nothing of it is there to be handed over by this owner";

impl Order {
    fn refuse(&self, what: &'static str) -> WrongState {
        WrongState::Order { state: self.stage.state(), what }
    }

    pub(super) fn cancel(&mut self, now: DateTime<Utc>) -> Result<(), WrongState> {
        if !self.stage.can_be_ended() {
            return Err(self.refuse("it can be cancelled until something of it is handed over"));
        }
        self.end(Ending::Cancelled("Whoever ordered it has given it up.".to_owned()), now);
        Ok(())
    }

    pub(super) fn approve(&mut self, party: Party) -> Result<(), WrongState> {
        let asked = self.lines_at(party, LineProgress::Asked);
        let waits = matches!(self.stage, Stage::Pending | Stage::Reserved | Stage::AwaitingApproval);
        if asked.is_empty() || !waits {
            return Err(self.refuse("nothing of it waits for this owner to agree"));
        }
        self.set_progress(&asked, LineProgress::Agreed);
        Ok(())
    }

    pub(super) fn decline(&mut self, reason: Option<String>, now: DateTime<Utc>) -> Result<(), WrongState> {
        if !matches!(self.stage, Stage::Pending | Stage::Reserved | Stage::AwaitingApproval) {
            return Err(self.refuse("it can be declined until everybody has agreed"));
        }
        let why = reason.unwrap_or_else(|| "The owner has not agreed.".to_owned());
        self.end(Ending::Declined(why), now);
        Ok(())
    }

    pub(super) fn hand_over(&mut self, party: Party, note: Option<&str>, now: DateTime<Utc>) -> Result<(), WrongState> {
        self.give_up_what_is_over(now);
        let lines = self.lines_at(party, LineProgress::Agreed);
        let reason = match &self.stage {
            // Why it could not be fetched before matters no more.
            Stage::Confirmed { .. } => None,
            Stage::Active { reason } => reason.clone(),
            _ => return Err(self.refuse(NOTHING_THERE)),
        };
        if lines.is_empty() {
            return Err(self.refuse(NOTHING_THERE));
        }
        for &line in &lines {
            self.push(Action::CheckOut { line });
            self.lines[line].check_out_note = note.map(ToOwned::to_owned);
        }
        // What is sold was paid when it was promised.
        let lent = lines.iter().map(|&line| &self.lines[line]).filter(|line| line.is_lent());
        let amount = lent.map(|line| line.amount).sum();
        if amount > 0 {
            self.push(Action::Capture { amount });
        }
        self.set_progress(&lines, LineProgress::HandedOver);
        self.stage = Stage::Active { reason };
        self.deadline = None;
        Ok(())
    }

    pub(super) fn take_back(&mut self, party: Party, note: Option<&str>, keep: Option<Keep>) -> Result<(), WrongState> {
        let mut lines = self.lines_at(party, LineProgress::HandedOver);
        lines.retain(|&line| self.lines[line].is_lent());
        let Stage::Active { reason: mut said } = self.stage.clone() else {
            return Err(self.refuse("only what is in use comes back"));
        };
        if lines.is_empty() {
            return Err(self.refuse("nothing of it that this owner has lent is out"));
        }
        let most = lines.iter().map(|&line| self.lines[line].deposit).sum();
        if keep.as_ref().is_some_and(|keep| keep.amount > most) {
            return Err(WrongState::KeepsTooMuch { most });
        }
        for &line in &lines {
            self.push(Action::TakeBack { line });
            self.lines[line].return_note = note.map(ToOwned::to_owned);
        }
        self.set_progress(&lines, LineProgress::Back);
        if let Some(Keep { amount, reason }) = keep {
            self.push(Action::Capture { amount });
            let kept = format!("A part of the deposit was kept: {reason}");
            said = Some(said.map_or_else(String::new, |said| said + " ") + &kept);
        }
        self.stage = Stage::Active { reason: said };
        Ok(())
    }

    pub(super) fn settle_stuck(
        &mut self,
        number: u32,
        decision: Decision,
        now: DateTime<Utc>,
    ) -> Result<(), WrongState> {
        let can_be_ended = self.stage.can_be_ended();
        let step = self.steps.iter_mut().find(|step| step.number == number);
        let step = step.ok_or(WrongState::NoSuchStep(number))?;
        if !matches!(step.progress, Progress::Stuck { .. }) {
            return Err(WrongState::Step { step: number, state: step.progress.state() });
        }
        match decision {
            Decision::Retry => step.progress = Progress::Begun { attempts: 0, again_at: now, heard: None },
            Decision::Accept => step.progress = Progress::Accepted,
            Decision::Undo if can_be_ended => {
                self.end(Ending::Cancelled("An administrator has undone it.".to_owned()), now);
            }
            Decision::Undo => return Err(WrongState::TooLateToUndo),
        }
        Ok(())
    }

    /// Ends what has waited too long.
    pub(super) fn look(&mut self, now: DateTime<Utc>) {
        if self.deadline.is_none_or(|deadline| deadline > now) {
            return;
        }
        if !self.stage.can_be_ended() {
            self.deadline = None;
            self.give_up_what_is_over(now);
            return;
        }
        let why = match self.stage {
            Stage::Pending => "It could not be set aside in time.",
            Stage::Reserved => "It was not paid in time.",
            Stage::AwaitingApproval => "The owner did not agree in time.",
            Stage::Authorised => "It could not be promised in time.",
            _ => "It was not fetched in time.",
        };
        self.end(Ending::Expired(why.to_owned()), now);
    }

    /// What was not fetched while it could be is waited for no longer, and not paid. What is sold waits for as long as it takes.
    fn give_up_what_is_over(&mut self, now: DateTime<Utc>) {
        let mut left = self.lines_at(Party::All, LineProgress::Agreed);
        left.retain(|&line| self.lines[line].period.is_some_and(|period| period.end <= now));
        for &line in &left {
            self.push(Action::Release { line });
        }
        self.set_progress(&left, LineProgress::NotFetched);
    }

    fn set_progress(&mut self, lines: &[usize], progress: LineProgress) {
        for &line in lines {
            self.lines[line].progress = progress;
        }
    }
}
