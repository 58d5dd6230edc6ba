use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use http::HeaderMap;
use peer::PeerError;
use uuid::Uuid;
use vocabulary::Money;

use crate::{
    AuthoriseRequest, CheckRequest, Failure, FailureCode, Operation, OperationKind, OperationState, PartRequest,
    Payment, PaymentClient, PaymentError, PaymentId, PaymentKey, PaymentState, Provider, RefusedField, VoidRequest,
};

/// Payments for the tests of others: it keeps count as the real service does, and can be switched off. The token
/// `declined` is refused, with `created` the payment waits for [`settle`](Self::settle), `unknown` is none that a check lets
/// pass, all others are held at once. There is no `stripe`.
#[derive(Debug, Default)]
pub struct FakePayments {
    state: Mutex<Book>,
}

#[derive(Debug, Default)]
struct Book {
    /// None for what was voided before it was ever asked for.
    payments: HashMap<PaymentKey, Option<Payment>>,
    down: bool,
    losing: bool,
    silent: bool,
}

impl FakePayments {
    /// Stops answering, or answers again.
    pub fn set_down(&self, down: bool) {
        self.with(|book| book.down = down);
    }

    /// From now on it does what it is asked and its answers are lost, or not any more.
    pub fn set_losing_answers(&self, losing: bool) {
        self.with(|book| book.losing = losing);
    }

    /// Whoever moves the money does not answer, so that what is asked for is unknown, or answers again.
    pub fn set_provider_silent(&self, silent: bool) {
        self.with(|book| book.silent = silent);
    }

    /// Lets a payment that waits be held.
    pub fn settle(&self, key: &PaymentKey) {
        self.with(|book| {
            let payment = book.payments.get_mut(key).and_then(Option::as_mut);
            if let Some(payment) = payment.filter(|payment| payment.state == PaymentState::Created) {
                settle(payment);
            }
        });
    }

    /// All that were asked for.
    pub fn payments(&self) -> Vec<Payment> {
        self.with(|book| book.payments.values().flatten().cloned().collect())
    }

    fn with<T>(&self, change: impl FnOnce(&mut Book) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer<T>(&self, ask: impl FnOnce(&mut Book) -> Result<T, PaymentError>) -> Result<T, PaymentError> {
        self.with(|book| {
            if book.down {
                return Err(no_answer());
            }
            let answer = ask(book);
            if book.losing { Err(no_answer()) } else { answer }
        })
    }
}

impl Book {
    fn authorise(&mut self, request: &AuthoriseRequest) -> Result<Payment, PaymentError> {
        let required = || PaymentError::Refused("This field is required.".to_owned());
        let order_id = request.order_id.ok_or_else(required)?;
        let key = PaymentKey::new(order_id, request.step.clone().ok_or_else(required)?);
        match self.payments.get(&key) {
            Some(Some(known)) => return Ok(known.clone()),
            Some(None) => return Err(PaymentError::Conflict("the key was voided".to_owned())),
            None => {}
        }
        let amount = request.amount.ok_or_else(required)?;
        let zero = Money { amount_minor: 0, currency: amount.currency };
        let mut payment = Payment {
            // Different for every key, and the same in every run.
            id: PaymentId::new(Uuid::from_u128(u128::MAX - self.payments.len() as u128)),
            order_id,
            step: key.step.clone(),
            payer_id: request.payer_id.ok_or_else(required)?,
            provider: request.provider.ok_or_else(required)?,
            state: PaymentState::Created,
            amount,
            deposit: request.deposit.unwrap_or(zero),
            held: zero,
            captured: zero,
            refunded: zero,
            failure: None,
            action_url: None,
            operations: Vec::new(),
            version: 0,
            created_at: DateTime::<Utc>::UNIX_EPOCH,
            updated_at: DateTime::<Utc>::UNIX_EPOCH,
        };
        let total = Money { amount_minor: amount.amount_minor + payment.deposit.amount_minor, ..amount };
        note(&mut payment, OperationKind::Authorise, &key.step, total);
        match request.token.as_ref().map_or("", |token| token.expose()) {
            "declined" => refuse(&mut payment),
            "created" => {}
            _ if self.silent => {
                payment.operations[0].state = OperationState::Unknown;
                payment.state = PaymentState::Unknown;
            }
            _ => settle(&mut payment),
        }
        self.payments.insert(key, Some(payment.clone()));
        Ok(payment)
    }

    fn find(&mut self, key: &PaymentKey) -> Result<&mut Payment, PaymentError> {
        let missing = || PaymentError::Missing("no such payment".to_owned());
        let payment = self.payments.get_mut(key).and_then(Option::as_mut).ok_or_else(missing)?;
        if payment.state == PaymentState::Unknown && !self.silent {
            settle(payment);
        }
        Ok(payment)
    }

    /// Does to the payment what the step asks for, once.
    fn operate(
        &mut self,
        key: &PaymentKey,
        kind: OperationKind,
        (step, amount): (&str, Money),
        change: impl FnOnce(&mut Payment) -> bool,
    ) -> Result<Payment, PaymentError> {
        let payment = self.find(key)?;
        if payment.state == PaymentState::Unknown {
            return Err(PaymentError::InFlight);
        }
        if payment.operation(kind, step).is_none() {
            let mut changed = payment.clone();
            if !change(&mut changed) {
                return Err(PaymentError::Conflict("there is not so much".to_owned()));
            }
            note(&mut changed, kind, step, amount);
            changed.state = state(&changed);
            *payment = changed;
        }
        Ok(payment.clone())
    }

