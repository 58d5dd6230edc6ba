//! What of the demo's things is promised to whom in the months to come.

use std::net::SocketAddr;

use anyhow::{Context, bail};
use chrono::{DateTime, Days, Utc};
use inventory_api::{HoldRequest, PeriodRequest};
use reqwest::StatusCode;
use serde::Deserialize;
use service_kit::clock::Clock;
use vocabulary::Secret;

use super::Cast;

const BOOKINGS: &str = include_str!("bookings.csv");

/// The hour, UTC, at which things change hands: ten in the summer of the demo's town, nine in its winter.
const HANDS_CHANGE: u32 = 8;

#[derive(Deserialize)]
struct Booking {
    /// Counted from the day on which the demo is filled in. What has begun by then is history, which no reservation can make.
    first_day: i64,
    days: u64,
    item: String,
    units: i64,
    borrower: String,
}

/// Holds and confirms what is to come. Again it changes nothing: each line has an id of its own.
pub(super) async fn fill(
    http: &reqwest::Client,
    inventory: SocketAddr,
    credential: &Secret,
    cast: &Cast,
) -> anyhow::Result<()> {
    let today = Clock::system().now().date_naive();
    for (line, booking) in csv::Reader::from_reader(BOOKINGS.as_bytes()).deserialize::<Booking>().enumerate() {
        let booking = booking?;
        let Some(first) = u64::try_from(booking.first_day).ok().filter(|days| *days > 0) else {
            continue;
        };
        let start = (today + Days::new(first)).and_hms_opt(HANDS_CHANGE, 0, 0).context("an hour of the day")?.and_utc();
        let id = format!("00000000-0000-7000-8000-{line:012x}");
        let hold = hold_of(cast, &booking, start)?;
        let url = format!("http://{inventory}/internal/v1/reservations");
        let held = http.post(&url).bearer_auth(credential.expose()).header("idempotency-key", &id).json(&hold);
        match held.send().await?.status() {
            status if status.is_success() => {}
            // Somebody has it already, by an order.
            StatusCode::CONFLICT => continue,
            status => bail!("the demo could not book {}: {status}", booking.item),
        }
        let confirmed = http.post(format!("{url}/{id}/confirm")).bearer_auth(credential.expose());
        confirmed.send().await?.error_for_status()?;
    }
    Ok(())
}

fn hold_of(cast: &Cast, booking: &Booking, start: DateTime<Utc>) -> anyhow::Result<HoldRequest> {
    let item = cast.things.get(&booking.item).with_context(|| format!("the demo has no {}", booking.item))?;
    let borrower = cast.people.get(booking.borrower.as_str());
    let borrower = borrower.with_context(|| format!("nobody in the demo is {}", booking.borrower))?;
    let end = start + Days::new(booking.days);
    Ok(HoldRequest {
        item_id: Some(*item),
        units: Some(booking.units),
        period: Some(PeriodRequest { start: Some(start), end: Some(end) }),
        borrower_id: Some(*borrower),
        ttl_seconds: None,
    })
}
