use std::path::PathBuf;

use deltalake::arrow::datatypes::Schema;
use deltalake::kernel::engine::arrow_conversion::TryIntoKernel as _;
use deltalake::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake::kernel::{Action, Add, StructType, Transaction};
use deltalake::operations::create::CreateBuilder;
use deltalake::parquet::basic::Compression;
use deltalake::parquet::file::properties::{EnabledStatistics, WriterProperties};
use deltalake::parquet::schema::types::ColumnPath;
use deltalake::protocol::{DeltaOperation, SaveMode};
use deltalake::writer::RecordBatchWriter;
use deltalake::{DeltaTable, DeltaTableError, TableProperty};

use crate::place::Place;
use crate::{EtlError, folder};

/// Rows of a row group: what the writer holds in memory, compressed, and the unit readers skip by.
const ROW_GROUP_ROWS: usize = 128 * 1024;

/// Commits after which the log is summed up, so that opening a table reads a few small files at most.
const CHECKPOINT_INTERVAL: &str = "20";

/// Up to where a table was read, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) watermark: i64,
    /// None for a table that comes from no source.
    pub(crate) origin: Option<i64>,
}

/// How a column is written other than most are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Written<'c> {
    /// The same is in many rows.
    Repeating(&'c str),
    /// Keyed hashes: the least and the greatest of them lead nobody past a file, and would stand in the log.
    Pseudonym(&'c str),
    /// Keyed hashes of which each is there once: nothing makes them shorter.
    Unique(&'c str),
}

/// A table of the warehouse at one of its versions.
#[derive(Debug)]
pub(crate) struct DeltaTableAt {
    name: &'static str,
    table: DeltaTable,
}

impl DeltaTableAt {
    /// The newest version of the table, created empty if it is not there, with columns that are new to it added.
    pub(crate) async fn open_or_create(place: &Place, name: &'static str, schema: &Schema) -> Result<Self, EtlError> {
        let failed = EtlError::table(name);
        let columns: StructType =
            schema.try_into_kernel().map_err(|error| failed(DeltaTableError::Arrow { source: error }))?;
        if let Some(table) = Self::open(place, name, None).await? {
            return table.with_columns(&columns).await;
        }
        let created = CreateBuilder::new()
            .with_log_store(place.log_store(name)?)
            .with_table_name(name)
            .with_columns(columns.fields().cloned())
            .with_configuration_property(TableProperty::CheckpointInterval, Some(CHECKPOINT_INTERVAL))
            .with_save_mode(SaveMode::Ignore);
        let table = created.await.map_err(failed)?;
        Ok(Self { name, table })
    }

    /// The table at `version`, or at its newest; none if there is no such table.
    pub(crate) async fn open(
        place: &Place,
        name: &'static str,
        version: Option<u64>,
    ) -> Result<Option<Self>, EtlError> {
        // A missing folder is the one thing that is no failure; whatever is wrong in an existing one is.
        if place.lacks(name)? {
            return Ok(None);
        }
        if let Place::Folder(folder) = place
            && let Some(file) = folder::empty_commit(&folder.join(name), version)
                .map_err(|cause| EtlError::Folder { path: folder.join(name), cause })?
        {
            return Err(EtlError::EmptyCommit { table: name, file });
        }
        let mut table = DeltaTable::new(place.log_store(name)?);
        let loaded = match version {
            Some(version) => table.load_version(version).await,
            None => table.load().await,
        };
        match loaded {
            Ok(()) => Ok(Some(Self { name, table })),
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(error) => Err(EtlError::table(name)(error)),
        }
    }

    /// The rows so far have nothing in the columns that are added.
    async fn with_columns(self, wanted: &StructType) -> Result<Self, EtlError> {
        let failed = EtlError::table(self.name);
        let known = self.table.snapshot().map_err(failed)?.schema();
        for field in known.fields() {
            if wanted.field(field.name()).is_none_or(|wanted| wanted.data_type() != field.data_type()) {
                return Err(EtlError::OtherColumns { table: self.name, column: field.name().clone() });
            }
        }
        let new: Vec<_> = wanted.fields().filter(|field| known.field(field.name()).is_none()).cloned().collect();
        if new.is_empty() {
            return Ok(self);
        }
        let names = new.iter().map(|field| field.name().as_str()).collect::<Vec<_>>().join(", ");
        tracing::info!(table = self.name, columns = names, "the table gets columns it did not have");
        let table = self.table.clone().add_columns().with_fields(new).await.map_err(failed)?;
        Ok(Self { name: self.name, table })
    }

    pub(super) fn of(name: &'static str, table: DeltaTable) -> Self {
        Self { name, table }
    }

    pub(super) fn into_delta(self) -> DeltaTable {
        self.table
    }

    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) fn delta(&self) -> &DeltaTable {
        &self.table
    }

    pub(crate) fn version(&self) -> u64 {
        self.table.version().unwrap_or_default()
    }

    /// The version the next commit on this handle makes, if it succeeds.
    pub(crate) fn next_version(&self) -> i64 {
        i64::try_from(self.version()).unwrap_or_default() + 1
    }

    /// The watermark in the newest commit of this version that has one. Delta Lake keeps it beside the rows (the `txn`
    /// action of its protocol), so both are there or neither.
    pub(crate) async fn watermark(&self) -> Result<Option<i64>, EtlError> {
        let failed = EtlError::table(self.name);
        let state = self.table.snapshot().map_err(failed)?;
        state.transaction_version(self.table.log_store().as_ref(), self.app_id()).await.map_err(failed)
    }

    /// Of which database the rows are, as [`crate::extract::Snapshot::origin`] told when they were read. It is in the same
    /// commit as the watermark.
    pub(crate) async fn origin(&self) -> Result<Option<i64>, EtlError> {
        let failed = EtlError::table(self.name);
        let state = self.table.snapshot().map_err(failed)?;
        state.transaction_version(self.table.log_store().as_ref(), self.origin_id()).await.map_err(failed)
    }

    fn app_id(&self) -> String {
        format!("lendery/{}", self.name)
    }

    fn origin_id(&self) -> String {
        format!("lendery/{}/origin", self.name)
    }

    /// A writer of files for this table. The columns that say the same again and again get a dictionary; looking each number up
    /// in one would take longer than all the rest.
    pub(crate) fn writer<'c>(&self, columns: impl Iterator<Item = Written<'c>>) -> Result<RecordBatchWriter, EtlError> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
            .set_dictionary_enabled(false);
        let properties = columns.fold(properties, |properties, written| match written {
            Written::Repeating(name) => properties.set_column_dictionary_enabled(ColumnPath::from(name), true),
            Written::Pseudonym(name) => {
                properties.set_column_statistics_enabled(ColumnPath::from(name), EnabledStatistics::None)
            }
            Written::Unique(name) => {
                properties.set_column_compression(ColumnPath::from(name), Compression::UNCOMPRESSED)
            }
        });
        let writer = RecordBatchWriter::for_table(&self.table).map_err(EtlError::table(self.name))?;
        Ok(writer.with_writer_properties(properties.build()))
    }

    /// Adds `files` and the watermark as one version, the next one or none: whoever committed since this handle was opened
    /// may have read the same changes.
    pub(crate) async fn commit(&self, files: Vec<Add>, position: Position) -> Result<u64, EtlError> {
        let failed = EtlError::table(self.name);
        let paths: Vec<_> = files.iter().map(|file| file.path.clone()).collect();
        self.keep(paths.iter().cloned()).await?;
        let Position { watermark, origin } = position;
        let origin = origin.map(|origin| Transaction::new(self.origin_id(), origin));
        let properties = CommitProperties::default().with_max_retries(0).with_application_transactions(
            [Transaction::new(self.app_id(), watermark)].into_iter().chain(origin).collect(),
        );
        let operation = DeltaOperation::Write { mode: SaveMode::Append, partition_by: None, predicate: None };
        let state = self.table.snapshot().map_err(failed)?;
        let committed = CommitBuilder::from(properties)
            .with_actions(files.into_iter().map(Action::Add).collect())
            .build(Some(state), self.table.log_store(), operation)
            .await;
        let version = match committed {
            Ok(committed) => committed.version(),
            Err(error) => self.after_refusal(&paths, watermark, error).await?,
        };
        let name = |ending: &str| format!("_delta_log/{version:020}.{ending}");
        self.keep([name("json"), name("checkpoint.parquet"), "_delta_log/_last_checkpoint".to_owned()]).await?;
        Ok(version)
    }

    /// Waits until files of the table would outlast a power cut, so that a commit never says more than there is; a bucket sees
    /// to that itself.
    async fn keep(&self, files: impl IntoIterator<Item = String>) -> Result<(), EtlError> {
        let Some(folder) = self.folder() else { return Ok(()) };
        let files = files.into_iter().map(|file| folder.join(file)).collect();
        folder::kept(files).await.map_err(|cause| EtlError::Folder { path: folder, cause })
    }

    /// Where the table is, unless it is in a bucket.
    pub(super) fn folder(&self) -> Option<PathBuf> {
        let log = self.table.log_store();
        let url = log.root_url();
        if url.scheme() == "file" { url.to_file_path().ok() } else { None }
    }

    /// A commit that seems to have failed may be there, its answer lost. The table itself knows: nobody else adds these files, and
    /// where there are none the watermark is all there was to say.
    async fn after_refusal(&self, paths: &[String], watermark: i64, error: DeltaTableError) -> Result<u64, EtlError> {
        let failed = EtlError::table(self.name);
        let mut table = self.table.clone();
        table.update_state().await.map_err(failed)?;
        let now = Self { name: self.name, table };
        if now.version() == self.version() {
            return Err(EtlError::table(self.name)(error));
        }
        let added: Vec<_> = now.table.get_file_uris().map_err(failed)?.collect();
        let is_added = |path: &String| added.iter().any(|uri| uri.ends_with(path.as_str()));
        let is_there =
            if paths.is_empty() { now.watermark().await? == Some(watermark) } else { paths.iter().all(is_added) };
        if is_there { Ok(now.version()) } else { Err(EtlError::Conflict { table: self.name }) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use deltalake::arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
    use deltalake::arrow::datatypes::{DataType, Field};
    use deltalake::arrow::util::pretty::pretty_format_batches;
    use deltalake::writer::DeltaWriter as _;

    use super::*;
    use crate::query::session;

    fn schema(columns: &[(&str, DataType)]) -> Schema {
        Schema::new(columns.iter().map(|(name, kind)| Field::new(*name, kind.clone(), true)).collect::<Vec<_>>())
    }

    #[tokio::test]
    async fn a_column_that_is_new_is_added_and_a_type_that_is_another_refused() {
        let folder = tempfile::tempdir().unwrap();
        let open = async |columns: &[(&str, DataType)]| {
            DeltaTableAt::open_or_create(&Place::Folder(folder.path().to_owned()), "raw_things", &schema(columns)).await
        };
        let first = open(&[("id", DataType::Utf8)]).await.unwrap();
        let wider = [("id", DataType::Utf8), ("units", DataType::Int64)];
        let second = open(&wider).await.unwrap();
        assert_eq!((first.version(), second.version()), (0, 1));
        assert_eq!(open(&wider).await.unwrap().version(), 1, "nothing is added twice");
        for other in [vec![("id", DataType::Utf8), ("units", DataType::Utf8)], vec![("id", DataType::Utf8)]] {
            let refused = open(&other).await.unwrap_err();
            assert!(matches!(&refused, EtlError::OtherColumns { column, .. } if column == "units"), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn rows_from_before_a_column_was_added_have_nothing_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Folder(folder.path().to_owned());
        let names = |name: &str| Arc::new(StringArray::from(vec![name.to_owned()])) as ArrayRef;
        let old: [(&str, ArrayRef); 1] = [("id", names("a"))];
        let new: [(&str, ArrayRef); 2] = [("id", names("b")), ("units", Arc::new(Int64Array::from(vec![7])))];
        for (watermark, columns) in [(1, old.to_vec()), (2, new.to_vec())] {
            let rows = RecordBatch::try_from_iter_with_nullable(
                columns.into_iter().map(|(name, values)| (name, values, true)),
            );
            let rows = rows.unwrap();
            let table = DeltaTableAt::open_or_create(&place, "raw_things", &rows.schema()).await.unwrap();
            let mut writer = table.writer(std::iter::empty()).unwrap();
            writer.write(rows).await.unwrap();
            table.commit(writer.flush().await.unwrap(), Position { watermark, origin: None }).await.unwrap();
        }
        let table = DeltaTableAt::open(&place, "raw_things", None).await.unwrap().unwrap();
        let rows = session(&[table]).await.unwrap().read("SELECT id, units FROM raw_things ORDER BY id").await.unwrap();
        let told = pretty_format_batches(&rows).unwrap().to_string();
        let told: Vec<_> = told.lines().filter(|line| line.starts_with("| ")).collect();
        assert_eq!(told, ["| id | units |", "| a  |       |", "| b  | 7     |"]);
    }
}
