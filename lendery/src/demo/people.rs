use super::Person;
use super::place::{CANAL, GARDEN, WORKSHOP};

/// The demo's members. Their passwords are printed at the start and good for nothing else.
pub(crate) const PEOPLE: &[Person] = &[
    Person { email: "ada@example.org", display_name: "Ada", password: "ladder-and-lathe", place: WORKSHOP },
    Person { email: "bela@example.org", display_name: "Béla", password: "two-left-gloves", place: GARDEN },
    Person { email: "chiara@example.org", display_name: "Chiara", password: "tent-in-the-rain", place: CANAL },
    Person { email: "dmitri@example.org", display_name: "Dmitri", password: "a-very-quiet-drill", place: WORKSHOP },
    Person { email: "esi@example.org", display_name: "Esi", password: "waffles-on-sunday", place: CANAL },
    Person { email: "farid@example.org", display_name: "Farid", password: "cargo-bike-uphill", place: CANAL },
    Person { email: "greta@example.org", display_name: "Greta", password: "moss-green-mower", place: GARDEN },
    Person { email: "hiro@example.org", display_name: "Hiro", password: "paper-lanterns-nine", place: WORKSHOP },
];
