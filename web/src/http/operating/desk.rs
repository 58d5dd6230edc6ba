use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use order_api::OrderId;
use payment_api::Payment;
use problem::Problem;
use serde::Deserialize;
use vocabulary::Money;

use crate::clients::ApiError;
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Frame, Notice, Page, amount, day};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Which {
    cursor: Option<String>,
    saved: Option<String>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct DeskPage {
    f: Frame,
    notices: Vec<Notice>,
    rows: Vec<Due>,
    next: Option<String>,
}

/// What a member has to pay at the desk.
struct Due {
    payment: String,
    order: String,
    /// None while the order cannot be asked for.
    number: Option<i64>,
    /// None while the account cannot be asked for, or is no more.
    payer: Option<(String, String)>,
    amount: String,
    deposit: Option<String>,
    since: String,
}

/// Everybody's payments that wait for money at the desk.
pub(in crate::http) async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Problem> {
    visit.session()?;
    let notices = which.saved.map(|_| Notice::calm(visit.lang.words().saved)).into_iter().collect();
    let page = DeskPage::new(&visit, which.cursor.as_deref(), notices).await?;
    Ok(Page::new(page).into_response())
}

/// The page after something was not done.
pub(super) async fn after(visit: &Visit, error: ApiError) -> Result<Response, Problem> {
    let page = DeskPage::new(visit, None, vec![sign_in::failure(visit.lang, &error)]).await?;
    Ok(Page::new(page).status(sign_in::status(&error)).into_response())
}

impl DeskPage {
    async fn new(visit: &Visit, cursor: Option<&str>, mut notices: Vec<Notice>) -> Result<Self, Problem> {
        let page = visit.web.payments.at_the_desk(cursor, &visit.asking).await?;
        let f = visit.frame();
        let rows = join_all(page.items.into_iter().map(|payment| due(visit, payment))).await;
        if rows.iter().any(|row| row.number.is_none() || row.payer.is_none()) {
            notices.push(Notice::calm(f.w.operating.desk_names_missing));
        }
        let next = page.next.map(|cursor| visit.link("/desk", [("cursor", &cursor)]));
        Ok(Self { f, notices, rows, next })
    }
}

async fn due(visit: &Visit, payment: Payment) -> Due {
    let (order, payer) = tokio::join!(
        visit.web.orders.order(OrderId::new(payment.order_id.uuid()), &visit.asking),
        visit.web.users.person(payment.payer_id, &visit.asking)
    );
    let missing = |error: &ApiError| tracing::warn!(error = %error, "a payment at the desk misses whose it is");
    let whole = payment.amount.amount_minor.saturating_add(payment.deposit.amount_minor);
    Due {
        payment: payment.id.to_string(),
        order: payment.order_id.to_string(),
        number: order.inspect_err(missing).ok().map(|order| order.number),
        payer: payer.inspect_err(missing).ok().map(|user| (user.id.to_string(), user.display_name)),
        amount: amount(visit.lang, Money { amount_minor: whole, ..payment.amount }),
        deposit: (payment.deposit.amount_minor > 0).then(|| amount(visit.lang, payment.deposit)),
        since: day(visit.lang, payment.created_at.date_naive()),
    }
}
