use std::collections::BTreeMap;

use askama::Template;
use axum::extract::Query;
use axum::response::{IntoResponse, Response};
use chrono::{Datelike, Months, NaiveDate};
use chrono_tz::Tz;
use http::StatusCode;
use order_api::{LineProgress, Order, OrderState};
use problem::Problem;
use serde::Deserialize;
use vocabulary::{ItemId, UserId};

use crate::clients::{ApiError, all_pages};
use crate::http::orders::state_word;
use crate::http::visit::Visit;
use crate::shown::{Frame, LoanDays, Notice, Page, days_of, loan_days, month_title, weeks, zone};
use crate::words::Language;

/// Pages of a hundred that are looked through: a calendar is about what is near.
const PAGES: usize = 5;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::http) struct Which {
    /// `2026-12`; the current one unless it is given.
    month: String,
}

#[derive(Template)]
#[template(path = "bookings.html")]
struct Calendar {
    f: Frame,
    notices: Vec<Notice>,
    title: String,
    before: String,
    after: String,
    weeks: Vec<[Option<Day>; 7]>,
    bookings: Vec<Booking>,
}

struct Day {
    date: NaiveDate,
    number: u32,
    /// The orders whose things are out on it, by id and number.
    out: Vec<(String, i64)>,
}

/// A loan of one of the member's things.
struct Booking {
    order: String,
    number: i64,
    thing: String,
    when: String,
    days: LoanDays,
    /// A class of the style sheet.
    state: &'static str,
    state_word: &'static str,
}

/// When the member's things are out, month by month.
pub(in crate::http) async fn show(visit: Visit, Query(which): Query<Which>) -> Result<Response, Problem> {
    let member = visit.session()?.user_id;
    let first = first_day(&which.month).unwrap_or_else(|| today(&visit).with_day(1).unwrap_or_else(|| today(&visit)));
    let (f, mut notices, mut status) = (visit.frame(), Vec::new(), StatusCode::OK);
    let bookings = match bookings(&visit, member).await {
        Ok(all) => all.into_iter().filter(|one| touches(one.days, first)).collect(),
        Err(error @ ApiError::Refused { .. }) => return Err(error.into()),
        Err(error) => {
            tracing::warn!(error = %error, "a calendar misses its bookings");
            notices.push(Notice::urgent(f.w.owning.bookings_missing));
            status = StatusCode::SERVICE_UNAVAILABLE;
            Vec::new()
        }
    };
    let link = |first: Option<NaiveDate>| {
        let month = first.map(|first| first.format("%Y-%m").to_string()).unwrap_or_default();
        visit.path(&format!("/mine/bookings?month={month}"))
    };
    let calendar = Calendar {
        title: month_title(visit.lang, first),
        before: link(first.checked_sub_months(Months::new(1))),
        after: link(first.checked_add_months(Months::new(1))),
        weeks: weeks(first).into_iter().map(|week| week.map(|date| date.map(|date| day(date, &bookings)))).collect(),
        bookings,
        notices,
        f,
    };
    Ok(Page::new(calendar).status(status).into_response())
}

/// All loans of the member's things that have not come to nothing, the next to begin first.
async fn bookings(visit: &Visit, member: UserId) -> Result<Vec<Booking>, ApiError> {
    let (inventory, orders, asking) = (&visit.web.inventory, &visit.web.orders, &visit.asking);
    let (orders, items) = tokio::join!(
        all_pages(PAGES, |cursor| async move { orders.concerning("100", cursor.as_deref(), asking).await }),
        all_pages(PAGES, |cursor| async move { inventory.mine("100", cursor.as_deref(), asking).await }),
    );
    let items = items.inspect_err(|error| tracing::warn!(error = %error, "a calendar does not know the places' zones"));
    let zones = items.unwrap_or_default().iter().map(|item| (item.id, zone(item))).collect();
    let mut bookings: Vec<_> = orders?.iter().flat_map(|order| of_order(visit.lang, order, member, &zones)).collect();
    bookings.sort_by_key(|booking| (booking.days.first, booking.number));
    Ok(bookings)
}

fn of_order(language: Language, order: &Order, member: UserId, zones: &BTreeMap<ItemId, Tz>) -> Vec<Booking> {
    let of_member = order.lines.iter().filter(|line| line.owner_id == member && is_booked(order.state));
    let lines = of_member.filter(|line| line.progress != LineProgress::NotFetched);
    let booking = |line: &order_api::OrderLine| {
        let zone = zones.get(&line.item_id).copied().unwrap_or(Tz::UTC);
        Some(Booking {
            order: order.id.to_string(),
            number: order.number,
            thing: if line.units > 1 { format!("{} × {}", line.name, line.units) } else { line.name.clone() },
            when: days_of(language, line.period?, zone),
            days: loan_days(line.period?, zone),
            state: order.state.as_str(),
            state_word: state_word(&language.words().orders, order.state),
        })
    };
    lines.filter_map(booking).collect()
}

/// Whether the things of such an order are, or were, kept for it.
fn is_booked(state: OrderState) -> bool {
    match state {
        OrderState::Pending
        | OrderState::Reserved
        | OrderState::AwaitingApproval
        | OrderState::Authorised
        | OrderState::Confirmed
        | OrderState::Active
        | OrderState::Returned
        | OrderState::Closed => true,
        OrderState::Rejected
        | OrderState::PaymentFailed
        | OrderState::Declined
        | OrderState::Cancelled
        | OrderState::Expired => false,
    }
}

fn day(date: NaiveDate, bookings: &[Booking]) -> Day {
    let out = bookings.iter().filter(|booking| booking.days.first <= date && date <= booking.days.last);
    let mut out: Vec<_> = out.map(|booking| (booking.order.clone(), booking.number)).collect();
    out.dedup();
    Day { date, number: date.day(), out }
}

/// Whether a loan is, on some day, in the month that begins on `first`.
fn touches(days: LoanDays, first: NaiveDate) -> bool {
    let end = first.checked_add_months(Months::new(1)).unwrap_or(first);
    days.first < end && days.last >= first
}

fn first_day(month: &str) -> Option<NaiveDate> {
    format!("{month}-01").parse().ok()
}

fn today(visit: &Visit) -> NaiveDate {
    visit.web.clock.now().date_naive()
}
