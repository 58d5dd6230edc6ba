use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderMap;
use peer::PeerError;
use vocabulary::ItemId;

use crate::{HoldRequest, Item, Period, Reservation, ReservationClient, ReservationError, ReservationId};
use crate::{OfferKind, ReservationState as State};

/// An inventory for the tests of others: it knows the items it was told of, keeps count of them as the real one does, and
/// can be switched off. Its time stands still until it is set, and holds expire by it.
#[derive(Debug, Default)]
pub struct FakeReservations {
    state: Mutex<Shelves>,
}

#[derive(Debug, Default)]
struct Shelves {
    items: HashMap<ItemId, Item>,
    /// None for what was released before it was ever held.
    reservations: HashMap<ReservationId, Option<Reservation>>,
    now: DateTime<Utc>,
    down: bool,
}

impl FakeReservations {
    /// From now on the item is there.
    pub fn offer(&self, item: Item) {
        self.with(|shelves| shelves.items.insert(item.id, item));
    }

    /// Sets the time.
    pub fn set_now(&self, now: DateTime<Utc>) {
        self.with(|shelves| shelves.now = now);
    }

    /// Stops answering, or answers again.
    pub fn set_down(&self, down: bool) {
        self.with(|shelves| shelves.down = down);
    }

    fn with<T>(&self, change: impl FnOnce(&mut Shelves) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn answer<T>(&self, ask: impl FnOnce(&mut Shelves) -> Result<T, ReservationError>) -> Result<T, ReservationError> {
        self.with(|shelves| if shelves.down { Err(switched_off()) } else { ask(shelves) })
    }
}

impl Shelves {
    fn item(&self, id: ItemId) -> Result<&Item, ReservationError> {
        self.items.get(&id).ok_or_else(|| ReservationError::Missing("no such item".to_owned()))
    }

    /// As the real one: units less the most that are out at one moment of the period; of a stock, what is left.
    fn free(&self, id: ItemId, period: Option<Period>) -> Result<u32, ReservationError> {
        let item = self.item(id)?;
        let taken = |at: Option<DateTime<Utc>>| {
            let of_item = self.reservations.values().flatten().filter(|taken| taken.item_id == id);
            let now_taken = of_item.filter(|taken| self.blocks(taken));
            let overlapping = now_taken.filter(|taken| match (taken.period, at) {
                (Some(period), Some(at)) => period.start <= at && at < period.end,
                _ => true,
            });
            overlapping.map(|taken| taken.units).sum::<u32>()
        };
        if item.offer == OfferKind::Sell {
            return Ok(item.stock.unwrap_or(0).saturating_sub(taken(None)));
        }
        let Some(period) = period.filter(|period| period.start < period.end) else {
            return Err(ReservationError::Refused("/period: This field is required.".to_owned()));
        };
        let starts = self.reservations.values().flatten().filter_map(|taken| Some(taken.period?.start));
        let within = starts.filter(|start| period.start <= *start && *start < period.end);
        let most = within.chain([period.start]).map(|at| taken(Some(at))).max().unwrap_or(0);
        Ok(item.units.unwrap_or(0).saturating_sub(most))
    }

    /// Whether nobody else can have what this one has. What was sold stays sold.
    fn blocks(&self, taken: &Reservation) -> bool {
        match self.shown(taken.clone()).state {
            State::Held | State::Confirmed | State::CheckedOut => true,
            State::Returned | State::Released | State::Expired => false,
        }
    }

    fn shown(&self, reservation: Reservation) -> Reservation {
        let is_over = reservation.expires_at.is_some_and(|at| at <= self.now);
        if reservation.state == State::Held && is_over {
            return Reservation { state: State::Expired, ..reservation };
        }
        reservation
    }

    fn find(&self, id: ReservationId) -> Result<Reservation, ReservationError> {
        let found = self.reservations.get(&id).cloned().flatten();
        found.map(|found| self.shown(found)).ok_or_else(|| ReservationError::Missing("no such reservation".to_owned()))
    }

    fn hold(&mut self, id: ReservationId, request: &HoldRequest) -> Result<Reservation, ReservationError> {
        match self.reservations.get(&id).cloned() {
            Some(Some(known)) if !matches!(self.shown(known.clone()).state, State::Released | State::Expired) => {
                return Ok(known);
            }
            Some(_) => return Err(ReservationError::Conflict("the id was released".to_owned())),
            None => {}
        }
        let required = || ReservationError::Refused("This field is required.".to_owned());
        let item_id = request.item_id.ok_or_else(required)?;
        let bounds = request.period.as_ref().and_then(|period| Some(Period { start: period.start?, end: period.end? }));
        let units = u32::try_from(request.units.unwrap_or(1)).map_err(|_| required())?;
        let free = self.free(item_id, bounds)?;
        if units > free {
            return Err(ReservationError::Conflict(format!("{units} asked for, {free} free")));
        }
        let reservation = Reservation {
            id,
            item_id,
            borrower_id: request.borrower_id.ok_or_else(required)?,
            units,
            period: bounds,
            state: State::Held,
            expires_at: Some(self.now + TimeDelta::seconds(request.ttl_seconds.unwrap_or(900))),
            unit_ids: Vec::new(),
            check_out_note: None,
            return_note: None,
            version: 1,
            created_at: self.now,
            updated_at: self.now,
        };
        self.reservations.insert(id, Some(reservation.clone()));
        Ok(reservation)
    }

