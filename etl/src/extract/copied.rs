use chrono::{DateTime, Utc};
use sqlx::error::BoxDynError;
use uuid::Uuid;

use super::{FIRST_COLUMN, Op, SourceRow};

/// What a copy begins with ("COPY", Binary Format, in PostgreSQL's manual): a signature, flags, and the length of whatever
/// else its header holds.
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";

/// Microseconds from 1970 to 2000, where PostgreSQL's time begins.
const EPOCH: i64 = 946_684_800_000_000;

/// The times that a calendar knows.
const FIRST: i64 = DateTime::<Utc>::MIN_UTC.timestamp_micros();
const LAST: i64 = DateTime::<Utc>::MAX_UTC.timestamp_micros();

/// A row as PostgreSQL copies it in its binary format. One is filled again and again.
#[derive(Debug, Default)]
pub(super) struct CopiedRow {
    bytes: Vec<u8>,
    /// Where each field is; none where it is null.
    fields: Vec<Option<(usize, usize)>>,
}

impl CopiedRow {
    /// Reads one message, of which the first has the header before its row. Whether it is a row rather than the end.
    pub(super) fn read(&mut self, message: &[u8]) -> Result<bool, sqlx::Error> {
        self.fields.clear();
        self.bytes.clear();
        self.bytes.extend_from_slice(message);
        let found = self.find_fields();
        found.ok_or_else(|| sqlx::Error::Protocol("a copied row ends before its fields do".to_owned()))
    }

    fn find_fields(&mut self) -> Option<bool> {
        let mut at = 0;
        if self.bytes.starts_with(SIGNATURE) {
            let length = SIGNATURE.len() + 4;
            at = length + 4 + usize::try_from(number(self.bytes.get(length..length + 4)?)).ok()?;
        }
        // The end says that it has -1 fields.
        let Ok(count) = usize::try_from(i16::from_be_bytes(self.bytes.get(at..at + 2)?.try_into().ok()?)) else {
            return Some(false);
        };
        at += 2;
        for _ in 0..count {
            let length = number(self.bytes.get(at..at + 4)?);
            at += 4;
            let field = usize::try_from(length).ok().map(|length| (at, at + length));
            at = field.map_or(at, |(_, end)| end);
            self.fields.push(field);
        }
        (at == self.bytes.len()).then_some(true)
    }

    fn field(&self, index: usize) -> Option<&[u8]> {
        self.fields.get(index).copied().flatten().and_then(|(from, to)| self.bytes.get(from..to))
    }

    /// A field of a fixed length.
    fn fixed<const BYTES: usize>(&self, index: usize) -> Result<Option<[u8; BYTES]>, sqlx::Error> {
        let Some(bytes) = self.field(index) else { return Ok(None) };
        match bytes.first_chunk() {
            Some(whole) if bytes.len() == BYTES => Ok(Some(*whole)),
            _ => Err(unreadable(format!("{} bytes instead of {BYTES}", bytes.len()))),
        }
    }
}

impl SourceRow for CopiedRow {
    fn uuid(&self, index: usize) -> Result<Option<Uuid>, sqlx::Error> {
        Ok(self.fixed(index)?.map(Uuid::from_bytes))
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.field(index).map(|bytes| std::str::from_utf8(bytes).map_err(unreadable)).transpose()
    }

    /// As wide as the service keeps it.
    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        match self.field(index).map_or(8, <[u8]>::len) {
            2 => Ok(self.fixed(index)?.map(i16::from_be_bytes).map(i64::from)),
            4 => Ok(self.fixed(index)?.map(i32::from_be_bytes).map(i64::from)),
            _ => Ok(self.fixed(index)?.map(i64::from_be_bytes)),
        }
    }

    fn time_micros(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        let Some(micros) = self.integer(index)? else { return Ok(None) };
        match micros.checked_add(EPOCH) {
            Some(micros) if (FIRST..=LAST).contains(&micros) => Ok(Some(micros)),
            _ => Err(unreadable("it is infinite, or no time that a calendar knows")),
        }
    }
}

/// A row of which only the columns of the allow-list were copied, the key first: it was found when the whole table was read, and
/// no change of it is known.
pub(super) struct PlainRow<'a>(pub(super) &'a CopiedRow);

impl SourceRow for PlainRow<'_> {
    fn op(&self) -> Result<Op, sqlx::Error> {
        Ok(Op::Snapshot)
    }

    fn change(&self) -> Result<i64, sqlx::Error> {
        Ok(0)
    }

    fn uuid(&self, index: usize) -> Result<Option<Uuid>, sqlx::Error> {
        self.0.uuid(copied(index))
    }

    fn text(&self, index: usize) -> Result<Option<&str>, sqlx::Error> {
        self.0.text(copied(index))
    }

    fn integer(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        self.0.integer(copied(index))
    }

    fn time_micros(&self, index: usize) -> Result<Option<i64>, sqlx::Error> {
        self.0.time_micros(copied(index))
    }
}

