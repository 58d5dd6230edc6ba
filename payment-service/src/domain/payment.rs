use chrono::{DateTime, TimeDelta, Utc};
use payment_api::{Failure, OperationKind, OperationState, PaymentId, PaymentState, Provider};
use uuid::Uuid;
use vocabulary::{Currency, UserId};

use super::ledger::Amounts;
use super::operation::{Operation, Outcome};
use super::step::{Key, Step};

/// A hold is replaced when it is older: the networks of cards let holds lapse after seven days, and this leaves half a day
/// for a provider that does not answer.
pub(crate) const RENEWED_AFTER: TimeDelta = TimeDelta::hours(6 * 24 + 12);

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) payer_id: UserId,
    pub(crate) provider: Provider,
    /// Minor units, 0 or more.
    pub(crate) amount: i64,
    /// Minor units, 0 or more.
    pub(crate) deposit: i64,
    pub(crate) currency: Currency,
}

/// A payment with everything that was asked of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) id: PaymentId,
    pub(crate) key: Key,
    pub(crate) terms: Terms,
    /// Sums that the database keeps.
    pub(crate) amounts: Amounts,
    /// The provider's name for what it holds.
    pub(crate) reference: Option<String>,
    pub(crate) failure: Option<Failure>,
    pub(crate) action_url: Option<String>,
    /// When the hold has to be replaced; none when it does not age, or nothing is held.
    pub(crate) renew_at: Option<DateTime<Utc>>,
    /// In the order in which they were asked for.
    pub(crate) operations: Vec<Operation>,
    pub(crate) version: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Why an operation may not begin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Obstacle {
    #[error("{asked} asked for, {left} left")]
    NotSoMuch { asked: i64, left: i64 },
    #[error("the payment is {}", .0.as_str())]
    State(PaymentState),
    #[error("another operation has not ended")]
    Busy,
}

impl Payment {
    /// Where it stands. The database derives the same for its own readers.
    pub(crate) fn state(&self) -> PaymentState {
        if self.failure.is_some() {
            return PaymentState::Failed;
        }
        if self.operations.iter().any(|operation| operation.state == OperationState::Unknown) {
            return PaymentState::Unknown;
        }
        let voided =
            |operation: &Operation| operation.kind == OperationKind::Void && operation.state == OperationState::Done;
        match self.amounts.state() {
            PaymentState::Created if self.operations.iter().any(voided) => PaymentState::Voided,
            state => state,
        }
    }

