use chrono::{DateTime, TimeDelta, Utc};
use order_api::{LineProgress, OrderId, Provider};
use payment_api::PaymentId;
use vocabulary::{Currency, Money, UserId};

use super::line::Line;
use super::stage::Stage;
use super::step::{Action, Progress, Step};

/// How long things are set aside while the money is being held.
pub(crate) const PAYING: TimeDelta = TimeDelta::days(1);
/// How long owners have to agree.
pub(crate) const AGREEING: TimeDelta = TimeDelta::days(3);
/// How long a hold lasts by itself, in seconds. Longer than all that the saga waits for, so that no hold lapses while its
/// payment is in flight: the saga gives holds up, and their own end is for an order service that never comes back.
pub(crate) const HOLD_SECONDS: i64 = 6 * 24 * 60 * 60;

/// An order with its saga: what was asked of others, in order, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    pub(crate) id: OrderId,
    pub(crate) number: i64,
    pub(crate) borrower_id: UserId,
    pub(crate) lines: Vec<Line>,
    pub(crate) currency: Currency,
    pub(crate) provider: Option<Provider>,
    /// Once it was asked for.
    pub(crate) payment_id: Option<PaymentId>,
    pub(crate) stage: Stage,
    pub(crate) steps: Vec<Step>,
    /// When it expires, unless it moves on before.
    pub(crate) deadline: Option<DateTime<Utc>>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Whose things are meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Party {
    /// Those of one owner.
    Owner(UserId),
    /// Everybody's: an administrator acts.
    All,
}

/// An order as it is placed. Its number is given last, in the transaction that writes it down.
#[derive(Debug, Clone)]
pub(crate) struct NewOrder {
    pub(crate) id: OrderId,
    pub(crate) borrower_id: UserId,
    pub(crate) lines: Vec<Line>,
    pub(crate) currency: Currency,
    pub(crate) provider: Option<Provider>,
}

impl Order {
    pub(crate) fn new(new: NewOrder, number: i64, now: DateTime<Utc>) -> Self {
        // The first has begun with the order: a worker asks for it without writing that down once more.
        let begun = Progress::Begun { attempts: 0, again_at: now, heard: None };
        let progress = std::iter::once(begun).chain(std::iter::repeat(Progress::Waiting));
        let steps = (0..new.lines.len()).zip(1..).zip(progress).map(|((line, number), progress)| Step {
            number,
            action: Action::Reserve { line },
            progress,
        });
        Self {
            id: new.id,
            number,
            borrower_id: new.borrower_id,
            currency: new.currency,
            provider: new.provider,
            payment_id: None,
            stage: Stage::Pending,
            steps: steps.collect(),
            lines: new.lines,
            deadline: Some(now + PAYING),
            version: 1,
            created_at: now,
            updated_at: now,
        }
    }

    pub(crate) fn money(&self, amount_minor: i64) -> Money {
        Money { amount_minor, currency: self.currency }
    }

    /// What the lines cost together. Placing an order has made sure that it fits.
    pub(crate) fn total(&self) -> i64 {
        self.lines.iter().map(|line| line.amount).sum()
    }

    pub(crate) fn deposit_total(&self) -> i64 {
        self.lines.iter().map(|line| line.deposit).sum()
    }

    /// Whether nothing is under way.
    pub(crate) fn is_settled(&self) -> bool {
        !self.steps.iter().any(|step| step.progress.is_open())
    }

    /// Whether nothing more will happen to it.
    pub(crate) fn is_over(&self) -> bool {
        self.stage.state().is_final() && self.is_settled()
    }

    /// Whether an administrator has to decide.
    pub(crate) fn is_stuck(&self) -> bool {
        self.steps.iter().any(|step| matches!(step.progress, Progress::Stuck { .. }))
    }

    /// The step that is under way, or next: one after another, never two at a time.
    pub(crate) fn current(&self) -> Option<&Step> {
        self.steps.iter().find(|step| step.progress.is_open())
    }

    /// When there is something to do for a worker; none while it waits for people.
    pub(crate) fn due_at(&self) -> Option<DateTime<Utc>> {
        let step = self.current().and_then(|step| match &step.progress {
            Progress::Waiting => Some(self.updated_at),
            known => known.again_at(),
        });
        [step, self.deadline].into_iter().flatten().min()
    }

    /// Whether this member may see the order.
    pub(crate) fn concerns(&self, member: UserId) -> bool {
        self.borrower_id == member || self.lines.iter().any(|line| line.owner_id == member)
    }

    /// The lines of a party that have come this far and no further.
    pub(super) fn lines_at(&self, party: Party, progress: LineProgress) -> Vec<usize> {
        let of_party = self.lines.iter().enumerate().filter(|(_, line)| match party {
            Party::Owner(owner) => line.owner_id == owner,
            Party::All => true,
        });
        of_party.filter(|(_, line)| line.progress == progress).map(|(position, _)| position).collect()
    }
}
