use proptest::prelude::*;
use uuid::Uuid;

use super::*;

fn hour(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + number * 3600, 0).unwrap()
}

fn window(start: i64, end: i64) -> Window {
    Window::new(hour(start), hour(end)).unwrap()
}

fn unit(number: u128) -> UnitId {
    UnitId::new(Uuid::from_u128(number))
}

fn units(count: u128) -> Vec<UnitId> {
    (0..count).map(unit).collect()
}

fn booking(number: u128, on: u128, start: i64, end: i64) -> Booking {
    let reservation = ReservationId::new(Uuid::from_u128(number));
    Booking { reservation, unit: unit(on), window: window(start, end), is_out: false }
}

fn out(booking: Booking) -> Booking {
    Booking { is_out: true, ..booking }
}

fn schedule(count: u128, bookings: &[Booking]) -> Schedule {
    Schedule::new(units(count), bookings.iter().copied(), hour(0))
}

#[test]
fn bookings_that_touch_do_not_overlap() {
    let taken = schedule(1, &[booking(1, 0, 10, 20)]);
    assert_eq!(taken.free(window(5, 10)), 1);
    assert_eq!(taken.free(window(20, 30)), 1);
    assert_eq!(taken.free(window(19, 20)), 0);
    assert_eq!(taken.place(window(20, 30), 1).unwrap().units, [unit(0)]);
    assert_eq!(taken.place(window(9, 11), 1), None);
}

#[test]
fn a_booking_moves_when_that_makes_room() {
    // Each unit has a gap, and no unit is free for the whole time.
    let gaps = schedule(2, &[booking(1, 0, 0, 10), booking(2, 1, 10, 20)]);
    assert_eq!(gaps.free(window(0, 20)), 1);
    let placement = gaps.place(window(0, 20), 1).unwrap();
    assert_eq!(placement.units.len(), 1);
    assert_eq!(placement.moves.len(), 1);
    assert_eq!(gaps.place(window(0, 20), 2), None);
}

#[test]
fn what_is_out_stays_where_it_is() {
    let gaps = schedule(2, &[out(booking(1, 0, 0, 10)), booking(2, 1, 10, 20)]);
    let placement = gaps.place(window(0, 20), 1).unwrap();
    assert_eq!(placement.units, [unit(1)]);
    assert_eq!((placement.moves[0].booking.unit, placement.moves[0].to), (unit(1), unit(0)));
}

#[test]
fn what_is_overdue_is_away_until_tomorrow() {
    let late = schedule(1, &[out(booking(1, 0, -50, -1))]);
    assert_eq!(late.free(window(1, 2)), 0);
    assert_eq!(late.free(window(23, 25)), 0);
    assert_eq!(late.free(window(24, 26)), 1);
    let never_fetched = schedule(1, &[booking(1, 0, -50, -1)]);
    assert_eq!(never_fetched.free(window(1, 2)), 1);
}

#[test]
fn one_that_is_overdue_blocks_nothing_but_its_successors() {
    let late = schedule(1, &[out(booking(1, 0, -50, -1)), booking(2, 0, 5, 10)]);
    assert_eq!(late.free(window(30, 40)), 1);
    assert_eq!(late.place(window(30, 40), 1).unwrap().moves, []);
    let with_room = schedule(2, &[out(booking(1, 0, -50, -1)), booking(2, 0, 5, 10)]);
    assert_eq!(with_room.confined_to(&units(2)).unwrap()[0].to, unit(1));
}

#[test]
fn a_unit_out_of_service_serves_nobody_and_its_bookings_need_others() {
    let broken = Schedule::new(vec![unit(0)], [booking(1, 1, 10, 20)], hour(0));
    assert_eq!(broken.free(window(15, 16)), 0);
    assert_eq!(broken.confined_to(&[unit(0)]).unwrap()[0].to, unit(0));
    let away = Schedule::new(vec![unit(0)], [out(booking(1, 1, 10, 20))], hour(0));
    assert_eq!(away.free(window(15, 16)), 1);
}

#[test]
fn units_that_are_needed_cannot_be_spared() {
    let busy = schedule(3, &[booking(1, 0, 0, 10), booking(2, 1, 5, 15), booking(3, 2, 12, 20)]);
    assert_eq!(busy.confined_to(&[unit(0), unit(1)]).unwrap()[0].to, unit(0));
    assert_eq!(busy.confined_to(&[unit(0)]), None);
    let out = schedule(2, &[out(booking(1, 1, 0, 10))]);
    assert_eq!(out.confined_to(&[unit(0)]), None);
}

/// Some bookings as they come about: placed one after the other, some handed over.
fn history() -> impl Strategy<Value = Vec<(i64, i64, usize, bool)>> {
    prop::collection::vec((0_i64..60, 1_i64..25, 1_usize..4, any::<bool>()), 0..40)
}

fn overlap(bookings: &[Booking]) -> bool {
    let pairs =
        bookings.iter().enumerate().flat_map(|(index, one)| bookings[..index].iter().map(move |other| (one, other)));
    pairs.into_iter().any(|(one, other)| one.unit == other.unit && one.window.overlaps(other.window))
}

fn apply(bookings: &mut Vec<Booking>, placement: &Placement, number: u128, window: Window, is_out: bool) {
    for moved in &placement.moves {
        let found = bookings.iter_mut().find(|booking| **booking == moved.booking).unwrap();
        found.unit = moved.to;
    }
    let reservation = ReservationId::new(Uuid::from_u128(number));
    bookings.extend(placement.units.iter().map(|unit| Booking { reservation, unit: *unit, window, is_out }));
}

proptest! {
    #[test]
    fn free_is_what_can_be_placed_and_nothing_placed_overlaps(history in history(), count in 1_u128..7) {
        let mut bookings = Vec::new();
        for (number, (start, length, wanted, handed_over)) in history.into_iter().enumerate() {
            let window = window(start, start + length);
            let before = schedule(count, &bookings);
            let free = before.free(window);
            prop_assert!(before.place(window, free + 1).is_none());
            let all = before.place(window, free);
            prop_assert_eq!(all.as_ref().map(|placement| placement.units.len()), Some(free));
            let placement = before.place(window, wanted);
            prop_assert_eq!(placement.is_some(), wanted <= free);
            if let Some(placement) = placement {
                apply(&mut bookings, &placement, number as u128, window, handed_over && start == 0);
                prop_assert!(!overlap(&bookings), "{:?}", bookings);
            }
        }
    }
}
