//! What of the demo's things was lent to whom in the months before, is out now, and is promised for the months to come.

mod diary;

use std::collections::HashSet;

use anyhow::Context;
use chrono::{DateTime, Days, Utc};
use inventory_api::{HandOverRequest, HoldRequest, PeriodRequest};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use vocabulary::Secret;

use self::diary::{Entry, Step, diary};
use super::Cast;
use super::member::accepted;
use super::past::Past;

const BOOKINGS: &str = include_str!("bookings.csv");

/// A line of the file.
#[derive(Debug, Deserialize)]
struct Booking {
    /// Counted from the day on which the demo is filled in.
    first_day: i64,
    days: u64,
    item: String,
    units: i64,
    borrower: String,
}

/// Promises, hands over and takes back, each at its time until `now`. Again it changes nothing: each line has an id of its
/// own.
pub(super) async fn fill(
    http: &reqwest::Client,
    past: &Past,
    credential: &Secret,
    cast: &Cast,
    now: DateTime<Utc>,
) -> anyhow::Result<()> {
    let bookings: Vec<Booking> =
        csv::Reader::from_reader(BOOKINGS.as_bytes()).deserialize().collect::<Result<_, _>>()?;
    let url = format!("http://{}/internal/v1/reservations", past.address());
    let post = |path: &str| http.post(format!("{url}{path}")).bearer_auth(credential.expose());
    let mut others = HashSet::new();
    for Entry { at, step, booking: line, start } in diary(&bookings, now).context("a day of the demo's bookings")? {
        past.wait_until(at);
        let (booking, id) = (bookings.get(line).context("a line of the demo's bookings")?, id_of(line, start));
        let happened = match step {
            Step::Promise => {
                let hold = post("").header("idempotency-key", &id).json(&hold_of(cast, booking, start)?);
                done(hold, booking).await? && done(post(&format!("/{id}/confirm")), booking).await?
            }
            _ if others.contains(&line) => continue,
            Step::HandOver => {
                done(post(&format!("/{id}/check-out")).json(&HandOverRequest::default()), booking).await?
            }
            Step::TakeBack => done(post(&format!("/{id}/return")).json(&HandOverRequest::default()), booking).await?,
        };
        if !happened {
            others.insert(line);
        }
    }
    past.wait_until(now);
    Ok(())
}

/// Whether the step was taken. It is not when somebody else has the thing, by an order.
async fn done(request: RequestBuilder, booking: &Booking) -> anyhow::Result<bool> {
    let answer = request.send().await?;
    if answer.status() == StatusCode::CONFLICT {
        return Ok(false);
    }
    accepted(answer, &format!("book {}", booking.item)).await?;
    Ok(true)
}

/// The UUIDv7 of a line, of the moment at which the loan begins.
fn id_of(line: usize, start: DateTime<Utc>) -> String {
    let ms = start.timestamp_millis();
    format!("{:08x}-{:04x}-7000-8000-{line:012x}", ms >> 16, ms & 0xffff)
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
