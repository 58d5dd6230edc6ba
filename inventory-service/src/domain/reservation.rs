//! Reservations and the states they go through.

use chrono::{DateTime, TimeDelta, Utc};
use inventory_api::{HoldRequest, ReservationId, ReservationState};
use problem::{FieldErrors, Problem};
use vocabulary::{ItemId, UserId};

use super::period::Window;
use super::text;

/// Seconds that a hold may last: a week, in which an owner decides and a bank answers.
const HOLD_SECONDS: std::ops::RangeInclusive<i64> = 1..=7 * 86_400;
/// Seconds that a hold lasts unless the request says it: time to pay.
const USUAL_HOLD_SECONDS: i64 = 900;
/// Units or pieces of one reservation.
const UNITS: std::ops::RangeInclusive<i64> = 1..=1_000_000;
/// Characters of a note.
const LONGEST_NOTE: usize = 2_000;

/// Units of an item set aside for a borrower, or pieces of its stock for a buyer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Reservation {
    pub(crate) id: ReservationId,
    pub(crate) item_id: ItemId,
    pub(crate) borrower_id: UserId,
    pub(crate) units: u32,
    /// None for what is sold.
    pub(crate) period: Option<Window>,
    pub(crate) stage: Stage,
    /// Counts the transitions, from 1.
    pub(crate) version: i64,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) updated_at: DateTime<Utc>,
}

/// Where a reservation stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stage {
    Held { until: DateTime<Utc> },
    Confirmed,
    CheckedOut { note: Option<String> },
    Returned { check_out_note: Option<String>, note: Option<String> },
    Released,
    Expired,
}

/// What can happen to a reservation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Transition {
    Extend { until: DateTime<Utc> },
    Confirm,
    CheckOut { note: Option<String> },
    Return { note: Option<String> },
    Release,
}

/// What a transition makes of a stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// It has happened before; a repetition changes nothing.
    Done,
    To(Stage),
}

/// The stage does not allow the transition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("The reservation is {}, so it cannot be {wanted}.", .state.as_str().replace('_', " "))]
pub(crate) struct WrongState {
    pub(crate) state: ReservationState,
    wanted: &'static str,
}

/// A reservation that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewReservation {
    pub(crate) item_id: ItemId,
    pub(crate) borrower_id: UserId,
    pub(crate) units: u32,
    pub(crate) lasts: TimeDelta,
}

impl Stage {
    /// The stage at a moment: a hold that nobody confirmed in time has expired, whether that was written down or not.
    #[must_use]
    pub(crate) fn at(self, now: DateTime<Utc>) -> Self {
        match self {
            Self::Held { until } if until <= now => Self::Expired,
            other => other,
        }
    }

    /// What the transition makes of this stage now. What a stage has gone through already is done.
    ///
    /// # Errors
    /// When the stage does not allow it.
    #[expect(clippy::match_same_arms, reason = "a table of transitions is read row by row")]
    pub(crate) fn step(self, transition: Transition, now: DateTime<Utc>) -> Result<Step, WrongState> {
        use Transition::{CheckOut, Confirm, Extend, Release, Return};
        let stage = self.at(now);
        let state = stage.state();
        Ok(match (stage, transition) {
            (Self::Held { until: before }, Extend { until }) if until <= before => Step::Done,
            (Self::Held { .. }, Extend { until }) => Step::To(Self::Held { until }),
            (Self::Held { .. }, Confirm) => Step::To(Self::Confirmed),
            (Self::Confirmed | Self::CheckedOut { .. } | Self::Returned { .. }, Confirm) => Step::Done,
            (Self::Confirmed, CheckOut { note }) => Step::To(Self::CheckedOut { note }),
            (Self::CheckedOut { .. } | Self::Returned { .. }, CheckOut { .. }) => Step::Done,
            (Self::CheckedOut { note: check_out_note }, Return { note }) => {
                Step::To(Self::Returned { check_out_note, note })
            }
            (Self::Returned { .. }, Return { .. }) => Step::Done,
            (Self::Held { .. } | Self::Confirmed, Release) => Step::To(Self::Released),
            (Self::Released | Self::Expired, Release) => Step::Done,
            (_, transition) => return Err(WrongState { state, wanted: transition.participle() }),
        })
    }

