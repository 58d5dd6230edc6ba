//! That the files beside the code agree with each other: people, categories, pictures and bookings.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use super::*;
use crate::demo::PEOPLE;
use crate::demo::categories::CATEGORIES;

const BOOKINGS: &str = include_str!("../bookings.csv");

/// Bytes of a picture that is to travel in the binary.
const LARGEST_PICTURE: u64 = 12_000;

#[derive(Deserialize)]
struct Line {
    owner: String,
    picture: String,
    category: String,
    units: u32,
    loan_days: i32,
}

#[derive(Deserialize)]
struct Category {
    slug: String,
    name: String,
    parent: Option<String>,
}

#[derive(Deserialize)]
struct Booking {
    /// Counted from the day on which the demo is filled in.
    first_day: i32,
    days: i32,
    item: String,
    units: u32,
    borrower: String,
}

fn rows<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().collect::<Result<_, _>>().unwrap()
}

fn sold() -> Vec<serde_json::Value> {
    serde_json::from_str(SOLD).unwrap()
}

#[test]
fn everybody_offers_something_and_nothing_is_left_over() {
    let lines = |person| String::from_utf8(import_of(person).unwrap()).unwrap().lines().count() - 1;
    let lent: usize = PEOPLE.iter().map(lines).inspect(|count| assert!(*count > 0)).sum();
    let sold: usize = PEOPLE.iter().map(|person| sold_by(person).unwrap().len()).sum();
    assert_eq!(PEOPLE.iter().map(|person| lent_by(person).unwrap().len()).sum::<usize>(), lent);
    assert_eq!(lent, LENT.lines().count() - 1);
    assert_eq!(lent + sold, 40);
}

#[test]
fn every_category_of_a_thing_has_a_place_in_the_tree() {
    let tree: Vec<Category> = rows(CATEGORIES);
    let mut slugs = BTreeSet::new();
    for category in &tree {
        assert!(category.parent.as_ref().is_none_or(|parent| slugs.contains(parent)), "{} comes first", category.slug);
        slugs.insert(category.slug.clone());
    }
    let names: BTreeSet<_> = tree.iter().map(|category| category.name.as_str()).collect();
    // An import would make a category at the top of the tree.
    assert!(rows::<Line>(LENT).iter().all(|line| names.contains(line.category.as_str())));
    assert!(sold().iter().all(|thing| slugs.contains(thing["item"]["category"].as_str().unwrap())));
}

#[test]
fn everything_has_a_small_picture_and_every_picture_belongs_to_something() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/demo/pictures");
    let files = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let drawn: BTreeSet<_> = files.filter_map(|name| Some(name.strip_suffix(".webp")?.to_owned())).collect();
    let lent = rows::<Line>(LENT).into_iter().map(|line| line.picture);
    let sold = sold().into_iter().map(|thing| thing["picture"].as_str().unwrap().to_owned());
    assert_eq!(lent.chain(sold).collect::<BTreeSet<_>>(), drawn);
    for name in drawn {
        let size = folder.join(format!("{name}.webp")).metadata().unwrap().len();
        assert!(size < LARGEST_PICTURE, "{name} has {size} bytes");
        assert!(folder.join(format!("{name}.svg")).is_file());
    }
}

#[test]
fn no_booking_takes_more_units_or_days_than_there_are() {
    let lent: HashMap<_, _> = rows::<Line>(LENT).into_iter().map(|line| (line.picture.clone(), line)).collect();
    let mut taken: BTreeMap<(String, i32), u32> = BTreeMap::new();
    for booking in rows::<Booking>(BOOKINGS) {
        let item = &lent[&booking.item];
        assert!(PEOPLE.iter().any(|person| person.email == booking.borrower), "{}", booking.borrower);
        assert_ne!(booking.borrower, item.owner);
        assert!(booking.days >= 1 && booking.days <= item.loan_days, "{}", booking.item);
        for day in booking.first_day..booking.first_day + booking.days {
            let units = taken.entry((booking.item.clone(), day)).or_default();
            *units += booking.units;
            assert!(*units <= item.units, "{} on day {day}", booking.item);
        }
    }
    let days = taken.keys().map(|(_, day)| *day);
    assert!(days.clone().min() < Some(-90) && days.max() > Some(45), "several months, past and future");
}
