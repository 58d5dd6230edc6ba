use std::fmt;

use ::config::{Value, ValueKind};
use serde_path_to_error::{Path, Segment};

/// Where a setting stands, such as `limits.connections` or `routes[2].prefix`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// What is wrong with a setting, and what helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    pub place: Place,
    pub text: String,
}

impl Place {
    pub fn of(key: impl Into<String>) -> Self {
        Self::default().key(key)
    }

    /// The member of this name.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// The member of a list, counted from 0.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// A mistake there.
    pub fn mistake(self, text: impl Into<String>) -> Mistake {
        Mistake { place: self, text: text.into() }
    }

    /// The first of its keys, which alone a variable can name.
    pub(super) fn first(&self) -> Option<&str> {
        match self.0.first() {
            Some(Step::Key(key)) => Some(key),
            _ => None,
        }
    }

    /// What holds it; none for the whole.
    pub(super) fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    pub(super) fn find<'a>(&self, tree: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(tree, |value, step| match (step, &value.kind) {
            (Step::Key(key), ValueKind::Table(table)) => table.get(key),
            (Step::Index(index), ValueKind::Array(list)) => list.get(*index),
            _ => None,
        })
    }

    /// Puts `value` there, or takes away what is there. Without what would hold it nothing happens.
    pub(super) fn put(&self, tree: &mut Value, value: Option<Value>) {
        let Some((last, rest)) = self.0.split_last() else { return };
        let holder = rest.iter().try_fold(tree, |value, step| match (step, &mut value.kind) {
            (Step::Key(key), ValueKind::Table(table)) => table.get_mut(key),
            (Step::Index(index), ValueKind::Array(list)) => list.get_mut(*index),
            _ => None,
        });
        match (last, holder.map(|holder| &mut holder.kind), value) {
            (Step::Key(key), Some(ValueKind::Table(table)), Some(value)) => drop(table.insert(key.clone(), value)),
            (Step::Key(key), Some(ValueKind::Table(table)), None) => drop(table.remove(key)),
            (Step::Index(index), Some(ValueKind::Array(list)), value) if *index < list.len() => {
                drop(list.splice(index..=index, value));
            }
            _ => {}
        }
    }
}

impl From<&Path> for Place {
    fn from(path: &Path) -> Self {
        let steps = path.iter().filter_map(|segment| match segment {
            Segment::Seq { index } => Some(Step::Index(*index)),
            Segment::Map { key } => Some(Step::Key(key.clone())),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Self(steps.collect())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(number, step)| match step {
            Step::Key(key) if number == 0 => f.write_str(key),
            Step::Key(key) => write!(f, ".{key}"),
            Step::Index(index) => write!(f, "[{index}]"),
        })
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}
