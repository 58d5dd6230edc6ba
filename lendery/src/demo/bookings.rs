//! What of the demo's things was lent to whom in the months before, is out now, and is promised for the months to come.

mod diary;

pub(super) use diary::{Entry, HANDS_CHANGE};

use std::collections::HashSet;

use anyhow::Context;
use chrono::{DateTime, Days, Utc};
use inventory_api::{HandOverRequest, HoldRequest, PeriodRequest};
use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use vocabulary::Secret;

use self::diary::{Step, diary};
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

/// The bookings of the demo, as they are made. Again it changes nothing: each line has an id of its own.
pub(super) struct Bookings<'a> {
    http: &'a reqwest::Client,
    url: String,
    credential: &'a Secret,
    cast: &'a Cast,
    lines: Vec<Booking>,
    /// Lines whose things somebody else had.
    missed: HashSet<usize>,
}

impl<'a> Bookings<'a> {
    pub(super) fn load(
        http: &'a reqwest::Client,
        past: &Past,
        credential: &'a Secret,
        cast: &'a Cast,
    ) -> anyhow::Result<Self> {
        let lines = csv::Reader::from_reader(BOOKINGS.as_bytes()).deserialize().collect::<Result<_, _>>()?;
        let url = format!("http://{}/internal/v1/reservations", past.inventory());
        Ok(Self { http, url, credential, cast, lines, missed: HashSet::new() })
    }

    /// What has happened by `now`, in order.
    pub(super) fn entries(&self, now: DateTime<Utc>) -> anyhow::Result<Vec<Entry>> {
        diary(&self.lines, now).context("a day of the demo's bookings")
    }

    /// Promises, hands over or takes back.
    pub(super) async fn take(&mut self, entry: Entry) -> anyhow::Result<()> {
        let booking = self.lines.get(entry.booking).context("a line of the demo's bookings")?;
        let id = id_of(entry.booking, entry.start);
        let happened = match entry.step {
            Step::Promise => {
                let hold =
                    self.post("").header("idempotency-key", &id).json(&hold_of(self.cast, booking, entry.start)?);
                done(hold, booking).await? && done(self.post(&format!("/{id}/confirm")), booking).await?
            }
            _ if self.missed.contains(&entry.booking) => return Ok(()),
            Step::HandOver => self.hands_change(&format!("/{id}/check-out"), booking).await?,
            Step::TakeBack => self.hands_change(&format!("/{id}/return"), booking).await?,
        };
        if !happened {
            self.missed.insert(entry.booking);
        }
        Ok(())
    }

    async fn hands_change(&self, path: &str, booking: &Booking) -> anyhow::Result<bool> {
        done(self.post(path).json(&HandOverRequest::default()), booking).await
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.url)).bearer_auth(self.credential.expose())
    }
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
    let end = start + Days::new(booking.days);
    Ok(HoldRequest {
        item_id: Some(cast.thing(&booking.item)?),
        units: Some(booking.units),
        period: Some(PeriodRequest { start: Some(start), end: Some(end) }),
        borrower_id: Some(cast.person(&booking.borrower)?),
        ttl_seconds: None,
    })
}
