use chrono::{DateTime, TimeDelta, Utc};
use inventory_api::{Period, ReservationId};
use order_api::{LineProgress, OrderId, OrderState, Provider, StepKind};
use uuid::Uuid;
use vocabulary::{Currency, ItemId, UserId};

use super::{Answer, Decision, Event, Keep, WrongState};
use crate::domain::line::Line;
use crate::domain::order::{NewOrder, Order, Party};
use crate::domain::step::{Action, Progress};

pub(super) fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

/// A drill that is lent for a week, and a novel that is sold.
pub(super) fn order_of(progress: LineProgress) -> Order {
    order(progress, &[(1, Some(7), 5_000), (2, None, 0)])
}

/// Things of an owner each: a number, for how many days from the day after tomorrow if it is lent, and the deposit.
pub(super) fn order(progress: LineProgress, things: &[(u128, Option<i64>, i64)]) -> Order {
    let line = |number: u128, period, deposit| Line {
        item_id: ItemId::new(Uuid::from_u128(number)),
        name: format!("Thing {number}"),
        owner_id: UserId::new(Uuid::from_u128(100 + number)),
        units: 1,
        period,
        unit_price: 700,
        amount: 700,
        deposit,
        reservation_id: ReservationId::new(Uuid::from_u128(200 + number)),
        progress,
        check_out_note: None,
        return_note: None,
    };
    let loan = |days| Period { start: start() + TimeDelta::days(2), end: start() + TimeDelta::days(2 + days) };
    let lines = things.iter().map(|&(number, days, deposit)| line(number, days.map(loan), deposit));
    let new = NewOrder {
        id: OrderId::new(Uuid::from_u128(1)),
        borrower_id: UserId::new(Uuid::from_u128(2)),
        lines: lines.collect(),
        currency: Currency::EUR,
        provider: Some(Provider::Test),
    };
    Order::new(new, 1, start())
}

fn done(order: Order) -> Order {
    answered(order, Answer::Done)
}

fn answered(mut order: Order, answer: Answer) -> Order {
    let command = order.begin(start()).expect("a step is due");
    order.decide(Event::Answered { step: command.step, answer }, start()).unwrap()
}

fn confirmed() -> Order {
    let order = (0..6).fold(order_of(LineProgress::Agreed), |order, _| done(order));
    assert_eq!((order.stage.state(), order.is_settled()), (OrderState::Confirmed, true));
    order
}

fn kinds(order: &Order) -> Vec<StepKind> {
    order.steps.iter().map(|step| step.action.kind()).collect()
}

fn lost() -> Answer {
    Answer::None { why: "No answer.".to_owned(), wait: TimeDelta::zero() }
}

#[test]
fn an_order_goes_its_way_from_pending_to_closed() {
    use StepKind::{Authorise, Capture, CheckOut, Confirm, Reserve, TakeBack, Void};
    let order = confirmed();
    let out = order.decide(Event::HandedOver { party: Party::All, note: None }, start()).unwrap();
    let out = (0..3).fold(out, |order, _| done(order));
    assert_eq!(out.stage.state(), OrderState::Active);
    let keep = Some(Keep { amount: 1_200, reason: "a scratch".to_owned() });
    let back = out.decide(Event::Returned { party: Party::All, note: None, keep }, start()).unwrap();
    let back = (0..2).fold(back, |order, _| done(order));
    assert_eq!(back.stage.state(), OrderState::Returned);
    let closed = done(back);
    assert_eq!(closed.stage.state(), OrderState::Closed);
    assert_eq!(closed.stage.reason(), Some("A part of the deposit was kept: a scratch"));
    let all =
        [Reserve, Reserve, Authorise, Confirm, Confirm, Capture, CheckOut, CheckOut, Capture, TakeBack, Capture, Void];
    assert_eq!(kinds(&closed), all);
}

#[test]
fn what_is_not_free_rejects_the_order_and_gives_up_the_rest() {
    let order = answered(done(order_of(LineProgress::Agreed)), Answer::Refused("none is free".to_owned()));
    assert_eq!(order.stage.state(), OrderState::Rejected);
    assert_eq!(order.stage.reason(), Some("Thing 2: none is free"));
    // The money was never asked for, and of the things only the first was ever set aside.
    assert_eq!(order.current().unwrap().action, Action::Release { line: 0 });
    assert!(done(order).is_settled());
}