    /// A payment that was just asked for; its first operation is to authorise it, and is in the hands of whoever asks now.
    pub(crate) fn new(id: PaymentId, key: Key, terms: Terms, now: DateTime<Utc>) -> Self {
        let mut payment = Self {
            id,
            key,
            terms,
            amounts: Amounts::default(),
            reference: None,
            failure: None,
            action_url: None,
            renew_at: None,
            operations: Vec::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let step = payment.key.step.clone();
        payment.begin(id.uuid(), OperationKind::Authorise, step, now);
        payment.operations[0].amount = payment.total();
        payment
    }

    /// Adds an operation about nothing yet, which is in the hands of whoever asks now.
    pub(crate) fn begin(&mut self, id: Uuid, kind: OperationKind, step: Step, now: DateTime<Utc>) -> &mut Operation {
        self.operations.push(Operation {
            id,
            kind,
            step,
            amount: 0,
            state: OperationState::Pending,
            failure: None,
            reference: None,
            attempts: 0,
            ask_at: Some(now + IN_HAND),
            created_at: now,
        });
        let last = self.operations.len() - 1;
        &mut self.operations[last]
    }

    /// Amount and deposit.
    pub(crate) fn total(&self) -> i64 {
        self.terms.amount + self.terms.deposit
    }

    pub(crate) fn operation(&self, kind: OperationKind, step: &Step) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.kind == kind && operation.step == *step)
    }

    /// What has not ended, if anything: only one thing happens at a time.
    pub(crate) fn unsettled(&self) -> Option<&Operation> {
        self.operations.iter().find(|operation| !operation.is_settled())
    }

    /// The amount that an operation of this kind would be about, if it may begin now. `asked` is none for all there is.
    pub(crate) fn admit(&self, kind: OperationKind, asked: Option<i64>) -> Result<i64, Obstacle> {
        let waiting = |operation: &Operation| {
            operation.kind == OperationKind::Authorise && operation.state == OperationState::Pending
        };
        match self.unsettled() {
            // What waits for the payer can be called off.
            Some(operation) if kind == OperationKind::Void && waiting(operation) => {}
            Some(_) => return Err(Obstacle::Busy),
            None => {}
        }
        let left = match kind {
            OperationKind::Refund => self.amounts.kept(),
            _ => self.amounts.held(),
        };
        match asked {
            None => Ok(left),
            Some(_) if left == 0 => Err(Obstacle::State(self.state())),
            Some(asked) if asked > left => Err(Obstacle::NotSoMuch { asked, left }),
            Some(asked) => Ok(asked),
        }
    }

    /// Takes down what the provider says of an operation. What is settled stays as it is. Whether it is done now, and the
    /// ledger has to know, is in the operation's state.
    pub(crate) fn take_down(&mut self, index: usize, outcome: Outcome, now: DateTime<Utc>) {
        let ages = self.terms.provider != Provider::Desk;
        let Some(operation) = self.operations.get_mut(index).filter(|operation| !operation.is_settled()) else {
            return;
        };
        operation.attempts += 1;
        operation.ask_at = None;
        operation.failure = None;
        let kind = operation.kind;
        match outcome {
            Outcome::Done { reference, lapsed: _ } => {
                operation.state = OperationState::Done;
                operation.reference = self.reference.clone().filter(|_| kind == OperationKind::Capture);
                self.refer_to(reference, None);
                self.age(kind, ages.then(|| now + RENEWED_AFTER));
            }
            Outcome::Waiting { reference, action_url } => {
                operation.state = OperationState::Pending;
                operation.ask_at = ages.then(|| now + ASK_WAITING);
                self.refer_to(reference, action_url);
            }
            Outcome::Refused { code, detail } => {
                operation.state = OperationState::Failed;
                operation.failure = Some(detail.clone());
                self.action_url = None;
                match kind {
                    OperationKind::Authorise => self.failure = Some(Failure { code, detail }),
                    // The hold stays until the provider lets it lapse, and says so.
                    OperationKind::Renew => self.renew_at = None,
                    OperationKind::Capture | OperationKind::Refund | OperationKind::Void => {}
                }
            }
            Outcome::Unknown { reason } => {
                operation.state = OperationState::Unknown;
                operation.ask_at = Some(now + pause(operation.attempts));
                operation.failure = Some(reason);
            }
        }
    }

    /// What others see of it: if that is the same as before, nothing has happened.
    pub(crate) fn looks_like(&self, other: &Self) -> bool {
        let states = |payment: &Self| payment.operations.iter().map(|operation| operation.state).collect::<Vec<_>>();
        (self.state(), self.amounts, &self.action_url, states(self))
            == (other.state(), other.amounts, &other.action_url, states(other))
    }

    fn refer_to(&mut self, reference: Option<String>, action_url: Option<String>) {
        self.reference = reference.or_else(|| self.reference.take());
        self.action_url = action_url;
    }

    /// What a finished operation means for the age of the hold.
    fn age(&mut self, kind: OperationKind, renew_at: Option<DateTime<Utc>>) {
        match kind {
            OperationKind::Authorise | OperationKind::Renew => self.renew_at = renew_at,
            OperationKind::Void => {
                self.renew_at = None;
                self.call_off();
            }
            OperationKind::Capture | OperationKind::Refund => {}
        }
    }

    /// An authorisation that waited and was voided will never happen.
    fn call_off(&mut self) {
        for operation in self.operations.iter_mut().filter(|operation| !operation.is_settled()) {
            operation.state = OperationState::Failed;
            operation.ask_at = None;
            operation.failure = Some("It was voided before.".to_owned());
        }
    }
}

/// How long whoever began an operation has it in hand. If nothing came of it then, the process has died.
pub(crate) const IN_HAND: TimeDelta = TimeDelta::seconds(30);

/// How often what waits is asked for, should the provider's own message be lost.
const ASK_WAITING: TimeDelta = TimeDelta::seconds(2);

/// The wait before a question is repeated: 1 s, 2 s, and so on, a minute at most.
fn pause(attempts: i32) -> TimeDelta {
    TimeDelta::seconds((1 << (attempts - 1).clamp(0, 6)).min(60))
}

#[cfg(test)]
mod tests;
