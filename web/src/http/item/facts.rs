use inventory_api::{Approval, Condition, Item, OfferKind};

use crate::shown::{amount, day, day_count, zone};
use crate::words::Language;

/// One line of what is known of a thing.
pub(super) struct Fact {
    pub(super) label: &'static str,
    pub(super) value: String,
}

/// What there is to say of a thing beside its name, price and owner; `in_use` of its units are out.
pub(super) fn facts(language: Language, item: &Item, in_use: u32) -> Vec<Fact> {
    let w = language.words();
    let fact = |label, value: String| Some(Fact { label, value });
    let lent = item.offer == OfferKind::Lend;
    let listed = item.created_at.with_timezone(&zone(item)).date_naive();
    let all = [
        fact(w.condition, condition(language, item.condition).to_owned()),
        item.deposit.and_then(|money| fact(w.deposit, amount(language, money))),
        item.max_loan_days.and_then(|days| fact(w.longest_loan, day_count(language, i64::from(days)))),
        item.units.filter(|units| *units > 1).and_then(|units| fact(w.how_many, units.to_string())),
        item.stock.and_then(|stock| fact(w.in_stock, stock.to_string())),
        fact(w.right_now, use_of(language, item.units.unwrap_or(1), in_use)).filter(|_| in_use > 0),
        fact(w.who_decides, approval(language, item.approval).to_owned()).filter(|_| lent),
        item.pickup.as_ref().and_then(|place| fact(w.pickup, place.label.clone())),
        fact(w.listed_on, day(language, listed)),
    ];
    all.into_iter().flatten().collect()
}

/// Such as "in use", or "1 of 3 in use".
fn use_of(language: Language, units: u32, in_use: u32) -> String {
    let w = language.words();
    if units == 1 { w.in_use.to_owned() } else { format!("{in_use} {} {units} {}", w.of_them, w.in_use) }
}

fn condition(language: Language, condition: Condition) -> &'static str {
    let w = language.words();
    match condition {
        Condition::New => w.condition_new,
        Condition::LikeNew => w.condition_like_new,
        Condition::Good => w.condition_good,
        Condition::Fair => w.condition_fair,
        Condition::Poor => w.condition_poor,
    }
}

fn approval(language: Language, approval: Approval) -> &'static str {
    let w = language.words();
    match approval {
        Approval::Auto => w.approval_auto,
        Approval::Owner => w.approval_owner,
    }
}