#[test]
fn an_owner_who_has_to_agree_is_waited_for_with_the_money_held() {
    let order = (0..3).fold(order_of(LineProgress::Asked), |order, _| done(order));
    assert_eq!((order.stage.state(), order.is_settled()), (OrderState::AwaitingApproval, true));
    let one = Party::Owner(order.lines[0].owner_id);
    let order = order.decide(Event::Approved(one), start()).unwrap();
    assert_eq!(order.stage.state(), OrderState::AwaitingApproval);
    assert!(matches!(order.clone().decide(Event::Approved(one), start()), Err(WrongState::Order { .. })));
    let agreed = order.clone().decide(Event::Approved(Party::All), start()).unwrap();
    assert_eq!(agreed.stage.state(), OrderState::Authorised);
    let declined = order.decide(Event::Declined { reason: None }, start()).unwrap();
    assert_eq!(kinds(&declined)[3..], [StepKind::Void, StepKind::Release, StepKind::Release]);
}

#[test]
fn after_five_answers_of_no_use_a_step_waits_for_an_administrator() {
    let order = (0..5).fold(order_of(LineProgress::Agreed), |order, _| answered(order, lost()));
    assert!(order.is_stuck());
    assert!(order.clone().begin(start()).is_none());
    let decided = |decision| order.clone().decide(Event::Decided { step: 1, decision }, start()).unwrap();
    assert_eq!(decided(Decision::Retry).begin(start()).unwrap().action, Action::Reserve { line: 0 });
    assert_eq!(decided(Decision::Accept).begin(start()).unwrap().action, Action::Reserve { line: 1 });
    let undone = decided(Decision::Undo);
    assert_eq!(undone.stage.state(), OrderState::Cancelled);
    assert_eq!(undone.current().unwrap().action, Action::Release { line: 0 });
    let again = undone.decide(Event::Decided { step: 1, decision: Decision::Undo }, start());
    assert!(matches!(again, Err(WrongState::Step { step: 1, .. })));
}

#[test]
fn what_nobody_knows_is_stuck_after_five_answers_and_goes_on_by_itself_once_it_is_known() {
    let order = (0..2).fold(order_of(LineProgress::Agreed), |order, _| done(order));
    let wait = TimeDelta::seconds(30);
    let unknown = |wait| Answer::Unknown { why: "Nobody knows.".to_owned(), wait };
    let order = (0..4).fold(order, |order, _| answered(order, unknown(TimeDelta::zero())));
    assert!(!order.is_stuck());
    let stuck = answered(order, unknown(wait));
    assert!(stuck.is_stuck());
    assert_eq!((stuck.due_at(), stuck.clone().begin(start())), (Some(start() + wait), None));
    // While it is asked for it stays stuck, and can be decided on.
    let mut asked = stuck.clone();
    let command = asked.begin(start() + wait).unwrap();
    assert!(command.again && asked.is_stuck());
    let answer = |answer| asked.clone().decide(Event::Answered { step: 3, answer }, start() + wait).unwrap();
    assert_eq!(answer(unknown(wait)).due_at(), Some(start() + wait + wait));
    assert_eq!(answer(Answer::Done).stage.state(), OrderState::Authorised);
    assert_eq!(answer(Answer::Refused("Declined.".to_owned())).stage.state(), OrderState::PaymentFailed);
    let undone = asked.decide(Event::Decided { step: 3, decision: Decision::Undo }, start()).unwrap();
    assert_eq!(kinds(&undone)[3..], [StepKind::Void, StepKind::Release, StepKind::Release]);
}

#[test]
fn waiting_for_a_payment_is_no_failure() {
    let order = (0..2).fold(order_of(LineProgress::Agreed), |order, _| done(order));
    let not_yet = || Answer::NotYet { why: "It waits.".to_owned(), wait: TimeDelta::zero() };
    let order = (0..50).fold(order, |order, _| answered(order, not_yet()));
    assert!(!order.is_stuck());
    assert_eq!(done(order).stage.state(), OrderState::Authorised);
}

#[test]
fn a_promise_that_is_cancelled_gives_back_what_was_paid() {
    let order = confirmed().decide(Event::Cancelled, start()).unwrap();
    assert_eq!(kinds(&order)[6..], [StepKind::Refund, StepKind::Void, StepKind::Release, StepKind::Release]);
}

