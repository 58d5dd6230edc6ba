use inventory_api::Condition;
use uuid::Uuid;

use super::*;

fn now() -> DateTime<Utc> {
    "2027-03-10T12:00:00Z".parse().unwrap()
}

fn member(number: u128) -> UserId {
    UserId::new(Uuid::from_u128(number))
}

fn euros(amount_minor: i64) -> Money {
    Money { amount_minor, currency: Currency::EUR }
}

/// A drill at 4.50 a day with a deposit of 50.
fn drill(id: u128) -> Item {
    Item {
        id: ItemId::new(Uuid::from_u128(id)),
        owner_id: member(1),
        name: "Drill".to_owned(),
        description: String::new(),
        category: "tools".to_owned(),
        tags: Vec::new(),
        condition: Condition::Good,
        offer: OfferKind::Lend,
        units: Some(3),
        daily_price: Some(euros(450)),
        deposit: Some(euros(5_000)),
        max_loan_days: Some(14),
        buffer_hours: Some(0),
        stock: None,
        price: None,
        approval: Approval::Auto,
        pickup: None,
        photos: Vec::new(),
        status: ItemStatus::Listed,
        version: 1,
        created_at: now(),
        updated_at: now(),
    }
}

fn novel(id: u128) -> Item {
    Item {
        offer: OfferKind::Sell,
        units: None,
        daily_price: None,
        deposit: None,
        max_loan_days: None,
        stock: Some(9),
        price: Some(euros(900)),
        ..drill(id)
    }
}

fn days(count: i64) -> Period {
    let start = now() + TimeDelta::hours(1);
    Period { start, end: start + TimeDelta::days(count) }
}

fn line(item: Item, units: u32, period: Option<Period>) -> (Wanted, Option<Item>) {
    (Wanted { item_id: item.id, units, period }, Some(item))
}

fn codes(lines: &[(Wanted, Option<Item>)]) -> Vec<String> {
    let problem = price(lines, member(9), now()).unwrap_err();
    problem.errors().iter().map(|error| format!("{} {}", error.pointer, error.code)).collect()
}

#[test]
fn a_line_costs_days_times_units_times_the_price_of_one() {
    let lines = [line(drill(1), 2, Some(days(7))), line(novel(2), 3, None)];
    let pricing = price(&lines, member(9), now()).unwrap();
    let amounts: Vec<_> = pricing.lines.iter().map(|line| (line.amount, line.deposit, line.days)).collect();
    assert_eq!(amounts, [(6_300, 10_000, Some(7)), (2_700, 0, None)]);
    assert_eq!((pricing.total, pricing.deposit_total, pricing.currency), (9_000, 10_000, Currency::EUR));
}

#[test]
fn what_cannot_be_ordered_is_named_by_its_place() {
    let own = Item { owner_id: member(9), ..drill(1) };
    let paused = Item { status: ItemStatus::Paused, ..drill(2) };
    let lines = [line(own, 1, Some(days(1))), line(paused, 1, Some(days(1))), (line(drill(3), 1, None).0, None)];
    assert_eq!(
        codes(&lines),
        ["/lines/0/item_id own_item", "/lines/1/item_id not_offered", "/lines/2/item_id not_there"]
    );
}

#[test]
fn periods_are_of_the_future_and_within_what_is_allowed() {
    let yesterday = Period { start: now() - TimeDelta::days(2), end: now() - TimeDelta::days(1) };
    let past = ["/lines/0/period/start in_the_past", "/lines/0/period/end in_the_past"];
    assert_eq!(codes(&[line(drill(1), 1, Some(yesterday))]), past);
    assert_eq!(codes(&[line(drill(1), 1, Some(days(15)))]), ["/lines/0/period/end too_long"]);
    assert_eq!(codes(&[line(drill(1), 1, None)]), ["/lines/0/period required"]);
    assert_eq!(codes(&[line(novel(1), 1, Some(days(1)))]), ["/lines/0/period not_for_this_offer"]);
}

#[test]
fn one_order_is_in_one_currency() {
    let yen = Item { price: Some(Money { amount_minor: 900, currency: "JPY".parse().unwrap() }), ..novel(2) };
    assert_eq!(codes(&[line(drill(1), 1, Some(days(1))), line(yen, 1, None)]), ["/lines/1/item_id mixed_currencies"]);
}

#[test]
fn sums_that_do_not_fit_are_refused() {
    let dear = |id| Item { price: Some(euros(i64::MAX / 2)), ..novel(id) };
    assert_eq!(codes(&[line(dear(1), 3, None)]), ["/lines/0/units too_much"]);
    assert_eq!(codes(&[line(dear(1), 1, None), line(dear(2), 1, None), line(dear(3), 1, None)]), ["/lines too_much"]);
    // Each of the sums fits, and both together do not.
    let secured = Item { daily_price: Some(euros(i64::MAX)), deposit: Some(euros(1)), ..drill(4) };
    assert_eq!(codes(&[line(secured, 1, Some(days(1)))]), ["/lines too_much"]);
}
