use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use futures_util::future::join_all;
use order_api::{Order, StepState};
use problem::Problem;
use serde::Deserialize;

use crate::clients::ApiError;
use crate::http::orders::{StepLine, state_word, step_line};
use crate::http::sign_in;
use crate::http::visit::Visit;
use crate::shown::{Frame, Notice, Page};

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Which {
    cursor: Option<String>,
    saved: Option<String>,
}

#[derive(Template)]
#[template(path = "stuck.html")]
pub(super) struct StuckPage {
    f: Frame,
    notices: Vec<Notice>,
    orders: Vec<Waiting>,
    next: Option<String>,
}

/// An order with the steps that are stuck.
struct Waiting {
    id: String,
    number: i64,
    things: String,
    state_word: &'static str,
    steps: Vec<(u32, u32, StepLine)>,
}

/// Everybody's orders that wait for an administrator, with what can be done about each.
pub(in crate::http) async fn list(visit: Visit, Query(which): Query<Which>) -> Result<Response, Problem> {
    visit.session()?;
    let notices = which.saved.map(|_| Notice::calm(visit.lang.words().saved)).into_iter().collect();
    let page = StuckPage::new(&visit, which.cursor.as_deref(), notices).await?;
    Ok(Page::new(page).into_response())
}

/// The page after a decision was not done.
pub(super) async fn after(visit: &Visit, error: ApiError) -> Result<Response, Problem> {
    let page = StuckPage::new(visit, None, vec![sign_in::failure(visit.lang, &error)]).await?;
    Ok(Page::new(page).status(sign_in::status(&error)).into_response())
}

impl StuckPage {
    async fn new(visit: &Visit, cursor: Option<&str>, mut notices: Vec<Notice>) -> Result<Self, Problem> {
        let page = visit.web.orders.stuck(cursor, &visit.asking).await?;
        let f = visit.frame();
        let orders = join_all(page.items.into_iter().map(|order| waiting(visit, order))).await;
        if orders.iter().any(|order| order.steps.is_empty()) {
            notices.push(Notice::calm(f.w.orders.steps_missing));
        }
        let next = page.next.map(|cursor| visit.link("/stuck", [("cursor", &cursor)]));
        Ok(Self { f, notices, orders, next })
    }
}

async fn waiting(visit: &Visit, order: Order) -> Waiting {
    let steps = visit.web.orders.steps(order.id, &visit.asking).await;
    let steps = steps.inspect_err(|error| tracing::warn!(error = %error, "a stuck order misses its steps"));
    let stuck = steps.unwrap_or_default().into_iter().filter(|step| step.state == StepState::Stuck);
    let things: Vec<_> = order.lines.iter().map(|line| line.name.as_str()).collect();
    Waiting {
        id: order.id.to_string(),
        number: order.number,
        things: things.join(", "),
        state_word: state_word(&visit.lang.words().orders, order.state),
        steps: stuck.map(|step| (step.number, step.attempts, step_line(visit.lang, step))).collect(),
    }
}
