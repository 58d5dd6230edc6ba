use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use bytes::Bytes;
use redis::{Pipeline, Value, from_redis_value};

use super::keys::Keys;
use super::link::failure;
use super::{first, millis};
use crate::CacheError;

/// Older notes than so many are forgotten, about; whoever had not read them sees by [`Notes::oldest`].
const MOST: usize = 50_000;

/// Notes of one answer at most.
const PAGE: usize = 1_000;

/// How long an answer waits for something to say.
const WAIT: Duration = Duration::from_millis(500);

/// How long it is remembered that a note was confirmed. Nobody reads it.
const CONFIRMED: Duration = Duration::from_secs(10);

/// The field of a note that holds its text.
const FIELD: &str = "note";

/// A place in the notes: the milliseconds and the number in them that Redis gave it (a stream's id).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    pub millis: u64,
    pub number: u64,
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.millis, self.number)
    }
}

/// It is not two numbers with a dash between.
#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no mark")]
pub struct InvalidMark(String);

impl FromStr for Mark {
    type Err = InvalidMark;

    fn from_str(text: &str) -> Result<Self, InvalidMark> {
        let parts = text.split_once('-').and_then(|(millis, number)| {
            let (millis, number) = (millis.parse().ok()?, number.parse().ok()?);
            Some(Self { millis, number })
        });
        parts.ok_or_else(|| InvalidMark(text.to_owned()))
    }
}

/// What was told, in order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes {
    /// The oldest note there still is.
    pub oldest: Option<Mark>,
    /// The newest there was when the answer began. One before the mark that was asked for means that notes were lost.
    pub newest: Option<Mark>,
    pub notes: Vec<(Mark, Bytes)>,
}

/// A note that was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    pub mark: Mark,
    /// Whether it is there to stay: a replica has it, too, unless the primary has none. Until it is
    /// [confirmed](super::Shelf::confirm) a failover may lose any other.
    pub is_safe: bool,
}

/// What became of a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    Safe,
    /// It is there, and no replica has it.
    NotYet,
    /// It has to be written again.
    Lost,
}

pub(super) type Entry = (String, HashMap<String, Vec<u8>>);

impl Notes {
    pub(super) fn read(answers: Vec<Value>) -> Result<Self, CacheError> {
        let mut answers = answers.into_iter();
        let ends: [Vec<Entry>; 2] = [first(answers.next())?, first(answers.next())?];
        let [oldest, newest] = ends.map(|entries| entries.into_iter().next().map(|(id, _)| id.parse::<Mark>()));
        let streams: Option<HashMap<String, Vec<Entry>>> =
            from_redis_value(answers.next().unwrap_or(Value::Nil)).map_err(failure)?;
        let entries = streams.into_iter().flat_map(HashMap::into_values).flatten();
        let notes = entries.map(|(id, mut fields)| {
            Ok::<_, InvalidMark>((id.parse()?, fields.remove(FIELD).map(Bytes::from).unwrap_or_default()))
        });
        Ok(Self {
            oldest: oldest.transpose().map_err(failure)?,
            newest: newest.transpose().map_err(failure)?,
            notes: notes.collect::<Result<_, _>>().map_err(failure)?,
        })
    }
}

/// Where the notes are: one stream, in one slot.
#[derive(Debug)]
pub(super) struct Notebook(Keys);

impl Notebook {
    /// How long reading may take, the wait included.
    pub(super) const PATIENCE: Duration = Duration::from_millis(800);

    pub(super) fn new(namespace: &str) -> Self {
        Self(Keys::of(namespace, "notes"))
    }

    /// What writes a note, waits so long for a replica to have it, and asks whether there is one.
    pub(super) fn write(&self, text: &[u8], wait: Duration) -> (u16, Pipeline) {
        let mut commands = Pipeline::new();
        commands.cmd("XADD").arg(&self.0.value).arg("MAXLEN").arg("~").arg(MOST).arg("*").arg(FIELD).arg(text);
        commands.cmd("WAIT").arg(1).arg(millis(wait));
        commands.cmd("INFO").arg("replication");
        (self.0.slot, commands)
    }

    /// What looks for the note at `mark`, writes something after it, and waits for a replica to have that: then it has the
    /// note, too. Without a write of its own a connection waits for nothing.
    pub(super) fn confirm(&self, mark: Mark, wait: Duration) -> (u16, Pipeline) {
        let mut commands = Pipeline::new();
        commands.cmd("XRANGE").arg(&self.0.value).arg(mark.to_string()).arg(mark.to_string());
        commands.cmd("SET").arg(&self.0.lease).arg(mark.to_string()).arg("PX").arg(millis(CONFIRMED));
        commands.cmd("WAIT").arg(1).arg(millis(wait));
        commands.cmd("INFO").arg("replication");
        (self.0.slot, commands)
    }

    pub(super) fn read(&self, after: Mark) -> (u16, Pipeline) {
        let key = &self.0.value;
        let mut commands = Pipeline::new();
        commands.cmd("XRANGE").arg(key).arg("-").arg("+").arg("COUNT").arg(1);
        commands.cmd("XREVRANGE").arg(key).arg("+").arg("-").arg("COUNT").arg(1);
        commands.cmd("XREAD").arg("COUNT").arg(PAGE).arg("BLOCK").arg(millis(WAIT));
        commands.arg("STREAMS").arg(key).arg(after.to_string());
        (self.0.slot, commands)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_in_the_order_of_time_and_read_as_they_are_written() {
        let mark = |text: &str| text.parse::<Mark>().unwrap();
        assert!(mark("9-5") < mark("10-0") && mark("10-0") < mark("10-1"));
        assert_eq!(mark("1700000000000-3").to_string(), "1700000000000-3");
        for odd in ["", "1", "1-", "-1", "a-1"] {
            assert!(odd.parse::<Mark>().is_err(), "{odd}");
        }
    }
}
