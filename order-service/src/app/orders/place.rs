use http::HeaderMap;
use order_api::{LineProgress, LinesRequest, PlaceOrderRequest};
use problem::{FieldErrors, FieldProblem, Problem};
use service_kit::caller::Caller;
use service_kit::http::{Keyed, Written};

use super::begun;
use crate::app::pricing::priced;
use crate::app::{App, AppError, payments, saga};
use crate::db;
use crate::domain::line::Line;
use crate::domain::order::{NewOrder, Order};
use crate::domain::quote::{Priced, Pricing};
use crate::domain::request::{self, Payment, Wanted};

/// Places an order, once for each key; the saga takes it from there. `answer` is what the caller is told, now and at each
/// repetition.
pub(crate) async fn place(
    app: &App,
    caller: &Caller,
    request: &PlaceOrderRequest,
    keyed: &Keyed,
    context: &HeaderMap,
    answer: impl FnOnce(&Order) -> Written,
) -> Result<Written, AppError> {
    // Before anybody is asked: what was done before is answered even when the inventory is away.
    if let Some(replayed) = keyed.known(app.db.read(), app.clock.now()).await? {
        return Ok(replayed);
    }
    let is_cart = matches!(request.lines, Some(LinesRequest::Cart(_)));
    let mut errors = FieldErrors::default();
    let wanted = wanted(app, &mut errors, caller, request).await?;
    let payment = request.payment.as_ref().and_then(|payment| request::payment(&mut errors, payment));
    let wanted = errors.finish(wanted)?;
    let (pricing, payment) =
        payable(app, priced(app, &wanted, caller.user_id, context).await, payment, context).await?;
    let now = app.clock.now();
    let tx = app.db.begin().await?;
    if let Some(replayed) = keyed.replay(&tx, now).await? {
        return Ok(replayed);
    }
    let new = new_order(app, caller, pricing, payment.as_ref());
    let order = Order::new(new, db::numbers::next(&tx).await?, now);
    let lease = saga::lease_of_new(app, &order, now);
    db::orders::insert(&tx, &order, payment.as_ref().and_then(|payment| payment.token.as_ref()), lease.as_ref())
        .await?;
    begun(app, &tx, &order).await?;
    if is_cart {
        db::carts::take_out(&tx, caller.user_id, &wanted).await?;
    }
    let written = answer(&order);
    keyed.keep(&tx, &written, now).await?;
    tx.commit().await?;
    app.announce(order.id);
    match lease {
        Some(lease) => app.work.put(order, lease),
        None => app.work.ring(),
    }
    Ok(written)
}

async fn wanted(
    app: &App,
    errors: &mut FieldErrors,
    caller: &Caller,
    request: &PlaceOrderRequest,
) -> Result<Option<Vec<Wanted>>, AppError> {
    Ok(match errors.required("/lines", request.lines.as_ref()) {
        None => None,
        Some(LinesRequest::Lines(lines)) => request::lines(errors, lines),
        Some(LinesRequest::Cart(_)) => {
            let lines = db::carts::of_member(app.db.read(), caller.user_id).await?;
            if lines.is_empty() {
                errors.refuse("/lines", "cart_empty", "The cart is empty; put something into it first.");
            }
            Some(lines)
        }
    })
}

fn new_order(app: &App, caller: &Caller, pricing: Pricing, payment: Option<&Payment>) -> NewOrder {
    NewOrder {
        id: app.clock.new_id(),
        borrower_id: caller.user_id,
        lines: pricing.lines.into_iter().map(|priced| line(app, priced)).collect(),
        currency: pricing.currency,
        provider: payment.map(|payment| payment.provider),
    }
}

fn line(app: &App, priced: Priced) -> Line {
    Line {
        item_id: priced.item_id,
        name: priced.name,
        owner_id: priced.owner_id,
        units: priced.units,
        period: priced.period,
        unit_price: priced.unit_price,
        amount: priced.amount,
        deposit: priced.deposit,
        reservation_id: app.clock.new_id(),
        progress: if priced.needs_approval { LineProgress::Asked } else { LineProgress::Agreed },
        check_out_note: None,
        return_note: None,
    }
}

/// The pricing, and how it is paid unless it is free of charge; refused with everything that is wrong with either.
async fn payable(
    app: &App,
    pricing: Result<Pricing, AppError>,
    payment: Option<Payment>,
    context: &HeaderMap,
) -> Result<(Pricing, Option<Payment>), AppError> {
    if pricing.as_ref().is_ok_and(|pricing| pricing.total + pricing.deposit_total == 0) {
        return Ok((pricing?, None));
    }
    let wrong = match (&payment, &pricing) {
        (Some(payment), Ok(_) | Err(AppError::Refused(_))) => {
            payments::unusable(app, payment, pricing.as_ref().ok(), context).await
        }
        (None, Ok(_)) => {
            let detail = "It is not free of charge, so it takes a payment.".to_owned();
            vec![FieldProblem { pointer: "/payment".to_owned(), code: "required".into(), detail }]
        }
        _ => Vec::new(),
    };
    match pricing {
        Err(AppError::Refused(lines)) => Err(Problem::invalid([lines.errors(), &wrong].concat()).into()),
        Ok(pricing) if wrong.is_empty() => Ok((pricing, payment)),
        Ok(_) => Err(Problem::invalid(wrong).into()),
        Err(error) => Err(error),
    }
}