    /// Refuses what is promised while all units are out.
    fn expect_on_the_shelf(&self, id: ReservationId) -> Result<(), ReservationError> {
        let leaving = self.find(id)?;
        let units = self.item(leaving.item_id)?.units;
        let others = self.reservations.values().flatten().filter(|other| other.id != id);
        let out = others.filter(|other| other.item_id == leaving.item_id && other.state == State::CheckedOut);
        match units.filter(|_| leaving.state == State::Confirmed) {
            Some(units) if out.map(|other| other.units).sum::<u32>() + leaving.units > units => {
                Err(ReservationError::Conflict("it has not come back yet".to_owned()))
            }
            _ => Ok(()),
        }
    }

    /// Goes from one of the states to another; being there already is as good.
    fn step(
        &mut self,
        id: ReservationId,
        from: &[State],
        to: State,
        note: impl FnOnce(&mut Reservation),
    ) -> Result<Reservation, ReservationError> {
        let mut reservation = self.find(id)?;
        if reservation.state == to && !from.contains(&to) {
            return Ok(reservation);
        }
        if !from.contains(&reservation.state) {
            return Err(ReservationError::Conflict(format!("it is {}", reservation.state.as_str())));
        }
        reservation.state = to;
        reservation.version += 1;
        reservation.updated_at = self.now;
        note(&mut reservation);
        self.reservations.insert(id, Some(reservation.clone()));
        Ok(reservation)
    }
}

#[async_trait]
impl ReservationClient for FakeReservations {
    async fn item(&self, id: ItemId, _: &HeaderMap) -> Result<Item, ReservationError> {
        self.answer(|shelves| shelves.item(id).cloned())
    }

    async fn free(&self, id: ItemId, period: Option<Period>, _: &HeaderMap) -> Result<u32, ReservationError> {
        self.answer(|shelves| shelves.free(id, period))
    }

    async fn hold(
        &self,
        id: ReservationId,
        request: &HoldRequest,
        _: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        self.answer(|shelves| shelves.hold(id, request))
    }

    async fn reservation(&self, id: ReservationId, _: &HeaderMap) -> Result<Reservation, ReservationError> {
        self.answer(|shelves| shelves.find(id))
    }

    async fn extend(&self, id: ReservationId, time: Duration, _: &HeaderMap) -> Result<Reservation, ReservationError> {
        self.answer(|shelves| {
            let until = shelves.now + TimeDelta::from_std(time).unwrap_or_default();
            shelves.step(id, &[State::Held], State::Held, |held| held.expires_at = held.expires_at.max(Some(until)))
        })
    }

    async fn confirm(&self, id: ReservationId, _: &HeaderMap) -> Result<Reservation, ReservationError> {
        let unbounded = |confirmed: &mut Reservation| confirmed.expires_at = None;
        self.answer(|shelves| shelves.step(id, &[State::Held], State::Confirmed, unbounded))
    }

    async fn check_out(
        &self,
        id: ReservationId,
        note: Option<&str>,
        _: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        let noted = |out: &mut Reservation| out.check_out_note = note.map(ToOwned::to_owned);
        self.answer(|shelves| {
            shelves.expect_on_the_shelf(id)?;
            shelves.step(id, &[State::Confirmed], State::CheckedOut, noted)
        })
    }

    async fn take_back(
        &self,
        id: ReservationId,
        note: Option<&str>,
        _: &HeaderMap,
    ) -> Result<Reservation, ReservationError> {
        let noted = |back: &mut Reservation| back.return_note = note.map(ToOwned::to_owned);
        self.answer(|shelves| shelves.step(id, &[State::CheckedOut], State::Returned, noted))
    }

    async fn release(&self, id: ReservationId, _: &HeaderMap) -> Result<(), ReservationError> {
        self.answer(|shelves| {
            match shelves.find(id) {
                Err(_) => drop(shelves.reservations.insert(id, None)),
                Ok(lapsed) if lapsed.state == State::Expired => {}
                Ok(_) => drop(shelves.step(id, &[State::Held, State::Confirmed], State::Released, |_| ())?),
            }
            Ok(())
        })
    }
}

fn switched_off() -> ReservationError {
    ReservationError::Unavailable(PeerError::Timeout { peer: "inventory-service".into(), after: Duration::ZERO })
}
