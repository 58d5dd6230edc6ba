use order_api::{Cart, CartLine, Quote, QuoteLine};
use vocabulary::{Currency, Money};

use crate::app::carts::Quoted;
use crate::domain::quote::Priced;
use crate::domain::request::Wanted;

/// The cart as its member sees it.
pub(super) fn cart(lines: &[Wanted]) -> Cart {
    let lines = lines.iter().map(|line| CartLine { item_id: line.item_id, units: line.units, period: line.period });
    Cart { lines: lines.collect() }
}

/// The quote as its member sees it.
pub(super) fn quote(Quoted { pricing, free }: &Quoted) -> Quote {
    let money = |amount_minor| Money { amount_minor, currency: pricing.currency };
    let lines: Vec<_> =
        pricing.lines.iter().zip(free).map(|(line, free)| quote_line(line, *free, pricing.currency)).collect();
    Quote {
        available: lines.iter().all(|line| line.obstacle.is_none()),
        lines,
        total: money(pricing.total),
        deposit_total: money(pricing.deposit_total),
    }
}

fn quote_line(line: &Priced, free: u32, currency: Currency) -> QuoteLine {
    let money = |amount_minor| Money { amount_minor, currency };
    let short = line.units > free;
    QuoteLine {
        item_id: line.item_id,
        name: line.name.clone(),
        owner_id: line.owner_id,
        offer: line.offer,
        units: line.units,
        period: line.period,
        days: line.days,
        unit_price: money(line.unit_price),
        amount: money(line.amount),
        deposit: money(line.deposit),
        needs_approval: line.needs_approval,
        free,
        obstacle: short.then(|| format!("Asked for {}, and {free} are free; take fewer, or another time.", line.units)),
    }
}
