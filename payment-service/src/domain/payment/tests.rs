use payment_api::{FailureCode, OperationKind, OperationState, OrderId, PaymentState, Provider};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;
use vocabulary::{Currency, UserId};

use super::*;
use crate::domain::ledger::{Account, Posting, postings};

const KINDS: [OperationKind; 4] =
    [OperationKind::Capture, OperationKind::Refund, OperationKind::Void, OperationKind::Renew];

fn asked_for(amount: i64, deposit: i64) -> Payment {
    let key = Key { order_id: OrderId::new(Uuid::nil()), step: "authorise".parse().unwrap() };
    let (payer_id, provider, currency) = (UserId::new(Uuid::nil()), Provider::Test, Currency::EUR);
    let terms = Terms { payer_id, provider, amount, deposit, currency };
    Payment::new(PaymentId::new(Uuid::nil()), key, terms, DateTime::UNIX_EPOCH)
}

/// The ledger of one payment, as the database sums it.
#[derive(Default)]
struct Book(Vec<Posting>);

impl Book {
    fn sum(&self, from: Account, to: Account) -> i64 {
        self.0.iter().filter(|row| (row.from, row.to) == (from, to)).map(|row| row.amount).sum()
    }

    fn amounts(&self) -> Amounts {
        Amounts {
            authorised: self.sum(Account::Payer, Account::Held),
            captured: self.sum(Account::Held, Account::Taken),
            released: self.sum(Account::Held, Account::Payer),
            refunded: self.sum(Account::Taken, Account::Payer),
        }
    }
}

/// A provider's answer by the dice: mostly yes, often none, sometimes no.
fn outcome(dice: &mut StdRng, kind: OperationKind) -> Outcome {
    match dice.random_range(0..10) {
        0..5 => Outcome::DONE,
        5..8 => Outcome::Unknown { reason: "lost".to_owned() },
        8 if kind == OperationKind::Authorise => Outcome::Waiting { reference: None, action_url: None },
        _ => Outcome::Refused { code: FailureCode::Refused, detail: "no".to_owned() },
    }
}

/// Lets the provider answer one of the open operations, and writes what follows from it.
fn answer(payment: &mut Payment, book: &mut Book, dice: &mut StdRng) {
    let index = dice.random_range(0..payment.operations.len());
    let before = payment.clone();
    if payment.operations[index].kind == OperationKind::Void && !payment.operations[index].is_settled() {
        payment.operations[index].amount = payment.amounts.held();
    }
    let said = outcome(dice, payment.operations[index].kind);
    payment.take_down(index, said, DateTime::UNIX_EPOCH);
    let operation = &payment.operations[index];
    if operation.state == OperationState::Done && !before.operations[index].is_settled() {
        book.0.extend(postings(operation.kind, operation.amount));
        payment.amounts = book.amounts();
    }
}

fn check(payment: &Payment, book: &Book, seed: u64) {
    let Amounts { authorised, captured, released, refunded } = book.amounts();
    assert!(captured + released <= authorised, "{seed}: {payment:#?}");
    assert!(refunded <= captured, "{seed}: {payment:#?}");
    let total = |kind: OperationKind| {
        let done = payment.operations.iter().filter(|known| known.kind == kind && known.state == OperationState::Done);
        done.map(|known| known.amount).sum::<i64>()
    };
    assert_eq!(captured, total(OperationKind::Capture), "{seed}");
    assert_eq!(refunded, total(OperationKind::Refund), "{seed}");
    let balances = [authorised - captured - released, captured - refunded, released + refunded - authorised];
    assert_eq!(balances.iter().sum::<i64>(), 0, "{seed}");
    if payment.state() == PaymentState::Failed {
        assert_eq!(authorised, 0, "{seed}: what failed holds nothing");
    }
}

#[test]
fn ten_thousand_random_schedules_never_move_more_than_there_is() {
    let mut states = std::collections::HashSet::new();
    for seed in 0..10_000 {
        let mut dice = StdRng::seed_from_u64(seed);
        let mut payment = asked_for(dice.random_range(0..4), dice.random_range(1..4));
        let mut book = Book::default();
        for number in 0..dice.random_range(2..25_u32) {
            if dice.random_bool(0.5) {
                answer(&mut payment, &mut book, &mut dice);
            } else {
                let kind = KINDS[dice.random_range(0..KINDS.len())];
                let parts = matches!(kind, OperationKind::Capture | OperationKind::Refund);
                let asked = parts.then(|| dice.random_range(1..6));
                if let Ok(amount) = payment.admit(kind, asked) {
                    let step = Step::kept(number.to_string());
                    payment.begin(Uuid::nil(), kind, step, DateTime::UNIX_EPOCH).amount = amount;
                }
            }
            check(&payment, &book, seed);
            states.insert(payment.state());
        }
    }
    assert_eq!(states.len(), PaymentState::ALL.len(), "the schedules reach every state: {states:?}");
}

#[test]
fn what_is_settled_stays_as_it_is() {
    let mut payment = asked_for(5, 0);
    payment.take_down(0, Outcome::DONE, DateTime::UNIX_EPOCH);
    let done = payment.clone();
    payment.take_down(0, Outcome::Unknown { reason: String::new() }, DateTime::UNIX_EPOCH);
    assert_eq!(payment, done);
}

#[test]
fn one_thing_happens_at_a_time() {
    let mut payment = asked_for(5, 0);
    payment.take_down(0, Outcome::Unknown { reason: String::new() }, DateTime::UNIX_EPOCH);
    for kind in KINDS {
        assert_eq!(payment.admit(kind, None), Err(Obstacle::Busy));
    }
    payment.take_down(0, Outcome::Waiting { reference: None, action_url: None }, DateTime::UNIX_EPOCH);
    assert_eq!(payment.admit(OperationKind::Capture, Some(1)), Err(Obstacle::Busy));
    assert_eq!(payment.admit(OperationKind::Void, None), Ok(0), "what waits for the payer can be called off");
}