    pub(crate) fn state(&self) -> ReservationState {
        match self {
            Self::Held { .. } => ReservationState::Held,
            Self::Confirmed => ReservationState::Confirmed,
            Self::CheckedOut { .. } => ReservationState::CheckedOut,
            Self::Returned { .. } => ReservationState::Returned,
            Self::Released => ReservationState::Released,
            Self::Expired => ReservationState::Expired,
        }
    }

    /// Whether nobody else can have what the reservation has.
    pub(crate) fn blocks(&self) -> bool {
        match self {
            Self::Held { .. } | Self::Confirmed | Self::CheckedOut { .. } => true,
            Self::Returned { .. } | Self::Released | Self::Expired => false,
        }
    }

    /// When a hold ends by itself.
    pub(crate) fn expires_at(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Held { until } => Some(*until),
            _ => None,
        }
    }

    /// What was noted when things were handed over, and when they came back.
    pub(crate) fn notes(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::CheckedOut { note } => (note.as_deref(), None),
            Self::Returned { check_out_note, note } => (check_out_note.as_deref(), note.as_deref()),
            Self::Held { .. } | Self::Confirmed | Self::Released | Self::Expired => (None, None),
        }
    }
}

impl Transition {
    fn participle(&self) -> &'static str {
        match self {
            Self::Extend { .. } => "extended",
            Self::Confirm => "confirmed",
            Self::CheckOut { .. } => "checked out",
            Self::Return { .. } => "returned",
            Self::Release => "released",
        }
    }
}

impl Reservation {
    /// The reservation in another stage, as its next version.
    #[must_use]
    pub(crate) fn stepped(self, stage: Stage, now: DateTime<Utc>) -> Self {
        Self { stage, version: self.version + 1, updated_at: now, ..self }
    }
}

impl NewReservation {
    /// Reads a request but for its period, which is for the item to judge.
    ///
    /// # Errors
    /// 422 with every bad field.
    pub(crate) fn parse(request: &HoldRequest) -> Result<Self, Problem> {
        let mut errors = FieldErrors::default();
        let item_id = errors.required("/item_id", request.item_id);
        let borrower_id = errors.required("/borrower_id", request.borrower_id);
        let units = request.units.unwrap_or(1);
        let units = u32::try_from(units).ok().filter(|_| UNITS.contains(&units));
        if units.is_none() {
            errors.refuse("/units", "out_of_range", "It has to be a whole number from 1 to 1,000,000.");
        }
        let lasts = lasts(&mut errors, Some(request.ttl_seconds.unwrap_or(USUAL_HOLD_SECONDS)));
        let new = || {
            let (item_id, borrower_id, units, lasts) = (item_id?, borrower_id?, units?, lasts?);
            Some(Self { item_id, borrower_id, units, lasts })
        };
        errors.finish(new())
    }
}

/// Reads how long a hold lasts, at `/ttl_seconds`.
pub(crate) fn lasts(errors: &mut FieldErrors, seconds: Option<i64>) -> Option<TimeDelta> {
    let seconds = errors.required("/ttl_seconds", seconds)?;
    let lasts = HOLD_SECONDS.contains(&seconds).then(|| TimeDelta::seconds(seconds));
    if lasts.is_none() {
        errors.refuse("/ttl_seconds", "out_of_range", "It has to be from 1 second to a week, which has 604,800.");
    }
    lasts
}

/// Reads a note on the condition of what changes hands.
///
/// # Errors
/// 422 when it is too long or holds what text must not hold.
pub(crate) fn note(text: Option<&str>) -> Result<Option<String>, Problem> {
    let Some(text) = text.filter(|text| !text.trim().is_empty()) else {
        return Ok(None);
    };
    let mut errors = FieldErrors::default();
    let note = text::paragraphs(text, LONGEST_NOTE).map_err(|error| error.note(&mut errors, "/note")).ok();
    errors.finish(note).map(Some)
}

#[cfg(test)]
mod tests;
