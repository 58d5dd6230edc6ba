use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use order_api::Order;
use problem::Problem;
use serde::Deserialize;
use vocabulary::UserId;

use super::steps::state_word;
use crate::clients::ApiError;
use crate::http::visit::Visit;
use crate::shown::{Frame, Notice, Page, amount, day};
use crate::words::Language;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct From {
    cursor: Option<String>,
}

#[derive(Template)]
#[template(path = "orders.html")]
struct List {
    f: Frame,
    notices: Vec<Notice>,
    orders: Vec<Line>,
    next: Option<String>,
}

struct Line {
    id: String,
    number: i64,
    things: String,
    whose: &'static str,
    /// A class of the style sheet.
    state: &'static str,
    state_word: &'static str,
    total: String,
    on: String,
}

/// The orders of the member, and those for the member's things.
pub(in crate::http) async fn list(visit: Visit, Query(from): Query<From>) -> Result<Response, Problem> {
    let member = visit.session()?.user_id;
    let (f, mut notices) = (visit.frame(), Vec::new());
    let (status, orders, cursor) = match visit.web.orders.concerning("20", from.cursor.as_deref(), &visit.asking).await
    {
        Ok(page) => (StatusCode::OK, page.items, page.next),
        Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(error = %error, "a member's orders cannot be shown");
            notices.push(Notice::urgent(f.w.orders.orders_missing));
            (StatusCode::SERVICE_UNAVAILABLE, Vec::new(), None)
        }
    };
    let next = cursor.map(|cursor| visit.link("/orders", [("cursor", &cursor)]));
    let orders = orders.iter().map(|order| line(visit.lang, order, member)).collect();
    Ok(Page::new(List { f, notices, orders, next }).status(status).into_response())
}

fn line(language: Language, order: &Order, member: UserId) -> Line {
    let w = &language.words().orders;
    let things: Vec<_> = order.lines.iter().map(|line| line.name.as_str()).collect();
    Line {
        id: order.id.to_string(),
        number: order.number,
        things: things.join(", "),
        whose: if order.borrower_id == member { w.you_ordered } else { w.for_your_things },
        state: order.state.as_str(),
        state_word: state_word(w, order.state),
        total: amount(language, order.total),
        on: day(language, order.created_at.date_naive()),
    }
}
