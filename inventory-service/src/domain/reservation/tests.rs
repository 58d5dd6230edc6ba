//! The states against a model of them: a list of the arrows that the design draws.

use proptest::prelude::*;

use super::*;
use ReservationState as State;

/// Every arrow: from where, by what, to where.
const ARROWS: [(State, &str, State); 6] = [
    (State::Held, "extend", State::Held),
    (State::Held, "confirm", State::Confirmed),
    (State::Held, "release", State::Released),
    (State::Confirmed, "check_out", State::CheckedOut),
    (State::Confirmed, "release", State::Released),
    (State::CheckedOut, "return", State::Returned),
];

/// What each name has led to in the past of a state, so that its repetition is answered as done.
const BEHIND: [(State, &[&str]); 6] = [
    (State::Held, &[]),
    (State::Confirmed, &["confirm"]),
    (State::CheckedOut, &["confirm", "check_out"]),
    (State::Returned, &["confirm", "check_out", "return"]),
    (State::Released, &["release"]),
    (State::Expired, &["release"]),
];

const NAMES: [&str; 5] = ["extend", "confirm", "check_out", "return", "release"];

fn second(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + number, 0).unwrap()
}

fn transition(name: &str, now: i64) -> Transition {
    match name {
        "extend" => Transition::Extend { until: second(now + 30) },
        "confirm" => Transition::Confirm,
        "check_out" => Transition::CheckOut { note: Some(format!("out {now}")) },
        "return" => Transition::Return { note: None },
        _ => Transition::Release,
    }
}

proptest! {
    #[test]
    fn the_states_are_those_of_the_model(events in prop::collection::vec((0_usize..NAMES.len(), 0_i64..25), 0..40)) {
        let mut now = 0;
        let mut stage = Stage::Held { until: second(20) };
        let (mut model, mut model_until) = (State::Held, 20);
        for (name, pause) in events {
            now += pause;
            let name = NAMES[name];
            if model == State::Held && model_until <= now {
                model = State::Expired;
            }
            prop_assert_eq!(stage.clone().at(second(now)).state(), model);
            let arrow = ARROWS.iter().find(|(from, by, _)| *from == model && *by == name);
            let is_behind = BEHIND.iter().any(|(state, names)| *state == model && names.contains(&name));
            match stage.clone().step(transition(name, now), second(now)) {
                Ok(Step::To(next)) => {
                    let (_, _, to) = arrow.expect("an arrow of the model");
                    prop_assert_eq!(next.state(), *to);
                    model = *to;
                    stage = next;
                }
                Ok(Step::Done) => prop_assert!(is_behind || name == "extend", "{} in {:?}", name, model),
                Err(wrong) => {
                    prop_assert!(arrow.is_none() && !is_behind, "{} in {:?}", name, model);
                    prop_assert_eq!(wrong.state, model);
                }
            }
            if name == "extend" && model == State::Held {
                model_until = model_until.max(now + 30);
            }
        }
    }
}

#[test]
fn only_what_may_still_be_used_blocks() {
    let blocking: Vec<_> = [
        Stage::Held { until: second(0) },
        Stage::Confirmed,
        Stage::CheckedOut { note: None },
        Stage::Returned { check_out_note: None, note: None },
        Stage::Released,
        Stage::Expired,
    ]
    .iter()
    .map(Stage::blocks)
    .collect();
    assert_eq!(blocking, [true, true, true, false, false, false]);
}

#[test]
fn the_notes_of_both_hand_overs_are_kept() {
    let out = Stage::Confirmed.step(Transition::CheckOut { note: Some("new".to_owned()) }, second(0));
    let Ok(Step::To(out)) = out else { panic!("{out:?}") };
    let back = out.step(Transition::Return { note: Some("worn".to_owned()) }, second(1));
    let (check_out_note, note) = (Some("new".to_owned()), Some("worn".to_owned()));
    assert_eq!(back, Ok(Step::To(Stage::Returned { check_out_note, note })));
}

#[test]
fn a_refusal_says_what_the_reservation_is() {
    let refused = Stage::CheckedOut { note: None }.step(Transition::Release, second(0)).unwrap_err();
    assert_eq!(refused.to_string(), "The reservation is checked out, so it cannot be released.");
}

#[test]
fn what_is_wrong_with_a_request_is_named() {
    let request = HoldRequest { units: Some(0), ttl_seconds: Some(604_801), ..HoldRequest::default() };
    let refused = NewReservation::parse(&request).unwrap_err();
    let pointers: Vec<_> = refused.errors().iter().map(|error| error.pointer.as_str()).collect();
    assert_eq!(pointers, ["/item_id", "/borrower_id", "/units", "/ttl_seconds"]);
    assert!(note(Some("a\0b")).is_err() && note(Some(&"x".repeat(2_001))).is_err());
    assert_eq!(note(Some(" \n ")).unwrap(), None);
}
