//! The newest row of each key of a raw table, in as much memory as a number of rows needs, however many there are.
//!
//! A join or a sort of all rows would have to hold the keys that changed, or to write them out. But most keys have one row only,
//! that of the table's last whole load, which counts as it comes. What other loads say is compared key by key, so many buckets
//! of keys at a time as there is room for; as a checksum does not mind the order, nothing has to be put in one.

use std::collections::HashMap;

use deltalake::arrow::array::{AsArray, Int64Array, RecordBatch};
use deltalake::arrow::compute::cast;
use deltalake::arrow::datatypes::{DataType, Int64Type};
use futures_util::TryStreamExt;

use super::rows::{Listed, Rules};
use super::tally::{BUCKETS, Counter, bucket};
use crate::EtlError;
use crate::delta::Key;
use crate::query::Session;

/// A table whose newest rows are counted.
pub(super) struct Newest<'a> {
    session: &'a Session,
    rules: &'a Rules<'a>,
    /// The last whole load, if there is one.
    whole: Option<i64>,
}

/// The newest row of a key so far: its place in the order of the key's rows, and its hash unless it is a deletion.
#[derive(Debug, Clone, Copy)]
struct Last {
    order: (i64, i64),
    hash: Option<u128>,
}

/// The newest rows of the keys of some buckets that other loads than the last whole one know.
struct Changed {
    buckets: Vec<bool>,
    keys: HashMap<Key, Last>,
}

impl<'a> Newest<'a> {
    pub(super) async fn of(session: &'a Session, rules: &'a Rules<'a>) -> Result<Self, EtlError> {
        let sql = format!("SELECT max(load) FROM {} WHERE op = 'S'", rules.table.raw);
        let found = session.read(&sql).await?;
        let whole = found.first().map(|batch| numbers(batch, 0, rules)).transpose()?;
        Ok(Self { session, rules, whole: whole.and_then(|whole| whole.iter().next().flatten()) })
    }

    /// Counts them all, deletions left out. At most `held` rows of keys that changed are in memory at a time, but at least
    /// those of one bucket.
    pub(super) async fn count(&self, counter: &mut (impl Counter + Send), held: u64) -> Result<(), EtlError> {
        for buckets in groups(&self.changed_rows(counter).await?, held) {
            let mut changed = Changed { buckets, keys: HashMap::new() };
            self.each(&self.changes(), |batch| self.remember(&batch, &mut changed)).await?;
            if let Some(whole) = self.whole {
                let whole = format!("load = {whole} AND op = 'S'");
                self.each(&whole, |batch| self.count_whole(&batch, &mut changed, counter)).await?;
            }
            for (key, last) in changed.keys {
                if let Some(hash) = last.hash.filter(|_| !self.rules.pending.contains(&key)) {
                    let key = key.to_string();
                    counter.count(&key, bucket(&key), hash);
                }
            }
        }
        Ok(())
    }

    /// Which rows are not all there is to say of their keys.
    fn changes(&self) -> String {
        self.whole.map_or("true".to_owned(), |whole| format!("load <> {whole} OR op <> 'S'"))
    }

    /// How many such rows there are in each bucket; of the buckets that are not wanted it is not asked.
    async fn changed_rows(&self, counter: &impl Counter) -> Result<Vec<Option<u64>>, EtlError> {
        let mut rows: Vec<_> = (0..BUCKETS).map(|bucket| counter.wants(bucket).then_some(0)).collect();
        let sql = format!(
            "SELECT CAST({} AS VARCHAR) FROM {} WHERE {}",
            self.rules.table.key,
            self.rules.table.raw,
            self.changes()
        );
        let mut batches = self.session.stream(&sql).await?;
        while let Some(batch) = batches.try_next().await.map_err(EtlError::unreadable)? {
            let keys = cast(batch.column(0), &DataType::Utf8).map_err(|cause| self.wrong(cause))?;
            for key in keys.as_string::<i32>() {
                let key = key.ok_or_else(|| self.rules.wrong_key(None))?;
                if let Some(rows) = &mut rows[bucket(key)] {
                    *rows += 1;
                }
            }
        }
        Ok(rows)
    }

