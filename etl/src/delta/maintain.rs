use chrono::{DateTime, TimeDelta, Utc};
use deltalake::operations::vacuum::VacuumMode;
use deltalake::protocol::checkpoints::{cleanup_expired_logs_for, create_checkpoint};

use super::table::DeltaTableAt;
use crate::{EtlError, folder};

/// Files of a table from which on a run puts them together: each costs every reader a look.
const MANY_FILES: usize = 32;

/// Who has not written for so long has died.
const HALF_WRITTEN: TimeDelta = TimeDelta::days(1);

impl DeltaTableAt {
    /// Whether the table has so many small files that reading it is slow.
    pub(crate) fn is_scattered(&self) -> Result<bool, EtlError> {
        let files = self.delta().get_file_uris().map_err(EtlError::table(self.name()))?;
        Ok(files.count() >= MANY_FILES)
    }

    /// Puts small files together. No row changes.
    pub(crate) async fn compacted(self) -> Result<Self, EtlError> {
        let name = self.name();
        let (table, _) = self.into_delta().optimize().await.map_err(EtlError::table(name))?;
        Ok(Self::of(name, table))
    }

    /// Removes the files that no version of the last `kept` names, those that a killed run left behind among them, and sums
    /// the log up. Readers of a pinned version are not disturbed for as long.
    pub(crate) async fn vacuumed(self, kept: TimeDelta, at: DateTime<Utc>) -> Result<Self, EtlError> {
        let name = self.name();
        let failed = EtlError::table(name);
        // What takes the place of the files that go.
        self.keep_all().await?;
        let vacuum = self.into_delta().vacuum().with_mode(VacuumMode::Full).with_retention_period(kept);
        let (table, _) = vacuum.with_enforce_retention_duration(false).await.map_err(failed)?;
        create_checkpoint(&table, None).await.map_err(failed)?;
        let vacuumed = Self::of(name, table);
        vacuumed.remove_half_written(at - HALF_WRITTEN)?;
        vacuumed.keep_all().await?;
        Ok(vacuumed)
    }

    /// Removes what the log says of versions before this one, of which [`DeltaTableAt::vacuumed`] has just made a sum. It names
    /// who was erased: as what was to be removed, and as the least and the greatest of files that are gone.
    pub(crate) async fn without_past(self) -> Result<Self, EtlError> {
        let log = self.delta().log_store();
        // However young it is.
        let until = DateTime::<Utc>::MAX_UTC.timestamp_millis();
        let removed = cleanup_expired_logs_for(self.version(), log.as_ref(), until, None).await;
        removed.map_err(EtlError::table(self.name()))?;
        Ok(self)
    }

    fn remove_half_written(&self, before: DateTime<Utc>) -> Result<(), EtlError> {
        let Some(folder) = self.folder() else { return Ok(()) };
        let unusable = |cause| EtlError::Folder { path: folder.clone(), cause };
        folder::remove_half_written(&folder, before.into()).map_err(unusable)
    }

    /// Waits until every file would outlast a power cut; a bucket sees to that itself.
    async fn keep_all(&self) -> Result<(), EtlError> {
        let Some(folder) = self.folder() else { return Ok(()) };
        let unusable = |cause| EtlError::Folder { path: folder.clone(), cause };
        let files = folder::files(&folder).map_err(unusable)?;
        folder::kept(files).await.map_err(unusable)
    }
}
