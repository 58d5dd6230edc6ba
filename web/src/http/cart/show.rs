use askama::Template;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use http::StatusCode;
use inventory_api::Item;
use order_api::{CartLine, Quote, QuoteLine};
use problem::Problem;

use crate::clients::ApiError;
use crate::http::visit::Visit;
use crate::shown::{Choice, Control, Field, Frame, Notice, Page, amount, days_of, zone};
use crate::words::Language;

#[derive(Template)]
#[template(path = "cart.html")]
pub(super) struct CartPage {
    f: Frame,
    notices: Vec<Notice>,
    pub(super) status: StatusCode,
    lines: Vec<Line>,
    /// What it costs, unless that cannot be said now.
    checkout: Option<Checkout>,
}

struct Line {
    id: String,
    name: String,
    units: u32,
    when: Option<String>,
    amount: Option<String>,
    obstacle: Option<String>,
    needs_approval: bool,
}

struct Checkout {
    key: String,
    total: String,
    deposits: Option<String>,
    /// How to pay, unless there is nothing to pay.
    payment: Option<Field>,
    available: bool,
}

/// What is in the member's cart, and what it costs.
pub(in crate::http) async fn show(visit: Visit) -> Result<Response, Problem> {
    visit.session()?;
    let page = CartPage::new(&visit, Vec::new(), None).await?;
    let status = page.status;
    Ok(Page::new(page).status(status).into_response())
}

impl CartPage {
    /// The page; `key` is that of an order that may have been placed already.
    pub(super) async fn new(visit: &Visit, mut notices: Vec<Notice>, key: Option<&str>) -> Result<Self, Problem> {
        let (f, orders) = (visit.frame(), &visit.web.orders);
        let mut status = StatusCode::OK;
        let lines = match orders.cart(&visit.asking).await {
            Ok(cart) => cart.lines,
            Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
            Err(error) => {
                tracing::warn!(error = %error, "a cart cannot be shown");
                notices.push(Notice::urgent(f.w.orders.cart_missing));
                status = StatusCode::SERVICE_UNAVAILABLE;
                Vec::new()
            }
        };
        let quote = if lines.is_empty() { None } else { quoted(visit, &mut notices).await };
        let items = join_all(lines.iter().map(|line| visit.web.inventory.item(line.item_id, &visit.asking))).await;
        let lines = lines.iter().zip(items).map(|(line, item)| {
            let priced = quote.as_ref().and_then(|quote| quote.lines.iter().find(|one| one.item_id == line.item_id));
            let refused = quote.as_ref().and_then(|quote| quote.refused.iter().find(|one| one.item_id == line.item_id));
            let obstacle = refused.map(|refused| refused.obstacle.clone());
            let obstacle = obstacle.or_else(|| priced.and_then(|priced| priced.obstacle.clone()));
            shown(visit.lang, line, item.ok().as_ref(), (priced, obstacle))
        });
        let lines = lines.collect();
        let checkout = quote.map(|quote| checkout(visit, &quote, key));
        if checkout.as_ref().is_some_and(|checkout| !checkout.available) {
            notices.push(Notice::urgent(f.w.orders.not_to_be_had));
        }
        Ok(Self { f, notices, status, lines, checkout })
    }
}

/// What the cart costs; none, and why, when that cannot be said.
async fn quoted(visit: &Visit, notices: &mut Vec<Notice>) -> Option<Quote> {
    match visit.web.orders.quote(&visit.asking).await {
        Ok(quote) => Some(quote),
        Err(error) => {
            tracing::info!(error = %error, "a cart has no price");
            let words = visit.lang.words();
            notices.push(Notice::urgent(match error.detail() {
                Some(detail) if visit.lang == Language::English => detail,
                Some(_) => words.orders.not_to_be_had,
                None => words.try_again,
            }));
            notices.extend(error.fields().iter().map(|field| Notice::urgent(field.detail.clone())));
            None
        }
    }
}

fn shown(
    language: Language,
    line: &CartLine,
    item: Option<&Item>,
    (priced, obstacle): (Option<&QuoteLine>, Option<String>),
) -> Line {
    let w = language.words();
    let name = item.map(|item| item.name.clone()).or_else(|| priced.map(|priced| priced.name.clone()));
    Line {
        id: line.item_id.to_string(),
        name: name.unwrap_or_else(|| w.orders.thing.to_owned()),
        units: line.units,
        when: line.period.map(|period| days_of(language, period, item.map_or(chrono_tz::Tz::UTC, zone))),
        amount: priced.map(|priced| amount(language, priced.amount)),
        obstacle: match language {
            Language::English => obstacle,
            Language::German => obstacle.map(|_| w.orders.obstacle.to_owned()),
        },
        needs_approval: priced.is_some_and(|priced| priced.needs_approval),
    }
}

fn checkout(visit: &Visit, quote: &Quote, key: Option<&str>) -> Checkout {
    let key = key.map_or_else(|| visit.web.clock.new_id::<vocabulary::Item>().to_string(), ToOwned::to_owned);
    let (total, deposit) = (quote.total, quote.deposit_total);
    let costs = total.amount_minor > 0 || deposit.amount_minor > 0;
    Checkout {
        key,
        total: amount(visit.lang, total),
        deposits: (deposit.amount_minor > 0).then(|| amount(visit.lang, deposit)),
        payment: costs.then(|| payment(visit)),
        available: quote.available,
    }
}

fn payment(visit: &Visit) -> Field {
    let w = &visit.lang.words().orders;
    let mut choices = vec![Choice::new("desk", w.pay_desk)];
    if visit.web.test_payments {
        choices.push(Choice::new("test", w.pay_test));
        choices.push(Choice::new("test-declined", w.pay_test_declined));
    }
    Field::new("payment", w.how_to_pay, Control::Radios(choices)).value("desk")
}