    async fn each(
        &self,
        condition: &str,
        mut what: impl FnMut(RecordBatch) -> Result<(), EtlError>,
    ) -> Result<(), EtlError> {
        let table = self.rules.table;
        let columns = table.columns.iter().map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ");
        let sql = format!("SELECT load, change_seq, op <> 'D', {columns} FROM {} WHERE {condition}", table.raw);
        let mut batches = self.session.stream(&sql).await?;
        while let Some(batch) = batches.try_next().await.map_err(EtlError::unreadable)? {
            what(batch)?;
        }
        Ok(())
    }

    fn remember(&self, batch: &RecordBatch, changed: &mut Changed) -> Result<(), EtlError> {
        let mut cells = Vec::new();
        self.rows(batch, &changed.buckets, |rows, row, key, order, stays| {
            let key = self.rules.parsed(key)?;
            if changed.keys.get(&key).is_none_or(|last| last.order < order) {
                let hash = if stays { rows.hash(row, &mut cells) } else { None };
                changed.keys.insert(key, Last { order, hash });
            }
            Ok(())
        })
    }

    /// Counts the rows of keys that did not change, and compares the others with what else is known.
    fn count_whole(
        &self,
        batch: &RecordBatch,
        changed: &mut Changed,
        counter: &mut impl Counter,
    ) -> Result<(), EtlError> {
        let mut cells = Vec::new();
        let Changed { buckets, keys } = changed;
        self.rows(batch, buckets, |rows, row, key, order, _stays| {
            let known = if keys.is_empty() { None } else { keys.get_mut(&self.rules.parsed(key)?) };
            match known {
                Some(last) if last.order >= order => {}
                Some(last) => *last = Last { order, hash: rows.hash(row, &mut cells) },
                None if self.rules.is_pending(key)? => {}
                None => {
                    if let Some(hash) = rows.hash(row, &mut cells) {
                        counter.count(key, bucket(key), hash);
                    }
                }
            }
            Ok(())
        })
    }

