use super::Person;

/// The demo's members. Their passwords are printed at the start and good for nothing else.
pub(crate) const PEOPLE: &[Person] = &[
    person("ada@example.org", "Ada", "ladder-and-lathe"),
    person("bela@example.org", "Béla", "two-left-gloves"),
    person("chiara@example.org", "Chiara", "tent-in-the-rain"),
    person("dmitri@example.org", "Dmitri", "a-very-quiet-drill"),
    person("esi@example.org", "Esi", "waffles-on-sunday"),
    person("farid@example.org", "Farid", "cargo-bike-uphill"),
    person("greta@example.org", "Greta", "moss-green-mower"),
    person("hiro@example.org", "Hiro", "paper-lanterns-nine"),
];

const fn person(email: &'static str, display_name: &'static str, password: &'static str) -> Person {
    Person { email, display_name, password }
}