/// Where a column is among those that were copied; what comes before them is the key.
fn copied(index: usize) -> usize {
    index.saturating_sub(FIRST_COLUMN)
}

fn number(bytes: &[u8]) -> i32 {
    bytes.try_into().map_or(-1, i32::from_be_bytes)
}

fn unreadable(reason: impl Into<BoxDynError>) -> sqlx::Error {
    sqlx::Error::Decode(reason.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A row of these fields as a message.
    fn message(fields: &[Option<&[u8]>]) -> Vec<u8> {
        let mut message = i16::try_from(fields.len()).unwrap().to_be_bytes().to_vec();
        for field in fields {
            let length = field.map_or(-1, |field| i32::try_from(field.len()).unwrap());
            message.extend(length.to_be_bytes());
            message.extend(field.unwrap_or_default());
        }
        message
    }

    #[test]
    fn each_field_is_read_by_its_type() {
        let id = Uuid::from_u128(7);
        let row = message(&[Some(b"S"), Some(id.as_bytes()), Some(&(-5_i64).to_be_bytes()), None, Some(&[0; 8])]);
        let mut copied = CopiedRow::default();
        assert!(copied.read(&row).unwrap());
        assert_eq!(copied.text(0).unwrap(), Some("S"));
        assert_eq!(copied.uuid(1).unwrap(), Some(id));
        assert_eq!(copied.integer(2).unwrap(), Some(-5));
        assert_eq!(copied.text(3).unwrap(), None);
        assert_eq!(copied.time_micros(4).unwrap(), Some(EPOCH), "the year 2000");
        assert_eq!(copied.integer(5).unwrap(), None, "there is no such field");
    }

    #[test]
    fn a_whole_number_is_as_wide_as_the_service_keeps_it() {
        let row =
            message(&[Some(&(-5_i16).to_be_bytes()), Some(&(-5_i32).to_be_bytes()), Some(&(-5_i64).to_be_bytes())]);
        let mut copied = CopiedRow::default();
        copied.read(&row).unwrap();
        assert_eq!([0, 1, 2].map(|index| copied.integer(index).unwrap()), [Some(-5); 3]);
        copied.read(&message(&[Some(&[0; 3])])).unwrap();
        assert!(copied.integer(0).is_err());
    }

    #[test]
    fn a_row_of_columns_alone_begins_with_its_key() {
        let mut copied = CopiedRow::default();
        copied.read(&message(&[Some(&7_i64.to_be_bytes()), Some(b"held")])).unwrap();
        let row = PlainRow(&copied);
        assert_eq!((row.op().unwrap(), row.change().unwrap()), (Op::Snapshot, 0));
        assert_eq!((row.integer(1).unwrap(), row.integer(FIRST_COLUMN).unwrap()), (Some(7), Some(7)));
        assert_eq!(row.text(FIRST_COLUMN + 1).unwrap(), Some("held"));
    }

    #[test]
    fn the_header_comes_before_the_first_row_and_the_end_is_none() {
        let mut copied = CopiedRow::default();
        let header = [SIGNATURE, &[0; 4], &3_i32.to_be_bytes(), b"new"].concat();
        assert!(copied.read(&[header, message(&[Some(b"S")])].concat()).unwrap());
        assert_eq!(copied.text(0).unwrap(), Some("S"));
        assert!(!copied.read(&(-1_i16).to_be_bytes()).unwrap());
    }

    #[test]
    fn what_is_cut_off_or_of_another_length_is_an_error() {
        let whole = message(&[Some(b"abc"), Some(&[0; 8])]);
        let mut copied = CopiedRow::default();
        for length in 0..whole.len() {
            assert!(copied.read(&whole[..length]).is_err(), "{length}");
        }
        assert!(copied.read(&[&whole[..], b"x"].concat()).is_err());
        copied.read(&whole).unwrap();
        assert!(copied.integer(0).is_err() && copied.uuid(1).is_err());
        for never in [i64::MAX, i64::MIN] {
            copied.read(&message(&[Some(&never.to_be_bytes())])).unwrap();
            assert!(copied.time_micros(0).is_err(), "{never}");
        }
        copied.read(&message(&[Some(&[0xff])])).unwrap();
        assert!(copied.text(0).is_err());
    }
}
