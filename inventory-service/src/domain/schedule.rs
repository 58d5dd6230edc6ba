//! Which units of an item are free when: the one place where that is decided, for the calendar, the search, the item's
//! page and the reservation.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use inventory_api::{ReservationId, UnitId};

use super::period::Window;

/// For how long what should be back and is not is taken to stay away: it may come tomorrow.
const OVERDUE: TimeDelta = TimeDelta::days(1);

/// The units of one item that can be lent, and what occupies them from a moment on.
#[derive(Debug, Clone)]
pub(crate) struct Schedule {
    /// In the owner's order.
    units: Vec<UnitId>,
    bookings: Vec<Booking>,
    /// Whether every booking has a unit of its own at all times.
    fits: bool,
}

/// One unit taken for one reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Booking {
    pub(crate) reservation: ReservationId,
    pub(crate) unit: UnitId,
    pub(crate) window: Window,
    /// Whether the unit is with the borrower, so that no other can take its place.
    pub(crate) is_out: bool,
}

/// Which units a reservation gets, and which bookings make room for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) units: Vec<UnitId>,
    pub(crate) moves: Vec<Move>,
}

/// A booking that goes to another unit of the item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Move {
    pub(crate) booking: Booking,
    pub(crate) to: UnitId,
}

impl Schedule {
    /// What is known of an item now: its units in service, and the bookings that block, on whatever unit.
    pub(crate) fn new(units: Vec<UnitId>, bookings: impl IntoIterator<Item = Booking>, now: DateTime<Utc>) -> Self {
        let bookings = bookings.into_iter().filter_map(|booking| booking.from(now));
        // What is out on a unit that is out of service takes nothing from the others.
        let counts = |booking: &Booking| !booking.is_out || units.contains(&booking.unit);
        let mut bookings: Vec<_> = bookings.filter(counts).collect();
        // What is out begins now, before all others: it is placed first.
        bookings.sort_by_key(|booking| (booking.window.start(), !booking.is_out));
        let fits = most_at_once(bookings.iter().map(|booking| booking.window)) <= units.len();
        Self { units, bookings, fits }
    }

    /// How many units are out.
    pub(crate) fn in_use(&self) -> usize {
        self.bookings.iter().filter(|booking| booking.is_out).count()
    }

    /// How many units can be had for the whole of this window.
    pub(crate) fn free(&self, window: Window) -> usize {
        if !self.fits {
            // Something is overdue and its successors have no unit: nothing is moved until that is settled.
            return self.idle(window).count();
        }
        let overlapping = self.bookings.iter().map(|booking| booking.window).filter(|taken| taken.overlaps(window));
        let within = overlapping
            .filter_map(|taken| Window::new(taken.start().max(window.start()), taken.end().min(window.end())));
        self.units.len() - most_at_once(within)
    }

    /// Units for the whole of this window; none if so many are not [free](Self::free). Bookings are moved between units
    /// only if there is no other way: intervals of which at most n overlap always fit on n units, one after the other as
    /// they begin.
    pub(crate) fn place(&self, window: Window, count: usize) -> Option<Placement> {
        if count > self.free(window) {
            return None;
        }
        let idle: Vec<_> = self.idle(window).take(count).collect();
        if idle.len() == count {
            return Some(Placement { units: idle, moves: Vec::new() });
        }
        Arrangement::on(&self.units).place(&self.bookings, Some((window, count)))
    }

    /// What has to move so that these units are enough; none if they are not.
    pub(crate) fn confined_to(&self, units: &[UnitId]) -> Option<Vec<Move>> {
        if self.bookings.iter().any(|booking| booking.is_out && !units.contains(&booking.unit)) {
            return None;
        }
        Some(Arrangement::on(units).place(&self.bookings, None)?.moves)
    }

    fn idle(&self, window: Window) -> impl Iterator<Item = UnitId> {
        let is_taken =
            move |unit| self.bookings.iter().any(|taken| taken.unit == unit && taken.window.overlaps(window));
        self.units.iter().copied().filter(move |unit| !is_taken(*unit))
    }
}

impl Booking {
    /// What of it matters from now on; none if it is over.
    fn from(self, now: DateTime<Utc>) -> Option<Self> {
        if !self.is_out {
            return self.window.from(now).map(|window| Self { window, ..self });
        }
        let end = if self.window.end() > now { self.window.end() } else { now + OVERDUE };
        Window::new(now, end).map(|window| Self { window, ..self })
    }
}

/// Bookings being given units, in the order in which they begin.
struct Arrangement<'a> {
    units: &'a [UnitId],
    /// Until when each unit is taken by those placed so far.
    taken_until: HashMap<UnitId, DateTime<Utc>>,
}

impl<'a> Arrangement<'a> {
    fn on(units: &'a [UnitId]) -> Self {
        Self { units, taken_until: HashMap::new() }
    }

    /// Places all bookings, which come in the order of their starts, and `count` new ones for a window.
    fn place(mut self, bookings: &[Booking], wanted: Option<(Window, usize)>) -> Option<Placement> {
        let mut placement = Placement::default();
        let mut wanted = wanted;
        for booking in bookings {
            if let Some((window, count)) = wanted
                && !booking.is_out
                && window.start() <= booking.window.start()
            {
                placement.units = self.add(window, count)?;
                wanted = None;
            }
            let to = self.unit_for(booking)?;
            self.taken_until.insert(to, booking.window.end());
            if to != booking.unit {
                placement.moves.push(Move { booking: *booking, to });
            }
        }
        if let Some((window, count)) = wanted {
            placement.units = self.add(window, count)?;
        }
        Some(placement)
    }

    /// Its own unit if that can be, otherwise any.
    fn unit_for(&self, booking: &Booking) -> Option<UnitId> {
        let start = booking.window.start();
        if self.units.contains(&booking.unit) && self.is_free(booking.unit, start) {
            return Some(booking.unit);
        }
        if booking.is_out { None } else { self.units.iter().copied().find(|unit| self.is_free(*unit, start)) }
    }

    fn add(&mut self, window: Window, count: usize) -> Option<Vec<UnitId>> {
        let free = self.units.iter().copied().filter(|unit| self.is_free(*unit, window.start()));
        let units: Vec<_> = free.take(count).collect();
        self.taken_until.extend(units.iter().map(|unit| (*unit, window.end())));
        (units.len() == count).then_some(units)
    }

    fn is_free(&self, unit: UnitId, from: DateTime<Utc>) -> bool {
        self.taken_until.get(&unit).is_none_or(|until| *until <= from)
    }
}

/// The most of these windows that share one moment.
fn most_at_once(windows: impl Iterator<Item = Window>) -> usize {
    // Of an end and a start at the same moment, the end comes first: windows are half-open.
    let mut edges: Vec<_> = windows.flat_map(|window| [(window.start(), true), (window.end(), false)]).collect();
    edges.sort_unstable();
    let (mut now, mut most) = (0_usize, 0);
    for (_, begins) in edges {
        now = if begins { now + 1 } else { now - 1 };
        most = most.max(now);
    }
    most
}

#[cfg(test)]
mod tests;