    /// Whether nothing was ever asked for with this key; then nothing ever will be.
    fn entomb(&mut self, key: &PaymentKey) -> bool {
        self.payments.entry(key.clone()).or_insert(None).is_none()
    }
}

#[async_trait]
impl PaymentClient for FakePayments {
    async fn authorise(&self, request: &AuthoriseRequest, _: &HeaderMap) -> Result<Payment, PaymentError> {
        self.answer(|book| book.authorise(request))
    }

    async fn check(&self, request: &CheckRequest, _: &HeaderMap) -> Result<Vec<RefusedField>, PaymentError> {
        self.answer(|_| {
            let refused = |pointer: &str, code: &str, detail: &str| {
                let [pointer, code, detail] = [pointer, code, detail].map(ToOwned::to_owned);
                vec![RefusedField { pointer, code, detail }]
            };
            Ok(match (request.provider, request.token.as_ref().map_or("", |token| token.expose())) {
                (Some(Provider::Stripe), _) => refused("/provider", "not_set_up", "There is no Stripe here."),
                (_, "unknown") => refused("/token", "unknown_token", "The bank does not know this token."),
                _ => Vec::new(),
            })
        })
    }

    async fn payment(&self, id: PaymentId, _: &HeaderMap) -> Result<Payment, PaymentError> {
        self.answer(|book| {
            let found = book.payments.values().flatten().find(|payment| payment.id == id).cloned();
            found.ok_or_else(|| PaymentError::Missing("no such payment".to_owned()))
        })
    }

    async fn find(&self, key: &PaymentKey, _: &HeaderMap) -> Result<Payment, PaymentError> {
        self.answer(|book| book.find(key).cloned())
    }

    async fn capture(&self, key: &PaymentKey, request: &PartRequest, _: &HeaderMap) -> Result<Payment, PaymentError> {
        self.answer(|book| {
            let part = part(request)?;
            book.operate(key, OperationKind::Capture, part, |payment| {
                payment.captured.amount_minor += part.1.amount_minor;
                payment.held.amount_minor -= part.1.amount_minor;
                payment.held.amount_minor >= 0
            })
        })
    }

    async fn refund(
        &self,
        key: &PaymentKey,
        request: &PartRequest,
        _: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError> {
        self.answer(|book| {
            if book.entomb(key) {
                return Ok(None);
            }
            let part = part(request)?;
            let refund = |payment: &mut Payment| {
                payment.refunded.amount_minor += part.1.amount_minor;
                payment.refunded.amount_minor <= payment.captured.amount_minor
            };
            book.operate(key, OperationKind::Refund, part, refund).map(Some)
        })
    }

    async fn void(
        &self,
        key: &PaymentKey,
        request: &VoidRequest,
        _: &HeaderMap,
    ) -> Result<Option<Payment>, PaymentError> {
        self.answer(|book| {
            if book.entomb(key) {
                return Ok(None);
            }
            let held = book.find(key)?.held;
            let step = request.step.clone().unwrap_or_default();
            let release = |payment: &mut Payment| {
                payment.held.amount_minor = 0;
                true
            };
            book.operate(key, OperationKind::Void, (&step, held), release).map(Some)
        })
    }
}

fn part(request: &PartRequest) -> Result<(&str, Money), PaymentError> {
    let part = request.step.as_deref().zip(request.amount);
    part.ok_or_else(|| PaymentError::Refused("This field is required.".to_owned()))
}

fn note(payment: &mut Payment, kind: OperationKind, step: &str, amount: Money) {
    let state = if kind == OperationKind::Authorise { OperationState::Pending } else { OperationState::Done };
    payment.operations.push(Operation { kind, step: step.to_owned(), amount, state, failure: None });
    payment.version += 1;
}

fn settle(payment: &mut Payment) {
    payment.operations[0].state = OperationState::Done;
    payment.held = payment.operations[0].amount;
    payment.state = PaymentState::Authorised;
    payment.version += 1;
}

fn refuse(payment: &mut Payment) {
    payment.operations[0].state = OperationState::Failed;
    payment.failure = Some(Failure { code: FailureCode::Declined, detail: "The bank declined it.".to_owned() });
    payment.state = PaymentState::Failed;
    payment.version += 1;
}

fn state(payment: &Payment) -> PaymentState {
    match (payment.held.amount_minor, payment.captured.amount_minor, payment.refunded.amount_minor) {
        _ if payment.failure.is_some() => PaymentState::Failed,
        (0, captured, refunded) if captured > 0 && captured == refunded => PaymentState::Refunded,
        (_, captured, _) if captured > 0 => PaymentState::Captured,
        (0, ..) => PaymentState::Voided,
        _ => PaymentState::Authorised,
    }
}

fn no_answer() -> PaymentError {
    PaymentError::Unavailable(PeerError::Timeout { peer: "payment-service".into(), after: Duration::ZERO })
}
