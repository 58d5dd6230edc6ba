use order_api::{Cart, CartLine, Quote, QuoteLine, RefusedLine};
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
pub(super) fn quote(Quoted { pricing, free, refused }: &Quoted) -> Quote {
    let money = |amount_minor| Money { amount_minor, currency: pricing.currency };
    let lines: Vec<_> =
        pricing.lines.iter().zip(free).map(|(line, free)| quote_line(line, free, pricing.currency)).collect();
    let refused = refused.iter().map(|(line, why)| RefusedLine {
        item_id: line.item_id,
        units: line.units,
        period: line.period,
        obstacle: why.clone(),
    });
    Quote {
        available: refused.len() == 0 && lines.iter().all(|line| line.obstacle.is_none()),
        lines,
        refused: refused.collect(),
        total: money(pricing.total),
        deposit_total: money(pricing.deposit_total),
    }
}

fn quote_line(line: &Priced, free: &Result<u32, String>, currency: Currency) -> QuoteLine {
    let money = |amount_minor| Money { amount_minor, currency };
    let obstacle = match free {
        Ok(free) if line.units > *free => {
            Some(format!("Asked for {}, and {free} are free; take fewer, or another time.", line.units))
        }
        Ok(_) => None,
        Err(why) => Some(why.clone()),
    };
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
        free: free.as_ref().map_or(0, |free| *free),
        obstacle,
    }
}