    /// Each row of these buckets, with its key, its place in the order of the key's rows and whether it is no deletion.
    fn rows(
        &self,
        batch: &RecordBatch,
        buckets: &[bool],
        mut what: impl FnMut(&Listed<'_>, usize, &str, (i64, i64), bool) -> Result<(), EtlError>,
    ) -> Result<(), EtlError> {
        let rows = Listed::of(batch, self.rules)?;
        let (loads, changes) = (numbers(batch, 0, self.rules)?, numbers(batch, 1, self.rules)?);
        let stay = cast(batch.column(2), &DataType::Boolean).map_err(|cause| self.wrong(cause))?;
        let stay = stay.as_boolean();
        for row in 0..batch.num_rows() {
            let key = rows.key(row).ok_or_else(|| self.rules.wrong_key(None))?;
            if buckets[bucket(&key)] {
                what(&rows, row, &key, (loads.value(row), changes.value(row)), stay.value(row))?;
            }
        }
        Ok(())
    }

    fn wrong(&self, cause: deltalake::arrow::error::ArrowError) -> EtlError {
        EtlError::Columns { table: self.rules.table.raw, cause }
    }
}

/// A column of whole numbers.
fn numbers(batch: &RecordBatch, column: usize, rules: &Rules<'_>) -> Result<Int64Array, EtlError> {
    let numbers = cast(batch.column(column), &DataType::Int64);
    let numbers = numbers.map_err(|cause| EtlError::Columns { table: rules.table.raw, cause })?;
    Ok(numbers.as_primitive::<Int64Type>().clone())
}

/// The buckets in groups that have at most so many rows together, or are one bucket. One without a number is in none.
fn groups(rows: &[Option<u64>], held: u64) -> Vec<Vec<bool>> {
    let mut groups: Vec<Vec<bool>> = Vec::new();
    let mut together = 0;
    for (bucket, rows) in rows.iter().enumerate() {
        let Some(rows) = rows else { continue };
        together += rows;
        if groups.is_empty() || together > held {
            groups.push(vec![false; BUCKETS]);
            together = *rows;
        }
        if let Some(group) = groups.last_mut() {
            group[bucket] = true;
        }
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Arc;

    use chrono::{DateTime, Utc};
    use deltalake::arrow::array::StringArray;
    use deltalake::writer::DeltaWriter as _;
    use uuid::Uuid;
    use vocabulary::Secret;

    use super::super::tally::Tally;
    use super::*;
    use crate::delta::{Batches, Columns, DeltaTableAt, Load, Position, schema};
    use crate::extract::{Op, SourceRow};
    use crate::place::Place;
    use crate::pseudonym::Pseudonyms;
    use crate::query::{session, session_within};
    use crate::source::{Table, USERS};
    use crate::star;

    /// A user of this number, changed so many times.
    struct User {
        number: u128,
        version: i64,
    }

    impl SourceRow for User {
        fn uuid(&self, _index: usize) -> Result<Option<Uuid>, sqlx::Error> {
            Ok(Some(Uuid::from_u128(self.number)))
        }

        fn text(&self, _index: usize) -> Result<Option<&str>, sqlx::Error> {
            Ok(Some("some text"))
        }

        fn integer(&self, _index: usize) -> Result<Option<i64>, sqlx::Error> {
            Ok(Some(self.version))
        }

        fn time_micros(&self, _index: usize) -> Result<Option<i64>, sqlx::Error> {
            Ok(Some(self.version))
        }
    }

    fn names() -> Pseudonyms {
        Pseudonyms::new(&Secret::new("a key of enough bytes")).unwrap()
    }

    fn rows(load: i64, op: Op, version: i64, numbers: impl Iterator<Item = u128>) -> RecordBatch {
        let table = USERS.tables[0];
        let load = Load { number: load, watermark: load, at: DateTime::<Utc>::UNIX_EPOCH };
        let mut columns = Columns::new(table, 0);
        for number in numbers {
            columns.append(&User { number, version }, op).unwrap();
        }
        Batches::new(table, load, &names(), Arc::default()).of_rows(columns).unwrap()
    }

    async fn written(place: &Place, batches: Vec<RecordBatch>) -> DeltaTableAt {
        let table = USERS.tables[0];
        for batch in batches {
            let target = DeltaTableAt::open_or_create(place, table.raw, &schema(table)).await.unwrap();
            let mut writer = target.writer(std::iter::empty()).unwrap();
            writer.write(batch).await.unwrap();
            let position = Position { watermark: target.next_version(), origin: None };
            target.commit(writer.flush().await.unwrap(), position).await.unwrap();
        }
        DeltaTableAt::open(place, table.raw, None).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn more_changed_keys_than_there_is_memory_for_are_counted_all_the_same() {
        const MEMORY_BYTES: usize = 512 * 1024;
        let table: &'static Table = USERS.tables[0];
        let folder = tempfile::tempdir().unwrap();
        let loads = vec![
            rows(1, Op::Insert, 1, 0..2_000),
            rows(2, Op::Snapshot, 2, 0..20_000),
            rows(3, Op::Update, 3, 1_000..17_000),
            rows(4, Op::Delete, 4, 1_500..2_500),
            rows(5, Op::Update, 5, 16_000..18_000),
        ];
        let raw = written(&Place::Folder(folder.path().to_owned()), loads).await;
        let session = session_within(MEMORY_BYTES, &[raw]).await.unwrap();
        let (pending, members) = (HashSet::new(), HashSet::new());
        let rules = Rules { table, pending, members: &members };
        let mut wanted = Tally::default();
        for batch in [
            rows(0, Op::Snapshot, 2, (0..1_000).chain(18_000..20_000)),
            rows(0, Op::Snapshot, 3, (1_000..1_500).chain(2_500..16_000)),
            rows(0, Op::Snapshot, 5, 16_000..18_000),
        ] {
            rules.count(&batch, &mut wanted).unwrap();
        }
        assert_eq!(wanted.rows(), 19_000);
        for held in [1_500, u64::MAX] {
            let mut found = Tally::default();
            Newest::of(&session, &rules).await.unwrap().count(&mut found, held).await.unwrap();
            assert!(found.same_as(&wanted), "{} rows, {held} at a time", found.rows());
        }

        // The view that says the same by joining needs more.
        let session = session.with(star::of_table(table)).await.unwrap();
        let joined = session.read("SELECT count(version), max(role) FROM newest_users WHERE op <> 'D'").await;
        let refused = joined.unwrap_err().to_string();
        assert!(refused.contains("Resources exhausted"), "{refused}");
    }

    /// DataFusion by itself would hold every row that did not change, to find the few that did.
    #[tokio::test]
    async fn of_a_table_of_which_little_changed_the_views_hold_little() {
        let table: &'static Table = USERS.tables[0];
        let folder = tempfile::tempdir().unwrap();
        let loads = vec![rows(1, Op::Snapshot, 1, 0..100_000), rows(2, Op::Update, 2, 0..100)];
        let raw = written(&Place::Folder(folder.path().to_owned()), loads).await;
        let session = session_within(3 * 1024 * 1024, &[raw]).await.unwrap().with(star::of_table(table)).await.unwrap();
        let counted = session.read("SELECT count(*), count(*) FILTER (WHERE version = 2) FROM newest_users").await;
        let counted = counted.unwrap();
        let counts: Vec<_> =
            counted[0].columns().iter().map(|column| column.as_primitive::<Int64Type>().value(0)).collect();
        assert_eq!(counts, [100_000, 100]);
    }

    #[tokio::test]
    async fn a_key_that_this_program_never_writes_is_named() {
        let table: &'static Table = USERS.tables[0];
        let folder = tempfile::tempdir().unwrap();
        let mine = rows(1, Op::Insert, 1, 0..2);
        let mut columns = mine.columns().to_vec();
        columns[mine.schema().index_of("id").unwrap()] = Arc::new(StringArray::from(vec!["neither", "neither"]));
        let theirs = RecordBatch::try_new(mine.schema(), columns).unwrap();
        let members = HashSet::new();
        let rules = Rules { table, pending: HashSet::new(), members: &members };
        for (batch, is_named) in [(mine, false), (theirs, true)] {
            let place = Place::Folder(folder.path().join(is_named.to_string()));
            let session = session(&[written(&place, vec![batch]).await]).await.unwrap();
            let newest = Newest::of(&session, &rules).await.unwrap();
            let counted = newest.count(&mut Tally::default(), u64::MAX).await;
            let named = matches!(&counted, Err(EtlError::WrongKey { table: "raw_users", key }) if key == "\"neither\"");
            assert_eq!((named, counted.is_ok()), (is_named, !is_named), "{counted:?}");
        }
    }

    #[test]
    fn buckets_are_put_together_as_long_as_there_is_room() {
        let mut rows = vec![None; BUCKETS];
        rows[..5].copy_from_slice(&[Some(2), None, Some(2), Some(9), Some(0)]);
        let found = |held| -> Vec<Vec<usize>> {
            let groups = groups(&rows, held);
            groups.iter().map(|group| (0..BUCKETS).filter(|bucket| group[*bucket]).collect()).collect()
        };
        assert_eq!(found(4), [vec![0, 2], vec![3], vec![4]]);
        assert_eq!(found(100), [vec![0, 2, 3, 4]]);
        assert_eq!(found(1), [vec![0], vec![2], vec![3], vec![4]], "one is looked at whatever it costs");
    }
}
