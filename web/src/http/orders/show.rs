use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use chrono_tz::Tz;
use futures_util::future::join_all;
use order_api::{Order, OrderId, OrderLine};
use problem::{FieldProblem, Problem};
use serde::Deserialize;

use super::forms::{Act, ActForm};
use super::steps::{StepLine, progress_word, state_word, step_line};
use crate::http::address::Address;
use crate::http::posted::Posted;
use crate::http::visit::Visit;
use crate::shown::{Control, Frame, Notice, Page, amount, days_of, moment, refuse, zone};
use crate::words::Language;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Came {
    placed: Option<String>,
    done: Option<String>,
}

#[derive(Template)]
#[template(path = "order.html")]
pub(super) struct OrderPage {
    f: Frame,
    notices: Vec<Notice>,
    order: Order,
    /// A class of the style sheet.
    state: &'static str,
    state_word: &'static str,
    /// Who ordered it, for the owners of the things.
    borrower: Option<String>,
    total: String,
    deposits: Option<String>,
    ordered: String,
    ordered_iso: String,
    lines: Vec<Line>,
    steps: Vec<StepLine>,
    forms: Vec<ActForm>,
    /// Whether something of it may still change.
    live: bool,
}

struct Line {
    item_id: String,
    name: String,
    units: u32,
    when: Option<String>,
    amount: String,
    progress: &'static str,
}

/// An order: what was ordered, how far it has come, and what the member may do.
pub(in crate::http) async fn show(
    visit: Visit,
    Address(id): Address<OrderId>,
    Query(came): Query<Came>,
) -> Result<Response, Problem> {
    visit.session()?;
    let order = visit.web.orders.order(id, &visit.asking).await?;
    let w = &visit.lang.words().orders;
    let happened = [came.placed.map(|_| Notice::calm(w.placed)), came.done.map(|_| Notice::calm(w.done))];
    let notices = happened.into_iter().flatten().collect();
    Ok(Page::new(OrderPage::new(&visit, order, notices, &Posted::default()).await).into_response())
}

impl OrderPage {
    /// The page, with what was typed into its forms.
    pub(super) async fn new(visit: &Visit, order: Order, mut notices: Vec<Notice>, posted: &Posted) -> Self {
        let (f, lang) = (visit.frame(), visit.lang);
        let w = &f.w.orders;
        let (steps, zones, borrower) = tokio::join!(
            visit.web.orders.steps(order.id, &visit.asking),
            zones(visit, &order),
            borrower(visit, &order)
        );
        let steps = steps.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "an order misses its steps");
            notices.push(Notice::calm(w.steps_missing));
            Vec::new()
        });
        let acts = visit.visitor.session().map(|session| Act::open_to(session.user_id, &order)).unwrap_or_default();
        Self {
            state: order.state.as_str(),
            state_word: state_word(w, order.state),
            borrower,
            total: amount(lang, order.total),
            deposits: (order.deposit_total.amount_minor > 0).then(|| amount(lang, order.deposit_total)),
            ordered: moment(lang, order.created_at),
            ordered_iso: order.created_at.to_rfc3339(),
            lines: order.lines.iter().zip(zones).map(|(line, zone)| shown(lang, line, zone)).collect(),
            steps: steps.into_iter().map(|step| step_line(lang, step)).collect(),
            forms: acts.into_iter().map(|act| act.form(w, posted)).collect(),
            live: !(order.settled && order.state.is_final()),
            f,
            notices,
            order,
        }
    }

    /// Marks a field of its forms.
    pub(super) fn refuse(&mut self, name: &str, why: &str) {
        let fields = self.forms.iter_mut().flat_map(|form| &mut form.fields);
        fields.filter(|field| field.name == name).for_each(|field| field.error = Some(why.to_owned()));
    }

    /// Marks the fields that the order service has refused.
    pub(super) fn refused(&mut self, language: Language, refused: &[FieldProblem]) {
        let mut fields: Vec<_> = self.forms.iter_mut().flat_map(|form| &mut form.fields).collect();
        refuse(language, &mut fields, refused);
    }
}

/// The zone of each line's place; UTC where that cannot be read.
async fn zones(visit: &Visit, order: &Order) -> Vec<Tz> {
    let items = order.lines.iter().map(|line| visit.web.inventory.item(line.item_id, &visit.asking));
    join_all(items).await.into_iter().map(|item| item.as_ref().map_or(Tz::UTC, zone)).collect()
}

/// The name of who ordered it, unless that is the reader.
async fn borrower(visit: &Visit, order: &Order) -> Option<String> {
    if visit.visitor.session().is_some_and(|session| session.user_id == order.borrower_id) {
        return None;
    }
    let profile = visit.web.users.profile(order.borrower_id, &visit.asking).await;
    Some(profile.map_or_else(|_| visit.lang.words().a_member.to_owned(), |profile| profile.display_name))
}

fn shown(language: Language, line: &OrderLine, zone: Tz) -> Line {
    Line {
        item_id: line.item_id.to_string(),
        name: line.name.clone(),
        units: line.units,
        when: line.period.map(|period| days_of(language, period, zone)),
        amount: amount(language, line.amount),
        progress: progress_word(&language.words().orders, line.progress),
    }
}
