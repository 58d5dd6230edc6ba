use ::config::{ConfigError as ReadError, Value};
use serde::de::DeserializeOwned;

use super::place::{Mistake, Place};

/// The origin of what stands in for something that could not be read.
const STAND_IN: &str = "stand-in";

/// More mistakes than this are not told at once.
const MOST: usize = 200;

/// A mistake with the origin of what it is about, where that has one.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) mistake: Mistake,
    pub(super) origin: Option<String>,
}

/// Reads settings. What cannot be read is noted and set aside for its default, until the rest can be; without that there are
/// no settings.
pub(super) fn read<T: DeserializeOwned>(tree: &mut Value, defaults: &Value) -> (Option<T>, Vec<Found>) {
    let mut found = Vec::new();
    for _ in 0..MOST {
        let error = match serde_path_to_error::deserialize(tree.clone()) {
            Ok(settings) => return (Some(settings), found),
            Err(error) => error,
        };
        let inside = Place::from(error.path());
        let (place, text) = match meaning(error.into_inner()) {
            Meaning::Missing(field) => (inside.key(field), "it is missing".to_owned()),
            Meaning::Wrong(text) => (inside, text),
        };
        if !stands_in(tree, &place) {
            found.push(locate(tree, place.clone().mistake(text)));
        }
        if !set_aside(tree, defaults, &place) {
            break;
        }
    }
    (None, found)
}

/// Where what a mistake is about comes from.
pub(super) fn locate(tree: &Value, mistake: Mistake) -> Found {
    let mut place = Some(mistake.place.clone());
    let mut origin = None;
    while let (None, Some(here)) = (&origin, place) {
        origin = here.find(tree).and_then(Value::origin).map(ToOwned::to_owned);
        place = here.parent();
    }
    Found { mistake, origin }
}

/// Whether what is there was set aside already, so that nothing about it is news.
pub(super) fn stands_in(tree: &Value, place: &Place) -> bool {
    place.find(tree).is_some_and(|value| value.origin() == Some(STAND_IN))
}

/// Whether anything was left to set aside.
fn set_aside(tree: &mut Value, defaults: &Value, place: &Place) -> bool {
    let Some(parent) = place.parent() else { return false };
    let stand_in = |kind| Some(Value::new(Some(&STAND_IN.to_owned()), kind));
    if stands_in(tree, place) {
        // What stands in does not do either.
        if parent == Place::default() {
            return false;
        }
        parent.put(tree, None);
    } else if let Some(default) = place.find(defaults) {
        place.put(tree, stand_in(default.kind.clone()));
    } else if place.find(tree).is_some() {
        place.put(tree, None);
    } else {
        place.put(tree, stand_in(String::new().into()));
    }
    true
}

enum Meaning {
    Missing(String),
    Wrong(String),
}

/// What an error says, without the place, which is said already.
fn meaning(error: ReadError) -> Meaning {
    match error {
        ReadError::At { error, .. } => meaning(*error),
        // It comes with the way there, written without the last dot.
        ReadError::NotFound(field) => Meaning::Missing(field.rsplit(['.', ']']).next().unwrap_or(&field).to_owned()),
        ReadError::Type { unexpected, expected, .. } => {
            Meaning::Wrong(format!("it is {unexpected}, and has to be {expected}"))
        }
        other => Meaning::Wrong(other.to_string()),
    }
}