#[test]
fn money_that_may_have_been_taken_is_known_of_before_anything_is_undone() {
    let mut order = (0..5).fold(order_of(LineProgress::Agreed), |order, _| done(order));
    let capture = order.begin(start()).unwrap();
    assert_eq!(capture.action, Action::Capture { amount: 700 });
    let cancelled = order.decide(Event::Cancelled, start()).unwrap();
    assert_eq!(cancelled.current().unwrap().number, capture.step);
    let refused = answered(cancelled.clone(), Answer::Refused("too late".to_owned()));
    assert_eq!(kinds(&refused)[6..], [StepKind::Void, StepKind::Release, StepKind::Release]);
    let taken = done(cancelled);
    assert_eq!(kinds(&taken)[6], StepKind::Refund);
}

#[test]
fn what_was_handed_over_is_not_cancelled() {
    let order = confirmed().decide(Event::HandedOver { party: Party::All, note: None }, start()).unwrap();
    let refusal = order.clone().decide(Event::Cancelled, start()).unwrap_err();
    assert_eq!(refusal.to_string(), "The order is active; it can be cancelled until something of it is handed over.");
    let looked = order.clone().decide(Event::Looked, start() + TimeDelta::days(1_000)).unwrap();
    assert_eq!(looked, order);
}

#[test]
fn time_ends_what_waits_for_it() {
    let reserved = (0..2).fold(order_of(LineProgress::Agreed), |order, _| done(order));
    let later = start() + TimeDelta::days(1);
    let before = reserved.clone().decide(Event::Looked, later - TimeDelta::seconds(1)).unwrap();
    assert_eq!(before.stage.state(), OrderState::Reserved);
    let after = reserved.decide(Event::Looked, later).unwrap();
    assert_eq!(after.stage.state(), OrderState::Expired);
    assert_eq!(after.stage.reason(), Some("It was not paid in time."));
    // The payment was never asked for, so there is none to void.
    assert_eq!(kinds(&after)[3..], [StepKind::Release, StepKind::Release]);
}

#[test]
fn an_answer_that_comes_twice_or_late_changes_nothing() {
    let first = done(order_of(LineProgress::Agreed));
    let again = first.clone().decide(Event::Answered { step: 1, answer: Answer::Done }, start()).unwrap();
    assert_eq!(again, first);
    let refused = Event::Answered { step: 1, answer: Answer::Refused("late".to_owned()) };
    assert_eq!(first.clone().decide(refused, start()).unwrap(), first);
    let unknown = Event::Answered { step: 99, answer: Answer::Done };
    assert_eq!(first.clone().decide(unknown, start()).unwrap(), first);
    assert_eq!(first.steps[1].progress, Progress::Waiting);
}

/// An order whose steps so far are all done.
fn all_done(mut order: Order) -> Order {
    while !order.is_settled() {
        order = done(order);
    }
    order
}

#[test]
fn a_loan_that_would_be_over_is_not_handed_over_with_the_rest() {
    let both = all_done(order(LineProgress::Agreed, &[(1, Some(1), 0), (2, Some(5), 0)]));
    let later = start() + TimeDelta::days(4);
    let handed_over = Event::HandedOver { party: Party::All, note: None };
    let out = both.clone().decide(handed_over.clone(), later).unwrap();
    let progress: Vec<_> = out.lines.iter().map(|line| line.progress).collect();
    assert_eq!(progress, [LineProgress::NotFetched, LineProgress::HandedOver]);
    assert_eq!(kinds(&out)[both.steps.len()..], [StepKind::Release, StepKind::CheckOut, StepKind::Capture]);
    assert_eq!(out.steps.last().unwrap().action, Action::Capture { amount: 700 });
    // Neither is there any more.
    assert!(both.decide(handed_over, start() + TimeDelta::days(9)).is_err());
}

#[test]
fn what_is_sold_and_cannot_be_handed_over_waits_for_an_administrator() {
    let handed_over = Event::HandedOver { party: Party::All, note: None };
    let out = done(confirmed().decide(handed_over, start()).unwrap());
    let refused = answered(out, Answer::NotNow("it was released".to_owned()));
    assert!(refused.is_stuck());
    assert_eq!(refused.lines[1].progress, LineProgress::HandedOver);
}
